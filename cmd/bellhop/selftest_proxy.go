package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// crashProxy stands between a node and its database. It can cut the connections, and it can
// swallow what is sent without a word, as a broken network does.
type crashProxy struct {
	listeners []net.Listener // one for each server
	group     sync.WaitGroup

	mu     sync.Mutex
	links  map[*crashLink]bool
	closed bool
	hole   chan struct{} // closed when it ends; nil without one
	armed  chan struct{} // closed when a commit was cut; nil when none is to be
}

// crashLink is one connection through the proxy.
type crashLink struct{ node, database net.Conn }

// newCrashProxy listens on a free port for each server of the database. It connects to them by dialers, until ctx ends.
func newCrashProxy(ctx context.Context, dialers []dialer) (*crashProxy, error) {
	p := &crashProxy{links: map[*crashLink]bool{}}
	for _, dial := range dialers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("stand between a node and the database: %w", err), p.close())
		}
		p.listeners = append(p.listeners, listener)
		p.group.Go(func() { p.accept(ctx, listener, dial) })
	}
	return p, nil
}

// addresses are those it listens on, with commas in between.
func (p *crashProxy) addresses() string {
	var all []string
	for _, listener := range p.listeners {
		all = append(all, listener.Addr().String())
	}
	return strings.Join(all, ",")
}

func (p *crashProxy) close() error {
	p.endHole()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	var err error
	for _, listener := range p.listeners {
		err = errors.Join(err, listener.Close())
	}
	p.cut()
	p.group.Wait()
	return err
}

func (p *crashProxy) accept(ctx context.Context, listener net.Listener, dial dialer) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // it is closed
		}
		p.group.Go(func() { p.serve(ctx, conn, dial) })
	}
}

// databasePatience is how long the proxy waits for the database to take a connection.
const databasePatience = 5 * time.Second

func (p *crashProxy) serve(ctx context.Context, node net.Conn, dial dialer) {
	defer node.Close()
	p.waitHole()
	ctx, cancel := context.WithTimeout(ctx, databasePatience)
	database, err := dial(ctx)
	cancel()
	if err != nil {
		reset(node) // as where nobody listens
		return
	}
	link := &crashLink{node, database}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		database.Close()
		return
	}
	p.links[link] = true
	p.mu.Unlock()
	var ways sync.WaitGroup
	ways.Go(func() { p.forward(link, true) })
	ways.Go(func() { p.forward(link, false) })
	ways.Wait()
	p.mu.Lock()
	delete(p.links, link)
	p.mu.Unlock()
}

// forward passes on what comes from one side, until one of them ends.
func (p *crashProxy) forward(link *crashLink, fromNode bool) {
	from, to := link.node, link.database
	if !fromNode {
		from, to = to, from
	}
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		// Nothing of a hole reaches the other side before its end: neither bytes nor that there will be no more.
		p.waitHole()
		if n > 0 {
			cut := fromNode && p.takesCommit(buffer[:n])
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
			if cut {
				reset(link.node) // the database gets it, and an end
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut breaks all connections, and returns how many there were.
func (p *crashProxy) cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for link := range p.links {
		link.reset()
	}
	return len(p.links)
}

// cutCommit breaks the connection on which the next commit goes to the database, after it and
// before its answer. It returns false if none came for that time, and then cuts all.
func (p *crashProxy) cutCommit(ctx context.Context, patience time.Duration) bool {
	done := make(chan struct{})
	p.mu.Lock()
	p.armed = done
	p.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	p.mu.Lock()
	p.armed = nil
	p.mu.Unlock()
	p.cut()
	return false
}

// largeMessage is larger than what is sent to only read something: a commit that carries its
// rows may have its last word prepared, so that it cannot be found by name.
const largeMessage = 4 << 10

// takesCommit reports whether this is the commit to cut.
func (p *crashProxy) takesCommit(message []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.armed == nil || len(message) < largeMessage && !bytes.Contains(bytes.ToLower(message), []byte("commit")) {
		return false
	}
	close(p.armed)
	p.armed = nil
	return true
}

// beginHole swallows everything, in both directions, until endHole. What was sent meanwhile
// comes then, as it does when a network sends again what got lost.
func (p *crashProxy) beginHole() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hole == nil {
		p.hole = make(chan struct{})
	}
}

func (p *crashProxy) endHole() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hole != nil {
		close(p.hole)
		p.hole = nil
	}
}

func (p *crashProxy) waitHole() {
	p.mu.Lock()
	hole := p.hole
	p.mu.Unlock()
	if hole != nil {
		<-hole
	}
}

func (l *crashLink) reset() {
	reset(l.node)
	reset(l.database)
}

// reset ends a connection so that the other side gets an error, and not an end.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close() // gone is gone
}
