package listen

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"bellhop/internal/tunnel/wire"
)

func echo(http.ResponseWriter, *http.Request) {}

func TestConnectionIsMadeAgainWithGrowingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		w.start()
		p := w.peer()
		w.note(func() { w.down[serverHost], w.dials = true, nil })
		p.conn.CloseNow()
		time.Sleep(31 * time.Second)
		// 0.5, 1, 2, 4, 8, 10 seconds: 25.5 after the connection was lost.
		if n := len(w.dialled()); n != 6 {
			t.Errorf("%d attempts in 31 seconds, want 6", n)
		}
		w.note(func() { w.down[serverHost] = false })
		time.Sleep(5 * time.Second)
		p = w.peer()
		w.note(func() { w.dials = nil })
		p.conn.CloseNow()
		time.Sleep(time.Second)
		p = w.peer() // the wait is short again
		w.end()
		if len(w.lost) != 8 {
			t.Errorf("%d losses were told of, want 8: %v", len(w.lost), w.lost)
		}
	})
}

func TestWakingUpReconnectsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		w := newWorld(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
		w.start()
		p := w.peer()
		ctx, cancel := context.WithCancel(t.Context())
		go p.ping(ctx)
		time.Sleep(time.Minute)
		cancel()
		if len(w.losses()) != 0 {
			t.Fatalf("a connection with pings was lost: %v", w.losses())
		}

		// The lid is closed for ten minutes. Of what the server had still sent before it gave up nothing is handed on, though
		// a ping stands before it.
		w.note(func() { w.slept = 10 * time.Minute })
		go p.conn.Ping(t.Context())
		synctest.Wait()
		p.send(delivery(1, "d", 1, "jenny"))
		woke := time.Now()
		again := w.peer()
		if took := time.Since(woke); took > 2*time.Second {
			t.Errorf("the connection was made anew %v after the machine woke up", took)
		}
		if n := calls.Load(); n != 0 {
			t.Errorf("%d requests of the old connection were handed on, want none", n)
		}
		again.send(delivery(1, "d", 1, "jenny"))
		again.expect()

		// While it waits for its next attempt, too.
		w.note(func() { w.down[serverHost] = true })
		again.conn.CloseNow()
		time.Sleep(20 * time.Second)
		w.note(func() { w.down[serverHost], w.slept = false, time.Hour })
		woke = time.Now()
		w.peer()
		if took := time.Since(woke); took > time.Second {
			t.Errorf("the next attempt came %v after the machine woke up", took)
		}
		w.end()
	})
}

// What the server has sent a second apart comes at once where the line is slow, or this process was stopped.
func TestOrderOfWhatComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		at := make(map[string]time.Duration)
		w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			at[r.Header.Get("X-Delivery-Id")] = time.Since(began)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
		})
		w.start()
		p := w.peer()
		for i, order := range []string{"a", "a", "b", "a", "", ""} {
			r := delivery(int64(i+1), fmt.Sprint(i), 1, order)
			// Events that were published say nothing of what order is kept by.
			r.Body = fmt.Appendf(nil, `{"activity":{"object":{"id":"http://server.test/v2/events/%d"}}}`, i)
			p.send(r)
		}
		for range 6 {
			p.expect()
		}
		want := map[string]time.Duration{"0": 0, "1": 100 * time.Millisecond, "2": 0, "3": 200 * time.Millisecond, "4": 0, "5": 0}
		if !maps.Equal(at, want) {
			t.Errorf("the local process got them at %v, want %v", at, want)
		}
		w.end()
	})
}

func TestSilentConnectionIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		w.start()
		w.peer()
		began := time.Now()
		w.peer()
		if took := time.Since(began); took < wire.ListenerPatience || took > wire.ListenerPatience+3*time.Second {
			t.Errorf("a silent connection was given up after %v", took)
		}
		w.end()
		if len(w.lost) != 1 || !errors.Is(w.lost[0], errSilent) {
			t.Errorf("told of were %v", w.lost)
		}
	})
}

func TestPauseHoldsAndResumeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(http.ResponseWriter, *http.Request) { time.Sleep(2 * time.Second) })
		w.start()
		p := w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		synctest.Wait()
		w.listener.Pause()
		w.listener.Pause()
		if _, ok := p.expect().(wire.Response); !ok {
			t.Error("what was under way got no answer")
		}
		if <-p.gone; websocket.CloseStatus(p.err) != websocket.StatusNormalClosure {
			t.Errorf("the connection ended with %v, want a normal closure", p.err)
		}
		time.Sleep(time.Hour)
		if len(w.peers) != 0 {
			t.Error("it connected while it was paused")
		}
		w.listener.Resume()
		w.peer()
		w.listener.Pause()
		w.end() // while it is paused
		if len(w.losses()) != 0 {
			t.Errorf("a pause is told as a loss: %v", w.losses())
		}
	})
}

