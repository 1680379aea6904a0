package listen

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"bellhop/internal/tunnel/wire"
)

func TestRequestReachesTheLocalProcessAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		var body []byte
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			got, body = r, readAll(t, r.Body)
			rw.Header()["X-Many"] = []string{"one", "two"}
			rw.Header().Set("Keep-Alive", "timeout=5")
			rw.WriteHeader(http.StatusTeapot)
			io.WriteString(rw, "\x00 short and stout")
		})
		w.start()
		p := w.peer()
		if auth, name := p.request.Header.Get("Authorization"), p.request.URL.Query().Get("name"); auth != "Bearer good" || name != "demo" {
			t.Errorf("connected with %q to %q, want the token and the name", auth, name)
		}
		raw := []byte("{ \"not\" : \"canonical\" }\n\xff")
		p.send(wire.Request{ID: 1, Method: "PATCH", Path: "/a%2Fb/%C3%A9", Query: "x=1&x=%20", Body: raw, Headers: wire.Headers{
			{"X-Twice", "1"}, {"X-Twice", "2"}, {"X-Hub-Signature", "sha1=0"}, {"Connection", "X-Gone"}, {"X-Gone", "1"}, {"Accept-Encoding", "br"}}})
		if f, ok := (<-p.frames).(wire.Received); !ok || f.ID != 1 {
			t.Errorf("the first frame is %+v, want received 1", f)
		}
		answer, ok := p.expect().(wire.Response)
		if !ok || answer.ID != 1 || answer.Status != http.StatusTeapot || string(answer.Body) != "\x00 short and stout" {
			t.Errorf("the answer is %+v", answer)
		}
		if h := answer.Headers.Header(); !slices.Equal(h["X-Many"], []string{"one", "two"}) || h["Keep-Alive"] != nil {
			t.Errorf("the headers of the answer are %v", h)
		}
		if got.Method != "PATCH" || got.RequestURI != "/a%2Fb/%C3%A9?x=1&x=%20" || !bytes.Equal(body, raw) {
			t.Errorf("the local process got %s %s %q", got.Method, got.RequestURI, body)
		}
		want := http.Header{"X-Twice": {"1", "2"}, "X-Hub-Signature": {"sha1=0"}, "Accept-Encoding": {"br"}, "Connection": {"close"}, "Content-Length": {"25"}}
		for name := range want {
			if !slices.Equal(got.Header[name], want[name]) {
				t.Errorf("header %s is %q, want %q", name, got.Header[name], want[name])
			}
		}
		if got.Header["X-Gone"] != nil || got.Header["User-Agent"] != nil {
			t.Errorf("headers that were not to come: %v", got.Header)
		}
		w.end()
		if len(w.exchanges) != 1 || w.exchanges[0].Status != http.StatusTeapot || w.exchanges[0].Path != "/a%2Fb/%C3%A9?x=1&x=%20" {
			t.Errorf("reported were %+v", w.exchanges)
		}
	})
}

// Contract: delivery.md 7: It must not hold the next event
func TestOrderIsKeptByConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		got := make(map[string]time.Duration)
		release, free := make(chan struct{}), make(chan struct{})
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			name := r.Header.Get("X-Delivery-Id")
			mu.Lock()
			got[name] = time.Since(began)
			mu.Unlock()
			switch name {
			case "quick":
				time.Sleep(300 * time.Millisecond)
			case "waits":
				<-release
			case "long":
				<-free
			}
		})
		w.start()
		p := w.peer()
		p.send(delivery(1, "quick", 1, "jenny"))
		p.send(delivery(2, "waits", 1, "jenny")) // starts when quick is answered
		p.send(delivery(3, "reply", 1, "jenny")) // starts when waits has been out for a second
		p.send(delivery(4, "other", 1, "kim"))
		for range 3 {
			p.expect()
		}
		close(release)
		p.expect()
		want := map[string]time.Duration{"quick": 0, "other": 0, "waits": 300 * time.Millisecond, "reply": 1300 * time.Millisecond}
		if !maps.Equal(got, want) {
			t.Errorf("the local process got %v, want %v", got, want)
		}
		// What has been out for a second already lets the next one go at once.
		p.send(delivery(5, "long", 1, "jenny"))
		time.Sleep(5 * time.Second)
		p.send(delivery(6, "after", 1, "jenny"))
		synctest.Wait()
		if at := got["after"]; at != 6300*time.Millisecond {
			t.Errorf("behind one that was out for 5 s the next one came at %v, want 6.3s", at)
		}
		close(free)
		p.expect()
		p.expect()
		// Nothing is kept of what is over, and nothing waits for it.
		p.send(delivery(7, "later", 1, "jenny"))
		p.expect()
		if at := got["later"]; at != 6300*time.Millisecond || len(w.listener.turns.last) != 0 {
			t.Errorf("after all are answered the next one came at %v, and %d turns are left", at, len(w.listener.turns.last))
		}
		w.end()
	})
}

