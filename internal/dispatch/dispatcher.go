package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Target is where the deliveries of a service go.
type Target struct {
	URL         *url.URL // with user and password
	Active      bool     // deliveries wait while it is not
	Signer      *event.Signer
	Headers     map[string]string // sent along; their values are secret
	Timeout     time.Duration
	Concurrency int
	Unordered   bool
}

// ErrGone is what Config.Target returns for a service that is deleted.
var ErrGone = errors.New("the service is gone")

// Outcome is how a delivery ended, or that it was delivered.
type Outcome struct {
	Service  bellhop.ID
	Delivery bellhop.Delivery
	Event    *bellhop.Event // nil if it ended while it waited
	Status   bellhop.DeliveryStatus
	URL      *url.URL // where the last attempt went; nil if it ended while it waited
	HTTP     int      // status of the answer; 0 if there was none
	Body     []byte   // of the answer, if it was read whole
	Reason   string   // why it died
}

// Config says what a Dispatcher works with.
type Config struct {
	DB     *store.DB
	Egress sender // *egress.Client

	// Target returns where a service is now, or ErrGone.
	Target func(ctx context.Context, service bellhop.ID) (*Target, error)

	// Consequence returns what an outcome leads to beyond its record, nil if that is
	// nothing. What it returns runs in the transaction that records the outcome. If that
	// fails with a bellhop.Error that no repetition cures, or for a minute with another
	// error, the outcome is recorded without it.
	Consequence func(ctx context.Context, o *Outcome) func(context.Context, *store.Tx) error

	// Drain is how long attempts may go on when Run is to end; 0 means 10 s.
	Drain time.Duration

	// Now tells the time of day; nil means time.Now. What is waited for is measured by
	// timers, which no clock that is set disturbs.
	Now func() time.Time

	Log *slog.Logger
}

// sender makes HTTP requests.
type sender interface {
	Do(ctx context.Context, r *egress.Request) (*egress.Response, error)
}

const defaultDrain = 10 * time.Second

// Dispatcher delivers. It is safe for concurrent use.
type Dispatcher struct {
	config   Config
	recorder *recorder
	attempts sync.WaitGroup
	started  chan struct{}

	mu      sync.Mutex
	lanes   map[bellhop.ID]*lane
	running context.Context // of the attempts; nil before Run and when Run is to end
}

// New returns a dispatcher that does nothing until Run.
func New(config Config) *Dispatcher {
	if config.Drain == 0 {
		config.Drain = defaultDrain
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &Dispatcher{
		config:   config,
		recorder: newRecorder(config.DB, config.Log),
		started:  make(chan struct{}),
		lanes:    map[bellhop.ID]*lane{},
	}
}

// HandOver takes the deliveries of a commit. It does not block, and keeps no more than
// fits: what does not is found in the store later.
func (d *Dispatcher) HandOver(committed []store.Pending) {
	for _, p := range committed {
		d.lane(p.Delivery.Service).push(p)
	}
}

// Wake makes the lane of a service look again: the service has changed.
func (d *Dispatcher) Wake(service bellhop.ID) { d.lane(service).wake() }

func (d *Dispatcher) lane(service bellhop.ID) *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[service]
	if l == nil {
		l = newLane(d, service)
		d.lanes[service] = l
	}
	return l
}

// all returns the lanes there are. A lane's lock may not be taken while d.mu is held: a
// lane takes d.mu under its own.
func (d *Dispatcher) all() []*lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.lanes))
}

// now is the time of day in milliseconds.
func (d *Dispatcher) now() bellhop.Time { return bellhop.TimeOf(d.config.Now()) }

// Run delivers until ctx ends. Then it starts nothing more, lets attempts that are under
// way end for Config.Drain, records what came of them, and returns.
func (d *Dispatcher) Run(ctx context.Context) error {
	attempts, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	var waiting []bellhop.ID
	err := d.config.DB.View(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.Waiting(ctx)
		return err
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.running = attempts
	d.mu.Unlock()
	close(d.started)
	for _, service := range waiting {
		d.lane(service)
	}
	// Also those that were handed something since the store was read.
	for _, l := range d.all() {
		l.wake()
	}

	recording, stopRecording := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { d.recorder.run(recording) })
	background.Go(func() { d.sweep(ctx) })

	<-ctx.Done()
	d.mu.Lock()
	d.running = nil
	d.mu.Unlock()
	for _, l := range d.all() {
		l.stop()
	}
	limit := time.AfterFunc(d.config.Drain, abandon)
	d.attempts.Wait()
	limit.Stop()
	stopRecording()
	background.Wait()
	return nil
}

// Running reports whether Run has begun to deliver.
func (d *Dispatcher) Running() bool {
	select {
	case <-d.started:
		return true
	default:
		return false
	}
}

// begin returns the context for one more goroutine of a lane, or false if none may start.
// The goroutine calls d.attempts.Done at its end.
func (d *Dispatcher) begin() (context.Context, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running == nil {
		return nil, false
	}
	d.attempts.Add(1)
	return d.running, true
}

// sweepEvery is how often deliveries that wait for a service to be active are looked
// through for those that have ended.
const sweepEvery = time.Minute

func (d *Dispatcher) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, l := range d.all() {
			if err := l.expireParked(ctx); err != nil && ctx.Err() == nil {
				d.config.Log.ErrorContext(ctx, "end waiting deliveries", "service", l.service, "err", err)
			}
		}
	}
}
