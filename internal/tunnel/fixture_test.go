package tunnel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/tunnel/wire"
	"bellhop/internal/web"
)

const (
	email     = "ada@example.com"
	password  = "open sesame"
	publicURL = "https://hop.example/base"
)

// seed is the directory of a store that was set up, and a token of its admin: hashing
// passwords takes long on purpose.
var seed struct{ dir, token string }

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bellhop-tunnel-")
	if err == nil {
		err = plant(dir)
	}
	code := 1
	if err == nil {
		seed.dir = dir
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func plant(dir string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{Dir: dir, Unsafe: true})
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, err := account.New(ctx, db, account.Config{})
	if err != nil {
		return err
	}
	_, err = accounts.Setup(ctx, account.SetupRequest{Organization: "Top", Email: email, Password: password, GivenName: "Ada"})
	if err == nil {
		seed.token, err = logIn(ctx, accounts)
	}
	return err
}

// logIn returns a new token of the admin.
func logIn(ctx context.Context, accounts *account.Accounts) (string, error) {
	answer, err := accounts.Token(ctx, []byte(`{"email":"`+email+`","password":"`+password+`"}`), "192.0.2.1")
	if err != nil {
		return "", err
	}
	var token struct{ Token string }
	err = json.Unmarshal(answer, &token)
	return token.Token, err
}

// house is a server of tunnels in a bubble. Its connections are pipes, which hold nothing: who
// does not read is not written to.
type house struct {
	*testing.T
	db       *store.DB
	accounts *account.Accounts
	tunnels  *tunnel.Tunnels
	token    string
	client   *http.Client
	conns    chan net.Conn
	closed   chan struct{}
	limiter  *web.Limiter
	log      *journal
	stop     func() // ends the server

	neighbor      atomic.Bool // another node is a member
	neighborHears chan []byte // what it is asked

	mu      sync.Mutex
	arrived []bellhop.ID
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// tokenLife is how long a token counts here.
const tokenLife = time.Minute

func inHouse(t *testing.T, name string, test func(h *house)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(seed.dir)); err != nil {
				t.Fatal(err)
			}
			h := &house{T: t, conns: make(chan net.Conn), closed: make(chan struct{}), log: new(journal), neighborHears: make(chan []byte, 10)}
			var err error
			if h.db, err = store.Open(t.Context(), store.Config{Dir: dir, Unsafe: true}); err != nil {
				t.Fatal(err)
			}
			defer h.db.Close()
			if h.accounts, err = account.New(t.Context(), h.db, account.Config{AccessLife: tokenLife}); err != nil {
				t.Fatal(err)
			}
			h.token = seed.token
			h.client = &http.Client{Transport: &http.Transport{DialContext: h.dial, DisableKeepAlives: true}}
			h.serve()
			defer func() { h.stop() }()
			test(h)
		})
	})
}

// serve begins to serve. Before that who served has to be stopped.
func (h *house) serve() {
	h.Helper()
	known, err := roster.Load(h.Context(), roster.Config{DB: h.db, Nodes: nodes{cluster.New(cluster.Config{DB: h.db}), h}})
	if err != nil {
		h.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.tunnels, err = tunnel.New(tunnel.Config{Accounts: h.accounts, Roster: known, URL: publicURL, Limiter: h.limiter, Log: log, Ask: h.askNeighbor, Tell: func(roster.Node, []byte) {}, Arrived: func(id bellhop.ID) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.arrived = append(h.arrived, id)
	}})
	if err != nil {
		h.Fatal(err)
	}
	mux := http.NewServeMux()
	h.tunnels.Routes(mux)
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	var running sync.WaitGroup
	h.closed = make(chan struct{})
	running.Go(func() {
		if err := web.Serve(ctx, pipes{h, h.closed}, mux, log); err != nil {
			h.Errorf("Serve = %v", err)
		}
	})
	running.Go(func() {
		if err := h.tunnels.Run(ctx); err != nil {
			h.Errorf("Run = %v", err)
		}
	})
	h.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
}

// neighbor is another node.
const neighbor = store.NodeID("far")

// nodes are those that share the store of a house.
type nodes struct {
	*cluster.Cluster
	house *house
}

func (n nodes) Nodes() []cluster.Node {
	all := n.Cluster.Nodes()
	if n.house.neighbor.Load() {
		all = append(all, cluster.Node{ID: neighbor})
	}
	return all
}

func (h *house) askNeighbor(_ context.Context, _ roster.Node, question []byte) ([]byte, error) {
	h.neighborHears <- question
	return nil, nil
}

