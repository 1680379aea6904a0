package subscription

import (
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

func TestConditions(t *testing.T) {
	h := newHouse(t)
	states := map[bellhop.ID]string{}
	h.Subscriptions.health = func(id bellhop.ID) Health { return Health{State: states[id]} }
	for _, state := range []string{"", "ok", "failing", "paused", "paused"} {
		states[h.webhook(h.mid, "")] = state
	}
	h.webhookThatIs(bellhop.ServiceUnverified, h.mid, "")
	states[h.webhookThatIs(bellhop.ServiceInactive, h.mid, "")] = "paused"
	h.webhook(h.leaf, "")
	h.webhook(h.top, "")
	got, err := h.Conditions(t.Context(), h.admin, h.mid.id)
	if want := (Conditions{Healthy: 2, Failing: 1, Paused: 2, Unverified: 1, Inactive: 1}); got != want || got.Webhooks() != 7 || err != nil {
		t.Errorf("Conditions = %+v, %v, want %+v", got, err, want)
	}
	if _, err := h.Conditions(t.Context(), &account.Caller{Scope: bellhop.ScopeAdmin}, h.mid.id); !bellhop.HasCode(err, bellhop.NotFound) {
		t.Errorf("somebody from elsewhere: %v", err)
	}
	agent := *h.admin
	agent.Scope = bellhop.ScopeAgent
	if _, err := h.Conditions(t.Context(), &agent, h.mid.id); !bellhop.HasCode(err, bellhop.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
}
