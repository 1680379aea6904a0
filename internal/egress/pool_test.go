package egress

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// balanced checks that a client at rest holds its idle connections and nothing else.
func balanced(t testing.TB, p *pool, idle int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	n, atSites := 0, 0
	for c := p.oldest; c != nil; c = c.next {
		n++
	}
	for _, st := range p.sites {
		atSites += len(st.idle)
		if st.open != len(st.idle) {
			t.Errorf("%v: open %d, idle %d", st.origin, st.open, len(st.idle))
		}
	}
	if n != idle || p.open != idle || atSites != idle || len(p.shares) != 0 || p.queue.Len() != 0 {
		t.Errorf("open %d, idle %d and %d by site, %d shares, %d waiting; want %d idle alone",
			p.open, n, atSites, len(p.shares), p.queue.Len(), idle)
	}
}

// Contract: delivery.md 7: Node servers close idle
func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		client := piped(t, Config{}, func(n int, c net.Conn) {
			open.Add(1)
			always(ok)(n, c)
			open.Add(-1)
		})
		use := func(host string) *Response { return mustDo(t, client, post(t, "http://"+host+"/", "{}")) }
		use("127.0.0.1")
		time.Sleep(2 * time.Second)
		use("127.0.0.2")
		time.Sleep(idleTime - 2*time.Second - 1)
		synctest.Wait()
		if open.Load() != 2 {
			t.Errorf("%d open after 3.499 s, want 2", open.Load())
		}
		time.Sleep(1)
		synctest.Wait()
		if open.Load() != 1 {
			t.Errorf("%d open after 3.5 s, want 1", open.Load())
		}
		if resp := use("127.0.0.2"); !resp.Reused {
			t.Error("not reused after 1.5 s")
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if open.Load() != 0 {
			t.Errorf("%d open 4 s after the last use, want 0", open.Load())
		}
		balanced(t, client.pool, 0)
		if resp := use("127.0.0.1"); resp.Reused {
			t.Error("reused after all that")
		}
	})
}

func TestBusyConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, Config{}, always(ok))
		fresh := 0
		for range 200 {
			if !mustDo(t, client, post(t, "http://127.0.0.1/", "{}")).Reused {
				fresh++
			}
			time.Sleep(time.Second)
		}
		if fresh != 2 {
			t.Errorf("%d connections in 200 s, want 2", fresh)
		}
	})
}

func TestConnectionsAreNotMixed(t *testing.T) {
	client := piped(t, Config{}, always(ok))
	for _, base := range []string{"http://127.0.0.1/", "http://127.0.0.1:81/", "http://127.0.0.2/", "http://[::1]/"} {
		if mustDo(t, client, post(t, base, "{}")).Reused {
			t.Errorf("%s got a connection of another origin", base)
		}
	}
	for _, base := range []string{"http://127.0.0.1:80/other", "http://u:p@127.0.0.1:/"} {
		if !mustDo(t, client, post(t, base, "{}")).Reused {
			t.Errorf("%s did not get the connection of its origin", base)
		}
	}
	balanced(t, client.pool, 4)
}

func TestManyConnectionsToOneHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 1000
		client := piped(t, Config{}, func(_ int, c net.Conn) {
			r := bufio.NewReader(c)
			for {
				if _, more := readRequest(r); !more {
					return
				}
				time.Sleep(time.Second)
				io.WriteString(c, ok)
			}
		})
		for round := range 2 {
			var all sync.WaitGroup
			var reused atomic.Int32
			start := time.Now()
			for range many {
				all.Go(func() {
					if mustDo(t, client, post(t, "http://127.0.0.1/", "{}")).Reused {
						reused.Add(1)
					}
				})
			}
			all.Wait()
			if time.Since(start) != time.Second || reused.Load() != int32(round*many) {
				t.Errorf("round %d: %v, %d reused", round, time.Since(start), reused.Load())
			}
		}
		balanced(t, client.pool, many)
	})
}

