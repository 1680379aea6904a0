package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/stats"
	"bellhop/internal/subscription"
)

func TestIntegrationsShowHealth(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	h.make(bellhop.Services, map[string]any{"name": "B", "type": "webhook", "params": map[string]any{"url": "http://127.0.0.1:1/"}})
	off := h.webhook("C")
	_, err := h.res.Patch(t.Context(), h.root, bellhop.Services, off, []byte(`{"status":"inactive"}`))
	must(t, err)
	h.make(bellhop.Services, map[string]any{"name": "SMS", "type": "twilio", "params": map[string]any{}})
	h.publish("order.created")
	now := bellhop.TimeOf(time.Now())
	for i := range 1204 {
		h.ui.stats.Count(id, now, i < 1200, time.Millisecond)
	}
	page := admin.get(integrationsPath(h.org))
	page.says(t, "3 webhooks: 1 healthy, 1 not verified, 1 switched off; 1 service of another type.", "1,200 delivered", "4 failed", "waiting", "nothing", "healthy")
	h.health = subscription.Health{State: "failing", Since: now.Add(-3 * time.Minute), Failures: 3}
	admin.get(integrationsPath(h.org)).says(t, "3 webhooks: 1 failing, 1 not verified", "failing for 3 minutes")
	h.health.State = "paused"
	admin.get(integrationsPath(h.org)).says(t, "3 webhooks: 1 paused, 1 not verified", "paused for 3 minutes")
}

// A page of services has a bound, however many there are and however long what they have is.
func TestIntegrationsAreBounded(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	var patterns []string
	for i := range 100 {
		patterns = append(patterns, fmt.Sprintf("order.%d.%s", i, strings.Repeat("x", 90)))
	}
	for i := range servicesShown + 1 {
		h.make(bellhop.Services, map[string]any{"name": fmt.Sprint("Webhook ", i), "type": "webhook",
			"params": map[string]any{"url": "http://127.0.0.1:1/" + strings.Repeat("y", 1900), "events": patterns}})
	}
	got := admin.get(integrationsPath(h.org))
	got.says(t, "51 webhooks: 51 not verified.", "1 to 50 of 51")
	if len(got.body) > 100<<10 {
		t.Errorf("the page has %d bytes", len(got.body))
	}
	admin.get(integrationsPath(h.org)+"?offset=50").says(t, "51 to 51 of 51")
}

func TestLastHour(t *testing.T) {
	if got := lastHourOf(nil); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
	h := new(stats.Hour)
	h.Delivered[0], h.Failed[0] = 50, 50
	h.Delivered[11], h.Failed[11] = 199, 1
	got := *lastHourOf(h)
	want := lastHour{
		Delivered: "M0 20v-5h4v5zM66 20v-19h4v19z", Failed: "M0 15v-5h4v5zM66 1v-1h4v1z", Count: "249 delivered", Failures: "51 failed",
	}
	if got != want {
		t.Errorf("lastHourOf = %+v, want %+v", got, want)
	}
	h.Delivered[11], h.Failed[11] = 100_000, 1 // what is there at all does not leave the box
	if got := lastHourOf(h); !strings.HasSuffix(got.Delivered, "M66 20v-19h4v19z") || !strings.HasSuffix(got.Failed, "M66 1v-1h4v1z") {
		t.Errorf("with much: %+v", got)
	}
}
