package chipchat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener is a network in memory, whose deadlines follow the clock of a bubble.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	close(l.closed)
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func TestServeEndsHandlersThatTakeTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, answers(500), nil)
		var stopped time.Duration
		begun := time.Now()
		b.On("message.create.*.*", func(ctx context.Context, _ *Message, _ *Conversation) error {
			<-ctx.Done()
			stopped = time.Since(begun)
			return ctx.Err()
		})
		listener := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Serve(ctx, listener) }()
		client, server := net.Pipe()
		listener.conns <- server
		body := deliveryOf(t, 1)
		go func() {
			_, _ = fmt.Fprintf(client, "POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}()
		synctest.Wait()
		cancel()
		res, err := http.ReadResponse(bufio.NewReader(client), nil)
		if took := time.Since(begun); err != nil || res.StatusCode != 200 || took != answerWithin {
			t.Errorf("answer %+v, %v after %v", res, err, took)
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Serve = %v, want deadline exceeded", err)
		}
		synctest.Wait()
		if stopped != drainWithin {
			t.Errorf("handler was stopped after %v", stopped)
		}
		client.Close()
	})
}

func TestServerLimitsSlowRequests(t *testing.T) {
	full := string(delivery(t, chat, nil, nil))
	head := fmt.Sprintf("POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: %d\r\n\r\n", len(full))
	cases := []struct {
		name, sent string
		status     int // 0: the connection is closed without an answer
		after      time.Duration
	}{
		{"all at once", head + full, 200, 0},
		{"nothing", "", 0, headerWithin},
		{"half of the headers", head[:len(head)-2], 0, headerWithin},
		{"no body", head, 408, bodyWithin},
		{"half of the body", head + full[:100], 408, bodyWithin},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBot(t, answers(500), nil)
				listener := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- b.Serve(ctx, listener) }()
				client, server := net.Pipe()
				listener.conns <- server
				begun := time.Now()
				go func() { _, _ = io.WriteString(client, c.sent) }()
				res, err := http.ReadResponse(bufio.NewReader(client), nil)
				if took := time.Since(begun); took != c.after {
					t.Errorf("answered after %v, want %v", took, c.after)
				}
				if c.status == 0 && err == nil || c.status != 0 && (err != nil || res.StatusCode != c.status) {
					t.Errorf("answer %+v, %v, want %d", res, err, c.status)
				}
				client.Close()
				cancel()
				if err := <-ended; err != nil {
					t.Errorf("Serve = %v", err)
				}
			})
		})
	}
}
