package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"bellhop"
	"bellhop/internal/store/storetest"
	"bellhop/internal/tunnel/wire"
	"bellhop/internal/web"
)

// several are nodes that share one PostgreSQL, and an endpoint that their webhooks lead to.
type several struct {
	*testing.T
	nodes    []*node
	endpoint *httptest.Server
	status   atomic.Int64 // what it answers
}

// node is one of them.
type node struct {
	tunneled
	server *Server
}

// addressRate is so low that nothing is earned during a test.
var addressRate = web.Rate{PerSecond: 0.001, Burst: 20_000}

func newSeveral(t *testing.T, n int) *several {
	s := &several{T: t}
	s.status.Store(http.StatusOK)
	s.endpoint = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if challenge := r.URL.Query().Get("challenge"); challenge != "" {
			io.WriteString(w, challenge)
			return
		}
		w.WriteHeader(int(s.status.Load()))
	}))
	t.Cleanup(s.endpoint.Close)
	config := storetest.Postgres(t)
	for range n {
		s.start(Config{
			PublicURL: tunneledURL, Database: config.Database, KeyFile: config.KeyFile, Unsafe: true, RateLimit: addressRate,
			EgressAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		})
	}
	s.eventually("all nodes deliver", func() bool {
		for _, n := range s.nodes {
			for _, other := range n.server.cluster.Nodes() {
				if len(n.server.cluster.Nodes()) < len(s.nodes) || other.Partitions == 0 {
					return false
				}
			}
		}
		return true
	})
	return s
}

func (s *several) start(c Config) {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	server, err := New(s.Context(), c, listener, slog.New(slog.DiscardHandler))
	if err != nil {
		s.Fatal(err)
	}
	n := &node{tunneled{T: s.T, address: listener.Addr().String()}, server}
	if len(s.nodes) == 0 {
		n.setUp(server.Accounts())
	} else {
		n.token = s.nodes[0].token
	}
	s.nodes = append(s.nodes, n)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	s.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("Run = %v", err)
		}
		if err := server.Close(); err != nil {
			s.Error(err)
		}
	})
}

// eventually waits until something holds.
func (s *several) eventually(what string, holds func() bool) {
	s.Helper()
	end := time.After(time.Minute)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-end:
			s.Fatalf("%s: not within a minute", what)
		case <-again.C:
		}
	}
}

// service makes a webhook with that URL whose deliveries are made by owner.
func (s *several) service(owner *node, target string) (id string) {
	s.Helper()
	for i := range 100 {
		at := s.nodes[i%len(s.nodes)]
		made := at.do(201, "POST", "services", fmt.Sprintf(`{"type":"webhook","name":"w","params":{"url":%q,"events":["order.created"]}}`, target))
		id := made["id"].(string)
		if owner.owns(id) {
			return id
		}
		at.do(204, "DELETE", "services/"+id, "")
	}
	s.Fatal("no service belongs to that node")
	return ""
}

// owns reports whether a node makes the deliveries of a service.
func (n *node) owns(service string) bool {
	owner, ok := n.server.cluster.OwnerOf(bellhop.ID(service))
	return ok && owner == n.server.cluster.Self()
}

// publish publishes an event at a node, and returns its id.
func (n *node) publish() string {
	n.Helper()
	return n.do(202, "POST", "events", `{"event":"order.created","key":"k","data":{}}`)["id"].(string)
}

// health waits until all nodes show that state of a service.
func (s *several) health(service, state string) {
	s.Helper()
	for i, n := range s.nodes {
		s.eventually(fmt.Sprintf("node %d shows that a service is %s", i, state), func() bool {
			return n.do(200, "GET", "services/"+service, "")["health"].(map[string]any)["state"] == state
		})
	}
}

// follow returns the attempts that a node tells of from now on, as they are told.
func (n *node) follow(query string) (next func() map[string]any) {
	n.Helper()
	r, err := http.NewRequestWithContext(n.Context(), "GET", "http://"+n.address+"/v2/deliveries/stream?"+query, nil)
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+n.token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	line := func() string {
		n.Helper()
		if !lines.Scan() {
			n.Fatalf("the stream ended: %v", lines.Err())
		}
		return lines.Text()
	}
	for text := line(); text != ""; text = line() {
		if text == "event: gap" {
			n.Error("the stream begins with a gap")
		}
	}
	return func() (attempt map[string]any) {
		n.Helper()
		for {
			data, ok := strings.CutPrefix(line(), "data: ")
			if !ok {
				continue
			}
			if err := json.Unmarshal([]byte(data), &attempt); err != nil {
				n.Fatal(err)
			}
			return attempt
		}
	}
}

