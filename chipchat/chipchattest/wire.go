package chipchattest

import (
	"context"
	"net"
	"sync"
)

// wire is a listener in memory: what dials it gets one end of a pipe, and Accept the other. Its
// connections work in a bubble of synctest, where those of a network stop the clock.
type wire struct {
	address net.Addr
	refuses func() bool // whether nobody is there at present; may be nil
	dialed  chan net.Conn
	closing sync.Once
	closed  chan struct{}
}

func newWire(address net.Addr) *wire {
	return &wire{address: address, dialed: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept returns the next connection, or net.ErrClosed once the wire is closed.
func (l *wire) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialed:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept. Connections that there are stay.
func (l *wire) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

func (l *wire) Addr() net.Addr { return l.address }

// dial returns a connection that was accepted, or errRefused if nobody is there.
func (l *wire) dial(ctx context.Context) (net.Conn, error) {
	if l.refuses != nil && l.refuses() {
		return nil, errRefused
	}
	near, far := net.Pipe()
	select {
	case l.dialed <- &end{far, l.address}:
		return &end{near, l.address}, nil
	case <-l.closed:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// end is an end of a pipe that says an address, as those who write logs and records want it.
type end struct {
	net.Conn
	address net.Addr
}

func (e *end) LocalAddr() net.Addr  { return e.address }
func (e *end) RemoteAddr() net.Addr { return e.address }
