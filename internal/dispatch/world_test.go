package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// storeFunc is what runs in a transaction.
type storeFunc = func(context.Context, *store.Tx) error

const organization = bellhop.ID("64b0f1a2c3d4e5f60718293a")

// world is a store with a dispatcher on it, and endpoints that answer as a test says. It lives
// in a bubble.
type world struct {
	t  *testing.T
	db *store.DB

	// answer says how an endpoint answers. It runs without a lock.
	answer func(a *arrival) reply

	// connect, if it is not nil, is what it takes to connect to one.
	connect func()

	config store.Config
	drain  time.Duration
	limits dispatch.Limits
	log    *slog.Logger
	noRoom bool // every delivery has its row from the beginning, so that looking at it commits nothing

	observe      func(dispatch.Attempted) // may be nil
	beginAttempt func(context.Context, *store.Pending) (string, func(*bellhop.Attempt))

	mu        sync.Mutex
	commits   sync.Cond // of commits
	targets   map[bellhop.ID]*dispatch.Target
	lost      time.Time // until when nobody can say where deliveries go
	targetErr error
	tunnels   map[bellhop.ID]chan struct{} // that somebody listens at; closed when he leaves
	d         *dispatch.Dispatcher         // who is told of commits
	fleet     *fleet                       // who is told instead, if there are several
	stop      func()                       // ends d
	cut       chan struct{}                // closed when the process that d stands for is killed
	sent      []sentDelivery               // all that was appended
	byID      map[string]int               // in sent
	arrivals  []*arrival
	begun     map[int]bool       // positions in sent that have arrived
	outcomes  []dispatch.Outcome // that Consequence was asked about
	told      []time.Time        // when it was

	// consequence is what Config.Consequence returns.
	consequence func(o *dispatch.Outcome) storeFunc
}

// sentDelivery is a delivery as it was committed.
type sentDelivery struct {
	bellhop.Delivery
	key string
}

// arrival is a request that came to an endpoint.
type arrival struct {
	sentDelivery
	nth     int // in sent
	attempt int // as its header says
	at      time.Time
	ended   time.Time // zero while it is not answered
	good    bool      // it was answered 2xx
	first   bool      // the first request of its delivery
	cut     bool      // the server ended before the answer came, or the listener left
	lost    bool      // the listener of the tunnel left, or never acknowledged it
	timeout bool      // no answer came in time
	reply   reply     // how it was answered, once it is ended
	request *egress.Request
}

// reply is what an endpoint does.
type reply struct {
	status int // 0: the connection breaks
	after  time.Duration
	header http.Header
	body   string
	more   bool          // the body goes on
	silent bool          // a listener does not even acknowledge the request
	late   time.Duration // until it is known here that the listener left
	turn   time.Duration // that the request waits for its turn in the tunnel
}

// never is longer than any request waits.
const never = time.Hour

func ok(*arrival) reply { return reply{status: 200} }

func inWorld(t *testing.T, name string, test func(t *testing.T, w *world)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
	})
}

func newWorld(t *testing.T) *world {
	return newWorldOn(t, storetest.SQLite(t))
}

