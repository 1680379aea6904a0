package web

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// between joins limiters as nodes do: what one publishes the others hear a moment later.
func between(t *testing.T, delay time.Duration, limiters ...*Limiter) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var running, sent sync.WaitGroup
	for _, l := range limiters {
		running.Go(func() {
			err := l.Share(ctx, func() bool { return len(limiters) > 1 }, func(news []byte) {
				if len(news) > 7000 {
					t.Errorf("a message has %d bytes", len(news))
				}
				sent.Go(func() {
					time.Sleep(delay)
					for _, other := range limiters {
						if other != l {
							other.Used(news)
						}
					}
				})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	return func() {
		cancel()
		running.Wait()
		sent.Wait()
	}
}

// letIn counts what gets through in some time, when each limiter is asked so many times a second.
func letIn(perSecond float64, span time.Duration, limiters []*Limiter) (n int) {
	for range int(perSecond * span.Seconds()) {
		for _, l := range limiters {
			if l.User("64b0f1a2c3d4e5f60718293a") == nil {
				n++
			}
		}
		time.Sleep(time.Duration(float64(time.Second) / perSecond))
	}
	return n
}

// Contract: resources.md 5: Where several nodes
func TestOneLimitForAllNodes(t *testing.T) {
	const rate, burst, nodes = 20, 40, 3
	for _, test := range []struct {
		name        string
		perSecond   float64 // at each node
		least, most int     // in a minute
		delay       time.Duration
	}{
		{"far above", 500, rate * 60, rate*60 + burst + (nodes-1)*(burst+rate), 20 * time.Millisecond},
		{"just above", 10, rate * 60 * 98 / 100, rate*60 + burst + (nodes-1)*rate, 20 * time.Millisecond},
		{"just below", 6, 6 * nodes * 60, 6 * nodes * 60, 20 * time.Millisecond},
		{"far below", 1, nodes * 60, nodes * 60, 20 * time.Millisecond},
		{"messages are late", 500, rate * 60, rate*60 + burst + (nodes-1)*(burst+2*rate), 500 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var limiters []*Limiter
				for range nodes {
					limiters = append(limiters, NewLimiter(Rate{PerSecond: rate, Burst: burst}, nil))
				}
				defer between(t, test.delay, limiters...)()
				time.Sleep(exchangeEvery + 1) // until they know of each other
				if n := letIn(test.perSecond, time.Minute, limiters); n < test.least || n > test.most {
					t.Errorf("%d got through in a minute, want %d to %d", n, test.least, test.most)
				}
			})
		})
	}
}

// Where nobody else is, nothing is kept for others.
func TestNobodyToShareWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Rate{PerSecond: 1, Burst: 2}, nil)
		defer between(t, 0, l)()
		time.Sleep(exchangeEvery + 1)
		l.User("a")
		if l.users.used != nil {
			t.Errorf("%d users are kept for other nodes", len(l.users.used))
		}
	})
}

// More than is told at once is told later, and nothing that others say harms.
func TestManyAreToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := NewLimiter(Rate{PerSecond: 0.001, Burst: 1}, nil), NewLimiter(Rate{PerSecond: 0.001, Burst: 1}, nil)
		stop := between(t, 0, here, there)
		time.Sleep(exchangeEvery + 1)
		user := func(i int) bellhop.ID { return bellhop.ID(fmt.Sprintf("%024x", i)) }
		const users = maxTold + 100
		for i := range users {
			if err := here.User(user(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := here.Address("192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * exchangeEvery)
		for i := range users {
			if there.User(user(i)) == nil {
				t.Fatalf("user %d of %d may send once more at another node", i, users)
			}
		}
		if there.Address("192.0.2.1") == nil {
			t.Error("an address may send once more at another node")
		}
		stop()
		for _, text := range []string{"", "a", "u\xff", "u\x01", "u\x01x", "u\x01x\xff", "z\x01x\x01", "a\x03xyz\x01"} {
			there.Used([]byte(text))
		}
		there.Used(append([]byte("u\x01b"), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01))
		time.Sleep(2 * time.Hour)
		if err := there.User("b"); err != nil {
			t.Errorf("one message keeps a user out for hours: %v", err)
		}
	})
}
