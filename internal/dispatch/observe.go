package dispatch

import (
	"context"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/store"
)

// Attempted is an attempt whose result is stored, or the end of a delivery that waited too
// long for one.
type Attempted struct {
	Service  bellhop.ID
	Lane     bellhop.ID       // where it waited
	Delivery bellhop.Delivery // as it was before, without its Instance
	Event    *bellhop.Event   // without its payload; nil if the delivery ended while its service was not active
	Attempt  *bellhop.Attempt // nil if it ended without another attempt
	Status   bellhop.DeliveryStatus
	At       time.Time // when the answer was there, or the end
}

// attempted returns what Config.Observe will be told of a result, nil if nobody observes.
// It holds no payload: many results may wait for the store.
func (l *lane) attempted(d bellhop.Delivery, e *bellhop.Event, r store.Result) *Attempted {
	if l.d.config.Observe == nil {
		return nil
	}
	d.Instance = nil
	a := &Attempted{Service: l.id.Service, Lane: l.id.Lane, Delivery: d, Attempt: r.Attempt, Status: r.Status, At: r.At.Time()}
	if e != nil {
		event := *e
		event.Payload = nil
		a.Event = &event
	}
	return a
}

// Outcomes are the words of Attempted.Outcome.
var Outcomes = []string{outcomeDelivered, outcomeFailed, outcomeRefused}

const (
	outcomeDelivered = "delivered"
	outcomeFailed    = "failed"
	outcomeRefused   = "refused"
)

// Outcome says how the attempt ended: delivered, failed (another one follows while there is
// time), or refused for good; "" if there was none.
func (a *Attempted) Outcome() string {
	if a.Attempt == nil {
		return ""
	}
	switch judge(a.Attempt.Status) {
	case delivered:
		return outcomeDelivered
	case refused:
		return outcomeRefused
	}
	return outcomeFailed
}

func (d *Dispatcher) observe(a *Attempted) {
	if a != nil {
		d.config.Observe(*a)
	}
}

// begin tells Config.Begin of an attempt, and puts what it says into the request. The
// function that it returns is called with the record of the attempt, nil if there is none.
func (j *job) begin(ctx context.Context, config *Config, request *egress.Request) func(*bellhop.Attempt) {
	if config.Begin == nil {
		return func(*bellhop.Attempt) {}
	}
	traceparent, end := config.Begin(ctx, &j.Pending)
	request.Header["Traceparent"] = []string{traceparent}
	return end
}

// Load is what a dispatcher has in hand.
type Load struct {
	Lanes    int // services that it has delivered to
	Paused   int // those of them whose endpoint is down
	Away     int // those with deliveries that wait for somebody at the other end of a tunnel
	UnderWay int // attempts
}

// Load returns what the dispatcher has in hand now.
func (d *Dispatcher) Load() Load {
	var load Load
	for _, l := range d.all() {
		load.Lanes++
		l.mu.Lock()
		load.UnderWay += l.young + l.long + l.queuing
		if l.pause.on {
			load.Paused++
		}
		if l.away.on {
			load.Away++
		}
		l.mu.Unlock()
	}
	return load
}
