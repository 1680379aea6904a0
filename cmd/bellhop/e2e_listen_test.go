//go:build !race

package main_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// These tests run bellhop listen as a process, between the server and a bot, and let happen to it what happens to laptops.

// A listener is a process of bellhop listen.
type listener struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  transcript // JSON lines
	errs transcript
	done chan struct{} // closed when it has ended
}

// listen starts a process that hands what comes to target, and waits until the tunnel is open. With --events in args it
// waits until the webhook gets events.
func (s *server) listen(host, token, target string, args ...string) *listener {
	s.t.Helper()
	return s.listenWith(nil, host, token, target, args...)
}

// listenWith does so with further variables of the environment.
func (s *server) listenWith(env []string, host, token, target string, args ...string) *listener {
	s.t.Helper()
	l := &listener{t: s.t, done: make(chan struct{})}
	l.cmd = exec.Command(s.bin, append([]string{"listen", target, "--json"}, args...)...)
	l.cmd.Env = append(environment(), "BELLHOP_HOST="+host, "BELLHOP_TOKEN="+token)
	l.cmd.Env = append(l.cmd.Env, env...)
	l.cmd.Stdout, l.cmd.Stderr = &l.out, &l.errs
	if err := l.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(l.done)
		_ = l.cmd.Wait() // how it ended is in its state
	}()
	s.t.Cleanup(func() {
		_ = l.cmd.Process.Kill()
		<-l.done
		if s.t.Failed() {
			s.t.Logf("what bellhop listen printed, its end:\n%s%s", l.out.tail(4000), l.errs.tail(2000))
		}
	})
	if slices.Contains(args, "--events") {
		l.await(`"type":"(webhook"[^\n]*"status":"active|verified)"`)
	} else {
		l.await(`"type":"ready"`)
	}
	return l
}

// await waits until the process has printed what matches.
func (l *listener) await(pattern string) {
	l.t.Helper()
	select {
	case <-l.out.seen(regexp.MustCompile(pattern), 0):
	case <-l.done:
		l.t.Fatalf("bellhop listen has ended: %v\n%s", l.cmd.ProcessState, l.errs.bytes())
	case <-time.After(patience):
		l.t.Fatalf("bellhop listen has not printed %s", pattern)
	}
}

// stop is Ctrl-C, after which it ends in order.
func (l *listener) stop() {
	l.t.Helper()
	l.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-l.done:
		if code := l.cmd.ProcessState.ExitCode(); code != 0 {
			l.t.Errorf("after Ctrl-C bellhop listen exits with %d, want 0", code)
		}
	case <-time.After(patience):
		l.t.Fatal("bellhop listen does not end after Ctrl-C")
	}
}

// printed returns the deliveries that the process has told of.
func (l *listener) printed() (all []printedDelivery) {
	l.t.Helper()
	for line := range strings.Lines(string(l.out.bytes())) {
		var d printedDelivery
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			l.t.Fatalf("bellhop listen --json printed %q: %v", line, err)
		}
		if d.Type == "delivery" {
			all = append(all, d)
		}
	}
	return all
}

type printedDelivery struct {
	Type, Delivery string
	Repeated       bool
}

const trafficKeys = 5

// numbered is a bot that notes the order in which events came, and the events that were made for it.
type numbered struct {
	*httptest.Server
	made [trafficKeys][]string // ids of events, by key, in the order in which they were accepted

	mu       sync.Mutex
	got      [trafficKeys][]string // in the order in which they came first
	ids      map[string]string     // event to delivery
	repeats  int
	mistakes []string
}

