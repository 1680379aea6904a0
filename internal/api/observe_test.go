package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/live"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
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
	if got := h.admin.must(400, "GET", path+"?step=1", nil, nil); got.message() != "Validation failed: step must be seconds: 0 or a multiple of 60, at most 604800" {
		t.Errorf("step=1: %s", got.message())
	}
}

// follower reads a stream of server-sent events.
type follower struct {
	t    *testing.T
	resp *http.Response
	text *bufio.Scanner
	id   string // of the last event
}

// follow opens the stream of deliveries on a server.
func (c client) follow(t *testing.T, url, query, last string) *follower {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/v2/deliveries/stream?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("stream: %d, %v", resp.StatusCode, resp.Header)
	}
	return &follower{t: t, resp: resp, text: bufio.NewScanner(resp.Body)}
}

// next returns the next event and its data; "end" at the end.
func (f *follower) next() (name, data string) {
	f.t.Helper()
	for f.text.Scan() {
		field, value, _ := strings.Cut(f.text.Text(), ": ")
		switch field {
		case "id":
			f.id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" {
				return name, data
			}
		}
	}
	return "end", ""
}

func (f *follower) want(event, part string) {
	f.t.Helper()
	if name, data := f.next(); name != event || !strings.Contains(data, part) {
		f.t.Errorf("the stream has %s %s, want %s with %s", name, data, event, part)
	}
}

// docs/contract/extensions.md section 2.
//
// Contract: extensions.md 2: GET /v2/deliveries/stream
// Contract: extensions.md 2: Last-Event-ID resumes
// Contract: extensions.md 2: If what follows the id
func TestDeliveriesStream(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close) // when the streams are closed
	service := bellhop.ID(h.admin.create("/v2/services", object{"name": "A", "type": "webhook", "organization": h.acme, "params": object{"url": newReceiver(t).URL}}))
	happens := func(event string) {
		h.live.Add(live.Attempt{
			Delivery: store.StoredDelivery{Delivery: bellhop.Delivery{Service: service, Status: bellhop.Delivered, Attempts: 1},
				EventName: event, OrgPath: h.top + "#" + h.acme},
			Attempt: bellhop.Attempt{Number: 1, Status: 200},
		})
	}
	f := h.admin.follow(t, server.URL, "event=order.*", "")
	happens("order.created")
	happens("basket.filled")
	happens("order.paid")
	f.want("attempt", `"event":"order.created"`)
	first := f.id
	f.want("attempt", `"event":"order.paid"`)
	again := h.admin.follow(t, server.URL, "event=order.*", first)
	again.want("attempt", `"event":"order.paid"`)
	lost := h.admin.follow(t, server.URL, "", "00000000-7")
	lost.want("gap", "reload")
	happens("order.sent")
	lost.want("attempt", `"event":"order.sent"`)

	bot, _ := h.bot("Echo", h.acme, "bot")
	bot.must(403, "GET", "/v2/deliveries/stream", nil, nil)
	h.admin.must(400, "GET", "/v2/deliveries/stream?status=lost", nil, nil)
	if resp, err := http.Get(server.URL + "/v2/deliveries/stream"); err != nil || resp.StatusCode != 401 {
		t.Errorf("without a token: %v, %v", resp, err)
	}
}

// What a token allows is asked again before anything is shown.
//
// Contract: extensions.md 2: Only what the caller may see
func TestStreamEndsWithItsToken(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close) // when the streams are closed
	bob := h.user("bob", "admin", h.acme)
	f := bob.follow(t, server.URL, "", "")
	var me []struct{ ID string }
	h.admin.must(200, "GET", "/v2/users?email=bob@example.com", nil, &me)
	h.admin.must(204, "POST", "/v2/users/"+me[0].ID+"/revoke", nil, nil)
	h.live.Add(live.Attempt{Delivery: store.StoredDelivery{OrgPath: h.top + "#" + h.acme}})
	f.want("end", "")
}

