package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop"
)

func TestDeliveries(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	for range deliveriesShown + 1 {
		h.publish("order.created")
	}
	admin := h.admin()
	page := admin.get("/deliveries")
	page.says(t, "27 deliveries, the newest first.", "order.created", "Echo", "pending", "1 to 25 of 27", "Older")
	admin.get("/deliveries?offset=25").says(t, "26 to 27 of 27", "service.create", "Newer")
	admin.get("/deliveries?status=dead").says(t, "No delivery is dead.", "Nothing matches.")
	admin.get("/deliveries?status=%3Cb%3E&offset=-1").says(t, "27 deliveries")

	_, path, _ := strings.Cut(page.body, `href="/deliveries/`)
	path, _, _ = strings.Cut(path, `"`)
	got := admin.get("/deliveries/" + path)
	got.says(t, "order.created", "Pending: the first attempt has not been answered yet.", `"id": "17"`, "There was none yet.", "Echo")
	h.away = true
	got = admin.get("/deliveries/" + path)
	got.says(t, "Pending: it waits for bellhop listen, at the other end of the tunnel.")
}

func TestDeliveryAnswer(t *testing.T) {
	accepted := bellhop.TimeOf(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		d     deliveryFacts
		n     int
		want  string
		means string
	}{
		{deliveryFacts{Status: "delivered", LastStatus: 200}, 1, "Delivered with the first attempt.", ""},
		{deliveryFacts{Status: "delivered", LastStatus: 200}, 3, "Delivered on attempt 3.", ""},
		{deliveryFacts{Status: "delivered", LastStatus: 200, CreatedAt: accepted, DeliveredAt: accepted.Add(41 * time.Second)}, 3,
			"Delivered on attempt 3, 41 seconds after it was accepted.", ""},
		{deliveryFacts{Status: "dead", LastError: "status 400", LastStatus: 400}, 1, "Given up after 1 attempt: status 400.", "handlers threw"},
		{deliveryFacts{Status: "dead"}, 0, "Given up without an attempt: its 24 hours were over.", ""},
		{deliveryFacts{Status: "pending"}, 0, "Pending: the first attempt has not been answered yet.", ""},
		{deliveryFacts{Status: "pending", LastError: "connection refused"}, 2, "Pending after 2 attempts: connection refused.", "nothing listens"},
		{deliveryFacts{Status: "pending", LastError: "timeout"}, 1, "Pending after 1 attempt: timeout.", "20 seconds at most"},
		{deliveryFacts{Status: "pending", LastError: "tls: handshake failed"}, 2, "Pending after 2 attempts: tls: handshake failed.", "encrypted connection"},
	} {
		answer, means := deliveryAnswer(&fullDelivery{deliveryFacts: c.d, Attempts: make([]attempt, c.n)})
		if answer != c.want || !strings.Contains(means, c.means) || c.means == "" && means != "" {
			t.Errorf("deliveryAnswer(%+v) = %q, %q, want %q, %q", c.d, answer, means, c.want, c.means)
		}
	}
}

func TestMeaning(t *testing.T) {
	for code := range 600 {
		if got, worth := meaning(fmt.Sprintf("status %d", code)), code >= 200; (got != "") != worth {
			t.Errorf("meaning(status %d) = %q", code, got)
		}
	}
	for _, reason := range []string{"", "status", "status x", "something new"} {
		if got := meaning(reason); got != "" {
			t.Errorf("meaning(%q) = %q, want nothing", reason, got)
		}
	}
}

// What an endpoint asks for is its own text, and of any length.
func TestAskedToWait(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "30": "retry after 30 seconds", "tomorrow": "retry after tomorrow",
		strings.Repeat("x", 50): "retry after " + strings.Repeat("x", 40) + "…",
	} {
		a := attempt{Status: 503}
		a.Response = &struct {
			Headers   map[string]string `json:"headers"`
			Body      string            `json:"body"`
			Truncated bool              `json:"truncated"`
		}{Headers: map[string]string{"Retry-After": value}}
		if got := askedToWait(&a); got != want {
			t.Errorf("askedToWait(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestTimingBar(t *testing.T) {
	bar := timingBarOf(timing{DNS: 10, Connect: 20, FirstByte: 50, Total: 100}, 200)
	want := []timingPart{{"dns", 0, 50}, {"connect", 50, 100}, {"wait", 150, 250}, {"rest", 400, 100}}
	if fmt.Sprint(bar.Parts) != fmt.Sprint(want) || bar.Text != "DNS 10, connect 20, first byte 50, rest 20, in all 100 ms" {
		t.Errorf("timingBarOf = %+v, want %v", bar, want)
	}
	if bar := timingBarOf(timing{}, 0); len(bar.Parts) != 0 {
		t.Errorf("an attempt without times has a bar: %+v", bar)
	}
}