func newNumbered(t *testing.T) *numbered {
	b := &numbered{ids: make(map[string]string)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		var n struct {
			ID   string
			Data struct{ Key int }
		}
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
			return // the tunnel was cut while it was sent
		}
		b.note(r.Header.Get("X-Event-Id"), n.ID, n.Data.Key)
		// Something is under way whenever something breaks.
		select {
		case <-time.After(5 * time.Millisecond):
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *numbered) note(event, delivery string, key int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch before, known := b.ids[event]; {
	case !known:
		b.ids[event] = delivery
		b.got[key] = append(b.got[key], event)
	case before == delivery:
		b.repeats++
	default:
		b.mistakes = append(b.mistakes, fmt.Sprintf("event %s came as the delivery %s and as %s", event, before, delivery))
	}
}

// make publishes n events, of one key after the other. What the server does not accept is not counted.
func (b *numbered) make(a api, n int) {
	for i := range n {
		key := i % trafficKeys
		if id := publish(a.t.Context(), a, object{"event": "traffic.made", "key": fmt.Sprint("key-", key), "data": object{"key": key}}); id != "" {
			b.made[key] = append(b.made[key], id)
		}
	}
}

// check waits until everything has come, and looks at the order.
func (b *numbered) check(t *testing.T) {
	t.Helper()
	want := 0
	for _, made := range b.made {
		want += len(made)
	}
	eventually(t, "all events have come", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.ids) >= want
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range trafficKeys {
		if !slices.Equal(b.got[key], b.made[key]) {
			t.Errorf("of key %d the bot got\n%v, made were\n%v", key, b.got[key], b.made[key])
		}
	}
	for _, mistake := range b.mistakes {
		t.Error(mistake)
	}
	t.Logf("%d events, %d repeats", want, b.repeats)
	if b.repeats > 0 {
		t.Errorf("the bot got %d deliveries twice, although the listener remembers its answers", b.repeats)
	}
}

// once checks that no attempt was counted but one for each delivery.
func (a api) once() {
	a.t.Helper()
	a.settled()
	for _, d := range a.deliveries("") {
		if d.Event == "traffic.made" && (d.Status != "delivered" || d.Attempts != 1) {
			a.t.Errorf("delivery %+v, want delivered after 1 attempt", d)
		}
	}
}

// A cutter passes connections on to a server, and cuts them.
type cutter struct {
	url string

	mu    sync.Mutex
	conns []net.Conn
}

func newCutter(t *testing.T, server string) *cutter {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{url: "http://" + ln.Addr().String()}
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			here, err := ln.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", server)
			if err != nil {
				here.Close()
				continue
			}
			c.mu.Lock()
			c.conns = append(c.conns, here, there)
			c.mu.Unlock()
			for _, ends := range [][2]net.Conn{{here, there}, {there, here}} {
				passing.Go(func() {
					_, _ = io.Copy(ends[0], ends[1]) // it is cut on purpose
					ends[0].Close()
					ends[1].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		ln.Close()
		c.cut()
		passing.Wait()
	})
	return c
}

// cut breaks all connections, without a word to either side.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.(*net.TCPConn).SetLinger(0) // it may be closed already
		conn.Close()
	}
	c.conns = nil
}

// Contract: extensions.md 5: `bellhop listen` opens a tunnel
func TestListenWhenTheConnectionIsCut(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	bot := newNumbered(t)
	way := newCutter(t, strings.TrimPrefix(s.url, "http://"))
	l := s.listen(way.url, admin.token, bot.URL, "--events", "traffic.**")

	for range 4 {
		bot.make(admin, 6*trafficKeys)
		way.cut()
		bot.make(admin, 2*trafficKeys)
		before := len(l.out.bytes())
		select {
		case <-l.out.seen(regexp.MustCompile(`"type":"ready"`), before):
		case <-time.After(patience):
			t.Fatal("bellhop listen does not connect again")
		}
	}
	bot.check(t)
	admin.once()
	l.stop()
	if n := len(l.printed()); n < 4*8*trafficKeys {
		t.Errorf("%d deliveries were printed, want %d or, where one was sent again, more", n, 4*8*trafficKeys)
	}
}

func TestListenWhenTheClientSleeps(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	bot := newNumbered(t)
	l := s.listen(s.url, admin.token, bot.URL, "--events", "traffic.**")
	connected := func() bool {
		var tunnels []struct{ Connected bool }
		admin.must(http.StatusOK, "GET", "/v2/tunnels", nil, &tunnels)
		return len(tunnels) == 1 && tunnels[0].Connected
	}

	bot.make(admin, 2*trafficKeys)
	l.cmd.Process.Signal(syscall.SIGSTOP)
	bot.make(admin, 12*trafficKeys) // a minute of traffic
	eventually(t, "the server has noticed that nobody listens", func() bool { return !connected() })
	bot.make(admin, 2*trafficKeys)
	l.cmd.Process.Signal(syscall.SIGCONT)
	bot.check(t)
	admin.once()
	l.stop()
}

func TestListenWhenTheServerIsStartedAnew(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	bot := newNumbered(t)
	l := s.listen(s.url, admin.token, bot.URL, "--events", "traffic.**")

	for _, end := range []func(){s.stop, s.kill, s.stop, s.kill} {
		bot.make(admin, 6*trafficKeys)
		end()
		s.start()
		bot.make(admin, 2*trafficKeys)
	}
	bot.check(t)
	admin.settled()
	for _, d := range admin.deliveries("") {
		if d.Event == "traffic.made" && d.Status != "delivered" {
			t.Errorf("delivery %+v, want it delivered", d)
		}
	}
	l.stop()
}