// TestSeveralNodes goes through what lives in the memory of one node and is asked of another one.
func TestSeveralNodes(t *testing.T) {
	s := newSeveral(t, 2)
	a, b := s.nodes[0], s.nodes[1]
	var services []string
	for _, n := range s.nodes {
		services = append(services, s.service(n, s.endpoint.URL))
	}
	s.streams(services)
	s.pauses(services)
	s.stats(services)
	s.replays(services)
	s.tunnels(a, b)
	s.logins(a, b)
	s.limits(a, b)
}

// Contract: extensions.md 2: Where several nodes serve one database a stream
func (s *several) streams(services []string) {
	var next []func() map[string]any
	for _, n := range s.nodes {
		next = append(next, n.follow("event=order.created"))
	}
	for i, n := range s.nodes {
		event := n.publish()
		for j := range s.nodes {
			got := map[any]any{}
			for range services {
				attempt := next[j]()
				got[attempt["service"]] = attempt["eventId"]
			}
			for _, service := range services {
				if got[service] != event {
					s.Errorf("of event %s, published at node %d, the stream at node %d tells %v", event, i, j, got)
				}
			}
		}
	}
}

// Contract: extensions.md 4: Where several nodes
func (s *several) pauses(services []string) {
	s.status.Store(http.StatusServiceUnavailable)
	for range 12 {
		s.nodes[0].publish()
	}
	for _, service := range services {
		s.health(service, "paused")
	}
	for i, n := range s.nodes {
		if paused, _ := n.server.unhealthy(); len(paused) != len(services) {
			s.Errorf("at node %d %v are down, want %v", i, paused, services)
		}
	}
	s.status.Store(http.StatusOK)
	// A change of the service has its endpoint asked at once, whichever node is told of it.
	for i, service := range services {
		other := s.nodes[(i+1)%len(s.nodes)]
		other.do(200, "PATCH", "services/"+service, `{"name":"again"}`)
	}
	for _, service := range services {
		s.health(service, "ok")
	}
}

func (s *several) stats(services []string) {
	for _, service := range services {
		s.eventually("all is delivered", func() bool {
			list := s.nodes[0].do(200, "GET", "deliveries?status=pending&service="+service, "")
			return len(list["list"].([]any)) == 0
		})
		want := 2.0 + 12
		for i, n := range s.nodes {
			got := n.do(200, "GET", "services/"+service+"/stats?step=0", "")["list"].([]any)[0].(map[string]any)["delivered"]
			if got != want {
				s.Errorf("node %d counts %v that were delivered to service %s, want %v", i, got, service, want)
			}
			s.eventually("a node counts what others have delivered", func() bool {
				return n.do(200, "GET", "stats", "")["delivered"] == want*float64(len(services))
			})
		}
	}
}

func (s *several) replays(services []string) {
	for i, service := range services {
		other := s.nodes[(i+1)%len(s.nodes)]
		id := other.do(202, "POST", "services/"+service+"/replays", `{"from":"2020-01-01T00:00:00Z","status":"delivered"}`)["id"].(string)
		s.eventually("a replay that was begun at another node is done", func() bool {
			return s.nodes[i].do(200, "GET", "replays/"+id, "")["state"] == "done"
		})
	}
}