// Contract: extensions.md 5.1: 4401 | the token
// Contract: extensions.md 5.1: 4404 | the tunnel
// Contract: extensions.md 5.1: 4409 | taken over
func TestEndsThatAreFinal(t *testing.T) {
	for _, c := range []struct {
		code websocket.StatusCode
		want string
	}{
		{wire.CloseReplaced, "the tunnel was taken over by another listen"},
		{wire.CloseDeleted, "the tunnel was deleted"},
		{wire.CloseUnauthorized, "status 401: the token is no longer valid"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, echo)
			w.start()
			p := w.peer()
			p.conn.Close(c.code, "")
			if err := <-w.ended; err == nil || err.Error() != c.want {
				t.Errorf("closed with %d Run returned %v, want %s", c.code, err, c.want)
			}
		})
	}
}

// Contract: extensions.md 5.1: 1001 | the server ends
// Contract: extensions.md 5.1: 1002 | a frame broke
// Contract: extensions.md 5.1: After anything else
func TestAfterOtherEndsItConnectsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		w.start()
		for _, code := range []websocket.StatusCode{wire.CloseGoingAway, wire.CloseProtocol, websocket.StatusNormalClosure, websocket.StatusInternalError, 4000} {
			p := w.peer()
			p.conn.Close(code, "")
		}
		p := w.peer()
		p.conn.CloseNow()
		w.peer()
		w.end()
	})
}

func TestAnswersThatAreFinal(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{401, `{"error":{"message":"invalid token"}}`, "status 401: invalid token"},
		{403, `{"error":{"message":"Permission denied"}}`, "status 403: Permission denied"},
		{404, `<h1>`, "status 404: Not Found"},
		{302, ``, "status 302: Found"},
		{503, ``, "status 503"}, // of the first connection only
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, echo)
			w.refuse = func(rw http.ResponseWriter, r *http.Request) bool {
				rw.Header().Set("Location", "http://elsewhere.test/")
				rw.WriteHeader(c.status)
				rw.Write([]byte(c.body))
				return true
			}
			w.start()
			if err := <-w.ended; err == nil || err.Error() != c.want {
				t.Errorf("Run returned %v, want %s", err, c.want)
			}
			if len(w.dialled()) != 1 {
				t.Errorf("dialled %v, want the server once", w.dialled())
			}
		})
	}
}

func TestServerThatAsksToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		w.start()
		p := w.peer()
		began := time.Now()
		w.note(func() {
			w.refuse = func(rw http.ResponseWriter, r *http.Request) bool {
				if time.Since(began) > time.Second {
					return false
				}
				rw.Header().Set("Retry-After", "20")
				rw.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
		})
		p.conn.Close(wire.CloseGoingAway, "")
		w.peer()
		if took := time.Since(began); took < 20*time.Second || took > 21*time.Second {
			t.Errorf("it came again after %v, want 20 s", took)
		}
		w.end()
	})
}

// A token that has expired is renewed, also while the tunnel is open. One that stays refused ends the listener.
func TestTokenIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		valid, held := "second", "first"
		w.listener.config.Token = func(_ context.Context, refused string) (string, error) {
			if refused == "first" {
				held = "second"
			}
			return held, nil
		}
		w.refuse = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Authorization") == "Bearer "+valid {
				return false
			}
			rw.WriteHeader(http.StatusUnauthorized)
			return true
		}
		w.start()
		p := w.peer()
		w.note(func() { valid = "third" })
		p.conn.Close(wire.CloseUnauthorized, "")
		err := <-w.ended
		if e, ok := errors.AsType[*RefusedError](err); !ok || e.Status != http.StatusUnauthorized {
			t.Errorf("Run returned %v, want a refusal", err)
		}
		if strings.Contains(err.Error(), "second") {
			t.Errorf("the token is in the error %q", err)
		}
	})
}

// What a server sends that it should not ends the connection, and never the listener.
func TestServerBreaksTheRules(t *testing.T) {
	for _, texts := range [][]string{
		{`nonsense`},
		{`{"type":"ready","id":"x","url":"http://server.test/t"}`},
		{`{"type":"request","id":1,"method":"GET","path":"/"}`, `{"type":"request","id":1,"method":"GET","path":"/"}`},
		{`{"type":"request","id":1,"method":"GET","path":"nowhere"}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			w.start()
			p := w.peer()
			p.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"of the future"}`))
			for _, text := range texts {
				p.conn.Write(t.Context(), websocket.MessageText, []byte(text))
			}
			<-p.gone
			w.peer()
			w.end()
		})
	}
}
