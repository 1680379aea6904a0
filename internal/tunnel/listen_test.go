package tunnel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"bellhop"
	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/tunnel/wire"
)

// Contract: extensions.md 5: `GET /v2/tunnels`
// Contract: extensions.md 5: The subprotocol
// Contract: extensions.md 5: Without that header
// Contract: extensions.md 5: The id
// Contract: extensions.md 5: It outlives restarts
// Contract: extensions.md 5: A user has at most
// Contract: extensions.md 5: `DELETE /v2/tunnels/<id>`
// Contract: extensions.md 5.1: {"type":"ready"
func TestListen(t *testing.T) {
	inHouse(t, "a tunnel is the same whenever one comes back", func(h *house) {
		h.own("GET /v2/tunnels").want(t, 200, "[]")
		l := h.listen("default").hear()
		if l.ready.Resumed || !bellhop.ID(l.ready.Tunnel).Valid() || l.ready.URL != publicURL+"/tunnels/"+l.ready.Tunnel {
			t.Errorf("ready %+v", l.ready)
		}
		other := h.listen("my-bot-2").hear()
		if other.ready.Tunnel == l.ready.Tunnel || other.ready.Resumed {
			t.Errorf("ready %+v for another name", other.ready)
		}
		start := bellhop.TimeOf(time.Now())
		time.Sleep(10 * time.Second)
		l.leave()
		synctest.Wait()
		var list []struct {
			ID, Name, URL     string
			Connected         bool
			CreatedAt, SeenAt bellhop.Time
		}
		if err := json.Unmarshal([]byte(h.own("GET /v2/tunnels").body), &list); err != nil || len(list) != 2 {
			t.Fatalf("%d tunnels, %v", len(list), err)
		}
		if a := list[0]; a.ID != l.ready.Tunnel || a.Name != "default" || a.URL != l.ready.URL || a.Connected || a.CreatedAt != start || a.SeenAt != start.Add(10*time.Second) {
			t.Errorf("listed as %+v", a)
		}
		if b := list[1]; b.Name != "my-bot-2" || !b.Connected {
			t.Errorf("listed as %+v", b)
		}
		// Also after a restart.
		h.stop()
		other.wantEnd(wire.CloseGoingAway)
		h.serve()
		again := h.listen("default").hear()
		if again.ready.Tunnel != l.ready.Tunnel || !again.ready.Resumed {
			t.Errorf("ready %+v, want the same tunnel", again.ready)
		}
		if since, away := h.tunnels.Away(bellhop.ID(other.ready.Tunnel)); !away || since < start {
			t.Errorf("the other is away: %v since %v", away, since)
		}
		if _, away := h.tunnels.Away(bellhop.ID(l.ready.Tunnel)); away || h.tunnels.Connected() != 1 {
			t.Errorf("it is away: %v, %d connected", away, h.tunnels.Connected())
		}
		h.own("DELETE /v2/tunnels/"+other.ready.Tunnel).want(t, 204, "")
		h.own("DELETE /v2/tunnels/"+other.ready.Tunnel).want(t, 404, "Tunnel not found")
		if third := h.listen("my-bot-2").hear(); third.ready.Tunnel == other.ready.Tunnel || third.ready.Resumed {
			t.Errorf("ready %+v after it was deleted", third.ready)
		}
	})
	inHouse(t, "who may not", func(h *house) {
		for _, test := range []struct {
			name, token string
			change      func(*websocket.DialOptions)
			want        int
		}{
			{"default", "x", nil, 401},
			{"default", "", nil, 401},
			{"Default", h.token, nil, 400},
			{"", h.token, nil, 400},
			{strings.Repeat("a", 65), h.token, nil, 400},
			{"default", h.token, func(o *websocket.DialOptions) { o.Subprotocols = nil }, 400},
			{"default", h.token, func(o *websocket.DialOptions) { o.Subprotocols = []string{"bellhop.tunnel.v2"} }, 400},
			{"default", h.token, func(o *websocket.DialOptions) { o.HTTPHeader.Set("Origin", "https://evil.example") }, 403},
		} {
			if conn, got := h.connect(test.name, test.token, slicesOf(test.change)...); conn != nil || got != test.want {
				t.Errorf("name %q: %d, want %d", test.name, got, test.want)
			}
		}
		h.ask("GET /v2/tunnels", "").want(t, 401, "")
		h.ask("GET /v2/tunnels", "", "Authorization", "Bearer "+h.token, "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Protocol", wire.Subprotocol).want(t, 400, "WebSocket")
		h.own("POST /v2/tunnels").want(t, 405, "")
		h.own("GET /v2/tunnels/64b0f1a2c3d4e5f607182930").want(t, 405, "")
		h.own("DELETE /v2/tunnels/x").want(t, 404, "")
	})
	inHouse(t, "nobody has too many", func(h *house) {
		for i := range roster.MaxOfUser {
			h.listen(fmt.Sprint("bot-", i)).hear()
		}
		if conn, got := h.connect("one-more", h.token); conn != nil || got != 409 {
			t.Errorf("one more: %d, want 409", got)
		}
		h.listen("bot-0").hear()
	})
}

