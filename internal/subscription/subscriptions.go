package subscription

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Config says what Subscriptions work with.
type Config struct {
	DB     *store.DB
	Egress *egress.Client // asks the challenges

	// API is the public base URL of the server, without /v2.
	API string

	// Trace returns the traceparent of what goes on in a context. Nil means that nothing is
	// traced.
	Trace func(ctx context.Context) string

	// Health returns how the endpoint of a service is. It must not use the store. Nil means
	// that nothing is known.
	Health func(service bellhop.ID) Health

	// Away reports whether a URL leads to a tunnel of this server that nobody listens at, and since
	// when. It must not use the store. Nil means that there are no tunnels.
	Away func(u *url.URL) (since bellhop.Time, away bool)

	// Unhealthy returns the services whose endpoints are paused, and those that fail. It must not
	// use the store. Nil means that there are none.
	Unhealthy func() (paused, failing []bellhop.ID)

	// MakeWay is called before n events are published for a service, and may wait for a
	// moment until deliveries that are queued for it are made; passed is called when they
	// are committed. nil means that it never waits.
	MakeWay func(ctx context.Context, service bellhop.ID, n int) (passed func())

	Nodes Nodes // nil if there is but this one

	Log *slog.Logger

	Now func() time.Time // nil means time.Now
}

// Subscriptions are the webhook services of a store. They are safe for concurrent use.
type Subscriptions struct {
	db     *store.DB
	egress *egress.Client
	api    string
	log    *slog.Logger
	now    func() time.Time
	trace  func(context.Context) string // may be nil
	health func(bellhop.ID) Health      // may be nil
	away   func(*url.URL) (bellhop.Time, bool)
	sick   func() (paused, failing []bellhop.ID)
	way    func(context.Context, bellhop.ID, int) func()
	nodes  Nodes // may be nil

	backlogs backlogs
	paths    paths

	mu    sync.Mutex
	table *table // what listens, of a transaction that saw nothing of its own; nil before the first use

	targets map[bellhop.ID]*url.URL // of replays to other URLs

	replaying chan struct{} // has an element when a replay was begun or changed
}

// New returns the subscriptions of a store.
func New(config Config) *Subscriptions {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.MakeWay == nil {
		config.MakeWay = func(context.Context, bellhop.ID, int) func() { return func() {} }
	}
	if config.Unhealthy == nil {
		config.Unhealthy = func() (paused, failing []bellhop.ID) { return nil, nil }
	}
	if config.Away == nil {
		config.Away = func(*url.URL) (bellhop.Time, bool) { return 0, false }
	}
	s := &Subscriptions{away: config.Away, sick: config.Unhealthy, way: config.MakeWay, db: config.DB, egress: config.Egress, api: strings.TrimSuffix(config.API, "/"),
		log: config.Log, now: config.Now, trace: config.Trace, health: config.Health,
		targets: map[bellhop.ID]*url.URL{}, replaying: make(chan struct{}, 1)}
	s.join(config.Nodes)
	return s
}

// traceOf returns the trace that events of a request belong to, "" if there is none.
func (s *Subscriptions) traceOf(ctx context.Context) string {
	if s.trace == nil {
		return ""
	}
	return s.trace(ctx)
}

// listening returns what listens, as tx sees it.
func (s *Subscriptions) listening(ctx context.Context, tx *store.Tx) (*table, error) {
	known, own := tx.Memo.(*table)
	if !own {
		known = s.shared()
	}
	mark := int64(-1)
	if known != nil {
		mark = known.mark
	}
	ids, ok, err := tx.Changed(ctx, mark, tableKinds...)
	switch {
	case err != nil:
		return nil, err
	case ok && ids == nil:
		return known, nil
	case ok:
		known, err = known.readAgain(ctx, tx, ids)
	default:
		known, err = readTable(ctx, tx)
	}
	if err != nil {
		return nil, err
	}
	if known.mark, err = tx.Mark(ctx, tableKinds...); err != nil {
		return nil, err
	}
	if own || tx.HasChanged(tableKinds...) {
		tx.Memo = known // nobody else may see it: it may be rolled back
		if !own && !s.db.Shared() {
			tx.AfterCommit(func() { s.share(tx.Memo.(*table)) })
		}
	} else {
		s.share(known)
	}
	return known, nil
}

// shared returns the newest table that everybody may see, nil if there is none yet.
func (s *Subscriptions) shared() *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table
}

func (s *Subscriptions) share(t *table) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table == nil || s.table.mark < t.mark {
		s.table = t
	}
}

// Webhook returns the webhook of that service as it is now; ErrNoWebhook if there is no
// such service or it is of another type.
func (s *Subscriptions) Webhook(ctx context.Context, service bellhop.ID) (*Webhook, error) {
	t, err := s.listeningNow(ctx)
	if err != nil {
		return nil, err
	}
	if w := t.webhook(service); w != nil {
		return w, nil
	}
	return nil, ErrNoWebhook
}

// listeningNow returns what listens, of what is committed.
func (s *Subscriptions) listeningNow(ctx context.Context) (*table, error) {
	mark, err := s.db.Mark(ctx, tableKinds...)
	if err != nil {
		return nil, err
	}
	t := s.shared()
	if t != nil && t.mark >= mark {
		return t, nil
	}
	err = s.db.View(ctx, func(tx *store.Tx) (err error) {
		t, err = s.listening(ctx, tx)
		return err
	})
	return t, err
}

// ErrNoWebhook is returned for a service that is not there, or is no webhook.
var ErrNoWebhook = errors.New("no such webhook")

// resourceURL is the absolute API URL of a resource.
func (s *Subscriptions) resourceURL(kind *bellhop.Kind, id bellhop.ID) string {
	return s.api + "/v2/" + kind.Plural + "/" + string(id)
}

// challengeURL adds the parameters of a challenge to a webhook's URL
// (docs/contract/delivery.md section 1).
func challengeURL(u *url.URL, challenge string) *url.URL {
	asked := *u
	asked.RawQuery = event.ChallengeQuery(u.RawQuery, challenge)
	return &asked
}

const (
	challengeTimeout = 20 * time.Second
	challengeBody    = 1 << 10 // how much of the answer is read
)

// verify asks the endpoint its challenge and returns why it did not pass, or "".
func (s *Subscriptions) verify(ctx context.Context, u *url.URL) (string, error) {
	challenge := newChallenge()
	response, err := s.egress.Do(ctx, &egress.Request{
		Method: http.MethodGet, URL: challengeURL(u, challenge), Timeout: challengeTimeout, MaxBody: challengeBody,
	})
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if e, ok := errors.AsType[*egress.Error](err); ok {
			return e.Reason, nil
		}
		return "", err
	}
	switch {
	case response.Status != http.StatusOK:
		return "status " + strconv.Itoa(response.Status), nil
	case response.Truncated || string(response.Body) != challenge:
		return "challenge mismatch", nil
	}
	return "", nil
}
