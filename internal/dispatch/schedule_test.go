package dispatch_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// schedule is docs/contract/delivery.md section 6: how long to wait after the first, the second ...
// failure.
func schedule(failures int) time.Duration {
	if failures <= 9 {
		return 10 * time.Second << (failures - 1)
	}
	return time.Hour
}

// Contract: delivery.md 6: A failed delivery is attempted again
// Contract: delivery.md 5: anything else
// Contract: delivery.md 5: 3xx is not followed
// Contract: delivery.md 6: Every attempt sends the same body
// Contract: delivery.md 6: Nothing is lost
// Contract: delivery.md 7: Retries do cause reordering
func TestRetriesFor24Hours(t *testing.T) {
	for name, bad := range map[string]reply{
		"500":                 {status: 500},
		"redirect":            {status: 302, header: http.Header{"Location": {"https://elsewhere.example"}}},
		"connection breaks":   {},
		"never answers":       {status: 200, after: never},
		"429 without a time":  {status: 429},
		"408":                 {status: 408},
		"Retry-After too low": {status: 503, header: http.Header{"Retry-After": {"1"}}},
	} {
		inWorld(t, name, func(t *testing.T, w *world) {
			w.answer = func(*arrival) reply { return bad }
			w.begin()
			w.publish(w.service(nil), "k")
			w.sleep(25 * time.Hour)

			seen := w.seen()
			first := seen[0].at
			down := bad.status != 302 && bad.status != 408 // docs/contract/extensions.md section 4
			least, most := 30, 36
			if down {
				least, most = 240, 300
			}
			for i, a := range seen {
				if a.attempt != i+1 || a.nth != 0 || string(a.request.Body) != string(seen[0].request.Body) {
					t.Errorf("attempt %d says %d, delivery %d, body %s", i+1, a.attempt, a.nth, a.request.Body)
				}
				if i == 0 {
					continue
				}
				waited, want := a.at.Sub(seen[i-1].ended), schedule(i)
				if down && i >= 10 {
					want = min(5*time.Second<<min(i-10, 10), 5*time.Minute) // it is the probe of a paused service
				}
				if waited < want*9/10-time.Second || waited > want*11/10+time.Second {
					t.Errorf("attempt %d after %v, want %v ± 10%%", i+1, waited, want)
				}
			}
			if last := seen[len(seen)-1].at.Sub(first); last > 24*time.Hour || last < 22*time.Hour || len(seen) < least || len(seen) > most {
				t.Errorf("%d attempts, the last after %v", len(seen), last)
			}
			d := w.stored(0)
			if d.Status != bellhop.Dead || d.Attempts != len(seen) || d.LastStatus != bad.status && bad.after == 0 {
				t.Errorf("delivery %+v", d.Delivery)
			}
			if records := w.attempts(0); len(records) != len(seen) || records[0].NextAttemptAt == 0 || records[len(seen)-1].NextAttemptAt != 0 {
				t.Errorf("%d records of %d attempts, the first %+v", len(records), len(seen), records[0])
			}
			if down && (len(w.outcomes) == 0 || w.outcomes[0].Change != dispatch.Paused || w.outcomes[0].Status != bellhop.Pending) {
				t.Errorf("no pause in %+v", w.outcomes)
			}
			o := w.outcomes[len(w.outcomes)-1]
			if o.Status != bellhop.Dead || o.Reason != "gave up after 24 h: "+d.LastError || o.HTTP != d.LastStatus || len(w.outcomes) > 2 {
				t.Errorf("outcomes %+v", w.outcomes)
			}
		})
	}
}

func TestFirst(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies []reply
		want    bellhop.DeliveryStatus
		waits   []time.Duration // between the attempts, without jitter
	}{
		{"200", []reply{{status: 200}}, bellhop.Delivered, nil},
		{"204 that took long", []reply{{status: 204, after: 19 * time.Second}}, bellhop.Delivered, nil},
		{"500, then 200", []reply{{status: 500}, {status: 200}}, bellhop.Delivered, []time.Duration{10 * time.Second}},
		{"410", []reply{{status: 410}}, bellhop.Dead, nil},
		{"404", []reply{{status: 404}}, bellhop.Dead, nil},
		{"400", []reply{{status: 400}}, bellhop.Dead, nil},
		{"429 in seconds", []reply{later(429, "100"), {status: 200}}, bellhop.Delivered, []time.Duration{100 * time.Second}},
		{"503 in seconds", []reply{later(503, " 4000 "), {status: 200}}, bellhop.Delivered, []time.Duration{4000 * time.Second}},
		{"503 at a date", []reply{later(503, "Sat, 01 Jan 2000 02:00:00 GMT"), {status: 200}}, bellhop.Delivered, []time.Duration{2 * time.Hour}},
		{"429 at a date that is over", []reply{later(429, "Fri, 01 Jan 1999 02:00:00 GMT"), {status: 200}}, bellhop.Delivered, []time.Duration{10 * time.Second}},
		{"429 without sense", []reply{later(429, "soon"), {status: 200}}, bellhop.Delivered, []time.Duration{10 * time.Second}},
		{"500 has no say", []reply{later(500, "100"), {status: 200}}, bellhop.Delivered, []time.Duration{10 * time.Second}},
		{"503 beyond the end", []reply{later(503, "86500")}, bellhop.Dead, nil},
		{"429 far beyond the end", []reply{later(429, "99999999999999999999999")}, bellhop.Dead, nil},
		{"503 beyond the end as a date", []reply{later(503, "Mon, 03 Jan 2000 02:00:00 GMT")}, bellhop.Dead, nil},
		{"503 just before the end, answered late", []reply{{status: 503, after: 15 * time.Second, header: http.Header{"Retry-After": {"Sat, 01 Jan 2000 23:59:55 GMT"}}}, {status: 200}},
			bellhop.Delivered, []time.Duration{24*time.Hour - 20*time.Second}},
	} {
		inWorld(t, c.name, func(t *testing.T, w *world) {
			w.answer = func(a *arrival) reply { return c.replies[min(a.attempt, len(c.replies))-1] }
			w.begin()
			w.publish(w.service(nil), "k")
			w.sleep(25 * time.Hour)
			seen := w.seen()
			if d := w.stored(0); len(seen) != len(c.replies) || d.Status != c.want || d.Attempts != len(seen) {
				t.Fatalf("%d attempts, %s, want %d, %s", len(seen), d.Status, len(c.replies), c.want)
			}
			for i, want := range c.waits {
				if got := seen[i+1].at.Sub(seen[i].ended); got < want*9/10 || got > want*11/10+time.Millisecond {
					t.Errorf("waited %v, want %v", got, want)
				}
			}
			if len(w.outcomes) != 1 || w.outcomes[0].Status != c.want || w.outcomes[0].HTTP != c.replies[len(c.replies)-1].status {
				t.Errorf("outcomes %+v", w.outcomes)
			}
		})
	}
}

