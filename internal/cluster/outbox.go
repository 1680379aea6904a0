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

// outbox holds what is to be sent. What comes while a batch is on its way goes with the next one.
type outbox struct {
	mu       sync.Mutex
	parcels  []parcel
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
}

func (o *outbox) add(p parcel) {
	o.mu.Lock()
	if len(o.parcels) < maxWaiting {
		o.parcels = append(o.parcels, p)
	} else {
		o.dropped = true
	}
	o.mu.Unlock()
	o.wake()
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

	// mostSent is how many notifications go in one statement.
	mostSent = 256

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
	n := min(len(o.parcels), mostSent)
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
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.times.patience)
			_ = s.send(last, o.take())
			cancel()
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

// do runs f with a connection, which is given up if that fails.
func (s *sender) do(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.c.config.times.patience)
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
	return s.do(ctx, func(ctx context.Context) error {
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
}

func (s *sender) removeLetters(ctx context.Context) error {
	return s.do(ctx, func(ctx context.Context) error {
		return s.conn.RemoveLetters(ctx, bellhop.TimeOf(s.c.config.Now()).Add(-letterLife))
	})
}