// docs/contract/extensions.md section 3: health is shown, and is nobody's to set.
//
// Contract: extensions.md 3: Read-only on services
// Contract: extensions.md 3: Where there is something
func TestHealthOfServices(t *testing.T) {
	h := open(t)
	type healthy struct {
		ID, UpdatedAt string
		Health        map[string]any
	}
	var s healthy
	path := "/v2/services"
	body := object{"name": "A", "type": "webhook", "params": object{"url": newReceiver(t).URL}, "health": object{"state": "paused"}}
	h.admin.must(201, "POST", path, body, &s)
	path += "/" + s.ID
	shows := func(text string) (last string, ok bool) {
		var one healthy
		var all []healthy
		h.admin.must(200, "GET", path, nil, &one)
		h.admin.must(200, "GET", "/v2/services", nil, &all)
		for _, got := range []healthy{one, all[0]} {
			if shown, _ := json.Marshal(got.Health); string(shown) != text {
				return string(shown), false
			}
		}
		return text, true
	}
	want := func(text string) {
		t.Helper()
		deadline := time.After(time.Minute)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			last, ok := shows(text)
			if ok {
				return
			}
			select {
			case <-ticker.C:
			case <-deadline:
				t.Fatalf("health is %s, want %s", last, text)
			}
		}
	}
	var deliveries []struct{ CreatedAt string } // of its own service.create
	h.admin.must(200, "GET", "/v2/deliveries", nil, &deliveries)
	oldest := deliveries[0].CreatedAt
	want(fmt.Sprintf(`{"consecutiveFailures":0,"oldestPendingAt":%q,"pending":1,"since":null,"state":"ok"}`, oldest))
	h.health = subscription.Health{State: "failing", Since: 1_716_724_800_000, Failures: 3}
	var published struct{ Deliveries int }
	h.admin.must(202, "POST", "/v2/events", object{"event": "order.created"}, &published)
	h.admin.must(202, "POST", "/v2/events", object{"event": "order.paid"}, &published)
	want(fmt.Sprintf(`{"consecutiveFailures":3,"oldestPendingAt":%q,"pending":3,"since":"2024-05-26T12:00:00.000Z","state":"failing"}`, oldest))
	h.health = subscription.Health{State: "paused", Since: 1_716_724_800_000, Failures: 10, Reason: "status 503", Next: 1_716_724_805_000}
	want(fmt.Sprintf(`{"consecutiveFailures":10,"nextProbeAt":"2024-05-26T12:00:05.000Z","oldestPendingAt":%q,"pending":3,"reason":"status 503",`+
		`"since":"2024-05-26T12:00:00.000Z","state":"paused"}`, oldest))
	h.health = subscription.Health{State: "failing", Since: 1_716_724_800_000, Failures: 3}

	// To send it back changes nothing, and says nothing to others.
	var patched healthy
	events := h.admin.must(200, "GET", "/v2/events", nil, nil).body
	h.admin.must(200, "PATCH", path, object{"name": "A", "health": object{"state": "ok"}}, &patched)
	if patched.UpdatedAt != s.UpdatedAt || patched.Health["state"] != "failing" {
		t.Errorf("after the PATCH: %+v", patched)
	}
	if after := h.admin.must(200, "GET", "/v2/events", nil, nil).body; after != events || strings.Contains(after, `"health"`) {
		t.Errorf("events after the PATCH: %s", after)
	}
	if got := h.admin.must(200, "GET", path+"?select=name", nil, nil).body; strings.Contains(got, "health") {
		t.Errorf("select=name shows %s", got)
	}
	h.admin.must(200, "PATCH", path, object{"status": "inactive"}, &patched)
	off := patched.UpdatedAt
	h.admin.must(200, "PATCH", path, object{"name": "B"}, &patched)
	if patched.Health["inactiveSince"] != off || off == s.UpdatedAt {
		t.Errorf("switched off at %s, health %v", off, patched.Health)
	}
	patched = healthy{}
	h.admin.must(200, "PATCH", path, object{"status": "active"}, &patched)
	if since, ok := patched.Health["inactiveSince"]; ok {
		t.Errorf("an active service is inactive since %v", since)
	}
	h.admin.create("/v2/services", object{"name": "SMS", "type": "twilio"})
	if got := h.admin.must(200, "GET", "/v2/services?type=twilio", nil, nil).body; strings.Contains(got, "health") {
		t.Errorf("a service that nothing is delivered to has health: %s", got)
	}
}
