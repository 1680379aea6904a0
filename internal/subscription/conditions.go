package subscription

import (
	"context"

	"bellhop"
	"bellhop/internal/account"
)

// Conditions are how many webhooks there are in each condition.
type Conditions struct {
	Healthy, Failing, Paused int // of those that are active
	Unverified, Inactive     int
}

// Webhooks is how many there are in all.
func (c Conditions) Webhooks() int {
	return c.Healthy + c.Failing + c.Paused + c.Unverified + c.Inactive
}

// Conditions counts the webhooks of an organization, without those below it, for who may
// list its services. What it needs is in memory.
func (s *Subscriptions) Conditions(ctx context.Context, caller *account.Caller, organization bellhop.ID) (c Conditions, err error) {
	path, err := s.pathOf(ctx, organization)
	if err != nil {
		return c, err
	}
	if err := caller.Allowed(bellhop.Services, bellhop.Services.Access.List, organization, path); err != nil {
		return c, err
	}
	t, err := s.listeningNow(ctx)
	if err != nil {
		return c, err
	}
	t.webhooks.Scan(func(id bellhop.ID, w *Webhook) bool {
		if w.Organization == organization {
			c.count(w.Status, s.stateOf(id))
		}
		return true
	})
	return c, nil
}

func (c *Conditions) count(status, state string) {
	switch {
	case status == bellhop.ServiceUnverified:
		c.Unverified++
	case status != bellhop.ServiceActive:
		c.Inactive++
	case state == "failing":
		c.Failing++
	case state == "paused":
		c.Paused++
	default:
		c.Healthy++
	}
}

func (s *Subscriptions) stateOf(service bellhop.ID) string {
	if s.health == nil {
		return ""
	}
	return s.health(service).State
}
