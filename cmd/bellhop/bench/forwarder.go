package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// queued is how many bodies a forwarder holds. At this bound whoever posts waits.
const queued = 1024

// forwarder answers 202 at once and sends on what it got, signed, as the server does, but stores nothing.
type forwarder struct {
	pool  sync.Pool // of *[]byte
	queue chan *[]byte
}

// playForwarder forwards to target until ctx or the input ends.
func playForwarder(ctx context.Context, in io.Reader, out, log io.Writer, target string, connections int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f := &forwarder{queue: make(chan *[]byte, queued)}
	transport := newTransport(connections)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	for range connections {
		p, err := newPoster(ctx, transport, target, "", true)
		if err != nil {
			return err
		}
		group.Go(func() { f.work(ctx, p, log) })
	}
	err = serveRole(ctx, in, out, l, f, actions{})
	cancel()
	group.Wait()
	return err
}

func (f *forwarder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	buf, _ := f.pool.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	body, err := readBody(req, *buf)
	*buf = body
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case f.queue <- buf:
	case <-req.Context().Done():
		return
	}
	h := w.Header()
	h["Content-Type"], h["Content-Length"] = jsonType, okLength
	w.WriteHeader(http.StatusAccepted)
	w.Write(okBody)
}

func (f *forwarder) work(ctx context.Context, p *poster, log io.Writer) {
	for {
		select {
		case <-ctx.Done():
			return
		case buf := <-f.queue:
			status, _, text, err := p.post(*buf)
			if ctx.Err() != nil {
				return
			}
			if err != nil || status != http.StatusOK {
				// The event is lost, and so whoever counts will see it.
				fmt.Fprintln(log, "forward:", status, string(text), err)
			}
			f.pool.Put(buf)
		}
	}
}
