package main

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// crashTrap holds back the answers to what one run of a server has sent. The server is
// paused meanwhile, others take over what it had, and send the same again. When it goes on
// it finds answers that would do harm if it could still record them: the endpoint is gone,
// here is a message.
//
// A nil trap holds nothing.
type crashTrap struct {
	life    int
	release chan struct{} // closed when the answers shall go out

	mu   sync.Mutex
	held []*crashArrival
}

func newCrashTrap(life int) *crashTrap { return &crashTrap{life: life, release: make(chan struct{})} }

func (t *crashTrap) holds(life int) bool { return t != nil && t.life == life }

// wait returns true when the answer shall go out, and false if nobody waits for it any more.
// The arrival is that of a published event, or nil.
func (t *crashTrap) wait(ctx context.Context, a *crashArrival) bool {
	t.mu.Lock()
	if a != nil {
		t.held = append(t.held, a)
	}
	t.mu.Unlock()
	select {
	case <-t.release:
		return true
	case <-ctx.Done():
		return false
	}
}

// caught are the deliveries that it holds.
func (t *crashTrap) caught() []*crashArrival {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*crashArrival(nil), t.held...)
}

// trapTime is how long a trap is open before the server is paused: shorter than the second
// after which the next event of a key may be sent.
const trapTime = 300 * time.Millisecond

// repeatedElsewhere returns how many of these arrivals have come again from another run of a server.
func (l *crashLedger) repeatedElsewhere(held []*crashArrival) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := map[arrivalKey]int{}
	for _, a := range held {
		waiting[arrivalKey{a.event, a.hook}] = a.life
	}
	for _, a := range l.arrivals {
		key := arrivalKey{a.event, a.hook}
		if life, ok := waiting[key]; ok && a.life != life && !a.answered.IsZero() {
			delete(waiting, key)
			n++
		}
	}
	return n
}

// checkTrapped looks at the records of what a paused node had under way: they must be those
// of the node that took over.
func (r *crashRig) checkTrapped(ctx context.Context) error {
	for _, a := range r.trapped {
		var d struct {
			Status     string
			Attempts   []struct{ Status int }
			LastStatus int
		}
		if err := r.client.must(ctx, http.MethodGet, "/v2/deliveries/"+a.delivery, nil, &d); err != nil {
			return err
		}
		r.result.Trapped++
		attempts := a.attempt
		if a.hook == crashSome && a.event.failed {
			attempts++ // the other node's, on purpose
		}
		if d.Status != "delivered" || d.LastStatus != http.StatusOK || len(d.Attempts) != attempts {
			r.result.problem("a node that was taken for dead has written: delivery %s is %s after %d attempts, the last with status %d",
				a.delivery, d.Status, len(d.Attempts), d.LastStatus)
		}
	}
	for _, status := range []string{"inactive", "paused"} {
		var some []struct{ Name string }
		if err := r.client.must(ctx, http.MethodGet, "/v2/services?type=webhook&status="+status, nil, &some); err != nil {
			return err
		}
		for _, service := range some {
			r.result.problem("the webhook %s is %s", service.Name, status)
		}
	}
	return nil
}