func newWorldOn(t *testing.T, config store.Config) *world {
	w := &world{t: t, answer: ok, targets: map[bellhop.ID]*dispatch.Target{}, tunnels: map[bellhop.ID]chan struct{}{}, byID: map[string]int{}, begun: map[int]bool{},
		consequence: func(*dispatch.Outcome) storeFunc { return nil }}
	w.commits.L = &w.mu
	w.config, w.log = config, slog.New(slog.DiscardHandler)
	w.open()
	t.Cleanup(func() {
		w.end()
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.db = db
	db.DeliverTo(w)
}

// Room is that of the dispatcher.
func (w *world) Room(lane bellhop.ID) int {
	w.mu.Lock()
	d := w.d
	w.mu.Unlock()
	if d == nil || w.noRoom {
		return 0
	}
	return d.Room(lane)
}

// HandOver takes what was committed.
func (w *world) HandOver(ps []store.Pending) {
	w.mu.Lock()
	for _, p := range ps {
		w.byID[p.Delivery.ID.String()] = len(w.sent)
		w.sent = append(w.sent, sentDelivery{p.Delivery, p.Event.Key})
	}
	d, fleet := w.d, w.fleet
	w.commits.Broadcast()
	w.mu.Unlock()
	switch {
	case fleet != nil:
		fleet.handOver(ps)
	case d != nil:
		d.HandOver(ps)
	}
}

// prepare makes a dispatcher, to which commits are handed over from now on.
func (w *world) prepare() (run func()) {
	p := &process{world: w, cut: make(chan struct{})}
	d := dispatch.New(dispatch.Config{
		DB: w.db, Egress: p, Target: w.target, Drain: w.drain, Log: w.log,
		Observe: w.observe, Begin: w.beginAttempt,
		Consequence: func(_ context.Context, o *dispatch.Outcome) storeFunc {
			w.mu.Lock()
			defer w.mu.Unlock()
			if p.isDead() {
				return nil
			}
			w.outcomes, w.told = append(w.outcomes, *o), append(w.told, time.Now())
			return w.consequence(o)
		},
	}.WithLimits(w.limits))
	w.mu.Lock()
	w.d, w.cut = d, p.cut
	w.mu.Unlock()
	return func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		w.stop = func() {
			cancel()
			if err := <-done; err != nil && !errors.Is(err, store.ErrClosed) { // a test closed it
				w.t.Errorf("Run = %v", err)
			}
		}
	}
}

func (w *world) begin() { w.prepare()() }

// setLost says until when nobody can say where deliveries go.
func (w *world) setLost(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = until
}

// end lets the dispatcher end, and reports how long that took.
func (w *world) end() time.Duration {
	start := time.Now()
	if w.stop != nil {
		w.stop()
	}
	w.stop = nil
	return time.Since(start)
}

func (w *world) target(_ context.Context, lane store.LaneID) (*dispatch.Target, error) {
	w.mu.Lock()
	lost := w.lost
	w.mu.Unlock()
	time.Sleep(time.Until(lost))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.targetErr != nil {
		return nil, w.targetErr
	}
	if t := w.targets[lane.Service]; t != nil {
		now := *t
		now.Away = t.Tunnel != "" && w.tunnels[t.Tunnel] == nil
		return &now, nil
	}
	return nil, dispatch.ErrGone
}

// set stores what a service is and says so.
func (w *world) set(service bellhop.ID, change func(t *dispatch.Target)) {
	w.mu.Lock()
	t := dispatch.Target{Active: true, Signer: event.NewSigner(event.Signing{Secret: "s"}), Timeout: 20 * time.Second, Concurrency: 64,
		URL: &url.URL{Scheme: "https", Host: "bot.example", Path: "/" + string(service)}}
	if old := w.targets[service]; old != nil {
		t = *old
	}
	if change != nil {
		change(&t)
	}
	w.targets[service] = &t
	d := w.d
	w.mu.Unlock()
	if d != nil {
		d.Wake(service)
	}
}

// service adds a service.
func (w *world) service(change func(t *dispatch.Target)) bellhop.ID {
	id := w.db.NewID(bellhop.TimeOf(time.Now()))
	w.set(id, change)
	return id
}

// publish commits an event for each of keys, in one transaction.
func (w *world) publish(service bellhop.ID, keys ...string) { w.publishIn("", service, nil, keys...) }

// publishIn is publish for a lane, with payloads that are longer by pad.
func (w *world) publishIn(lane, service bellhop.ID, pad func() int, keys ...string) {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	err := w.db.Update(ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			payload := `"event":"order.created"}`
			if pad != nil {
				payload = `"event":"order.created","pad":"` + strings.Repeat(".", pad()) + `"}`
			}
			e := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization),
				Key: key, CreatedAt: bellhop.TimeOf(time.Now()), Payload: []byte(payload)}
			if err := tx.Append(ctx, e, []bellhop.Delivery{{Service: service, Lane: lane}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
}

// publishAll commits an event that all of services get.
func (w *world) publishAll(services []bellhop.ID) {
	w.t.Helper()
	err := w.db.Update(w.t.Context(), func(tx *store.Tx) error {
		e := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization),
			Key: "k", CreatedAt: bellhop.TimeOf(time.Now()), Payload: []byte(`"event":"order.created"}`)}
		var ds []bellhop.Delivery
		for _, service := range services {
			ds = append(ds, bellhop.Delivery{Service: service})
		}
		return tx.Append(w.t.Context(), e, ds)
	})
	if err != nil {
		w.t.Error(err)
	}
}

