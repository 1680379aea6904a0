package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// attempted stores attempts of the newest delivery that matches, the last one with that outcome, and returns its id.
func (h *house) attempted(filter string, status bellhop.DeliveryStatus, attempts int) bellhop.UUID {
	h.t.Helper()
	q, _ := url.ParseQuery(filter)
	found, _, err := (&visit{ui: h.ui, r: newBenchRequest("/"), caller: h.root}).findDeliveries(q)
	must(h.t, err)
	if len(found) == 0 {
		h.t.Fatalf("there is no delivery with %s", filter)
	}
	d := found[0]
	for n := 1; n <= attempts; n++ {
		r := store.Result{Delivery: d.ID.Seq(), Status: bellhop.Pending, At: d.CreatedAt.Add(time.Duration(n) * time.Second), Due: d.CreatedAt.Add(time.Hour), Attempt: &bellhop.Attempt{
			Number: n, At: d.CreatedAt.Add(time.Duration(n) * time.Second), Status: 503, Error: "status 503", URL: "https://bot.example/hook",
			RequestHeaders:  bellhop.HeadersOf(map[string]string{"X-Delivery-Attempt": fmt.Sprint(n)}),
			ResponseHeaders: bellhop.HeadersOf(map[string]string{"Content-Type": "application/json"}), ResponseBody: fmt.Appendf(nil, `{"n":%d}`, n),
		}}
		if n == attempts && status != bellhop.Pending {
			r.Status, r.Due = status, 0
			if status == bellhop.Delivered {
				r.Attempt.Status, r.Attempt.Error = 200, ""
			}
		}
		must(h.t, h.db.Update(h.t.Context(), func(tx *store.Tx) error {
			_, err := tx.Record(h.t.Context(), r)
			return err
		}))
	}
	return d.ID
}

func TestDeliveryTabs(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	h.publish("order.created")
	path := deliveryPath(h.attempted("event=order.created", bellhop.Pending, 60))
	admin := h.admin()
	admin.get(path).says(t, "Pending after 60 attempts: status 503", "The next attempt is ", "35 earlier attempts", "Attempt 36", "Attempt 60", "Response of attempt 60", `"n": 60`)
	admin.get(path).hides(t, "Attempt 35<")
	if n := len(admin.get(path).body); n > 60_000 {
		t.Errorf("the page of many attempts has %d bytes", n)
	}
	admin.get(path+"?attempt=20").says(t, "Attempt 11", "Attempt 35", "25 later attempts", "10 earlier attempts", "Response of attempt 20", `"n": 20`)
	admin.get(path+"?attempt=3&tab=payload&raw=1").says(t, "JSON, exactly as it was sent", `"order":{"id":"17"}`)
	admin.get(path+"?attempt=7&tab=request").says(t, "Request of attempt 7", "POST https://bot.example/hook", "It was sent without.")
	admin.get(path+"?tab=compare").says(t, "Attempts 59 and 60 differ in: outcome, request headers, response body.", "only in attempt 59: X-Delivery-Attempt: 59")
	admin.get(path+"?tab=compare&a=4&b=4").says(t, "That is the same attempt twice.")
	admin.get(path+"?tab=nonsense&attempt=99&a=x").says(t, "Response of attempt 60")
	admin.get(path+"?attempt=2&tab=curl").says(t, "curl --include --http1.1", "X-Delivery-Attempt: 2")
	for address, want := range map[string]string{"/payload": `{"id":"`, "/curl/5": "X-Delivery-Attempt: 5", "/response/5": `{"n":5}`} {
		got := admin.get(path + address)
		if got.status != http.StatusOK || !strings.Contains(got.body, want) || got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s = %d %s %.80s, want %s", address, got.status, got.header.Get("Content-Type"), got.body, want)
		}
	}
	for _, address := range []string{"/curl/61", "/curl/x", "/response/0"} {
		if got := admin.get(path + address); got.status != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", address, got.status)
		}
	}
}

// A command that is copied from a page must be the request, byte for byte.
func TestCurlWithControlCharacters(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	h.publishData("order.created", "{\"note\":\"a\u009b\u007fb\"}")
	path := deliveryPath(h.attempted("event=order.created", bellhop.Dead, 1))
	admin := h.admin()
	got := admin.get(path + "?tab=curl")
	got.says(t, "It has control characters, which do not stand on a page. The command as text")
	got.hides(t, "--data-raw")
	if got := admin.get(path + "/curl/1"); !strings.Contains(got.body, "a\u009b\u007fb") {
		t.Errorf("the command is not what was sent: %q", got.body)
	}
}

func TestReplayOnPage(t *testing.T) {
	h := newHouse(t)
	service := h.webhook("Echo")
	h.publish("order.created")
	original := h.attempted("event=order.created", bellhop.Dead, 2)
	admin := h.admin()
	got := admin.send(deliveryPath(original)+"/replay", url.Values{})
	got.says(t, "Sent again: this is the new delivery.", "Replay of "+original.String())
	admin.get(deliveryPath(original)).says(t, "Given up after 2 attempts: status 503.", "Sent again", "pending")
	must(t, second(h.res.Patch(t.Context(), h.root, bellhop.Services, service, []byte(`{"status":"inactive"}`))))
	admin.send(deliveryPath(original)+"/replay", url.Values{}).says(t, "Not sent again. Service is inactive. Switch it on first")
	must(t, h.res.Delete(t.Context(), h.root, bellhop.Services, service))
	admin.send(deliveryPath(original)+"/replay", url.Values{}).says(t, "Not sent again. Service is deleted. Nothing can be sent to it any more", "deleted service")
	if got := admin.post("/deliveries/nonsense/replay", url.Values{}); got.status != http.StatusNotFound {
		t.Errorf("a replay of nothing = %d, want 404", got.status)
	}
}

func second[T any](_ T, err error) error { return err }

func TestEventAndExplain(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	deaf := h.make(bellhop.Services, map[string]any{"name": "Deaf", "type": "webhook", "params": map[string]any{"url": endpoint(t), "events": []string{"other.*"}}})
	h.publish("order.created")
	h.attempted("event=order.created", bellhop.Dead, 1)
	admin := h.admin()
	page := admin.get("/deliveries?event=order.*")
	_, path, _ := strings.Cut(page.body, `href="/deliveries/`)
	path, _, _ = strings.Cut(path, `"`)
	_, event, _ := strings.Cut(admin.get("/deliveries/"+path).body, `href="/events/`)
	event, _, _ = strings.Cut(event, `"`)
	admin.get("/events/"+event).says(t, "1 webhook heard of it, 1 did not.", "Echo not delivered", "It was to be delivered. The delivery is dead: status 503.",
		"Deaf not heard of", "It does not listen to it. The pattern other.* does not match order.created.", "Edit Deaf", `"id": "17"`)
	admin.get(servicePath(deaf)+"/explain").says(t, "Name an event, or choose one of the newest", "order.created")
	admin.get(servicePath(deaf)+"/explain?event="+event).says(t, "Deaf did not get order.created.", "Then replay with the status missing")
	for _, id := range []string{"nonsense", "018f4a2b-7c1d-7e3f-8a5b-0123456789ab"} {
		admin.get(servicePath(deaf)+"/explain?event="+id).says(t, "There is no event with that id", "No event has this id.")
		if got := admin.get("/events/" + id); got.status != http.StatusNotFound {
			t.Errorf("/events/%s = %d, want 404", id, got.status)
		}
	}
}
