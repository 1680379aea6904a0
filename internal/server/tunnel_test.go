package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"bellhop/internal/account"
	"bellhop/internal/tunnel/wire"
)

// tunneled is a server with a public URL that no name leads to, and its admin.
type tunneled struct {
	*testing.T
	dir, token string
	address    string // where it listens
	stop       func() // ends it
}

const tunneledURL = "https://bellhop.invalid"

func (s *tunneled) start() {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	s.address = listener.Addr().String()
	server, err := New(s.Context(), Config{PublicURL: tunneledURL, Data: s.dir}, listener, slog.New(slog.DiscardHandler))
	if err != nil {
		s.Fatal(err)
	}
	if s.token == "" {
		s.setUp(server.Accounts())
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	s.stop = func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("Run = %v", err)
		}
		if err := server.Close(); err != nil {
			s.Error(err)
		}
	}
}

func (s *tunneled) setUp(accounts *account.Accounts) {
	s.Helper()
	s.token = s.logIn(accounts)
}

// logIn makes an organization with an admin, and returns a token of his.
func (s *tunneled) logIn(accounts *account.Accounts) string {
	s.Helper()
	_, err := accounts.Setup(s.Context(), account.SetupRequest{Organization: "Top", Email: "ada@example.com", Password: "open sesame"})
	if err != nil {
		s.Fatal(err)
	}
	answer, err := accounts.Token(s.Context(), []byte(`{"email":"ada@example.com","password":"open sesame"}`), "192.0.2.1")
	if err != nil {
		s.Fatal(err)
	}
	var token struct{ Token, AccessToken string }
	if err := json.Unmarshal(answer, &token); err != nil {
		s.Fatal(err)
	}
	return token.Token + token.AccessToken
}

// do makes a request to the API, and returns the answer, which must have that status.
func (s *tunneled) do(status int, method, path, body string) map[string]any {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, "http://"+s.address+"/v2/"+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		s.Fatalf("%s %s = %d %s, %v, want %d", method, path, response.StatusCode, b, err, status)
	}
	var got any
	if len(b) > 0 {
		if err := json.Unmarshal(b, &got); err != nil {
			s.Fatal(err)
		}
	}
	if list, ok := got.([]any); ok {
		return map[string]any{"list": list}
	}
	object, _ := got.(map[string]any)
	return object
}

// ear listens at the tunnel of that server. It answers nothing by itself.
type ear struct {
	*tunneled
	conn *websocket.Conn
	url  string
}

func (s *tunneled) dial() (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(s.Context(), "ws://"+s.address+"/v2/tunnels", &websocket.DialOptions{
		Subprotocols: []string{wire.Subprotocol}, HTTPHeader: http.Header{"Authorization": {"Bearer " + s.token}}})
}

func (s *tunneled) listen() *ear {
	s.Helper()
	conn, _, err := s.dial()
	if err != nil {
		s.Fatal(err)
	}
	conn.SetReadLimit(wire.MaxFrame)
	e := &ear{tunneled: s, conn: conn}
	e.url = e.next().(wire.Ready).URL
	return e
}

func (e *ear) next() wire.Frame {
	e.Helper()
	_, b, err := e.conn.Read(e.Context())
	if err != nil {
		e.Fatalf("listening: %v", err)
	}
	f, err := wire.Decode(b)
	if err != nil {
		e.Fatal(err)
	}
	return f
}

func (e *ear) send(f wire.Frame) {
	e.Helper()
	b, err := wire.Encode(f)
	if err == nil {
		err = e.conn.Write(e.Context(), websocket.MessageText, b)
	}
	if err != nil {
		e.Fatal(err)
	}
}

// request acknowledges the next request and returns it.
func (e *ear) request() wire.Request {
	e.Helper()
	request, ok := e.next().(wire.Request)
	if !ok {
		e.Fatal("got something else than a request")
	}
	e.send(wire.Received{ID: request.ID})
	return request
}

