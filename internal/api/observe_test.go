package api_test

import (
	"testing"
	"time"

	"bellhop"
)

// Stats are for those who may read the service.
func TestServiceStats(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	id := h.admin.create("/v2/services", object{"name": "A", "type": "webhook", "organization": h.acme, "params": object{"url": receiver.URL}})
	h.stats.Count(bellhop.ID(id), bellhop.TimeOf(time.Now()), true, time.Second)
	path := "/v2/services/" + id + "/stats"
	var buckets []struct{ Delivered, Failed int }
	h.admin.must(200, "GET", path, nil, &buckets)
	delivered := 0
	for _, b := range buckets {
		delivered += b.Delivered
	}
	if len(buckets) < 60 || len(buckets) > 61 || delivered != 1 {
		t.Errorf("%d buckets with %d delivered, want an hour with 1", len(buckets), delivered)
	}
	bot, _ := h.bot("Echo", h.acme, "bot")
	bot.must(403, "GET", path, nil, nil)
	h.user("eve", "admin", h.other).must(404, "GET", path, nil, nil)
	h.user("bob", "admin", h.acme).must(200, "GET", path, nil, nil)
	h.admin.must(404, "GET", "/v2/services/x/stats", nil, nil)
	h.admin.must(404, "GET", "/v2/services/64b0f1a2c3d4e5f607182950/stats", nil, nil)
	if got := h.admin.must(400, "GET", path+"?step=1", nil, nil); got.message() != "Validation failed: step must be seconds: a multiple of 60, at most 604800" {
		t.Errorf("step=1: %s", got.message())
	}
}
