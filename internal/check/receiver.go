package check

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
)

// Config says what is tried, and how. URL is required.
type Config struct {
	URL    string   // as params.url of a webhook; http or https, user and password allowed
	Secret string   // of the webhook; "" skips the checks of signatures
	Events []string // names of events that are sent too, once each; see [validEvent]
	Only   []string // names of checks; empty means all

	// Timeout is how long an answer is waited for; 0 means the 20 s of the server.
	Timeout time.Duration

	// Idle is how long a connection lies unused before it is used again; 0 means 3.9 s, a little less
	// than the server keeps one at most (docs/contract/delivery.md section 7).
	Idle time.Duration

	RootCAs *x509.CertPool // trusted for TLS; nil means those of the system

	// Progress, if it is set, is told how many checks have ended, by one goroutine at a time.
	Progress func(done, total int)
}

const (
	defaultTimeout = 20 * time.Second
	defaultIdle    = 3900 * time.Millisecond

	// Limits of docs/contract/delivery.md sections 1 and 5.
	challengeLimit = 1 << 10
	messageLimit   = 1 << 20
	otherLimit     = 16 << 10

	ownEvent = "bellhop.check"
)

// ErrUsage is wrapped by errors of [Run] about what it was asked.
var ErrUsage = errors.New("cannot check")

// receiver is the endpoint that is tried, with what is known of it.
type receiver struct {
	config Config
	url    *url.URL
	client *egress.Client
	secret string // made up if none is known
	signer *event.Signer
	wrong  string // a secret that the receiver does not know

	organization bellhop.ID

	// connect opens a connection of one's own. Tests put pipes here.
	connect func(context.Context) (net.Conn, error)

	// What was learned before all else. It does not change after that.
	event     string // the event that most checks send
	challenge answer
	asked     string          // the challenge
	first     answer          // to an event that is signed rightly
	times     []time.Duration // of answers while nothing else was asked

	// What learnSignatures learned, for risky checks alone.
	unsigned answer           // to an event that is not signed at all
	looksAt  event.Signatures // each alone is enough

	ended atomic.Value // string: the check after which nothing listened any more
}

func newReceiver(c Config) (*receiver, error) {
	client, err := egress.New(egress.Config{
		// Whoever types the URL asks from his own machine: there is nothing to keep him from.
		Allow:   []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		RootCAs: c.RootCAs,
	})
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	u, err := client.CheckURL(c.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: the URL %w", ErrUsage, err)
	}
	for _, name := range c.Events {
		if !validEvent(name) {
			return nil, fmt.Errorf("%w: %q is no name of an event", ErrUsage, name)
		}
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Idle <= 0 {
		c.Idle = defaultIdle
	}
	r := &receiver{config: c, url: u, client: client, secret: c.Secret, wrong: rand.Text(), organization: madeUp(), event: ownEvent}
	if r.secret == "" {
		r.secret = rand.Text()
	}
	r.connect = r.dial
	r.signer = event.NewSigner(event.Signing{Secret: r.secret})
	return r, nil
}

// validEvent reports whether an event may be called so: as one of the server's, or as one that is published
// (docs/contract/events.md, extensions.md section 1).
func validEvent(name string) bool {
	for _, known := range event.Catalogue() {
		if known.Name == name {
			return true
		}
	}
	first, _, _ := strings.Cut(name, ".")
	return event.ValidName(name) && !bellhop.ReservedName(first)
}

// madeUp is an id that nothing has.
func madeUp() bellhop.ID {
	var b [12]byte
	rand.Read(b[:])
	b[0] = 0xff // ids begin with the time of their making, and this one is far away
	return bellhop.ID(fmt.Sprintf("%x", b))
}

func newUUID() string {
	salt, err := rand.Int(rand.Reader, big.NewInt(bellhop.MaxSeq))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return bellhop.NewUUID(bellhop.TimeOf(time.Now()), salt.Int64(), uint32(salt.Int64())).String()
}

// do sends a request as the server does.
func (r *receiver) do(ctx context.Context, to *url.URL, method string, header http.Header, body []byte, limit int64) answer {
	start := time.Now()
	response, err := r.client.Do(ctx, &egress.Request{
		Method: method, URL: to, Header: header, Body: body, Timeout: r.config.Timeout, MaxBody: limit,
	})
	if err != nil {
		return noAnswer(err, time.Since(start))
	}
	return answer{
		status: response.Status, header: response.Header, body: response.Body, truncated: response.Truncated, took: response.Timing.Total,
	}
}

// send delivers d to the receiver's URL.
func (r *receiver) send(ctx context.Context, d *delivery) answer {
	return r.do(ctx, r.url, http.MethodPost, d.header, d.body, d.limit())
}

// get asks the receiver's URL with another query.
func (r *receiver) get(ctx context.Context, query string) answer {
	to := *r.url
	to.RawQuery = query
	return r.do(ctx, &to, http.MethodGet, nil, nil, challengeLimit)
}

// with appends a parameter to the query of the URL.
func (r *receiver) with(parameters ...string) string {
	query := r.url.RawQuery
	for _, p := range parameters {
		if query != "" {
			query += "&"
		}
		query += p
	}
	return query
}