// process is what endpoints see of one life of the server.
type process struct {
	*world
	cut chan struct{}
}

func (p *process) isDead() bool {
	select {
	case <-p.cut:
		return true
	default:
		return false
	}
}

// Do is the client of all endpoints. What a dead process sends arrives nowhere.
func (p *process) Do(ctx context.Context, r *egress.Request) (*egress.Response, error) {
	w := p.world
	if connect := w.connect; connect != nil {
		connect()
	}
	if err := r.MayLeave(); err != nil {
		return nil, &egress.Error{Reason: "connection failed", Err: err}
	}
	a := &arrival{request: r, at: time.Now()}
	w.mu.Lock()
	if p.isDead() {
		w.mu.Unlock()
		<-ctx.Done() // nobody hears how it ends
		return nil, &egress.Error{Reason: "canceled", Err: context.Canceled}
	}
	for {
		var known bool
		if a.nth, known = w.byID[r.Header.Get("X-Delivery-Id")]; known {
			break
		}
		w.commits.Wait() // a read met it between its commit and HandOver
	}
	a.sentDelivery = w.sent[a.nth]
	a.attempt, _ = strconv.Atoi(r.Header.Get("X-Delivery-Attempt"))
	left, isTunnel := w.listening(a.Service)
	if isTunnel && left == nil {
		w.mu.Unlock()
		return nil, &egress.Error{Reason: egress.ErrAway.Error(), Err: egress.ErrAway}
	}
	a.first = !w.begun[a.nth]
	w.begun[a.nth] = true
	w.arrivals = append(w.arrivals, a)
	w.mu.Unlock()
	if r.Owner != string(a.Service) {
		w.t.Errorf("a request of %q in the name of %q", a.Service, r.Owner)
	}
	reply := w.answer(a)
	var err error
	if r.Begun != nil {
		if err = pass(ctx, p.cut, left, r.Timeout, reply.turn); err == nil {
			w.mu.Lock()
			a.at = time.Now()
			w.mu.Unlock()
			r.Begun()
		}
	}
	if err == nil {
		err = pass(ctx, p.cut, left, r.Timeout, reply.after)
	}
	if reply.silent && err == nil {
		err = egress.ErrAway
	}
	w.mu.Lock()
	a.ended = time.Now()
	a.cut = p.isDead() || ctx.Err() != nil
	a.good = err == nil && !a.cut && reply.status >= 200 && reply.status < 300
	if errors.Is(err, egress.ErrAway) && !a.cut {
		a.cut, a.lost = true, true
		w.mu.Unlock()
		time.Sleep(reply.late)
		return nil, &egress.Error{Reason: egress.ErrAway.Error(), Err: egress.ErrAway}
	}
	a.timeout = err != nil && !a.cut
	a.reply = reply
	w.mu.Unlock()
	if a.cut {
		<-ctx.Done()
		return nil, &egress.Error{Reason: "canceled", Err: context.Canceled}
	}
	if err != nil {
		return nil, err
	}
	if reply.status == 0 {
		return nil, &egress.Error{Reason: "connection reset", Err: errors.New("reset")}
	}
	header := reply.header
	if header == nil {
		header = http.Header{}
	}
	return &egress.Response{Status: reply.status, Header: header, Body: []byte(reply.body), Truncated: reply.more}, nil
}