func later(status int, value string) reply {
	return reply{status: status, header: http.Header{"Retry-After": {value}}}
}

// Contract: delivery.md 2: POST <params.url>
// Contract: delivery.md 2: Content-Type
// Contract: delivery.md 2: X-Hub-Signature
// Contract: delivery.md 2: Accept
// Contract: delivery.md 2: A server may add headers
// Contract: extensions.md 1: Receivers see the event
// Contract: delivery.md 7: Webhooks are sent as soon as possible
func TestRequest(t *testing.T) {
	inWorld(t, "as the contract says", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Headers = map[string]string{"X-Tenant": "secret"} })
		w.publish(service, "k")
		w.sleep(time.Minute)
		a := w.seen()[0]
		id := w.sent[0].ID.String()
		if want := `{"id":"` + id + `","event":"order.created"}`; string(a.request.Body) != want {
			t.Errorf("body = %s, want %s", a.request.Body, want)
		}
		target := w.targets[service]
		if a.request.Method != http.MethodPost || a.request.URL != target.URL || a.request.Timeout != target.Timeout || a.request.MaxBody != 16<<10 {
			t.Errorf("request = %+v", a.request)
		}
		stored := w.stored(0)
		for name, want := range map[string]string{
			"Content-Type": "application/json", "Accept": "application/json", "X-Hub-Signature": event.Sign("s", a.request.Body),
			"X-Delivery-Id": id, "X-Delivery-Attempt": "1", "X-Event-Id": stored.EventID.String(), "X-Tenant": "secret",
		} {
			if got := a.request.Header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		record := w.attempts(0)[0]
		if record.RequestHeaders.Get("X-Tenant") == "secret" || record.RequestHeaders.Get("X-Delivery-Id") != id || record.Status != 200 {
			t.Errorf("record = %+v", record)
		}
	})
}

// What waits for a service that stays inactive ends, too.
//
// Contract: delivery.md 6: Every delivery has an end
// Contract: services.md 4: Waiting deliveries when a webhook
func TestEndWhileInactive(t *testing.T) {
	inWorld(t, "inactive for longer than a day", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Active = false })
		const many = 250 // more than are looked up at once
		w.publish(service, keys(many, "")...)
		w.sleep(23 * time.Hour)
		w.publish(service, "late")
		w.sleep(2 * time.Hour)
		if len(w.seen()) != 0 {
			t.Errorf("%d attempts at an inactive service", len(w.seen()))
		}
		for i := range many {
			if d := w.stored(i); d.Status != bellhop.Dead || d.LastError != "gave up after 24 h" || d.Attempts != 0 {
				t.Fatalf("delivery %d: %+v", i, d.Delivery)
			}
		}
		if got := w.stored(many).Status; got != bellhop.Pending {
			t.Errorf("the late one is %s", got)
		}
		if len(w.outcomes) != many {
			t.Errorf("%d outcomes, want %d", len(w.outcomes), many)
		}
		w.set(service, func(t *dispatch.Target) { t.Active = true })
		w.sleep(time.Minute)
		if got := w.stored(many).Status; got != bellhop.Delivered || len(w.seen()) != 1 {
			t.Errorf("the late one is %s after %d attempts", got, len(w.seen()))
		}
	})
	inWorld(t, "ended while nothing ran", func(t *testing.T, w *world) {
		service := w.service(nil)
		w.publish(service, "k")
		w.sleep(25 * time.Hour)
		w.consequence = func(*dispatch.Outcome) storeFunc {
			return func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddDeath(ctx, service, "gave up")
				return err
			}
		}
		w.begin()
		w.sleep(time.Minute)
		if len(w.seen()) != 0 || len(w.outcomes) != 1 || w.outcomes[0].Event == nil || w.outcomes[0].Reason != "gave up after 24 h" {
			t.Errorf("%d attempts, outcomes %+v", len(w.seen()), w.outcomes)
		}
		w.wantAll(bellhop.Dead)
	})
}