// TestListen has one server for all that needs no breaking of it.
func TestListen(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()

	t.Run("bot", func(t *testing.T) {
		node(t)
		admin := admin
		admin.t = t
		_, port, _ := net.SplitHostPort(admin.startBot(botConfig{Mode: "start"}))
		l := s.listen(s.url, admin.token, port, "--name", "node", "--events", contactChat, "--print-secret")
		conversation := admin.newConversation("Jenny", "Is it open?")
		admin.answers(conversation, "Is it open?", 1)
		admin.say(conversation, "a < b & c > d “ok” 👍")
		admin.answers(conversation, "a < b & c > d “ok” 👍", 1)
		l.await(`"secret":"[^"]+"`)
		l.await(`"key":"` + conversation + `"[^\n]*"status":200`)

		// The same webhook is found again, with its secret and with other events.
		var before, after []service
		admin.must(http.StatusOK, "GET", "/v2/services", nil, &before)
		l.stop()
		l = s.listen(s.url, admin.token, port, "--name", "node", "--events", contactChat+",conversation.*")
		admin.must(http.StatusOK, "GET", "/v2/services", nil, &after)
		if len(before) != 1 || len(after) != 1 || before[0].ID != after[0].ID || before[0].Params.Secret != after[0].Params.Secret || after[0].Status != "active" {
			t.Errorf("listening again made %+v of %+v", after, before)
		}
		if strings.Contains(string(l.out.bytes()), after[0].Params.Secret) {
			t.Error("the secret was printed unasked")
		}
		l.stop()
	})

	t.Run("proxy", func(t *testing.T) {
		bot := newNumbered(t)
		proxy, asked := newProxy(t, "ada:s3:cret")
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
		l := s.listenWith([]string{"HTTP_PROXY=http://ada:s3%3Acret@" + proxy, "NO_PROXY="}, "http://bellhop.test:"+port, admin.token, bot.URL, "--name", "proxy", "--events", "traffic.**")
		bot.make(admin, trafficKeys)
		bot.check(t)
		l.stop()
		if seen := asked(); !slices.Contains(seen, "CONNECT bellhop.test:"+port) || !slices.Contains(seen, "POST http://bellhop.test:"+port+"/v2/services") {
			t.Errorf("the proxy was asked for %v", seen)
		}
	})

	t.Run("refused", func(t *testing.T) {
		for _, c := range []struct {
			token, host string
			code        int
			says        string
		}{
			{"nonsense", s.url, 3, "hint: the login has ended"},
			{admin.newBot("Echo").Token, s.url, 3, "hint: a tunnel takes an admin"},
			{admin.token, "http://127.0.0.1:1", 1, "connection refused"},
		} {
			cmd := exec.Command(bin, "listen", "3000")
			cmd.Env = append(environment(), "BELLHOP_HOST="+c.host, "BELLHOP_TOKEN="+c.token)
			out, _ := cmd.CombinedOutput() // the exit code says how it ended
			if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(out), c.says) || strings.Contains(string(out), c.token) {
				t.Errorf("exit code %d, printed %q; want %d and %q", cmd.ProcessState.ExitCode(), out, c.code, c.says)
			}
		}
	})

	t.Run("taken over", func(t *testing.T) {
		first := s.listen(s.url, admin.token, "3000", "--name", "two")
		second := s.listen(s.url, admin.token, "3000", "--name", "two")
		<-first.done
		if code := first.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(first.errs.bytes()), "taken over by another listen") {
			t.Errorf("the first exits with %d and says %s", code, first.errs.bytes())
		}
		second.stop()
	})
}

// newProxy is an HTTP proxy that wants a password, and finds bellhop.test here.
func newProxy(t *testing.T, login string) (address string, asked func() []string) {
	var mu sync.Mutex
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Method+" "+strings.TrimPrefix(r.URL.String(), "//"))
		mu.Unlock()
		if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(login)) {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		_, port, _ := net.SplitHostPort(r.Host)
		if r.Method != http.MethodConnect {
			(&httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
				pr.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + port})
			}}).ServeHTTP(w, r)
			return
		}
		there, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		var passing sync.WaitGroup
		passing.Go(func() {
			_, _ = io.Copy(there, buffered) // until one of the ends is gone
			there.Close()
		})
		_, _ = io.Copy(here, there)
		here.Close()
		passing.Wait()
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}
