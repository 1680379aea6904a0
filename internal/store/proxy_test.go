package store_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a store and its PostgreSQL and can cut a connection at the next COMMIT. Its goroutines
// belong to no bubble of testing/synctest.
type proxy struct {
	listener net.Listener
	server   string
	cut      atomic.Int32 // a cutting
	cuts     atomic.Int32 // how many there were
	deaf     atomic.Bool  // it takes no new connections

	done  sync.WaitGroup
	mu    sync.Mutex
	wires map[*wire]bool // guarded by mu
}

// cutAll cuts all connections.
func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.wires {
		w.close()
	}
	clear(p.wires)
}

// cutting is where a connection is cut.
type cutting int32

const (
	nowhere       cutting = iota
	beforeCommit          // the COMMIT does not arrive
	afterCommit           // the COMMIT arrives, its answer does not
	deafAndBefore         // and no connection is taken any more
	deafAndAfter
)

// newProxy returns a proxy of a database, and the URL that leads through it.
func newProxy(t *testing.T, database string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal("the URL of the database is not valid")
	}
	p := &proxy{server: u.Host, wires: map[*wire]bool{}}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.done.Go(p.serve)
	t.Cleanup(func() {
		p.listener.Close()
		p.cutAll()
		p.done.Wait()
	})
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.deaf.Load() {
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		w := &wire{p: p, client: client, server: server, answered: make(chan struct{})}
		p.mu.Lock()
		p.wires[w] = true
		p.mu.Unlock()
		p.done.Go(w.requests)
		p.done.Go(w.answers)
	}
}

// wire is one connection.
type wire struct {
	p              *proxy
	client, server net.Conn
	mute           atomic.Bool   // the client hears nothing any more
	answered       chan struct{} // closed when the server says nothing more
}

func (w *wire) close() {
	w.client.Close()
	w.server.Close()
}

// requests passes on what the client sends, message by message.
func (w *wire) requests() {
	defer w.close()
	from := bufio.NewReader(w.client)
	commits := map[string]bool{} // the names of statements
	for typed := false; ; typed = true {
		kind, message, err := readMessage(from, typed)
		if err != nil {
			return
		}
		body := message[len(message)-messageLength(message, typed):]
		switch kind {
		case 'P': // a statement is prepared: name, text
			if name, rest, _ := bytes.Cut(body, []byte{0}); bytes.HasPrefix(rest, []byte("COMMIT\x00")) {
				commits[string(name)] = true
			}
		case 'B': // and used: portal, name
			_, rest, _ := bytes.Cut(body, []byte{0})
			name, _, _ := bytes.Cut(rest, []byte{0})
			if commits[string(name)] && w.isCut() {
				// The client asks the server at once, for some time of a clock that does not wait for it: by then the
				// server has heard that the connection is gone.
				_ = w.server.(*net.TCPConn).CloseWrite()
				<-w.answered
				return
			}
		}
		if _, err := w.server.Write(message); err != nil {
			return
		}
	}
}

// isCut is asked at each COMMIT, and reports whether it does not arrive.
func (w *wire) isCut() bool {
	cut := cutting(w.p.cut.Swap(int32(nowhere)))
	if cut == nowhere {
		return false
	}
	w.p.cuts.Add(1)
	if cut == deafAndBefore || cut == deafAndAfter {
		w.p.deaf.Store(true)
	}
	w.mute.Store(true)
	return cut == beforeCommit || cut == deafAndBefore
}

// answers passes on what the server answers. Who is mute waits for the end of the answer, so that the
// transaction is over, and then hears nothing.
func (w *wire) answers() {
	defer w.close()
	defer close(w.answered)
	from := bufio.NewReader(w.server)
	for {
		kind, message, err := readMessage(from, true)
		if err != nil {
			return
		}
		if w.mute.Load() {
			if kind == 'Z' { // ready for the next statement
				return
			}
			continue
		}
		if _, err := w.client.Write(message); err != nil {
			return
		}
	}
}

// readMessage reads a message of the protocol. Only the first one of a client has no type.
func readMessage(from *bufio.Reader, typed bool) (kind byte, message []byte, err error) {
	head := make([]byte, 4)
	if typed {
		head = make([]byte, 5)
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[len(head)-4:])
	message = append(head, make([]byte, length-4)...)
	if _, err := io.ReadFull(from, message[len(head):]); err != nil {
		return 0, nil, err
	}
	if typed {
		kind = head[0]
	}
	return kind, message, nil
}

// messageLength is the length of what a message says.
func messageLength(message []byte, typed bool) int {
	if typed {
		return len(message) - 5
	}
	return len(message) - 4
}