// Contract: extensions.md 5.3: A listener hands such a repeat on
func TestDeliveryThatComesAgainIsHandedOnOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		release := make(chan struct{})
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			<-release
			io.WriteString(rw, "answer to attempt "+r.Header.Get("X-Delivery-Attempt"))
		})
		w.start()
		p := w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		synctest.Wait()
		p.conn.CloseNow() // while the local process is at it

		p = w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		synctest.Wait()
		close(release)
		if f, ok := p.expect().(wire.Response); !ok || string(f.Body) != "answer to attempt 1" {
			t.Errorf("joined: the answer is %+v", f)
		}
		p.conn.CloseNow()

		p = w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		if f, ok := p.expect().(wire.Response); !ok || string(f.Body) != "answer to attempt 1" {
			t.Errorf("remembered: the answer is %+v", f)
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("the local process was called %d times, want once", n)
		}
		p.send(delivery(2, "d", 2, "jenny"))
		p.expect()
		forged := delivery(3, "d", 1, "jenny")
		forged.Body = []byte("{}")
		p.send(forged)
		p.expect()
		if n := calls.Load(); n != 3 {
			t.Errorf("with a second attempt, and with another body, the local process was called %d times, want 3", n)
		}
		w.end()
		repeated := 0
		for _, e := range w.exchanges {
			if e.Repeated {
				repeated++
			}
		}
		if len(w.exchanges) != 5 || repeated != 2 {
			t.Errorf("%d exchanges were reported, %d as repeated, want 5 and 2", len(w.exchanges), repeated)
		}
	})
}

func TestLocalProcessThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {})
		w.down[localHost] = true
		w.start()
		p := w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		if f, ok := p.expect().(wire.Failure); !ok || f.Error != ConnectionRefused {
			t.Errorf("the answer is %+v, want the failure %q", f, ConnectionRefused)
		}
		w.note(func() { w.down[localHost] = false })
		p.send(delivery(2, "d", 1, "jenny")) // a failure is not remembered
		if f, ok := p.expect().(wire.Response); !ok || f.Status != http.StatusOK {
			t.Errorf("once it is up the answer is %+v", f)
		}
		w.end()
		if len(w.exchanges) != 2 || w.exchanges[0].Failure != ConnectionRefused || w.exchanges[1].Failure != "" {
			t.Errorf("reported were %+v", w.exchanges)
		}
	})
}

func TestAnswersThatNoTunnelCarries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/largest":
				rw.Write(make([]byte, wire.MaxBody))
			case "/larger":
				rw.Write(make([]byte, wire.MaxBody+1))
			case "/status":
				rw.WriteHeader(999)
			case "/head":
				rw.Header().Set("X-Large", strings.Repeat("x", 2*wire.MaxHead))
			case "/breaks":
				panic(http.ErrAbortHandler)
			case "/moved":
				http.Redirect(rw, r, "http://elsewhere.test/", http.StatusFound)
			}
		})
		w.start()
		p := w.peer()
		for i, c := range []struct {
			path   string
			status int
			fails  string
		}{
			{path: "/largest", status: 200},
			{path: "/larger", fails: "the answer is larger than 1 MiB"},
			{path: "/status", fails: "the local process answered with what no tunnel carries: the status is not one from 200 to 599"},
			{path: "/head", fails: "server response headers exceeded 65536 bytes; aborted"},
			{path: "/breaks", fails: "connection closed before the answer was complete"},
			{path: "/moved", status: 302},
		} {
			p.send(wire.Request{ID: int64(i + 1), Method: "GET", Path: c.path})
			switch f := p.expect().(type) {
			case wire.Response:
				if f.Status != c.status {
					t.Errorf("%s: status %d, want %d", c.path, f.Status, c.status)
				}
			case wire.Failure:
				if f.Error != c.fails {
					t.Errorf("%s: failure %q, want %q", c.path, f.Error, c.fails)
				}
			}
		}
		w.end()
	})
}

func TestSenderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aborted := make(chan struct{})
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			io.ReadAll(r.Body)
			<-r.Context().Done()
			close(aborted)
		})
		w.start()
		p := w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		synctest.Wait()
		p.send(wire.Cancel{ID: 1})
		<-aborted
		p.expect()
		w.end()
		if len(w.exchanges) != 1 || w.exchanges[0].Failure != "the sender has given up" {
			t.Errorf("reported were %+v", w.exchanges)
		}
	})
}

func TestEndLetsRequestsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			select {
			case <-time.After(map[string]time.Duration{"slow": 4 * time.Second, "hangs": time.Hour}[r.Header.Get("X-Delivery-Id")]):
			case <-r.Context().Done():
			}
		})
		w.start()
		p := w.peer()
		p.send(delivery(1, "slow", 1, "jenny"))
		p.send(delivery(2, "hangs", 1, "kim"))
		synctest.Wait()
		began := time.Now()
		w.stop()
		synctest.Wait()
		p.send(delivery(3, "late", 1, "lee"))
		if f, ok := p.expect().(wire.Response); !ok || f.ID != 1 {
			t.Errorf("after the end %+v came, want the answer that was under way", f)
		}
		if err := <-w.ended; err != nil || time.Since(began) != drainTime {
			t.Errorf("Run returned %v after %v, want nil after %v", err, time.Since(began), drainTime)
		}
		if <-p.gone; websocket.CloseStatus(p.err) != websocket.StatusNormalClosure {
			t.Errorf("the connection ended with %v, want a normal closure", p.err)
		}
		for len(p.frames) > 0 {
			if f := <-p.frames; f == (wire.Received{ID: 3}) {
				t.Error("a request was acknowledged after the end")
			}
		}
	})
}

func TestEndDoesNotWaitForADeafServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		w.deaf = true
		w.start()
		w.peer()
		synctest.Wait()
		began := time.Now()
		w.end()
		if took := time.Since(began); took > closeTime {
			t.Errorf("the end took %v, want %v at most", took, closeTime)
		}
	})
}
