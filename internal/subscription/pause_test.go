package subscription

import (
	"context"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// docs/contract/extensions.md section 4: others hear of a pause, what its last attempt met, and of
// its end; the service itself does not.
//
// Contract: extensions.md 4: Events service.paused
func TestPauseIsToldToOthers(t *testing.T) {
	h := newHouse(t)
	down, other := h.webhook(h.mid, "", "service.*"), h.webhook(h.top, "", "service.*")
	h.update(func(ctx context.Context, tx *store.Tx) error { return h.Paused(ctx, tx, down, "status 503") })
	h.update(func(ctx context.Context, tx *store.Tx) error { return h.Resumed(ctx, tx, down) })

	events := h.events()
	if len(events) != 2 || events[0].Name != "service.paused" || events[1].Name != "service.resumed" {
		t.Fatalf("events %v, want service.paused and service.resumed", events)
	}
	paused, resumed := string(events[0].Payload), string(events[1].Payload)
	for _, want := range []string{`"error":{"message":"status 503"}`, `"id":"` + string(down) + `"`, `"summary":"System paused service MCC Webhook"`} {
		if !strings.Contains(paused, want) {
			t.Errorf("service.paused lacks %s: %s", want, paused)
		}
	}
	if !strings.Contains(resumed, `"id":"`+string(down)+`"`) || strings.Contains(resumed, `"error"`) {
		t.Errorf("service.resumed: %s", resumed)
	}
	if strings.Contains(paused+resumed, "pw") {
		t.Errorf("a password is told: %s %s", paused, resumed)
	}
	var told []bellhop.ID
	err := h.db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		for _, service := range []bellhop.ID{down, other} {
			due, err := tx.Due(t.Context(), store.ServiceLane(service), bellhop.TimeOf(h.now()), store.Cursor{}, nil, 10)
			if err != nil {
				return err
			}
			for _, p := range due {
				told = append(told, p.Delivery.Service)
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(told, []bellhop.ID{other, other}) {
		t.Errorf("told are %v, %v, want %s alone, twice", told, err, other)
	}
}

func TestPauseOfADeletedServiceIsToldToNobody(t *testing.T) {
	h := newHouse(t)
	h.update(func(ctx context.Context, tx *store.Tx) error { return h.Paused(ctx, tx, h.db.NewID(1), "status 503") })
	if events := h.events(); len(events) != 0 {
		t.Errorf("events %v, want none", events)
	}
}
