package tunnel_test

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/tunnel/wire"
	"bellhop/internal/web"
)

// Contract: extensions.md 5: `<public>/tunnels/<id>/...`
// Contract: extensions.md 5.1: {"type":"request"
// Contract: extensions.md 5.1: {"type":"response"
// Contract: extensions.md 5.1: Headers that are about one connection
// Contract: extensions.md 5.2: An id that is no tunnel's
// Contract: extensions.md 5.2: Cookies
// Contract: extensions.md 5.2: Nor do headers
// Contract: extensions.md 5.2: A browser
func TestStranger(t *testing.T) {
	inHouse(t, "a request passes as it is, and so does the answer", func(h *house) {
		var got wire.Request
		l := h.listen("default").serve(func(r wire.Request) wire.Response {
			got = r
			return wire.Response{Status: 202, Body: []byte("hello\x00\xff"), Headers: wire.Headers{
				{"Content-Type", "text/html"}, {"X-A", "1"}, {"X-A", "2"}, {"Set-Cookie", "session=evil"}, {"Connection", "close"}, {"Content-Length", "99"},
				{"Strict-Transport-Security", "max-age=1"}, {"set-login", "logged-in"}, {"Content-Security-Policy", "default-src *"},
			}}
		})
		a := h.ask("PUT "+l.path+"/hook%2F1/x/?a=<b>&c=%20", "body\xff", "X-B", "2", "Cookie", "bellhop=secret", "Authorization", "Basic QTpi", "Te", "trailers")
		a.want(t, 202, "hello\x00\xff")
		if !reflect.DeepEqual(a.header["X-A"], []string{"1", "2"}) || a.header.Get("Content-Type") != "text/html" || a.header.Get("Content-Length") != "7" {
			t.Errorf("headers of the answer: %v", a.header)
		}
		if a.header.Get("Set-Cookie")+a.header.Get("Strict-Transport-Security")+a.header.Get("Set-Login") != "" {
			t.Errorf("what is about all of the origin passes: %v", a.header)
		}
		if policies := a.header["Content-Security-Policy"]; len(policies) != 2 || !strings.HasPrefix(policies[1], "sandbox") || strings.Contains(policies[1], "same-origin") {
			t.Errorf("a browser would take the answer for one of ours: %q", policies)
		}
		if got.Method != "PUT" || got.Path != "/hook%2F1/x/" || got.Query != "a=<b>&c=%20" || string(got.Body) != "body\xff" {
			t.Errorf("the listener got %+v", got)
		}
		headers := got.Headers.Header()
		if headers.Get("X-B") != "2" || headers.Get("Authorization") != "Basic QTpi" || headers.Get("Cookie") != "" || headers.Get("Te") != "" {
			t.Errorf("the listener got headers %v", headers)
		}
		if strings.Contains(h.log.String(), "secret") || strings.Contains(h.log.String(), "a=<b>") || strings.Contains(h.log.String(), h.token) {
			t.Error("something secret is in the log")
		}
	})
	inHouse(t, "any path, method and status", func(h *house) {
		l := h.listen("default").serve(func(r wire.Request) wire.Response {
			if r.Method == "DELETE" {
				return wire.Response{Status: 204, Body: []byte("ignored")}
			}
			return wire.Response{Status: 404, Body: []byte(r.Method + " " + r.Path)}
		})
		h.ask("GET "+l.path, "").want(t, 404, "GET /")
		h.ask("GET "+l.path+"/", "").want(t, 404, "GET /")
		h.ask("OPTIONS "+l.path+"/v2/tunnels", "").want(t, 404, "OPTIONS /v2/tunnels")
		h.ask("HEAD "+l.path+"/x", "").want(t, 404, "")
		h.ask("DELETE "+l.path+"/x", "").want(t, 204, "")
		h.ask("GET /tunnels/64b0f1a2c3d4e5f607182930/x", "").want(t, 404, "Tunnel not found")
		h.ask("GET /tunnels/x", "").want(t, 404, "Tunnel not found")
		h.ask("GET /%74unnels/"+l.ready.Tunnel+"/x", "").want(t, 404, "")
	})
}