// pipes is the listener of a house.
type pipes struct {
	*house
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (h *house) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case h.conns <- far:
		return near, nil
	case <-h.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request, "GET /path", with headers given by name and value.
func (h *house) ask(what string, body string, headers ...string) answer {
	h.Helper()
	method, path, _ := strings.Cut(what, " ")
	r, err := http.NewRequestWithContext(h.Context(), method, "http://hop.example"+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	response, err := h.client.Do(r)
	if err != nil {
		h.Errorf("%s: %v", what, err)
		return answer{}
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		h.Errorf("%s: %v", what, err)
	}
	return answer{response.StatusCode, response.Header, string(got)}
}

// own is ask with the token of the admin.
func (h *house) own(what string) answer {
	h.Helper()
	return h.ask(what, "", "Authorization", "Bearer "+h.token)
}

// want checks the status of an answer, and that its body holds some text.
func (a answer) want(t testing.TB, status int, text string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, text) {
		t.Errorf("answered %d %s, want %d and %q in it", a.status, a.body, status, text)
	}
}

// listener is a client that listens at a tunnel.
type listener struct {
	*house
	conn  *websocket.Conn
	ready wire.Ready
	path  string // of the tunnel's URL here
	got   chan wire.Frame
	ended chan struct{}
	err   error // of the connection, once it is ended
}

// connect opens a WebSocket with that name, or returns how that was refused.
func (h *house) connect(name, token string, change ...func(*websocket.DialOptions)) (*websocket.Conn, int) {
	h.Helper()
	options := &websocket.DialOptions{HTTPClient: h.client, Subprotocols: []string{wire.Subprotocol},
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}}
	for _, f := range change {
		f(options)
	}
	conn, response, err := websocket.Dial(h.Context(), "ws://hop.example/v2/tunnels?name="+name, options)
	if err != nil {
		if response == nil {
			h.Fatal(err)
		}
		return nil, response.StatusCode
	}
	conn.SetReadLimit(wire.MaxFrame)
	return conn, response.StatusCode
}

// listen listens at the tunnel of that name.
func (h *house) listen(name string, change ...func(*websocket.DialOptions)) *listener {
	h.Helper()
	conn, status := h.connect(name, h.token, change...)
	if conn == nil {
		h.Fatalf("listening is refused with %d", status)
	}
	l := &listener{house: h, conn: conn, got: make(chan wire.Frame, 1000), ended: make(chan struct{})}
	_, b, err := conn.Read(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	f, err := wire.Decode(b)
	var ok bool
	if l.ready, ok = f.(wire.Ready); !ok || err != nil {
		h.Fatalf("the first frame is %s, want ready", b)
	}
	l.path = "/tunnels/" + l.ready.Tunnel
	return l
}

// hear takes what comes from now on; before that the listener is silent.
func (l *listener) hear() *listener {
	go func() {
		defer close(l.ended)
		for {
			_, b, err := l.conn.Read(l.Context())
			if err != nil {
				l.err = err
				return
			}
			f, err := wire.Decode(b)
			if err != nil {
				l.Errorf("the server sent %.100s: %v", b, err)
				continue
			}
			l.got <- f
		}
	}()
	return l
}

// leave breaks the connection.
func (l *listener) leave() { _ = l.conn.CloseNow() }

// wantEnd waits until the connection is closed with that code.
func (l *listener) wantEnd(code websocket.StatusCode) {
	l.Helper()
	<-l.ended
	if got := websocket.CloseStatus(l.err); got != code {
		l.Errorf("closed with %d, want %d: %v", got, code, l.err)
	}
}

// next returns the next frame, which has to be a request.
func (l *listener) next() wire.Request {
	l.Helper()
	f := <-l.got
	request, ok := f.(wire.Request)
	if !ok {
		l.Fatalf("got %#v, want a request", f)
	}
	return request
}

func (l *listener) send(f wire.Frame) {
	l.Helper()
	b, err := wire.Encode(f)
	if err != nil {
		l.Fatal(err)
	}
	l.write(b)
}

func (l *listener) write(b []byte) {
	l.Helper()
	if err := l.conn.Write(l.Context(), websocket.MessageText, b); err != nil {
		l.Errorf("send %.100s: %v", b, err)
	}
}

// serve answers all requests by f.
func (l *listener) serve(f func(wire.Request) wire.Response) *listener {
	l.hear()
	go func() {
		for {
			select {
			case frame := <-l.got:
				request, ok := frame.(wire.Request)
				if !ok {
					continue
				}
				l.send(wire.Received{ID: request.ID})
				response := f(request)
				response.ID = request.ID
				l.send(response)
			case <-l.ended:
				return
			}
		}
	}()
	return l
}

// asking asks while the test goes on.
func (h *house) asking(what, body string) <-chan answer {
	h.Helper()
	done := make(chan answer, 1)
	go func() { done <- h.ask(what, body) }()
	return done
}