func slicesOf[T any](f func(T)) []func(T) {
	if f == nil {
		return nil
	}
	return []func(T){f}
}

// Contract: extensions.md 5.1: A newer connection
// Contract: extensions.md 5.1: The server pings
// Contract: extensions.md 5.1: A connection counts as lost
// Contract: extensions.md 5.1: The token is checked
// Contract: extensions.md 5.1: Frames of other types
func TestEnds(t *testing.T) {
	inHouse(t, "a newer connection takes over", func(h *house) {
		old := h.listen("default").hear()
		taken := h.asking("GET "+old.path+"/x", "")
		old.send(wire.Received{ID: old.next().ID})
		fresh := h.listen("default").serve(func(wire.Request) wire.Response { return wire.Response{Status: 200} })
		old.wantEnd(wire.CloseReplaced)
		(<-taken).want(t, 502, "left")
		h.ask("GET "+old.path+"/x", "").want(t, 200, "")
		if h.tunnels.Connected() != 1 {
			t.Errorf("%d connected, want 1", h.tunnels.Connected())
		}
		fresh.leave()
		synctest.Wait()
		h.ask("GET "+old.path+"/x", "").want(t, 503, "")
		if len(h.arrived) != 2 {
			t.Errorf("told of arrivals %v, want 2", h.arrived)
		}
	})
	inHouse(t, "a silent one is lost after 9 s", func(h *house) {
		l := h.listen("default") // a process that is stopped reads nothing, and its connection stays
		start := time.Now()
		done := h.posting(l, time.Minute)
		if p := <-done; !errors.Is(p.err, tunnel.ErrAway) {
			t.Errorf("%+v", p)
		}
		if took := time.Since(start); took < 9*time.Second || took > 13*time.Second {
			t.Errorf("it was lost after %v", took)
		}
		if _, away := h.tunnels.Away(bellhop.ID(l.ready.Tunnel)); !away {
			t.Error("it does not count as away")
		}
		l.leave()
	})
	inHouse(t, "one on a slow line is not", func(h *house) {
		l := h.listen("default", func(o *websocket.DialOptions) {
			o.OnPingReceived = func(context.Context, []byte) bool { return false } // no pong gets through
		}).hear()
		done := h.posting(l, time.Minute)
		b, err := wire.Encode(wire.Response{ID: l.next().ID, Status: 200, Body: make([]byte, 100_000)})
		if err != nil {
			t.Fatal(err)
		}
		w, err := l.conn.Writer(h.Context(), websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		for part := range slices.Chunk(b, len(b)/6+1) {
			time.Sleep(4 * time.Second)
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if p := <-done; p.status != 200 || len(p.body) != 100_000 {
			t.Errorf("answered %d with %d bytes, %v", p.status, len(p.body), p.err)
		}
		<-l.ended // nothing is heard any more
	})
	inHouse(t, "one that is idle is not", func(h *house) {
		var err error
		if h.token, err = logIn(h.Context(), h.accounts); err != nil {
			t.Fatal(err)
		}
		l := h.listen("default").hear()
		time.Sleep(tokenLife - 5*time.Second)
		if _, away := h.tunnels.Away(bellhop.ID(l.ready.Tunnel)); away {
			t.Error("it counts as away")
		}
		time.Sleep(10 * time.Second)
		l.wantEnd(wire.CloseUnauthorized) // the token has ended meanwhile
	})
	inHouse(t, "a token that is revoked ends it", func(h *house) {
		l := h.listen("default").hear()
		caller, err := h.accounts.Authenticate(h.Context(), "Bearer "+h.token)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.accounts.Revoke(h.Context(), caller, caller.ID); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		l.wantEnd(wire.CloseUnauthorized)
		if took := time.Since(start); took > wire.PingEvery {
			t.Errorf("it took %v", took)
		}
		if conn, status := h.connect("default", h.token); conn != nil || status != http.StatusUnauthorized {
			t.Errorf("then %d", status)
		}
	})
	inHouse(t, "frames that are none end it", func(h *house) {
		for _, frame := range []string{"", "{}", "[]", `{"type":"received"}`, `{"type":"ready","id":"x","url":"x"}`, `{"type":"cancel","id":1}`,
			`{"type":"response","id":99,"status":1}`} {
			l := h.listen("default").hear()
			l.write([]byte(frame))
			l.wantEnd(wire.CloseProtocol)
		}
		l := h.listen("default").hear()
		if err := l.conn.Write(h.Context(), websocket.MessageBinary, []byte(`{"type":"later"}`)); err != nil {
			t.Error(err)
		}
		l.wantEnd(wire.CloseProtocol)
	})
	inHouse(t, "what is not known is ignored", func(h *house) {
		l := h.listen("default").hear()
		for _, frame := range []string{`{"type":"later","id":"x"}`, `{"type":"received","id":99}`, `{"type":"response","id":99,"status":200}`, `{"type":"failure","id":99,"error":"x"}`} {
			l.write([]byte(frame))
		}
		done := h.asking("GET "+l.path+"/x", "")
		l.send(wire.Response{ID: l.next().ID, Status: 200})
		(<-done).want(t, 200, "")
	})
}