// pass lets time pass as a request does.
func pass(ctx context.Context, cut, left <-chan struct{}, timeout, after time.Duration) error {
	timer := time.NewTimer(min(timeout, after))
	defer timer.Stop()
	select {
	case <-cut:
		return context.Canceled
	case <-left:
		return egress.ErrAway
	case <-ctx.Done():
		return &egress.Error{Reason: "canceled", Err: ctx.Err()}
	case <-timer.C:
	}
	if after >= timeout {
		return &egress.Error{Reason: "timeout", Err: context.DeadlineExceeded}
	}
	return nil
}

// sleep lets time pass, and then sees what everybody has done.
func (w *world) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// seen returns the arrivals so far, in order.
func (w *world) seen() []*arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.arrivals)
}

// order returns which deliveries arrived, in order, as positions in sent.
func (w *world) order() (nths []int) {
	for _, a := range w.seen() {
		nths = append(nths, a.nth)
	}
	return nths
}

// stored returns a delivery as the store has it.
func (w *world) stored(nth int) store.StoredDelivery {
	w.t.Helper()
	var d store.StoredDelivery
	err := w.db.ViewDeliveries(w.t.Context(), func(tx *store.Tx) (err error) {
		d, _, err = tx.Delivery(w.t.Context(), w.sent[nth].ID)
		return err
	})
	if err != nil {
		w.t.Errorf("delivery %d: %v", nth, err)
	}
	return d
}

// attempts returns the attempts of a delivery as the store has them.
func (w *world) attempts(nth int) (all []bellhop.Attempt) {
	w.t.Helper()
	err := w.db.ViewDeliveries(w.t.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Attempts(w.t.Context(), w.sent[nth].Seq)
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	return all
}

// wantAll checks that everything that was sent has this status.
func (w *world) wantAll(want bellhop.DeliveryStatus) {
	w.t.Helper()
	wrong := 0
	for i := range w.sent {
		if got := w.stored(i).Status; got != want {
			if wrong++; wrong == 1 {
				w.t.Errorf("delivery %d is %s, want %s", i, got, want)
			}
		}
	}
	if wrong > 1 {
		w.t.Errorf("so are %d of %d", wrong, len(w.sent))
	}
}

// wantOnce checks that everything that was sent arrived exactly once.
func (w *world) wantOnce() {
	w.t.Helper()
	times := map[int]int{}
	for _, a := range w.seen() {
		times[a.nth]++
	}
	for i := range w.sent {
		if times[i] != 1 {
			w.t.Fatalf("delivery %d arrived %d times", i, times[i])
		}
	}
}

// wantInOrder checks that the first attempts of each key began in the order of events.
func (w *world) wantInOrder() {
	w.t.Helper()
	last := map[string]int{}
	for _, a := range w.seen() {
		if !a.first {
			continue
		}
		key := string(a.Service) + "/" + a.key
		if before, any := last[key]; any && before > a.nth {
			w.t.Fatalf("delivery %d of key %s began after %d", a.nth, a.key, before)
		}
		last[key] = a.nth
	}
}

// young returns the most attempts of service under way at once that were not older than a second.
func (w *world) young(service bellhop.ID) int {
	return mostYoung(slices.DeleteFunc(w.seen(), func(a *arrival) bool { return a.Service != service }))
}

// mostYoung returns how many of arrivals were under way at once and not older than a second.
func mostYoung(arrivals []*arrival) (most int) {
	type step struct {
		at time.Time
		by int
	}
	var steps []step
	for _, a := range arrivals {
		end := a.at.Add(time.Second)
		if !a.ended.IsZero() && a.ended.Before(end) {
			end = a.ended
		}
		steps = append(steps, step{a.at, 1}, step{end, -1})
	}
	// At the same moment places are given back first.
	slices.SortStableFunc(steps, func(a, b step) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.by - b.by
	})
	now := 0
	for _, s := range steps {
		now += s.by
		most = max(most, now)
	}
	return most
}

func keys(n int, format string) (all []string) {
	for i := range n {
		key := format
		if format == "" {
			key = fmt.Sprint("key-", i)
		}
		all = append(all, key)
	}
	return all
}
