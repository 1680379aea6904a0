package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Target is where the deliveries of a service go.
type Target struct {
	Organization bellhop.ID // whose it is: what is scarce is shared between organizations
	URL          *url.URL   // with user and password
	Active       bool       // deliveries wait while it is not
	Signer       *event.Signer
	Headers      map[string]string // sent along; their values are secret
	Timeout      time.Duration
	Concurrency  int
	Rate         float64 // attempts per second; 0 means no limit
	Unordered    bool

	// Tunnel is which tunnel of this server the URL leads to, "" for any other URL, and Away
	// says that nobody is at its other end: deliveries wait until Arrived is called.
	Tunnel bellhop.ID
	Away   bool
}

// ErrGone is what Config.Target returns for a service that is deleted.
var ErrGone = errors.New("the service is gone")

// Outcome is how a delivery ended, or what its attempt has changed for the service.
type Outcome struct {
	Service  bellhop.ID
	Lane     bellhop.ID // the service, or a replay to another URL
	Change   Change
	Delivery bellhop.Delivery
	Event    *bellhop.Event // nil if it ended while it waited
	Status   bellhop.DeliveryStatus
	URL      *url.URL // where the last attempt went; nil if it ended while it waited
	HTTP     int      // status of the answer; 0 if there was none
	Body     []byte   // of the answer, if it was read whole
	Reason   string   // why it died, or what the attempt met; empty after a 2xx
}

// Config says what a Dispatcher works with.
type Config struct {
	DB     *store.DB
	Egress sender // *egress.Client

	// Target returns where the deliveries of a lane go now, or ErrGone.
	Target func(ctx context.Context, lane store.LaneID) (*Target, error)

	// Consequence returns what an outcome leads to beyond its record, nil if that is
	// nothing. What it returns runs in the transaction that records the outcome. If that
	// fails with a bellhop.Error that no repetition cures, or for a minute with another
	// error, the outcome is recorded without it.
	Consequence func(ctx context.Context, o *Outcome) func(context.Context, *store.Tx) error

	// Observe, if it is not nil, is called once for each result that was stored. It must not
	// block, nor keep what it is given for long.
	Observe func(Attempted)

	// Begin, if it is not nil, is called when an attempt begins. It returns the value of the
	// header traceparent that is sent, and what is called at the end, with the attempt or, if
	// it came to nothing, nil.
	Begin func(ctx context.Context, p *store.Pending) (traceparent string, end func(*bellhop.Attempt))

	// Shared says that other nodes deliver, too: here is delivered what Take brings, and nothing
	// else. Sure reports whether this node may still send attempts of it. Elsewhere, if it is not
	// nil, is told of lanes of other partitions in which this node has committed deliveries, the
	// last of them at upTo; it must not block.
	Shared    bool
	Sure      func() bool
	Elsewhere func(lanes []store.LaneID, upTo store.Cursor)

	// Drain is how long attempts may go on when Run is to end; 0 means 10 s.
	Drain time.Duration

	// Now tells the time of day; nil means time.Now. What is waited for is measured by
	// timers, which no clock that is set disturbs.
	Now func() time.Time

	Log *slog.Logger

	limits *limits // nil outside tests
}

// sender makes HTTP requests.
type sender interface {
	Do(ctx context.Context, r *egress.Request) (*egress.Response, error)
}

const (
	defaultDrain = 10 * time.Second

	// mostUnderWay is how many young attempts there are at once, of all services.
	mostUnderWay = 4096

	// mostHeld is how many bytes of deliveries the lanes keep in memory together.
	mostHeld = 32 << 20
)

// Dispatcher delivers. It is safe for concurrent use.
type Dispatcher struct {
	config   Config
	troubles troubles
	recorder *recorder
	slots    *slots
	budget   budget
	attempts sync.WaitGroup
	started  atomic.Bool

	taken chan struct{} // has an element when there are shares that have not begun

	mu      sync.Mutex
	lanes   map[store.LaneID]*lane
	aside   map[bellhop.ID][]*lane   // those of a service that are not its own: replays to other URLs
	shares  [store.Partitions]*share // nil where another node delivers
	running context.Context          // of the attempts; nil before Run and when Run is to end

	feed feed // where other nodes deliver, too
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
	if config.limits == nil {
		limits := defaultLimits()
		config.limits = &limits
	}
	troubles := newTroubles(config.Log)
	d := &Dispatcher{
		config:   config,
		troubles: troubles,
		recorder: newRecorder(config.DB, troubles.record),
		taken:    make(chan struct{}, 1),
		lanes:    map[store.LaneID]*lane{},
		aside:    map[bellhop.ID][]*lane{},
		slots:    newSlots(config.limits.underWay),
		budget:   budget{most: config.limits.held},
		feed:     feed{more: make(chan struct{}, 1), most: config.limits.ended},
	}
	if !config.Shared {
		everything := new(share)
		for i := range d.shares {
			d.shares[i] = everything
		}
	}
	return d
}

