package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"bellhop"
)

const (
	// MaxBody is how long the body of a request may be (docs/contract/resources.md section 3).
	MaxBody = 1 << 20

	firstRead = 4 << 10   // so much is made room for when the length is not known
	mostAhead = 128 << 10 // and at most so much before it has come: the length is only announced
	mostKept  = 128 << 10 // larger buffers are not kept for others
)

// ReadBody returns the body of a request, empty if there is none. It is valid until the
// handler returns: then the memory is another request's. It returns a bellhop.TooLarge
// error for more than MaxBody, whether or not the length was announced, and a
// bellhop.Invalid one for a body that ends early.
func ReadBody(r *http.Request) ([]byte, error) {
	x := exchangeOf(r)
	if r.ContentLength > MaxBody {
		x.stopReading()
		return nil, errBodyTooLarge()
	}
	if r.ContentLength == 0 || r.Body == nil {
		return nil, nil
	}
	body, err := readAll(r.Body, x.take(), r.ContentLength)
	if x.borrow != nil {
		*x.borrow = body
	}
	switch {
	case errors.Is(err, errTooLong):
		x.stopReading()
		return nil, errBodyTooLarge()
	case err != nil:
		return nil, &bellhop.Error{Code: bellhop.Invalid, Message: "The body could not be read", Err: err}
	}
	return body, nil
}

var errTooLong = errors.New("body is too long")

func errBodyTooLarge() error { return bellhop.Errorf(bellhop.TooLarge, "Request entity too large") }

// readAll reads to the end of r, into b as far as it has room. Announced is how long the
// body is said to be, -1 if that is not known.
func readAll(r io.Reader, b []byte, announced int64) ([]byte, error) {
	b = b[:0]
	room := firstRead
	if announced >= 0 {
		room = int(min(announced, mostAhead)) + 1 // one more, to see the end at once
	}
	if cap(b) < room {
		b = make([]byte, 0, room)
	}
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > MaxBody:
			return b, errTooLong
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		}
	}
}

// stopReading makes the server close its side of the connection alone, when it has answered, and the other side a moment
// later: who is still sending could not read the answer else. http.MaxBytesReader tells the server so when there is more
// than it lets through. Here that is a byte of ours: of the body there may be none yet, and who has asked whether to send it
// would be told to.
func (x *exchange) stopReading() {
	more := io.NopCloser(strings.NewReader("x"))
	_, _ = http.MaxBytesReader(x.ResponseWriter, more, 0).Read(make([]byte, 1))
}

// take returns memory to read into.
func (x *exchange) take() []byte {
	if x.buffers == nil {
		return nil
	}
	if x.borrow == nil {
		x.borrow, _ = x.buffers.Get().(*[]byte)
	}
	return *x.borrow
}

// giveBack lets others have the memory that ReadBody took. Whoever panicked may still hold
// it, in a goroutine of his, so his is not given back.
func (x *exchange) giveBack() {
	if x.borrow != nil && cap(*x.borrow) <= mostKept {
		x.buffers.Put(x.borrow)
	}
	x.borrow = nil
}