// Contract: extensions.md 5.1: A newer connection
// Contract: extensions.md 5.3: Where several nodes
func (s *several) tunnels(a, b *node) {
	e := a.listen()
	connected := func(n *node) any {
		return n.do(200, "GET", "tunnels", "")["list"].([]any)[0].(map[string]any)["connected"]
	}
	for _, n := range s.nodes {
		s.eventually("a node shows that somebody listens", func() bool { return connected(n) == true })
	}
	// A stranger asks another node than the listener's.
	path := strings.TrimPrefix(e.url, tunneledURL)
	type asked struct {
		status int
		body   string
	}
	answers := make(chan asked, 1)
	large := strings.Repeat("x", wire.MaxBody)
	go func() {
		response, err := http.Post("http://"+b.address+path+"/x?y", "text/plain", strings.NewReader(large))
		if err != nil {
			s.Error(err)
			answers <- asked{}
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			s.Error(err)
		}
		answers <- asked{response.StatusCode, string(body)}
	}()
	request := e.request()
	if request.Path != "/x" || request.Query != "y" || string(request.Body) != large {
		s.Errorf("the listener gets %s?%s with %d bytes", request.Path, request.Query, len(request.Body))
	}
	e.send(wire.Response{ID: request.ID, Status: http.StatusTeapot, Body: []byte(large)})
	if got := <-answers; got.status != http.StatusTeapot || got.body != large {
		s.Errorf("the stranger gets %d with %d bytes", got.status, len(got.body))
	}
	// The challenge of a webhook there, and its deliveries.
	service := s.tunneledService(b, e)
	a.publish()
	request = e.request()
	e.send(wire.Response{ID: request.ID, Status: http.StatusOK})
	s.eventually("a delivery through a tunnel elsewhere is recorded", func() bool {
		return len(a.do(200, "GET", "deliveries?status=delivered&service="+service, "")["list"].([]any)) == 1
	})
	// Whoever listens at another node takes over.
	newer := b.listen()
	if _, _, err := e.conn.Read(e.Context()); websocket.CloseStatus(err) != wire.CloseReplaced {
		s.Errorf("the older connection ends with %v, want %d", err, wire.CloseReplaced)
	}
	event := a.publish()
	if request = newer.request(); !strings.Contains(string(request.Body), "order.created") {
		s.Errorf("the newer connection gets %s", request.Body)
	}
	// What was not answered when somebody left is no attempt.
	_ = newer.conn.CloseNow()
	s.health(service, "away")
	list := a.do(200, "GET", "deliveries?status=pending&service="+service, "")["list"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["eventId"] != event || list[0].(map[string]any)["attempts"] != 0.0 {
		s.Errorf("while nobody listens these wait: %v", list)
	}
	e = a.listen()
	if again := e.request(); string(again.Body) != string(request.Body) {
		s.Errorf("who comes back gets %s, want %s", again.Body, request.Body)
	} else {
		e.send(wire.Response{ID: again.ID, Status: http.StatusOK})
	}
	s.health(service, "ok")
	b.do(204, "DELETE", "tunnels/"+strings.TrimPrefix(path, "/tunnels/"), "")
	if _, _, err := e.conn.Read(e.Context()); websocket.CloseStatus(err) != wire.CloseDeleted {
		s.Errorf("the tunnel was deleted at another node, and the connection ends with %v", err)
	}
	a.do(204, "DELETE", "services/"+service, "")
}

// tunneledService makes a webhook whose URL leads to e, and whose deliveries are made by owner.
func (s *several) tunneledService(owner *node, e *ear) (id string) {
	s.Helper()
	for range 100 {
		made := make(chan string, 1)
		go func() {
			defer close(made)
			body := fmt.Sprintf(`{"type":"webhook","name":"w","params":{"url":%q,"events":["order.created"]}}`, e.url+"/hook")
			made <- owner.do(201, "POST", "services", body)["id"].(string)
		}()
		r := e.request()
		query, err := url.ParseQuery(r.Query)
		if err != nil {
			s.Fatal(err)
		}
		e.send(wire.Response{ID: r.ID, Status: http.StatusOK, Body: []byte(query.Get("challenge"))})
		id := <-made
		if owner.owns(id) {
			return id
		}
		owner.do(204, "DELETE", "services/"+id, "")
	}
	s.Fatal("no service belongs to that node")
	return ""
}

// Contract: auth.md Permissions: Several failed logins
func (s *several) logins(a, b *node) {
	login := func(n *node, want int) {
		n.do(want, "POST", "auth/token", `{"email":"eve@example.com","password":"x"}`)
	}
	for i := range 5 {
		login(s.nodes[i%len(s.nodes)], 401)
	}
	login(a, 429)
	login(b, 429)
}

// Contract: resources.md 5: Where several nodes
func (s *several) limits(a, b *node) {
	const address = "192.0.2.1"
	for range addressRate.Burst {
		if err := a.server.limiter.Address(address); err != nil {
			s.Fatal(err)
		}
	}
	if a.server.limiter.Address(address) == nil {
		s.Error("an address may send more than its burst")
	}
	s.eventually("another node has heard what an address has sent", func() bool { return b.server.limiter.Address(address) != nil })
}
