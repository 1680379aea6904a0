package main

import (
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// throughProxy is a connection through a proxy, and what the database has of it.
func throughProxy(t *testing.T) (p *crashProxy, connect func() (node, database net.Conn)) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	p, err = newCrashProxy(t.Context(), []dialer{func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p, func() (node, database net.Conn) {
		node, err := net.Dial("tcp", p.addresses())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { node.Close() })
		if database, err = listener.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { database.Close() })
		send(t, node, "hello")
		expect(t, database, "hello")
		send(t, database, "welcome")
		expect(t, node, "welcome")
		return node, database
	}
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != text {
		t.Fatalf("read %q, %v, want %q", got, err, text)
	}
}

func expectBroken(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatalf("read %d bytes of a connection that was cut", n)
	}
}

func TestProxyCut(t *testing.T) {
	p, connect := throughProxy(t)
	node, database := connect()
	if n := p.cut(); n != 1 {
		t.Errorf("cut %d connections, want 1", n)
	}
	expectBroken(t, node)
	expectBroken(t, database)
	connect() // a new one works
}

func TestProxyHole(t *testing.T) {
	p, connect := throughProxy(t)
	node, database := connect()
	p.beginHole()
	send(t, node, "lost")
	send(t, database, "as well")
	come := make(chan string, 2)
	go func() {
		expect(t, database, "lost")
		come <- "lost"
		expect(t, node, "as well")
		come <- "as well"
	}()
	select {
	case text := <-come:
		t.Errorf("%q came through the hole", text)
	case <-time.After(30 * time.Millisecond):
	}
	p.endHole()
	<-come
	<-come
}

// What goes away in a hole is seen on the other side only after it.
func TestProxyHoleHidesTheEnd(t *testing.T) {
	p, connect := throughProxy(t)
	node, database := connect()
	p.beginHole()
	node.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := database.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Errorf("the end came through the hole: %v", err)
	case <-time.After(30 * time.Millisecond):
	}
	p.endHole()
	if <-ended == nil {
		t.Error("there was something to read")
	}
}

func TestProxyCutsCommit(t *testing.T) {
	p, connect := throughProxy(t)
	node, database := connect()
	cut := make(chan bool, 1)
	go func() { cut <- p.cutCommit(t.Context(), time.Minute) }()
	for armed := false; !armed; {
		p.mu.Lock()
		armed = p.armed != nil
		p.mu.Unlock()
	}
	send(t, node, "select")
	expect(t, database, "select")
	send(t, database, "row")
	expect(t, node, "row")
	send(t, node, "Commit")
	expect(t, database, "Commit") // it is done, and nobody hears of it
	expectBroken(t, node)
	if !<-cut {
		t.Error("no commit was cut")
	}
}

func TestProxyCutsAnywayWithoutACommit(t *testing.T) {
	p, connect := throughProxy(t)
	node, _ := connect()
	if p.cutCommit(t.Context(), time.Millisecond) {
		t.Error("a commit was cut that nobody has sent")
	}
	expectBroken(t, node)
}
