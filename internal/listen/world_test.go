package listen

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"bellhop/internal/tunnel/wire"
)

// A world is a server, a local process and a listener between them, in memory, so that time may be that of a synctest
// bubble.
type world struct {
	t        *testing.T
	listener *Listener
	peers    chan *peer // connections of the listener, as the server sees them
	ended    chan error // gets what Run returns

	mu        sync.Mutex
	refuse    func(w http.ResponseWriter, r *http.Request) bool // answers instead of opening a tunnel
	serve     http.HandlerFunc                                  // the local process
	deaf      bool                                              // the server reads nothing
	down      map[string]bool                                   // hosts where nobody listens
	dials     []string
	exchanges []Exchange
	lost      []error
	slept     time.Duration // how much more the clock on the wall has gone
	pipes     map[string]pipeListener
	stop      context.CancelFunc
}

const (
	serverHost = "server.test:80"
	localHost  = "local.test:80"
	proxyHost  = "proxy.test:3128"
)

func newWorld(t *testing.T, serve http.HandlerFunc) *world {
	t.Helper()
	w := &world{t: t, peers: make(chan *peer, 100), ended: make(chan error, 1), serve: serve, down: make(map[string]bool)}
	w.pipes = map[string]pipeListener{serverHost: newPipes(), localHost: newPipes(), proxyHost: newPipes()}
	w.http(serverHost, w.tunnel)
	w.http(localHost, func(rw http.ResponseWriter, r *http.Request) { w.serve(rw, r) })
	var err error
	w.listener, err = New(Config{
		Server: "http://server.test", Name: "demo", Target: &url.URL{Scheme: "http", Host: "local.test"},
		Token:    func(_ context.Context, refused string) (string, error) { return "good", nil },
		Answered: func(e Exchange) { w.note(func() { w.exchanges = append(w.exchanges, e) }) },
		Lost:     func(err error, _ time.Duration) { w.note(func() { w.lost = append(w.lost, err) }) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.listener.dialer = w.dial
	w.listener.jitter = func() float64 { return 0.5 }
	w.listener.wall = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return time.Now().Add(w.slept)
	}
	return w
}

func (w *world) note(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) dialled() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dials)
}

func (w *world) losses() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lost)
}

// start runs the listener until the test ends it, or ends.
func (w *world) start() {
	ctx, cancel := context.WithCancel(w.t.Context())
	w.stop = cancel
	go func() { w.ended <- w.listener.Run(ctx) }()
	w.t.Cleanup(cancel)
}

// peer returns the next connection.
func (w *world) peer() *peer {
	w.t.Helper()
	select {
	case p := <-w.peers:
		return p
	case err := <-w.ended:
		w.t.Fatalf("Run has ended: %v", err)
		return nil
	}
}

// end stops the listener, and expects that it ends in order.
func (w *world) end() {
	w.t.Helper()
	w.stop()
	if err := <-w.ended; err != nil {
		w.t.Errorf("Run returned %v, want nil", err)
	}
}

func (w *world) http(host string, h http.HandlerFunc) {
	srv, pipes := &http.Server{Handler: h}, w.pipes[host]
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(pipes)
	}()
	w.t.Cleanup(func() {
		srv.Close()
		<-done
	})
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dials = append(w.dials, address)
	pipes, ok := w.pipes[address]
	refused := w.down[address] || !ok
	w.mu.Unlock()
	if refused {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return pipes.dial(ctx)
}

// tunnel is the server's side.
func (w *world) tunnel(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	refuse := w.refuse
	w.mu.Unlock()
	if refuse != nil && refuse(rw, r) {
		return
	}
	conn, err := websocket.Accept(rw, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return
	}
	conn.SetReadLimit(wire.MaxFrame)
	p := &peer{t: w.t, conn: conn, request: r, frames: make(chan wire.Frame, 1000), gone: make(chan struct{})}
	p.send(wire.Ready{Tunnel: "0123456789abcdef01234567", URL: "http://server.test/tunnels/0123456789abcdef01234567"})
	w.peers <- p
	if w.deaf {
		<-w.t.Context().Done()
		return
	}
	p.read(r.Context())
}

// peer is a connection as the server sees it.
type peer struct {
	t       *testing.T
	conn    *websocket.Conn
	request *http.Request
	frames  chan wire.Frame
	gone    chan struct{} // closed when nothing can be read any more
	err     error         // then: why
}

func (p *peer) read(ctx context.Context) {
	defer close(p.gone)
	for {
		_, text, err := p.conn.Read(ctx)
		if err != nil {
			p.err = err
			return
		}
		frame, err := wire.Decode(text)
		if err != nil {
			p.t.Errorf("the listener sent what is no frame: %v", err)
			return
		}
		p.frames <- frame
	}
}

func (p *peer) send(f wire.Frame) {
	text, err := wire.Encode(f)
	if err != nil {
		p.t.Error(err)
		return
	}
	_ = p.conn.Write(context.Background(), websocket.MessageText, text) // who is gone gets nothing
}

// expect returns the next frame but for acknowledgements, which must be there.
func (p *peer) expect() wire.Frame {
	p.t.Helper()
	for {
		select {
		case f := <-p.frames:
			if _, ok := f.(wire.Received); !ok {
				return f
			}
		case <-p.gone:
			p.t.Fatalf("the connection ended: %v", p.err)
		}
	}
}

// ping keeps the connection alive until the test ends it, or it ends.
func (p *peer) ping(ctx context.Context) {
	for {
		select {
		case <-p.gone:
			return
		case <-ctx.Done():
			return
		case <-time.After(wire.PingEvery):
			_ = p.conn.Ping(ctx)
		}
	}
}

// delivery is a request as the server's dispatcher makes it.
func delivery(id int64, name string, attempt int, conversation string) wire.Request {
	body := fmt.Sprintf(`{"id":%q,"event":"message.create.contact.chat","activity":{"object":{"id":"http://server.test/v2/messages/1"}},`+
		`"data":{"links":{"conversation":"http://server.test/v2/conversations/%s"}}}`, name, conversation)
	return wire.Request{ID: id, Method: "POST", Path: "/", Order: orderOf(conversation), Body: []byte(body), Headers: wire.Headers{
		{"Content-Type", "application/json"}, {"X-Delivery-Id", name}, {"X-Delivery-Attempt", fmt.Sprint(attempt)}}}
}

func orderOf(key string) string { return hex.EncodeToString([]byte(key)) }

// pipeListener is a listener of connections in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   *sync.Once
}

func newPipes() pipeListener {
	return pipeListener{conns: make(chan net.Conn), closed: make(chan struct{}), once: new(sync.Once)}
}

func (p pipeListener) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipeListener) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	return b
}
