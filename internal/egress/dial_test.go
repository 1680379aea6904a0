package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// named makes the URL of a listener use a name.
func named(base string) string { return strings.Replace(base, "127.0.0.1", "bot.example", 1) }

func TestNames(t *testing.T) {
	base := named(listen(t, always(ok)))
	for _, c := range []struct {
		name   string
		answer []string
		reason string
	}{
		{"loopback, which is allowed", []string{"127.0.0.1"}, ""},
		{"mapped form of resolvers", []string{"::ffff:127.0.0.1"}, ""},
		{"one of several", []string{"10.0.0.1", "169.254.169.254", "127.0.0.1", "fd00::1"}, ""},
		{"private", []string{"10.0.0.1"}, "address not allowed"},
		{"private, mapped", []string{"::ffff:10.0.0.1"}, "address not allowed"},
		{"metadata", []string{"169.254.169.254", "fd00:ec2::254"}, "address not allowed"},
		{"NAT64", []string{"64:ff9b::10.0.0.1"}, "address not allowed"},
		{"unknown", nil, "name not found"},
		{"no addresses", []string{}, "name not found"},
	} {
		client := newClient(t, Config{Resolver: &answers{lists: [][]string{c.answer}}})
		_, err := client.Do(t.Context(), post(t, base, "{}"))
		if c.reason != "" {
			e := wantReason(t, err, c.reason)
			if errors.Is(err, ErrNotAllowed) != (c.reason == ErrNotAllowed.Error()) || e.Timing.Connect != 0 {
				t.Errorf("%s: %v, %+v", c.name, err, e.Timing)
			}
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The answer of DNS is judged at each connection, whatever it was before.
func TestRebinding(t *testing.T) {
	base := named(listen(t, once(ok)))
	resolver := &answers{lists: [][]string{{"127.0.0.1"}, {"10.0.0.1"}}}
	client := newClient(t, Config{Resolver: resolver})
	if _, err := client.CheckURL(base); err != nil {
		t.Fatal(err)
	}
	if resp := mustDo(t, client, post(t, base, "1")); resp.Timing.DNS <= 0 {
		t.Errorf("DNS = %v", resp.Timing.DNS)
	}
	client.CloseIdle()
	_, err := client.Do(t.Context(), post(t, base, "2"))
	wantReason(t, err, "address not allowed")
	if resolver.asked != 2 {
		t.Errorf("asked DNS %d times, want once per connection", resolver.asked)
	}
}

// What is dialed are the addresses that were judged, not the name.
func TestDialsWhatWasJudged(t *testing.T) {
	client := newClient(t, Config{Resolver: &answers{lists: [][]string{{"10.0.0.1", "8.8.8.8"}, {"10.0.0.1"}}}})
	var dialed []netip.AddrPort
	client.connect = func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		dialed = append(dialed, to)
		return nil, net.ErrClosed
	}
	client.Do(t.Context(), post(t, "http://bot.example:8080/", "{}"))
	client.Do(t.Context(), post(t, "https://134744072/", "{}"))
	if want := []netip.AddrPort{netip.MustParseAddrPort("8.8.8.8:8080"), netip.MustParseAddrPort("8.8.8.8:443")}; !slices.Equal(dialed, want) {
		t.Errorf("dialed %v, want %v", dialed, want)
	}
}

type failing struct{ err error }

func (f failing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, f.err
}

func TestLookupFails(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason string
	}{
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, "name lookup failed"},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, "timeout"},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, "name not found"},
		{errors.New("odd"), "connection failed"},
	} {
		_, err := newClient(t, Config{Resolver: failing{c.err}}).Do(t.Context(), post(t, "http://bot.example/", "{}"))
		wantReason(t, err, c.reason)
	}
}

// hanging is a resolver that answers when it is told to stop.
type hanging struct{}

func (hanging) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestLookupHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := newClient(t, Config{Resolver: hanging{}}).Do(t.Context(), post(t, "http://bot.example/", "{}"))
		e := wantReason(t, err, "timeout")
		if time.Since(start) != defaultTimeout || e.Timing.DNS != defaultTimeout {
			t.Errorf("took %v, %+v", time.Since(start), e.Timing)
		}
	})
}

// One dead address of a name costs raceDelay, not the attempt, and no connection is left behind.
func TestRace(t *testing.T) {
	for _, c := range []struct {
		name   string
		delays map[string]time.Duration // below 0: fails after that time
		want   string
		took   time.Duration
	}{
		{"first", map[string]time.Duration{"1.0.0.1": 0, "1.0.0.2": 0, "1.0.0.3": 0}, "1.0.0.1", 0},
		{"first is dead", map[string]time.Duration{"1.0.0.1": time.Hour, "1.0.0.2": 0, "1.0.0.3": 0}, "1.0.0.2", raceDelay},
		{"first fails", map[string]time.Duration{"1.0.0.1": -1, "1.0.0.2": time.Second, "1.0.0.3": time.Hour}, "1.0.0.2", time.Second + 1},
		{"two come", map[string]time.Duration{"1.0.0.1": 300 * time.Millisecond, "1.0.0.2": 300 * time.Millisecond, "1.0.0.3": 0}, "1.0.0.1", 300 * time.Millisecond},
		{"none", map[string]time.Duration{"1.0.0.1": -1, "1.0.0.2": -1, "1.0.0.3": -1}, "", 3},
		{"all dead", map[string]time.Duration{"1.0.0.1": time.Hour, "1.0.0.2": time.Hour, "1.0.0.3": time.Hour}, "", 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				open := map[netip.Addr]net.Conn{}
				client := newClient(t, Config{})
				client.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
					delay := c.delays[to.Addr().String()]
					select {
					case <-time.After(max(delay, -delay)):
					case <-ctx.Done():
						return nil, ctx.Err()
					}
					if delay < 0 {
						return nil, net.ErrClosed
					}
					near, far := net.Pipe()
					mu.Lock()
					open[to.Addr()] = far
					mu.Unlock()
					return near, nil
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				conn, err := client.race(ctx, []netip.AddrPort{
					netip.MustParseAddrPort("1.0.0.1:80"), netip.MustParseAddrPort("1.0.0.2:80"), netip.MustParseAddrPort("1.0.0.3:80"),
				})
				if took := time.Since(start); took != c.took || (err == nil) != (c.want != "") {
					t.Errorf("race = %v after %v, want %q after %v", err, took, c.want, c.took)
				}
				for addr, far := range open {
					far.SetReadDeadline(time.Now())
					_, err := far.Read(make([]byte, 1))
					if isOpen := isTimeout(err); isOpen != (addr.String() == c.want) {
						t.Errorf("connection to %v open = %t", addr, isOpen)
					}
				}
				if conn != nil {
					conn.Close()
				}
			})
		})
	}
}
