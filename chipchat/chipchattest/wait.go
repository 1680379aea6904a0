package chipchattest

import (
	"time"

	"bellhop/chipchat"
)

// Pauses between two looks grow with what has passed, so that a second is not noticed late and a day of
// virtual time is a few hundred looks.
const (
	leastPause = 2 * time.Millisecond
	mostPause  = 5 * time.Minute
	pausePart  = 10
)

// eventually waits until look returns true, and returns false if Patience has ended before.
func (p *Platform) eventually(look func() bool) bool {
	p.tb.Helper()
	begin := time.Now()
	for {
		if look() {
			return true
		}
		passed := time.Since(begin)
		if passed >= p.Patience {
			return false
		}
		pause := min(max(passed/pausePart, leastPause), mostPause, p.Patience-passed)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// Settled waits until no delivery is pending any more: each was delivered, or is dead. What a bot
// says later, in a delayed message or while its handler runs on, is not waited for.
func (p *Platform) Settled() {
	p.tb.Helper()
	settled := func() bool {
		p.tb.Helper()
		return len(p.pending()) == 0
	}
	if !p.eventually(settled) {
		p.tb.Fatalf("chipchattest: after %v there are deliveries that have not finished:\n%s", p.Patience, describe(p.pending(), nil))
	}
}

func (p *Platform) pending() []chipchat.Delivery {
	p.tb.Helper()
	page, err := p.API.Deliveries.List(p.ctx, chipchat.Query{"status": "pending", "limit": 20})
	if err != nil {
		p.tb.Fatalf("chipchattest: list pending deliveries: %v", err)
	}
	return page.Items
}

// Deliveries are all deliveries to webhooks, the oldest first, as the server keeps them: with the log
// of their attempts and the payload.
func (p *Platform) Deliveries() []chipchat.Delivery {
	p.tb.Helper()
	all, err := p.API.Deliveries.All(p.ctx, chipchat.Query{"sort": "createdAt", "limit": 1000}, everything)
	if err != nil {
		p.tb.Fatalf("chipchattest: list deliveries: %v", err)
	}
	for i, d := range all {
		whole, err := p.API.Deliveries.Get(p.ctx, d.ID, nil)
		if err != nil {
			p.tb.Fatalf("chipchattest: get delivery %s: %v", d.ID, err)
		}
		all[i] = *whole
	}
	return all
}

// everything is a list without bounds.
var everything = chipchat.Paging{CountLimit: -1, RequestLimit: -1, Backoff: -1}