// Contract: extensions.md 5: The tunnel id is stable
// Contract: extensions.md 5: It outlives restarts
// Contract: extensions.md 5.3: They wait, in the order
// Contract: extensions.md 5.3: It is sent again
// Contract: extensions.md 5.3: A service whose tunnel
// Contract: extensions.md 5.3: That is also the reason
// Contract: extensions.md 5.3: All else of an attempt
// Contract: extensions.md 3: Read-only on services
func TestTunnel(t *testing.T) {
	s := &tunneled{T: t, dir: t.TempDir()}
	s.start()
	defer func() { s.stop() }()

	e := s.listen()
	if !strings.HasPrefix(e.url, tunneledURL+"/tunnels/") {
		t.Fatalf("the tunnel's URL is %s", e.url)
	}
	_ = e.conn.CloseNow()
	s.await("GET", "tunnels", func(got map[string]any) bool { return got["list"].([]any)[0].(map[string]any)["connected"] == false })
	const nobody = "nobody listens at the other end of this tunnel; run bellhop listen"
	if got := s.do(200, "POST", "services/try", `{"url":"`+e.url+`/hook"}`); got["verified"] != false || got["reason"] != nobody {
		t.Errorf("tried while nobody listens: %v", got)
	}

	// Who is no admin has no tunnels, and another admin not this one.
	mine := strings.TrimPrefix(e.url, tunneledURL+"/tunnels/")
	for role, want := range map[string]int{"agent": 403, "admin": 404} {
		s.do(201, "POST", "users", `{"email":"`+role+`@example.com","password":"open sesame","givenName":"A","role":"`+role+`"}`)
		other := &tunneled{T: t, address: s.address}
		other.token = s.do(201, "POST", "auth/token", `{"email":"`+role+`@example.com","password":"open sesame"}`)["token"].(string)
		other.do(want, "DELETE", "tunnels/"+mine, "")
		if role == "admin" {
			if got := other.do(200, "GET", "tunnels", ""); len(got["list"].([]any)) > 0 {
				t.Errorf("another admin is shown %v", got)
			}
			continue
		}
		other.do(403, "GET", "tunnels", "")
		if _, response, err := other.dial(); err == nil || response == nil || response.StatusCode != 403 {
			t.Errorf("an agent listens: %v", err)
		}
	}

	// The challenge and the first delivery come through the tunnel.
	e = s.listen()
	created := make(chan map[string]any, 1)
	go func() {
		created <- s.do(201, "POST", "services", `{"type":"webhook","name":"Laptop","params":{"url":"`+e.url+`/hook","events":["order.*"]}}`)
	}()
	challenge := e.request()
	query, err := url.ParseQuery(challenge.Query)
	if err != nil || challenge.Path != "/hook" || challenge.Method != "GET" {
		t.Fatalf("the challenge is %+v, %v", challenge, err)
	}
	e.send(wire.Response{ID: challenge.ID, Status: 200, Body: []byte(query.Get("challenge"))})
	service := <-created
	if service["status"] != "active" {
		t.Fatalf("the service is %v", service)
	}
	id := service["id"].(string)
	publish := func(n int) string {
		return s.do(202, "POST", "events", fmt.Sprintf(`{"event":"order.created","key":"k","data":{"n":%d}}`, n))["id"].(string)
	}
	first := publish(1)
	delivery := e.request()
	if headers := delivery.Headers.Header(); headers.Get("X-Event-Id") != first || headers.Get("X-Hub-Signature") == "" || headers.Get("User-Agent") != "Web1on1-Webhook/2" || headers.Get("Content-Type") != "application/json" {
		t.Errorf("delivered with %v", headers)
	}
	e.send(wire.Response{ID: delivery.ID, Status: 200})
	list := s.await("GET", "deliveries", func(got map[string]any) bool { return got["list"].([]any)[0].(map[string]any)["status"] == "delivered" })
	shown := s.do(200, "GET", "deliveries/"+list["list"].([]any)[0].(map[string]any)["id"].(string), "")
	attempt := shown["attempts"].([]any)[0].(map[string]any)
	if attempt["request"].(map[string]any)["url"] != e.url+"/hook" || attempt["duration"].(map[string]any)["connect"] != 0.0 || attempt["status"] != 200.0 {
		t.Errorf("the attempt is %v", attempt)
	}

	// The laptop falls asleep with one on its way, and the server restarts.
	second := publish(2)
	if got := e.request(); got.Headers.Header().Get("X-Event-Id") != second {
		t.Errorf("got %v", got.Headers)
	}
	_ = e.conn.CloseNow()
	third, fourth := publish(3), publish(4)
	health := func(got map[string]any) map[string]any { return got["health"].(map[string]any) }
	s.await("GET", "services/"+id, func(got map[string]any) bool { return health(got)["state"] == "away" })
	if got := health(s.do(200, "GET", "services/"+id, "")); got["pending"] != 3.0 || got["consecutiveFailures"] != 0.0 || got["reason"] != nobody || got["since"] == nil || got["nextProbeAt"] != nil {
		t.Errorf("health %v", got)
	}
	if got := fmt.Sprint(s.do(200, "GET", "services/"+id+"/explain?event="+third, "")["reasons"]); !strings.Contains(got, "it waits: nobody has listened") {
		t.Errorf("explained by %s", got)
	}
	s.stop()
	s.start()
	if got := health(s.do(200, "GET", "services/"+id, "")); got["state"] != "away" || got["pending"] != 3.0 {
		t.Errorf("health after a restart %v", got)
	}
	again := s.listen()
	if again.url != e.url {
		t.Errorf("the tunnel has become %s", again.url)
	}
	for _, want := range []string{second, third, fourth} {
		got := again.request()
		headers := got.Headers.Header()
		if headers.Get("X-Event-Id") != want || headers.Get("X-Delivery-Attempt") != "1" || !bytes.Contains(got.Body, []byte(`"order.created"`)) {
			t.Errorf("got event %s, attempt %s, want the first of %s", headers.Get("X-Event-Id"), headers.Get("X-Delivery-Attempt"), want)
		}
		again.send(wire.Response{ID: got.ID, Status: 200})
	}
	s.await("GET", "services/"+id, func(got map[string]any) bool {
		return health(got)["state"] == "ok" && health(got)["pending"] == 0.0
	})
	if got := s.do(200, "GET", "audit?verb=update", ""); strings.Contains(fmt.Sprint(got), "paused") {
		t.Errorf("it was paused: %v", got)
	}
	_ = again.conn.CloseNow()
}

// await asks until the answer is right.
func (s *tunneled) await(method, path string, right func(map[string]any) bool) map[string]any {
	s.Helper()
	for {
		got := s.do(200, method, path, "")
		if right(got) {
			return got
		}
		if s.Context().Err() != nil {
			s.Fatalf("%s %s stays %v", method, path, got)
		}
	}
}