// Contract: extensions.md 5.2: Nothing that a page of this server loads
// Contract: extensions.md 5.2: `Referer`
func TestBrowserOnOurPages(t *testing.T) {
	inHouse(t, "no page of ours loads anything from a tunnel", func(h *house) {
		l := h.listen("default").serve(func(r wire.Request) wire.Response {
			return wire.Response{Status: 200, Body: []byte("referer:" + r.Headers.Header().Get("Referer"))}
		})
		for _, mode := range []string{"no-cors", "cors", "same-origin", "websocket"} {
			h.ask("GET "+l.path+"/x.js", "", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", mode).want(t, 403, "page of this server")
			h.ask("GET "+l.path+"/x.js", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", mode).want(t, 200, "")
		}
		h.ask("POST "+l.path+"/x", "a=b", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate").want(t, 403, "page of this server")
		h.ask("GET "+l.path+"/x", "", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate").want(t, 200, "")
	})
	inHouse(t, "what somebody looked at here is not told", func(h *house) {
		l := h.listen("default").serve(func(r wire.Request) wire.Response {
			return wire.Response{Status: 200, Body: []byte("referer:" + r.Headers.Header().Get("Referer") + ".")}
		})
		origin := strings.TrimSuffix(l.ready.URL, l.path)
		for _, own := range []string{origin, origin + "/conversations?name=Jenny", strings.ToUpper(origin) + "/x"} {
			h.ask("GET "+l.path, "", "Referer", own).want(t, 200, "referer:.")
		}
		h.ask("GET "+l.path, "", "Referer", l.ready.URL+"/form").want(t, 200, "referer:"+l.ready.URL+"/form.")
		h.ask("GET "+l.path, "", "Referer", "https://other.example/x").want(t, 200, "referer:https://other.example/x.")
	})
}

// Contract: extensions.md 5.2: While nobody listens
// Contract: extensions.md 5.1: An answer that is out of these bounds
// Contract: extensions.md 5.2: A body
// Contract: extensions.md 5.2: Where it has not answered
// Contract: extensions.md 5.2: Where the other end has no answer
func TestStrangerRefused(t *testing.T) {
	inHouse(t, "nobody listens", func(h *house) {
		l := h.listen("default").hear()
		l.leave()
		synctest.Wait()
		for range 100 {
			h.ask("POST "+l.path+"/x", "body")
		}
		if text := h.log.String(); strings.Count(text, "Nobody listens") != 1 || strings.Count(text, "msg=request ") != strings.Count(text, "level=DEBUG msg=request ") {
			t.Errorf("a hundred requests of a stranger are logged as\n%s", text)
		}
		a := h.ask("POST "+l.path+"/x", "body")
		a.want(t, 503, "Nobody listens")
		if a.header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After %q, want 5", a.header.Get("Retry-After"))
		}
	})
	inHouse(t, "the other end has no answer", func(h *house) {
		l := h.listen("default").hear()
		done := h.asking("GET "+l.path+"/x", "")
		l.send(wire.Failure{ID: l.next().ID, Error: "connection refused"})
		a := <-done
		a.want(t, 502, "has no answer")
		if strings.Contains(a.body, "refused") {
			t.Errorf("a stranger learns what failed: %s", a.body)
		}
	})
	inHouse(t, "what is too large", func(h *house) {
		l := h.listen("default").hear()
		// The server waits for a moment before it closes the connection of who has not sent all of his body: else he may not
		// come to read the answer. It does not wait for who has asked it to close, as the client of the other tests does.
		client := h.client
		h.client = &http.Client{Transport: &http.Transport{DialContext: h.dial}}
		h.ask("POST "+l.path+"/x", strings.Repeat("x", wire.MaxBody+1)).want(t, 413, "too large")
		h.client = client
		h.ask("GET "+l.path+"/x", "", "X-Long", strings.Repeat("x", wire.MaxHead)).want(t, 431, "does not fit")
		done := h.asking("POST "+l.path+"/x", strings.Repeat("x", wire.MaxBody))
		id := l.next().ID
		l.write(fmt.Appendf(nil, `{"type":"response","id":%d,"status":200,"body":"%s"}`, id, strings.Repeat("AAAA", wire.MaxBody/3+1)))
		(<-done).want(t, 502, "has no answer")
		// The connection has survived that.
		done = h.asking("GET "+l.path+"/x", "")
		l.send(wire.Response{ID: l.next().ID, Status: 200, Body: make([]byte, wire.MaxBody)})
		if a := <-done; a.status != 200 || len(a.body) != wire.MaxBody {
			t.Errorf("answered %d with %d bytes", a.status, len(a.body))
		}
	})
	inHouse(t, "no answer comes in time", func(h *house) {
		l := h.listen("default").hear()
		start := time.Now()
		done := h.asking("GET "+l.path+"/x", "")
		request := l.next()
		l.send(wire.Received{ID: request.ID})
		(<-done).want(t, 504, "in time")
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("it took %v", took)
		}
		if f := <-l.got; f != (wire.Cancel{ID: request.ID}) {
			t.Errorf("then came %#v, want cancel", f)
		}
		l.send(wire.Response{ID: request.ID, Status: 200}) // too late, and no harm
		done = h.asking("GET "+l.path+"/x", "")
		l.send(wire.Response{ID: l.next().ID, Status: 201})
		(<-done).want(t, 201, "")
	})
	inHouse(t, "a slow reader", func(h *house) {
		l := h.listen("default").hear()
		conn, err := h.dial(h.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s/x HTTP/1.1\r\nHost: h\r\n\r\n", l.path)
		l.send(wire.Response{ID: l.next().ID, Status: 200, Body: make([]byte, wire.MaxBody)})
		time.Sleep(31 * time.Second)
		if b, _ := io.ReadAll(conn); len(b) >= wire.MaxBody {
			t.Error("after 31 s his request still has a place")
		}
	})
	inHouse(t, "a slow body", func(h *house) {
		l := h.listen("default").hear()
		conn, err := h.dial(h.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nx", l.path)
		start := time.Now()
		b := make([]byte, 15)
		if _, err := conn.Read(b); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400") || time.Since(start) != 30*time.Second {
			t.Errorf("after %v: %q, %v", time.Since(start), b, err)
		}
	})
}

// Contract: extensions.md 5.2: `--rate-limit`
func TestRateLimit(t *testing.T) {
	inHouse(t, "tunnels count as the API does", func(h *house) {
		h.stop()
		h.limiter = web.NewLimiter(web.Rate{PerSecond: 1, Burst: 2}, nil)
		h.serve()
		h.ask("GET /tunnels/64b0f1a2c3d4e5f607182930", "").want(t, 404, "")
		h.ask("GET /v2/tunnels", "").want(t, 401, "")
		for _, what := range []string{"POST /tunnels/64b0f1a2c3d4e5f607182930/x", "GET /v2/tunnels", "DELETE /v2/tunnels/x"} {
			h.ask(what, "").want(t, 429, "Too many requests")
		}
	})
}

// Contract: extensions.md 5.1: At most 64 requests
// Contract: extensions.md 5.2: At most 48 requests of others
func TestManyAtOnce(t *testing.T) {
	inHouse(t, "64 are under way", func(h *house) {
		l := h.listen("default").hear()
		near := h.inside(l)
		const all = 100
		var wg sync.WaitGroup
		for i := range all {
			wg.Go(func() {
				r, _ := http.NewRequestWithContext(h.Context(), "POST", l.ready.URL+fmt.Sprint("/", i), nil)
				response, err := near.RoundTrip(r)
				if err != nil || response.StatusCode != 200 {
					t.Errorf("request %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		if n := len(l.got); n != wire.MaxUnderWay {
			t.Errorf("%d are under way, want %d", n, wire.MaxUnderWay)
		}
		for range all {
			l.send(wire.Response{ID: l.next().ID, Status: 200})
		}
		wg.Wait()
	})
	inHouse(t, "of strangers no more are let in", func(h *house) {
		l := h.listen("default").hear()
		var all []<-chan answer
		for range 48 {
			all = append(all, h.asking("GET "+l.path+"/x", ""))
		}
		synctest.Wait()
		h.ask("GET "+l.path+"/x", "").want(t, 429, "Too many requests")
		// There is room for deliveries beside them.
		delivered := make(chan error, 1)
		go func() {
			r, _ := http.NewRequestWithContext(h.Context(), "POST", l.ready.URL+"/delivery", nil)
			_, err := h.inside(l).RoundTrip(r)
			delivered <- err
		}()
		synctest.Wait()
		if n := len(l.got); n != len(all)+1 {
			t.Errorf("%d requests are under way, want a delivery beside %d", n, len(all))
		}
		for range len(all) + 1 {
			l.send(wire.Response{ID: l.next().ID, Status: 200})
		}
		if err := <-delivered; err != nil {
			t.Errorf("the delivery: %v", err)
		}
		for _, done := range all {
			(<-done).want(t, 200, "")
		}
	})
}
