package egress

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxHead    = 64 << 10
	maxInterim = 5         // 1xx answers before the real one
	maxRest    = 64 << 10  // how chunks are cut, trailers, and what is drained
	maxRecord  = 16 << 10  // most plaintext in one TLS record
	maxKept    = 256 << 10 // larger buffers are left to the garbage collector
)

// buffers hold requests while they are written, and only then: thousands of attempts may wait.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func putBuffer(b *[]byte) {
	if cap(*b) <= maxKept {
		buffers.Put(b)
	}
}

var longAgo = time.Unix(1, 0)

// conn is one connection. Its user alone touches it, but for interrupt.
type conn struct {
	socket net.Conn
	stream net.Conn // socket, or TLS over it
	joint  *joint   // what TLS writes to; nil without TLS
	r      *bufio.Reader
	probe  *probe

	budget int64 // bytes that may still be read
	excess error // what it is called when there are more
	fault  error // what reading from stream met first
	spent  bool  // must not be used again
	born   time.Time

	// interrupt makes reads and writes under way fail. It is made once, not for each attempt.
	interrupt func()

	site       *site
	idleSince  time.Time
	prev, next *conn // in the pool's list of idle connections
}

func newConn(socket net.Conn, now time.Time) *conn {
	c := &conn{socket: socket, stream: socket, probe: newProbe(socket), born: now}
	c.r = bufio.NewReader(c)
	c.interrupt = func() { socket.SetDeadline(longAgo) }
	return c
}

// close gives the socket up without TLS's farewell, which could block.
func (c *conn) close() {
	if c != nil {
		c.socket.Close()
	}
}

// Read is what c.r and net/http read from, held to the budget.
func (c *conn) Read(p []byte) (int, error) {
	if c.budget <= 0 {
		c.fault = c.excess
		return 0, c.fault
	}
	n, err := c.stream.Read(p[:min(int64(len(p)), c.budget)])
	c.budget -= int64(n)
	if err != nil && c.fault == nil {
		c.fault = err // after a reset there is nothing but EOF to read
	}
	return n, err
}

// send writes b to the socket in one call of Write. Over TLS that one call carries several records if
// b is larger than 16 KiB; receivers see them one by one, so they end where characters end.
func (c *conn) send(b []byte) error {
	if c.joint == nil || len(b) <= maxRecord {
		_, err := c.stream.Write(b)
		return err
	}
	held := buffers.Get().(*[]byte)
	defer putBuffer(held)
	c.joint.hold((*held)[:0])
	for len(b) > 0 {
		n := recordLen(b)
		if _, err := c.stream.Write(b[:n]); err != nil {
			c.joint.take()
			return err
		}
		b = b[n:]
	}
	*held = c.joint.take()
	_, err := c.socket.Write(*held)
	return err
}

// recordLen says how much of b goes into the next record.
func recordLen(b []byte) int {
	if len(b) <= maxRecord {
		return len(b)
	}
	for n := maxRecord; n > maxRecord-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n]) {
			return n
		}
	}
	return maxRecord // not UTF-8
}

// joint lets writes through, or holds them back to become one.
type joint struct {
	net.Conn
	held    []byte
	holding bool
}

func (j *joint) hold(b []byte) { j.held, j.holding = b, true }

func (j *joint) take() []byte {
	b := j.held
	j.held, j.holding = nil, false
	return b
}

func (j *joint) Write(b []byte) (int, error) {
	if !j.holding {
		return j.Conn.Write(b)
	}
	j.held = append(j.held, b...)
	return len(b), nil
}

// awaitAnswer returns when the first byte of the answer is there.
func (c *conn) awaitAnswer() error {
	c.budget, c.excess, c.fault = maxHead, errHeadTooLarge, nil
	_, err := c.r.Peek(1)
	return err
}

// readHead reads the head of the answer, skipping 1xx ones, all together within the budget. What may
// follow is bounded by how much of the body is wanted: chunks of a single byte need six.
func (c *conn) readHead(body int64) (head, error) {
	for range maxInterim + 1 {
		h, err := c.nextHead()
		if err != nil {
			return head{}, err
		}
		if !h.isInterim() {
			c.budget, c.excess = maxRest+8*min(body, math.MaxInt64/16), errTooMuch
			return h, nil
		}
	}
	return head{}, errMalformed
}

// nextHead reads to an empty line.
func (c *conn) nextHead() (head, error) {
	if _, err := c.r.Peek(1); err != nil {
		return head{}, c.why()
	}
	if got, _ := c.r.Peek(c.r.Buffered()); !startsLikeHTTP(got) {
		return head{}, errMalformed
	}
	held := buffers.Get().(*[]byte)
	defer putBuffer(held)
	text := (*held)[:0]
	for {
		start := len(text)
		line, err := c.r.ReadSlice('\n')
		text = append(text, line...)
		for err == bufio.ErrBufferFull {
			line, err = c.r.ReadSlice('\n')
			text = append(text, line...)
		}
		*held = text
		if err != nil {
			return head{}, c.why()
		}
		switch string(text[start:]) {
		case "\r\n", "\n":
			return parseHead(string(text[:start]))
		}
	}
}

// isDry reports whether nothing was received that has not been read. Bytes after the end of an answer
// answer nothing that was asked, and the next request must not meet them. What still lies in the socket
// is the probe's to find; what TLS has taken from it already shows when no more can be taken.
func (c *conn) isDry() bool {
	if c.r.Buffered() > 0 {
		return false
	}
	if c.joint == nil {
		return true
	}
	if c.socket.SetReadDeadline(longAgo) != nil {
		return false
	}
	_, err := c.r.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// why explains a failure within the answer. What the parser says quotes the endpoint, so it is not kept.
func (c *conn) why() error {
	switch c.fault {
	case nil:
		return errMalformed
	case io.EOF:
		return io.ErrUnexpectedEOF
	}
	return c.fault
}
