package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// The webhooks that published events go to, of which each group of keys has its own. What the
// second one hears of, the first one hears of, too.
const (
	crashAll  = iota // all events of the group, in order by key
	crashSome        // single events; it fails now and then
	crashHooks
)

// crashLedger is everything that the test knows: what it asked for, what it was answered,
// and what arrived. It is kept in memory, since a run is bounded. It is safe for
// concurrent use; what it has handed out is read only after the load has ended.
type crashLedger struct {
	groups   int           // of keys; 0 counts as one
	several  bool          // servers at the same time
	patience time.Duration // how long recovery from a fault may take; only with several

	mu       sync.Mutex
	events   []*crashEvent // by their number
	posts    []*crashPost
	waits    []crashWait
	refusals int // answers with 429 or 503
	arrivals []*crashArrival
	lives    []*crashLife
	said     map[string]crashOutcome // text of a contact's message to its outcome
	odd      map[string]int          // what must never happen, and how often it did
	faults   []*crashFault           // in the order of their beginnings; only with several servers
}

// crashOutcome is what is known about something that was sent to the server.
type crashOutcome int

const (
	crashRefused  crashOutcome = iota // answered with 429 or 503: it must not be stored
	crashUnknown                      // not answered: it may be stored or not
	crashAccepted                     // answered with 2xx: it must arrive
)

// crashPost is a request to publish, with all its repetitions.
type crashPost struct {
	events   []*crashEvent
	outcome  crashOutcome
	answered time.Time // when it was accepted
}

// crashEvent is a published event. Events of one key are numbered in their order.
type crashEvent struct {
	number int
	key    string
	group  int
	hooks  int // the first so many webhooks get it
	post   *crashPost
	came   [crashHooks]bool
	failed bool // the receiver failed it on purpose
}

// crashWait is how long a request to publish took.
type crashWait struct{ sent, answered time.Time }

// crashArrival is a delivery that reached the receiver.
type crashArrival struct {
	event    *crashEvent
	hook     int
	delivery string
	attempt  int
	life     int // of the server that sent it
	started  time.Time
	answered time.Time     // zero until it is
	ahead    time.Duration // of the server's clock, when it started
	failed   bool          // answered with 503 on purpose
	trapped  bool          // answered with 410 when its sender could not count any more
	loose    bool          // a repeat of what a node could not record; no order holds for it
}

// crashLife is one run of the server.
type crashLife struct {
	started   time.Time
	listening time.Time // zero if it was killed before
	ended     time.Time
	killed    bool          // by SIGKILL
	number    int           // among all runs
	node      int           // which of several servers it was
	ahead     time.Duration // of its clock
	joined    []time.Time   // the nodes; again when the others had taken it for dead
	starved   time.Time     // from when on it could not write

	repeats int           // of what it had sent
	oldest  time.Duration // from the answer of one of those to the end
}

func newCrashLedger() *crashLedger {
	return &crashLedger{said: map[string]crashOutcome{}, odd: map[string]int{}}
}

// strange notes what must not happen.
func (l *crashLedger) strange(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.odd[fmt.Sprintf(format, args...)]++
}

// post begins a request that publishes one event for each key.
func (l *crashLedger) post(hooks int, keys ...string) *crashPost {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := new(crashPost)
	for _, key := range keys {
		e := &crashEvent{number: len(l.events), key: key, group: l.group(key), hooks: hooks, post: p}
		l.events = append(l.events, e)
		p.events = append(p.events, e)
	}
	l.posts = append(l.posts, p)
	return p
}

// group is the group that a key belongs to.
func (l *crashLedger) group(key string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, key)
	return int(h.Sum32() % uint32(max(1, l.groups)))
}

// answered notes what became of one try of p.
func (l *crashLedger) answered(p *crashPost, outcome crashOutcome, wait crashWait) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = append(l.waits, wait)
	if outcome == crashRefused {
		l.refusals++
	}
	if outcome > p.outcome {
		p.outcome, p.answered = outcome, wait.answered
	}
}

func (l *crashLedger) saying(text string, outcome crashOutcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said[text] = outcome
}

// arrived notes that a delivery of the event of that number has come. It returns nil for
// an event that was never published.
func (l *crashLedger) arrived(number int, a *crashArrival) *crashArrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number < 0 || number >= len(l.events) {
		return nil
	}
	a.event = l.events[number]
	l.arrivals = append(l.arrivals, a)
	return a
}

// fail reports whether the receiver shall fail a, which it does once for an event.
func (l *crashLedger) fail(a *crashArrival) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.event.failed {
		return false
	}
	a.failed, a.event.failed = true, true
	return true
}

func (l *crashLedger) done(a *crashArrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.answered = time.Now()
	if !a.failed && !a.trapped {
		a.event.came[a.hook] = true
	}
}

// begin notes that a server starts.
func (l *crashLedger) begin(s *crashServer) *crashLife {
	l.mu.Lock()
	defer l.mu.Unlock()
	life := &crashLife{started: time.Now(), number: len(l.lives), node: s.node, ahead: s.ahead}
	l.lives = append(l.lives, life)
	return life
}

func (l *crashLedger) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// life is the number of the run of the server that connects from that address: the last
// one, unless there are several and each has an address of its own.
func (l *crashLedger) life(from netip.Addr) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := lifeAt(from); l.several && n >= 0 && n < len(l.lives) {
		return n
	}
	return len(l.lives) - 1
}

// ahead is how far the clock of that run of the server is ahead.
func (l *crashLedger) ahead(life int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if life < 0 || life >= len(l.lives) {
		return 0
	}
	return l.lives[life].ahead
}

// refused returns how many requests to publish were refused so far.
func (l *crashLedger) refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusals
}

// counts returns how many events were accepted, how many deliveries of those have not
// come, and how many have.
func (l *crashLedger) counts() (accepted, missing, arrivals int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.post.outcome != crashAccepted {
			continue
		}
		accepted++
		for hook := range e.hooks {
			if !e.came[hook] {
				missing++
			}
		}
	}
	return accepted, missing, len(l.arrivals)
}

// cameTo tells of the arrivals of a delivery.
func (l *crashLedger) cameTo(delivery string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, a := range l.arrivals {
		if a.delivery != delivery {
			continue
		}
		all = append(all, l.tell(a))
	}
	if len(all) == 0 {
		return "never"
	}
	return strings.Join(all, "; ")
}

// failedAndMissing returns how many accepted deliveries have only failed so far.
func (l *crashLedger) failedAndMissing() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pending := map[*crashEvent]bool{}
	for _, a := range l.arrivals {
		if a.hook == crashSome && a.event.failed {
			pending[a.event] = pending[a.event] || a.failed
			if !a.failed {
				pending[a.event] = false
			}
		}
	}
	for _, is := range pending {
		if is {
			n++
		}
	}
	return n
}
