package ui

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// stored is how many deliveries there are while the pages are measured.
const stored = 100_000

// BenchmarkPages measures what the server does for a page, with 100,000 deliveries of ten services in the store.
func BenchmarkPages(b *testing.B) {
	h := newHouse(b)
	services := make([]bellhop.ID, 10)
	for i := range services {
		services[i] = h.webhookFor(fmt.Sprintf("order.of%d", i))
	}
	talk := h.start("Jenny", "Milk?")
	bot := h.bot("Echo", nil)
	full := h.fullTalk()
	h.fill(stored / len(services))
	admin := h.admin()
	newest, _, err := (&visit{ui: h.ui, r: newBenchRequest("/"), caller: h.root}).findDeliveries(url.Values{"status": {"dead"}})
	must(b, err)
	for name, path := range map[string]string{
		"settings":          "/settings",
		"bots":              "/bots",
		"botWebhook":        hookPath(bot),
		"users":             usersPath(h.org),
		"organization":      orgPath(h.org),
		"integrations":      integrationsPath(h.org),
		"service":           servicePath(services[0]),
		"serviceCharts":     servicePath(services[0]) + "/charts",
		"serviceWeek":       servicePath(services[0]) + "/charts?range=7d",
		"serviceReplays":    servicePath(services[0]) + "/replays",
		"deliveries":        "/deliveries",
		"deliveriesDead":    "/deliveries?status=dead",
		"deliveriesPending": "/deliveries?status=pending",
		"deliveriesFar":     "/deliveries?offset=9000",
		"deliveriesPattern": "/deliveries?event=order.*",
		"deliveriesKey":     "/deliveries?key=order-17",
		"deliveriesNoKey":   "/deliveries?key=64b0f1a2c3d4e5f60718293a",
		"deliveriesRare":    "/deliveries?event=service.*",
		"deliveriesNoName":  "/deliveries?event=file.create",
		"deliveriesHour":    "/deliveries?since=1h",
		"deliveriesService": "/deliveries?service=" + string(services[3]) + "&status=delivered",
		"deliveriesOldest":  "/deliveries?offset=99900",
		"deliveriesNone":    "/deliveries?to=2020-01-01",
		"delivery":          deliveryPath(newest[0].ID),
		"event":             eventPath(newest[0].EventID),
		"explain":           explainPath(services[0], newest[0].EventID),
		"overview":          "/",
		"schedule":          "/schedule",
		"conversations":     "/conversations",
		"conversation":      conversationPath(talk),
		"conversationFull":  conversationPath(full),
	} {
		b.Run(name, func(b *testing.B) {
			admin.measure(b, path)
		})
	}
}

// measure reports what a page costs: the time of the processor too, which says more on a machine that
// does something else as well, and how long it is before it is compressed.
func (p *person) measure(b *testing.B, path string) {
	var body []byte
	before := cpuTime(b)
	for b.Loop() {
		r := newBenchRequest(path)
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "any"})
		w := httptest.NewRecorder()
		p.ui.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("GET %s = %d", path, w.Code)
		}
		body = w.Body.Bytes()
	}
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N)/1e3, "cpu-ms/op")
	b.ReportMetric(float64(len(body))/1000, "KB")
}

// cpuTime returns what this process has used.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func newBenchRequest(path string) *http.Request {
	return httptest.NewRequest("GET", "https://bellhop.example"+path, nil)
}

// webhookFor makes a service that hears of one event.
func (h *house) webhookFor(event string) bellhop.ID {
	h.t.Helper()
	return h.make(bellhop.Services, map[string]any{
		"name": "Of " + event, "type": bellhop.WebhookType, "params": map[string]any{"url": endpoint(h.t), "events": []string{event}},
	})
}

// fill stores that many deliveries for each of ten services: of 50 of them one is pending, one dead, and 48 are delivered.
func (h *house) fill(each int) {
	h.t.Helper()
	const array = 1000
	var events []string
	for i := range each * 10 {
		events = append(events, fmt.Sprintf(`{"event":"order.of%d","key":"order-%d","data":{"order":{"id":"%d"}}}`, i%10, i/3, i))
		if len(events) == array || i == each*10-1 {
			_, err := h.subs.Publish(h.t.Context(), h.root, []byte("["+strings.Join(events, ",")+"]"), "")
			must(h.t, err)
			events = events[:0]
		}
	}
	must(h.t, h.db.ViewDeliveries(h.t.Context(), func(*store.Tx) error { return nil }))
	for at := 1; at <= each*10; at += array {
		must(h.t, h.db.Update(h.t.Context(), func(tx *store.Tx) error {
			for seq := int64(at); seq < int64(at+array); seq++ {
				if err := settle(h.t.Context(), tx, seq); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

func settle(ctx context.Context, tx *store.Tx, seq int64) error {
	now := bellhop.TimeOf(time.Now())
	r := store.Result{Delivery: seq, Status: bellhop.Delivered, At: now, Attempt: &bellhop.Attempt{Number: 1, At: now, Status: 200}}
	switch seq % 50 {
	case 0:
		return nil
	case 1:
		r.Status, r.Attempt.Status, r.Attempt.Error = bellhop.Dead, 503, "status 503"
	}
	_, err := tx.Record(ctx, r)
	return err
}

// fullTalk makes a conversation with a page of messages, of which two webhooks hear.
func (h *house) fullTalk() bellhop.ID {
	h.t.Helper()
	for _, event := range []string{"message.create.**", "conversation.*"} {
		h.webhookFor(event)
	}
	talk := h.talkOf("Full")
	for i := range messagesShown {
		h.say(talk, map[string]any{"text": fmt.Sprintf("/set count %d", i), "actions": []map[string]any{{"type": "reply", "text": "Yes"}}})
	}
	return talk
}
