package cluster

import (
	"context"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// parcel is what goes to a node, or to all others.
type parcel struct {
	to      store.NodeID // "" is all
	kind    byte
	number  int64 // of the question
	topic   string
	payload []byte
}

// isLarge reports whether a parcel goes by itself: a question or an answer that no notification could hold. Nobody waits for
// the order of those. Messages keep theirs, and so go together, also one that needs a letter.
func (p *parcel) isLarge() bool {
	return (p.kind == kindQuestion || p.kind == kindAnswer) && len(p.payload) > maxSmall
}

// outbox holds what is to be sent. What comes while a batch is on its way goes with the next one. What is large has a way of
// its own, so that it holds up nothing else.
type outbox struct {
	mu       sync.Mutex
	parcels  []parcel
	large    largeParcels
	gathered map[gathering]*gathered
	dropped  bool          // something was since
	more     chan struct{} // has an element when there is something
}

// gathering is what is gathered into one message.
type gathering struct {
	to    store.NodeID
	topic string
}

type gathered struct {
	mark  string
	items map[string]bool
	order []string
}

func (o *outbox) open() {
	o.gathered = map[gathering]*gathered{}
	o.more = make(chan struct{}, 1)
	o.large.more = make(chan struct{}, 1)
}

// add takes a parcel, unless too much waits. Those who may have missed something for that are told.
func (o *outbox) add(p parcel) bool {
	if p.isLarge() {
		return o.large.add(p)
	}
	o.mu.Lock()
	room := len(o.parcels) < maxWaiting
	if room {
		o.parcels = append(o.parcels, p)
	} else {
		o.dropped = true
	}
	o.mu.Unlock()
	o.wake()
	return room
}

func (o *outbox) wake() {
	select {
	case o.more <- struct{}{}:
	default:
	}
}

// Gather is Send for what is told often: items that wait to be sent go together in one message, the
// same ones once. Its payload has lines: the mark that was given last, and the items, which have up
// to 100 bytes.
func (c *Cluster) Gather(to store.NodeID, topic, mark string, items ...string) {
	if self := c.Self(); to == self || c.single() {
		if to == self {
			c.bus.arrived(message{self, topic, lines(mark, items)})
		}
		return
	}
	o := &c.out
	o.mu.Lock()
	key := gathering{to, topic}
	g := o.gathered[key]
	if g == nil {
		g = &gathered{items: map[string]bool{}}
		o.gathered[key] = g
	}
	g.mark = mark
	for _, item := range items {
		switch {
		case g.items[item]:
		case len(g.order) >= maxWaiting:
			o.dropped = true
		default:
			g.items[item] = true
			g.order = append(g.order, item)
		}
	}
	o.mu.Unlock()
	o.wake()
}

func lines(mark string, items []string) []byte {
	text := []byte(mark)
	for _, item := range items {
		text = append(append(text, '\n'), item...)
	}
	return text
}

const (
	// mostItems of up to 100 bytes are less than a notification may have.
	mostItems = 60

	// mostSent is how many notifications go in one statement, and mostBytes how many bytes of theirs, about.
	mostSent  = 256
	mostBytes = 256 << 10

	// letterLife is how long a letter can be read.
	letterLife = 2 * time.Minute
)

// take returns what is to be sent next.
func (o *outbox) take() (out []parcel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, g := range o.gathered {
		for rest := g.order; len(rest) > 0; {
			n := min(len(rest), mostItems)
			out = append(out, parcel{to: key.to, kind: kindMessage, topic: key.topic, payload: lines(g.mark, rest[:n])})
			rest = rest[n:]
		}
	}
	clear(o.gathered)
	n, size := 0, 0
	for n < min(len(o.parcels), mostSent) && size < mostBytes {
		size += len(o.parcels[n].payload)
		n++
	}
	out = append(out, o.parcels[:n]...)
	if o.parcels = o.parcels[n:]; len(o.parcels) == 0 {
		o.parcels = nil
		if o.dropped {
			o.dropped = false
			out = append(out, parcel{kind: kindMissed})
		}
	} else {
		o.wake()
	}
	return out
}

// run sends until ctx ends, and then what is left.
func (o *outbox) run(ctx context.Context, c *Cluster) {
	s := &sender{c: c}
	defer s.disconnect()
	sweep := time.NewTicker(letterLife)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = s.send(context.WithoutCancel(ctx), o.take())
			return
		case <-sweep.C:
			_ = s.removeLetters(ctx) // the next time
		case <-o.more:
			for batch := o.take(); len(batch) > 0; {
				if s.send(ctx, batch) == nil {
					break
				}
				// What else comes meanwhile waits, until it is too much.
				if !wait(ctx, c.config.times.retry) {
					break
				}
			}
		}
	}
}

// sender has the connection that notifications leave by.
type sender struct {
	c    *Cluster
	conn *store.NodeConn
}

func (s *sender) disconnect() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// slowest is how many bytes a second a connection carries at least that is not given up.
const slowest = 256 << 10

// patienceFor is how long a statement with so many bytes may take.
func (c *Cluster) patienceFor(size int) time.Duration {
	return c.config.times.patience + time.Duration(size)*time.Second/slowest
}

// do runs f, which sends or fetches so many bytes, with a connection, which is given up if that fails.
func (s *sender) do(ctx context.Context, size int, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.c.patienceFor(size))
	defer cancel()
	if s.conn == nil {
		var err error
		if s.conn, err = s.c.config.DB.ConnectNode(ctx); err != nil {
			return err
		}
	}
	err := f(ctx)
	if err != nil {
		s.disconnect()
	}
	return err
}

func (s *sender) send(ctx context.Context, batch []parcel) error {
	if len(batch) == 0 {
		return nil
	}
	size := 0
	for _, p := range batch {
		size += len(p.payload)
	}
	err := s.do(ctx, size, func(ctx context.Context) error {
		self := s.c.Self()
		notices := make([]store.Notice, 0, len(batch))
		for _, p := range batch {
			text := encode(self, &p)
			if len(text) > store.MaxNotice {
				letter, err := s.conn.PutLetter(ctx, bellhop.TimeOf(s.c.config.Now()), p.payload)
				if err != nil {
					return err
				}
				text = encodeLetter(self, &p, letter)
			}
			notices = append(notices, store.Notice{To: p.to, Payload: text})
		}
		return s.conn.Notify(ctx, notices)
	})
	if err != nil {
		s.c.mute.Failed(ctx, "", err)
	} else {
		s.c.mute.Passed("")
	}
	return err
}

func (s *sender) removeLetters(ctx context.Context) error {
	return s.do(ctx, 0, func(ctx context.Context) error {
		return s.conn.RemoveLetters(ctx, bellhop.TimeOf(s.c.config.Now()).Add(-letterLife))
	})
}
