package web

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// waitOf returns how long a refused request is to wait, 0 for one that is allowed.
func waitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	e, ok := err.(*bellhop.Error)
	if !ok || e.Code != bellhop.TooMany || e.Message != "Too many requests" || e.RetryAfter <= 0 {
		t.Fatalf("refused with %#v", err)
	}
	return e.RetryAfter
}

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := map[string]int{}
		l := NewLimiter(Rate{PerSecond: 2, Burst: 3}, func(by string) { refused[by]++ })
		take := func(want time.Duration) {
			t.Helper()
			if got := waitOf(t, l.Address("192.0.2.1")); got != want {
				t.Errorf("waits %v, want %v", got, want)
			}
		}
		for range 3 {
			take(0)
		}
		take(500 * time.Millisecond)
		take(500 * time.Millisecond) // what is refused does not count
		time.Sleep(499 * time.Millisecond)
		take(time.Millisecond)
		time.Sleep(time.Millisecond)
		take(0)
		take(500 * time.Millisecond)
		time.Sleep(time.Hour) // earns a burst, and no more
		for range 3 {
			take(0)
		}
		take(500 * time.Millisecond)

		// A user is another matter than an address, and than another user.
		for _, user := range []bellhop.ID{"a", "b"} {
			for range 3 {
				if wait := waitOf(t, l.User(user)); wait != 0 {
					t.Errorf("user %s waits %v", user, wait)
				}
			}
		}
		if wait := waitOf(t, l.User("a")); wait != 500*time.Millisecond {
			t.Errorf("user a waits %v", wait)
		}
		if refused[ByAddress] != 5 || refused[ByUser] != 1 {
			t.Errorf("refused %v, want 5 of the address and 1 of the user", refused)
		}
	})
}

// The rate holds in the long run, whatever the moments are: the turns of the meter neither
// give nor take.
func TestLimiterKeepsTheRate(t *testing.T) {
	for _, rate := range []Rate{{20, 20}, {20, 100}, {0.5, 1}, {3, 7}} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(rate, nil)
			const minutes = 10
			allowed := 0
			for start := time.Now(); time.Since(start) < minutes*time.Minute; time.Sleep(17 * time.Millisecond) {
				if l.Address("192.0.2.1") == nil {
					allowed++
				}
			}
			if want := float64(rate.Burst) + rate.PerSecond*minutes*60; float64(allowed) < want*.98-1 || float64(allowed) > want {
				t.Errorf("%v allows %d in %d minutes, want %.0f", rate, allowed, minutes, want)
			}
		})
	}
}

// Contract: resources.md 5: An address is an IPv4 address, or an IPv6 network of 64 bits
func TestLimiterTellsAddressesApart(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:2", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"@", "", true},
		{"@", "192.0.2.1", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(Rate{PerSecond: 1, Burst: 1}, nil)
			if err := l.Address(test.a); err != nil {
				t.Fatal(err)
			}
			if same := l.Address(test.b) != nil; same != test.same {
				t.Errorf("%s and %s are one address: %v, want %v", test.a, test.b, same, test.same)
			}
		})
	}
}

// A flood from made up addresses fills no memory; the one who sends all the time is limited
// all the same.
func TestLimiterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Rate{PerSecond: 1, Burst: 10}, nil)
		allowed := 0
		for i := range 5 * maxCounted {
			_ = l.Address(fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)) // allowed: it is the first of each
			if i%1000 == 0 && l.Address("192.0.2.1") == nil {
				allowed++
			}
		}
		if n := len(l.addresses.young) + len(l.addresses.old); n > 2*maxCounted {
			t.Errorf("%d addresses are counted, want at most %d", n, 2*maxCounted)
		}
		if allowed != 10 {
			t.Errorf("%d requests are allowed at once, want 10", allowed)
		}
		// With time all are forgotten.
		time.Sleep(time.Minute)
		_ = l.Address("192.0.2.1")
		time.Sleep(time.Minute)
		_ = l.Address("192.0.2.1")
		if n := len(l.addresses.young) + len(l.addresses.old); n > 2 {
			t.Errorf("%d addresses are counted after a pause, want one", n)
		}
	})
}

// Contract: resources.md 5: here it is off by default
func TestNoLimiter(t *testing.T) {
	l := NewLimiter(Rate{}, nil)
	if l != nil {
		t.Errorf("NewLimiter of no rate = %v, want nil", l)
	}
	for range 1000 {
		if l.Address("192.0.2.1") != nil || l.User("a") != nil {
			t.Fatal("no limiter refuses")
		}
	}
}

func BenchmarkLimiter(b *testing.B) {
	l := NewLimiter(Rate{PerSecond: 1e6, Burst: 1e6}, nil)
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Address("192.0.2.1")
	}
}