// A hanging endpoint takes all there is, and still nobody else is shut out.
func TestMaxSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, Config{MaxSockets: 3}, func(_ int, c net.Conn) {
			r := bufio.NewReader(c)
			for {
				e, more := readRequest(r)
				if !more {
					return
				}
				d, _ := time.ParseDuration(e.Header.Get("X-Delay"))
				time.Sleep(d)
				io.WriteString(c, ok)
			}
		})
		var all sync.WaitGroup
		do := func(owner, host, delay string, took time.Duration, reused bool) {
			start := time.Now()
			r := post(t, "http://"+host+"/", "{}")
			r.Owner, r.Header = owner, map[string][]string{"X-Delay": {delay}}
			all.Go(func() {
				resp, err := client.Do(t.Context(), r)
				if err != nil {
					t.Errorf("%s: %v", owner, err)
				} else if got := time.Since(start); got != took || resp.Reused != reused {
					t.Errorf("%s: took %v, Reused = %t, want %v, %t", owner, got, resp.Reused, took, reused)
				}
			})
			synctest.Wait()
		}
		for range 3 {
			do("greedy", "127.0.0.1", "10s", 10*time.Second, false)
		}
		do("greedy", "127.0.0.1", "1s", 11*time.Second, true)    // waits for a connection of its own
		do("other", "127.0.0.2", "2s", 2*time.Second, false)     // one beyond the bound
		do("other", "127.0.0.2", "1s", 3*time.Second, true)      // waits for its first one, and gets its connection
		do("neighbour", "127.0.0.1", "1s", 1*time.Second, false) // the same host counts by owner
		do("greedy", "127.0.0.3", "1s", 11*time.Second, false)   // gets the seat of another host
		all.Wait()
		client.CloseIdle()
		balanced(t, client.pool, 0)
	})
}

func TestIdleMakesRoom(t *testing.T) {
	client := piped(t, Config{MaxSockets: 2}, always(ok))
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"} {
		mustDo(t, client, post(t, "http://"+host+"/", "{}"))
	}
	balanced(t, client.pool, 2)
	if mustDo(t, client, post(t, "http://127.0.0.1/", "{}")).Reused {
		t.Error("the oldest idle connection is still there")
	}
	if !mustDo(t, client, post(t, "http://127.0.0.4/", "{}")).Reused {
		t.Error("the newest idle connection is gone")
	}
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, Config{MaxSockets: 1}, func(_ int, c net.Conn) { io.Copy(io.Discard, c) })
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		r := post(t, "http://127.0.0.1/", "{}")
		r.Timeout = time.Minute
		all.Go(func() { client.Do(ctx, r) })
		synctest.Wait()

		r2 := post(t, "http://127.0.0.1/", "{}")
		r2.Timeout = 5 * time.Second
		start := time.Now()
		_, err := client.Do(ctx, r2)
		wantReason(t, err, "no free connection")
		if !errors.Is(err, ErrNoSocket) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		time.AfterFunc(time.Second, cancel)
		_, err = client.Do(ctx, r2)
		wantReason(t, err, "canceled")
		all.Wait()
		balanced(t, client.pool, 0)
	})
}

// Descriptors that this machine lacks are not the endpoint's fault.
func TestExhausted(t *testing.T) {
	client := newClient(t, Config{})
	client.connect = nil
	for _, lack := range []error{syscall.EMFILE, syscall.EADDRNOTAVAIL} {
		client.connect = func(context.Context, netip.AddrPort) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: lack}
		}
		_, err := client.Do(t.Context(), post(t, "http://127.0.0.1/", "{}"))
		wantReason(t, err, "no free connection")
	}
	balanced(t, client.pool, 0)
}

// Many at once, with few sockets, some canceled: nobody is forgotten and nothing is lost.
func TestPoolUnderLoad(t *testing.T) {
	client := piped(t, Config{MaxSockets: 7}, func(n int, c net.Conn) {
		r := bufio.NewReader(c)
		for i := 0; ; i++ {
			if _, more := readRequest(r); !more || (n+i)%13 == 12 {
				return
			}
			io.WriteString(c, ok)
		}
	})
	var all sync.WaitGroup
	for w := range 24 {
		all.Go(func() {
			for i := range 30 {
				ctx, cancel := context.WithCancel(t.Context())
				r := post(t, "http://127.0.0."+strconv.Itoa(1+rand.IntN(5))+"/", "{}")
				r.Owner = strconv.Itoa(w % 6)
				if rand.IntN(4) == 0 {
					go cancel()
				}
				_, err := client.Do(ctx, r)
				if e, bad := errors.AsType[*Error](err); bad && e.Reason != "canceled" && e.Reason != "connection closed" {
					t.Errorf("worker %d, attempt %d: %v", w, i, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	client.CloseIdle()
	balanced(t, client.pool, 0)
}
