// Package egress is the one HTTP client that leaves the house. Whoever may create a webhook may type
// any URL, so both the URL and whatever answers there count as hostile.
//
// [Client.CheckURL] refuses at creation what needs no DNS to be refused. [Client.Do] makes one attempt:
//
//	take a seat ── idle connection ──────────────────────┐
//	    │                                                ▼
//	    └── resolve ── vet addresses ── connect ── TLS ── one write ── read head ── read body
//	                        ▲                                │
//	                        └── a reused connection broke before the first byte: once
//
// An attempt runs on the goroutine of its caller: connections have no goroutines of their own, which is
// what keeps an attempt cheap. The Transport of net/http is not used, because it writes large requests in
// pieces, does not repeat a POST on a fresh connection, and spends two goroutines on each connection; nor
// is its reader of answers, which guesses where an endpoint is ambiguous, and costs more than all else
// that is not a system call.
//
// What callers may rely on (docs/contract/delivery.md sections 1, 2, 5 and 7):
//
//   - Only http and https, HTTP/1.1, no proxy, no redirect followed, TLS verified.
//   - Names are resolved for each connection, and only the addresses that were judged are dialed, so a
//     DNS answer that changes afterwards changes nothing.
//   - Head and body leave in one write, with Content-Length, the body exactly as given. Over TLS, where
//     16 KiB records are borders that receivers can see, no UTF-8 character lies across one.
//   - Everything that is read is bounded in size, and the whole attempt in time.
//   - Idle connections live for less than 4 s.
//   - No error and no record made here contains a password or an Authorization header.
package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	defaultTimeout    = 20 * time.Second // docs/contract/delivery.md section 5
	defaultMaxBody    = 16 << 10         // docs/contract/delivery.md section 5
	defaultMaxSockets = 8192
	tlsSessions       = 1024
)

// Config says what a [Client] may do. The zero value is usable: it reaches public addresses only.
type Config struct {
	// Allow lists addresses that may be reached although they are not public.
	Allow []netip.Prefix

	// Resolver answers DNS questions; nil means [net.DefaultResolver].
	Resolver Resolver

	// MaxSockets bounds the connections that are open at once, idle ones included; 0 means 8192.
	// At the bound the oldest idle connection makes room; without one an attempt waits for its turn,
	// unless its owner has no connection at all, who then gets one beyond the bound.
	MaxSockets int

	// Connect opens a connection to an address that was judged; nil means by TCP.
	Connect func(ctx context.Context, to netip.AddrPort) (net.Conn, error)

	// Inside returns what answers a request to a URL of this server itself, which then leaves nobody's
	// house: no address is judged, nothing is dialed, no connection is counted. It returns nil for all
	// other URLs; of r it may use URL, Owner, Order and MayLeave, which it asks again if a request waits
	// before it leaves. Limits, times and records are the same, and the time of an attempt begins when
	// its GotConn of net/http/httptrace is called, if that is. An error of it that wraps ErrAway has
	// that reason. nil means that there is no such URL.
	Inside func(r *Request) http.RoundTripper

	// RootCAs are the authorities trusted for TLS; nil means those of the system.
	RootCAs *x509.CertPool
}

// Resolver finds the addresses of a name. *[net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Client makes requests to addresses chosen by strangers. It is safe for concurrent use, and starts
// nothing until it is used.
type Client struct {
	allow    []netip.Prefix
	resolver Resolver
	inside   func(r *Request) http.RoundTripper
	tls      *tls.Config
	pool     *pool
	connect  func(ctx context.Context, to netip.AddrPort) (net.Conn, error) // Config.Connect; tests put pipes here
}

// New checks c and returns a client for it.
func New(c Config) (*Client, error) {
	allow, err := canonicalPrefixes(c.Allow)
	if err != nil {
		return nil, err
	}
	if c.MaxSockets < 0 {
		return nil, fmt.Errorf("egress: MaxSockets is %d, must not be negative", c.MaxSockets)
	}
	if c.MaxSockets == 0 {
		c.MaxSockets = defaultMaxSockets
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Connect == nil {
		c.Connect = connectTCP
	}
	if c.Inside == nil {
		c.Inside = func(*Request) http.RoundTripper { return nil }
	}
	return &Client{
		allow:    allow,
		inside:   c.Inside,
		resolver: c.Resolver,
		tls:      tlsConfig(c.RootCAs),
		pool:     newPool(c.MaxSockets),
		connect:  c.Connect,
	}, nil
}

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"http/1.1"},
		RootCAs:            roots,
		ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
		// Go starts a connection with records of about 1 KiB. Receivers see each record as a chunk of
		// its own, and some decode chunk by chunk (docs/contract/delivery.md section 2).
		DynamicRecordSizingDisabled: true,
	}
}

// CloseIdle closes the connections that no attempt is using. The client stays usable.
func (c *Client) CloseIdle() { c.pool.closeIdle() }

// Do makes one attempt: it sends r and reads the answer to its end, or to one byte more than
// r.MaxBody. A status is never an error. Every error is an *[Error]; it wraps [context.Canceled] when
// ctx was canceled. Do does not change r, and may be called with the same r again.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	to, err := targetOf(r.URL)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, &Error{Reason: reasonInvalid, Err: err}
	}
	if near := c.inside(r); near != nil {
		return r.passInside(ctx, near)
	}
	seat, err := c.pool.take(ctx, to.origin, r.owner(to), r.timeout())
	if err != nil {
		return nil, newError(ctx, err, Timing{})
	}
	a := attempt{client: c, request: r, to: to, seat: seat, start: time.Now()}
	a.deadline = a.start.Add(r.timeout())
	if d, ok := ctx.Deadline(); ok && d.Before(a.deadline) {
		a.deadline = d
	}
	resp, err := a.run(ctx)
	c.pool.leave(a.seat)
	a.timing.Total = time.Since(a.start)
	if err != nil {
		return nil, newError(ctx, err, a.timing)
	}
	resp.Timing = a.timing
	return resp, nil
}
