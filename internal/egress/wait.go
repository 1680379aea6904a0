package egress

import (
	"context"
	"time"
)

func (p *pool) enqueue(at origin, owner string) *waiter {
	w := &waiter{at: at, owner: owner, granted: make(chan seat, 1)}
	w.place = p.queue.PushBack(w)
	own := p.shares[owner]
	own.waiting++
	p.shares[owner] = own
	return w
}

func (p *pool) wait(ctx context.Context, w *waiter, patience time.Duration) (seat, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s := <-w.granted:
		return s, nil
	case <-ctx.Done():
		p.abandon(w)
		return seat{}, ctx.Err()
	case <-timer.C:
		p.abandon(w)
		return seat{}, ErrNoSocket
	}
}

// abandon takes w out of the queue, or gives back what it has just got.
func (p *pool) abandon(w *waiter) {
	p.mu.Lock()
	if w.place == nil {
		p.mu.Unlock()
		p.leave(<-w.granted)
		return
	}
	p.dequeue(w)
	p.mu.Unlock()
}

func (p *pool) dequeue(w *waiter) {
	p.queue.Remove(w.place)
	w.place = nil
	own := p.shares[w.owner]
	own.waiting--
	p.setShare(w.owner, own)
}

// nextWaiter says who gets the seat that an owner leaves: another attempt of his own if this was his
// last one, for nobody is left without; otherwise the one who waits longest, unless the seat was
// beyond the bound.
func (p *pool) nextWaiter(owner string, own share) *waiter {
	if own.active == 0 && own.waiting > 0 {
		for e := p.queue.Front(); e != nil; e = e.Next() {
			if w := e.Value.(*waiter); w.owner == owner {
				return w
			}
		}
	}
	if p.open > p.max || p.queue.Len() == 0 {
		return nil
	}
	return p.queue.Front().Value.(*waiter)
}

func (p *pool) grant(w *waiter, s seat) {
	p.dequeue(w)
	own := p.shares[w.owner]
	own.active++
	p.shares[w.owner] = own
	w.granted <- s // has room: a waiter gets one seat
}
