package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"bellhop/internal/store"
)

const (
	// maxSmall is how many bytes a question or an answer may have and go with all else.
	maxSmall = 7000

	// mostLarge is how many bytes wait to be sent that are larger, mostFetching how many letters wait to be fetched. More
	// are refused, or dropped: whoever asks hears that too much waits, here or there, or that the answer is lost.
	mostLarge    = 64 << 20
	mostFetching = 256

	// fetchTries is how often a letter is tried to be fetched.
	fetchTries = 3
)

// largeParcels are questions and answers that are large. One is sent at a time, by a connection of theirs.
type largeParcels struct {
	mu      sync.Mutex
	waiting []largeParcel
	size    int
	more    chan struct{} // has an element when there is something
}

type largeParcel struct {
	parcel
	added time.Time
}

// add takes a parcel, unless too much waits.
func (l *largeParcels) add(p parcel) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+len(p.payload) > mostLarge {
		return false
	}
	l.size += len(p.payload)
	l.waiting = append(l.waiting, largeParcel{p, time.Now()})
	select {
	case l.more <- struct{}{}:
	default:
	}
	return true
}

// next takes the first one out.
func (l *largeParcels) next() (p largeParcel, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.waiting = nil
		return p, false
	}
	p, l.waiting = l.waiting[0], l.waiting[1:]
	l.size -= len(p.payload)
	return p, true
}

// run sends until ctx ends. What nobody waits for any more is left out.
func (l *largeParcels) run(ctx context.Context, c *Cluster) {
	s := &sender{c: c}
	defer s.disconnect()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.more:
		}
		for p, ok := l.next(); ok; p, ok = l.next() {
			for time.Since(p.added) < askFor && s.send(ctx, []parcel{p.parcel}) != nil {
				if !wait(ctx, c.config.times.retry) {
					return
				}
			}
		}
	}
}

// letter is a large question or answer that has arrived, but for what is in it.
type letter struct {
	self, from store.NodeID
	parcel     parcel
	number     int64
}

// fetchLetters takes in what letters of this life hold, beside the connection that hears, which so hears all else.
func (c *Cluster) fetchLetters(ctx context.Context, self store.NodeID) {
	s := &sender{c: c}
	defer s.disconnect()
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-c.letters:
			if l.self == self && c.fetch(ctx, s, &l) {
				c.take(ctx, l.from, &l.parcel)
			}
		}
	}
}

// fetch reads what is in a letter, if it can.
func (c *Cluster) fetch(ctx context.Context, s *sender, l *letter) bool {
	var err error
	for range fetchTries {
		err = s.do(ctx, MaxQuestion, func(ctx context.Context) (err error) {
			l.parcel.payload, err = s.conn.Letter(ctx, l.number)
			return err
		})
		if err == nil {
			c.unread.Passed("")
			return true
		}
		if errors.Is(err, store.ErrNoLetter) || !wait(ctx, c.config.times.retry) {
			break
		}
	}
	c.notRead(ctx, l.from, &l.parcel, err)
	return false
}

// notRead tells of a letter that nobody will read. Who waits for the answer in it hears so, and
// who has asked the question in it.
func (c *Cluster) notRead(ctx context.Context, from store.NodeID, p *parcel, err error) {
	c.unread.Failed(ctx, "", err, "from", from, "topic", p.topic)
	if p.kind == kindAnswer {
		c.asked.lostOne(p.number, from)
		return
	}
	why := error(errTooMany)
	if !errors.Is(err, errManyLetters) {
		why = errNotRead
	}
	// Should it come again, it is not answered either.
	if !c.asked.isRepeated(from, p.number) {
		c.answer(from, p, nil, why)
	}
}