// Room returns how many deliveries of that lane, committed now, would most likely be kept
// in memory, so that their rows may be written later. It does not block.
func (d *Dispatcher) Room(service bellhop.ID) int {
	if l := d.lane(store.ServiceLane(service)); l != nil {
		return l.room()
	}
	return 0
}

// HandOver takes the deliveries of a commit. It does not block, and keeps no more than
// fits: what does not is found in the store later. So is what another node delivers, which
// Config.Elsewhere is told of.
func (d *Dispatcher) HandOver(committed []store.Pending) {
	if !d.config.Shared || len(committed) == 0 {
		d.push(committed)
		return
	}
	if lanes := d.elsewhere(committed); len(lanes) > 0 && d.config.Elsewhere != nil {
		d.config.Elsewhere(lanes, store.CursorAt(&committed[len(committed)-1].Delivery))
	}
	d.feed.handOver(committed)
	d.giveOut()
}

func laneOf(d *bellhop.Delivery) store.LaneID {
	if d.Lane == "" {
		return store.ServiceLane(d.Service)
	}
	return store.LaneID{Service: d.Service, Lane: d.Lane}
}

// Wake makes the lanes of a service look again: the service has changed. If another node
// delivers them, it does nothing.
func (d *Dispatcher) Wake(service bellhop.ID) {
	if l := d.lane(store.ServiceLane(service)); l != nil {
		l.wake()
	}
	for _, l := range d.asideOf(service) {
		l.wake()
	}
}

// asideOf returns the lanes of a service that are not its own.
func (d *Dispatcher) asideOf(service bellhop.ID) []*lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.aside[service])
}

// lane returns the lane of that name, nil if another node delivers it.
func (d *Dispatcher) lane(id store.LaneID) *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[id]
	if l == nil {
		s := d.shares[store.PartitionOf(id.Service)]
		if s == nil || s.ending {
			return nil
		}
		l = newLane(d, s, id)
		l.reader.unread = d.feed.skipped.Load()
		d.lanes[id] = l
		if id.Lane != id.Service {
			d.aside[id.Service] = append(d.aside[id.Service], l)
		}
	}
	return l
}

// forget takes out a lane whose service is deleted, or that another node will deliver.
func (d *Dispatcher) forget(l *lane) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lanes[l.id] != l {
		return
	}
	delete(d.lanes, l.id)
	service := l.id.Service
	aside := slices.DeleteFunc(d.aside[service], func(other *lane) bool { return other == l })
	if d.aside[service] = aside; len(aside) == 0 {
		delete(d.aside, service)
	}
}

// known returns a lane that was used before, or nil.
func (d *Dispatcher) known(id store.LaneID) *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lanes[id]
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
	if d.config.Shared {
		d.start(attempts)
	} else if err := d.takeAll(ctx, attempts); err != nil || ctx.Err() != nil {
		return err
	}

	recording, stopRecording := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { d.recorder.run(recording) })
	background.Go(func() { d.sweep(ctx) })
	if d.config.Shared {
		background.Go(func() { d.takeMore(ctx) })
		background.Go(func() { d.follow(ctx) })
		background.Go(func() { d.poll(ctx) })
	}

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
func (d *Dispatcher) Running() bool { return d.started.Load() }

// sweepEvery is how often deliveries that wait for a service to be active, or for its
// endpoint to be back, are looked through for those that have ended.
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
			if _, ok := l.begin(); !ok {
				continue
			}
			if err := l.expireWaiting(ctx); err != nil {
				l.failed(ctx, d.troubles.end, err)
			} else {
				l.passed(d.troubles.end)
			}
			l.end()
		}
	}
}
