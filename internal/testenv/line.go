package testenv

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// Line is the way to a database, which a test can cut, and freeze. It ends with the test.
type Line struct {
	url      *url.URL
	to       string
	listener net.Listener
	ends     sync.WaitGroup

	mu     sync.Mutex
	moved  sync.Cond // when one of these has changed
	cut    bool
	frozen bool
	ended  bool
	conns  map[net.Conn]bool
}

// NewLine returns a line to the database of that URL.
func NewLine(t testing.TB, database string) *Line {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal("the address of the database is no URL")
	}
	l := &Line{url: u, to: u.Host, conns: map[net.Conn]bool{}}
	l.moved.L = &l.mu
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	u.Host = l.listener.Addr().String()
	l.ends.Go(l.accept)
	t.Cleanup(l.end)
	return l
}

// URL is that of the database, by this line.
func (l *Line) URL() string { return l.url.String() }

// Cut ends all connections, and lets no other one come up until Mend.
func (l *Line) Cut() {
	l.set(func() {
		l.cut = true
		for c := range l.conns {
			c.Close()
		}
	})
}

// Mend ends what Cut has begun.
func (l *Line) Mend() { l.set(func() { l.cut = false }) }

// Freeze keeps all connections, and lets nothing pass until Thaw: as if one side was stopped.
func (l *Line) Freeze() { l.set(func() { l.frozen = true }) }

// Thaw ends what Freeze has begun: what was sent meanwhile arrives.
func (l *Line) Thaw() { l.set(func() { l.frozen = false }) }

func (l *Line) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	l.moved.Broadcast()
}

func (l *Line) end() {
	l.listener.Close()
	l.set(func() {
		l.ended = true
		for c := range l.conns {
			c.Close()
		}
	})
	l.ends.Wait()
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.ends.Go(func() { l.join(near) })
	}
}

// join brings what comes on near to the database, and what comes back.
func (l *Line) join(near net.Conn) {
	defer near.Close()
	if !l.keep(near) {
		return
	}
	defer l.forget(near)
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer far.Close()
	if !l.keep(far) {
		return
	}
	defer l.forget(far)
	var both sync.WaitGroup
	both.Go(func() { l.pass(far, near) })
	both.Go(func() { l.pass(near, far) })
	both.Wait()
}

func (l *Line) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut || l.ended {
		return false
	}
	l.conns[c] = true
	return true
}

func (l *Line) forget(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// pass brings on what comes from one side, as long as both are there.
func (l *Line) pass(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.mu.Lock()
		for l.frozen && !l.ended && !l.cut {
			l.moved.Wait()
		}
		l.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return // it has ended, or the line was cut
		}
	}
}
