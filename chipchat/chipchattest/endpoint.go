package chipchattest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
)

// maxBody is far more than the server sends.
const maxBody = 4 << 20

// endpoint is where a bot listens: an HTTP server on a host of the test.
type endpoint struct {
	url      string
	listener *wire
	faults   *faults
	handler  http.Handler
	server   *http.Server
	running  sync.WaitGroup
}

// listen starts to serve handler at a host of its own.
func (p *Platform) listen(handler http.Handler) *endpoint {
	host := p.name("bot") + ".test"
	e := &endpoint{url: "http://" + host + "/", listener: p.network.listen(host), faults: p.faults, handler: handler}
	e.server = &http.Server{Handler: e, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn)}
	e.listener.refuses = p.faults.isDown
	p.mu.Lock()
	p.hooks = append(p.hooks, e)
	p.mu.Unlock()
	e.running.Go(func() { _ = e.server.Serve(e.listener) }) // ends with the listener
	return e
}

// close waits for handlers, but not longer than ctx.
func (e *endpoint) close(ctx context.Context) {
	if err := e.server.Shutdown(ctx); err != nil {
		_ = e.server.Close() // which cancels the requests that are left
	}
	e.running.Wait()
}

// ServeHTTP gives the bot what comes, after all that goes wrong on the way.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case e.faults.isDown():
		hangUp(w, "")
	case r.Method != http.MethodPost:
		e.handler.ServeHTTP(w, r)
	default:
		e.deliver(w, r)
	}
}

// partial is how an answer begins that breaks. Before its first byte the server would send the same
// request once more.
const partial = "HTTP/1.1 200 OK\r\n"

func (e *endpoint) deliver(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		hangUp(w, "")
		return
	}
	plan := e.faults.next()
	if plan.drop {
		hangUp(w, partial)
		return
	}
	defer plan.turn.leave()
	if e.faults.wait(r.Context(), plan.delay) != nil || plan.turn.wait(r.Context()) != nil {
		hangUp(w, "") // nobody listens any more
		return
	}
	answer := e.hand(r, body)
	for range plan.repeat {
		e.hand(r, body)
	}
	switch plan.answer {
	case breaks:
		hangUp(w, partial)
	case silent:
		select {
		case <-r.Context().Done():
		case <-e.faults.ended:
		}
		hangUp(w, "")
	default:
		send(w, answer)
	}
}

// hand gives the bot a request of its own.
func (e *endpoint) hand(r *http.Request, body []byte) *httptest.ResponseRecorder {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, again)
	return w
}

func send(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // an error means that nobody listens any more
}

// hangUp ends the connection after a text.
func hangUp(w http.ResponseWriter, text string) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // as net/http ends a connection
	}
	defer c.Close()
	if text != "" {
		_, _ = io.WriteString(c, text)
	}
}
