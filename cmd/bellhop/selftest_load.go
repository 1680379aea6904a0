package main

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"bellhop"
)

// crashLoad publishes events and lets contacts speak, each worker one request after the
// other, so that it knows the order of what it sends.
type crashLoad struct {
	client *crashClient
	ledger *crashLedger
	seed   uint64
	pause  time.Duration // between two requests of a worker, about

	conversations []string
	crew          int // how many of each kind of worker; 0 counts as one

	stopping chan struct{}
	workers  sync.WaitGroup
}

const (
	crashKeys     = 8 // of a worker
	crashArrayMax = 40
	crashChats    = 3
)

// worker is what one worker does: it sends one request.
type worker func(ctx context.Context, name string, random *rand.Rand)

func (l *crashLoad) start(ctx context.Context) {
	l.stopping = make(chan struct{})
	workers := []worker{
		l.single(false), l.single(false), l.single(false), l.single(true), l.single(true),
		l.array(false), l.array(true), l.say,
	}
	for i := range len(workers) * max(1, l.crew) {
		w := workers[i%len(workers)]
		l.workers.Go(func() {
			random := rand.New(rand.NewPCG(l.seed, uint64(i)))
			for l.goesOn(ctx) {
				w(ctx, fmt.Sprintf("w%d", i), random)
				l.rest(ctx, time.Duration(float64(2*l.pause)*random.Float64()))
			}
		})
	}
}

// stop ends the load when the requests that are under way are answered.
func (l *crashLoad) stop() {
	if l.stopping == nil {
		return
	}
	close(l.stopping)
	l.workers.Wait()
	l.stopping = nil
}

func (l *crashLoad) goesOn(ctx context.Context) bool {
	select {
	case <-l.stopping:
		return false
	case <-ctx.Done():
		return false
	default:
		return true
	}
}

func (l *crashLoad) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.stopping:
	case <-ctx.Done():
	}
}

// single publishes one event a request, with an id of its own or without.
func (l *crashLoad) single(chosen bool) worker {
	return func(ctx context.Context, name string, random *rand.Rand) {
		p := l.ledger.post(crashHooks, keyOf(name, random))
		l.publish(ctx, p, chosen, eventOf("single", p.events[0], chosen, random))
	}
}

// array publishes several events a request.
func (l *crashLoad) array(chosen bool) worker {
	return func(ctx context.Context, name string, random *rand.Rand) {
		keys := make([]string, 2+random.IntN(crashArrayMax-1))
		for i := range keys {
			keys[i] = keyOf(name, random)
		}
		p := l.ledger.post(crashAll+1, keys...)
		var body []any
		for _, e := range p.events {
			body = append(body, eventOf("array", e, chosen, random))
		}
		l.publish(ctx, p, chosen, body)
	}
}

func keyOf(name string, random *rand.Rand) string {
	return fmt.Sprintf("%s-%d", name, random.IntN(crashKeys))
}

func eventOf(name string, e *crashEvent, chosen bool, random *rand.Rand) map[string]any {
	body := map[string]any{"event": fmt.Sprintf("selftest.g%d.%s", e.group, name), "key": e.key, "data": map[string]any{
		"number": e.number, "filler": crand.Text()[:random.IntN(24)],
	}}
	if chosen {
		var id bellhop.UUID
		crand.Read(id[:])
		body["id"] = id.String()
	}
	return body
}

// publish sends a request. With ids of its own it can be repeated until it is answered;
// without it is not, as nobody knows whether it was stored.
func (l *crashLoad) publish(ctx context.Context, p *crashPost, chosen bool, body any) {
	for {
		sent := time.Now()
		status, answer, err := l.client.call(ctx, http.MethodPost, "/v2/events", body)
		outcome := l.outcome("publish", status, err)
		if outcome == crashAccepted && !answersAll(answer, len(p.events)) {
			l.ledger.strange("publish was answered 2xx without an id for each event")
		}
		l.ledger.answered(p, outcome, crashWait{sent, time.Now()})
		if outcome == crashAccepted {
			return
		}
		l.rest(ctx, 25*time.Millisecond)
		if !chosen || !l.goesOn(ctx) {
			return
		}
	}
}

func answersAll(answer []byte, n int) bool {
	type published struct{ ID string }
	var all []published
	if n == 1 {
		all = make([]published, 1)
		if json.Unmarshal(answer, &all[0]) != nil {
			return false
		}
	} else if json.Unmarshal(answer, &all) != nil {
		return false
	}
	for _, p := range all {
		if p.ID == "" {
			return false
		}
	}
	return len(all) == n
}

// say lets a contact say something.
func (l *crashLoad) say(ctx context.Context, _ string, random *rand.Rand) {
	text := crand.Text()
	path := "/v2/conversations/" + l.conversations[random.IntN(len(l.conversations))] + "/messages"
	status, _, err := l.client.call(ctx, http.MethodPost, path, map[string]any{"text": text, "role": "contact"})
	outcome := l.outcome("say", status, err)
	l.ledger.saying(text, outcome)
	l.rest(ctx, 25*time.Millisecond)
}

// outcome tells what an answer means. Under load, on a full disk and in a crash a server
// may be silent or ask to come later, and nothing else.
func (l *crashLoad) outcome(what string, status int, err error) crashOutcome {
	switch {
	case err != nil:
		return crashUnknown
	case status >= 200 && status < 300:
		return crashAccepted
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return crashRefused
	}
	l.ledger.strange("%s was answered with status %d", what, status)
	return crashUnknown
}
