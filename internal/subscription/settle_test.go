package subscription

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// die lets a delivery of service die of what the URL of h.webhook answered.
func (h *house) die(service bellhop.ID, event string, status int, reason string) {
	h.t.Helper()
	h.dieAt("https://user:pw@example.com/hook", service, event, status, reason)
}

func (h *house) dieAt(raw string, service bellhop.ID, event string, status int, reason string) {
	h.t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		h.t.Fatal(err)
	}
	h.update(func(ctx context.Context, tx *store.Tx) error {
		return h.Died(ctx, tx, Death{Service: service, Event: event, URL: u, Status: status, Reason: reason})
	})
}

// told returns the payloads of all service.error events.
func (h *house) told() []string {
	h.t.Helper()
	var payloads []string
	for _, e := range h.events() {
		if e.Name == serviceError {
			payloads = append(payloads, string(e.Payload))
		}
	}
	return payloads
}

// docs/contract/delivery.md section 6: at most once per service and minute, with the
// count in error.count.
//
// Contract: delivery.md 6: When deliveries die
// Contract: delivery.md 6: The service stays active
func TestServiceErrorOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go h.Run(ctx)
		a, b := h.webhook(h.top, ""), h.webhook(h.top, "")
		h.die(a, "order.created", 404, "status 404")
		h.die(a, "order.created", 404, "status 404")
		h.die(a, "order.created", 0, "gave up after 24 h: status 503")
		h.die(b, "order.created", 404, "status 404")
		if told := h.told(); len(told) != 2 || !strings.Contains(told[0], `"error":{"message":"status 404","count":1}`) {
			t.Fatalf("at once: %v, want one of each service", told)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		told := h.told()
		if len(told) != 3 || !strings.Contains(told[2], `"error":{"message":"gave up after 24 h: status 503","count":2}`) ||
			!strings.Contains(told[2], string(a)) {
			t.Errorf("a minute later: %v, want the two others of the first service", told)
		}
		if !strings.Contains(told[2], `"summary":"System reported an error of service MCC Webhook"`) || strings.Contains(told[2], "pw@") {
			t.Errorf("payload %s", told[2])
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if told := h.told(); len(told) != 3 {
			t.Errorf("an hour later: %d events, want 3", len(told))
		}
	})
}

func TestNoServiceErrorOfServiceErrors(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	h.die(service, serviceError, 404, "status 404")
	if told := h.told(); len(told) != 0 {
		t.Errorf("told %v, want nothing", told)
	}
}

// docs/contract/delivery.md section 5.
//
// Contract: delivery.md 5: 410 additionally
func TestGoneMakesInactive(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	h.die(service, "order.created", 410, "status 410")
	w, err := h.Webhook(t.Context(), service)
	if err != nil || w.Status != bellhop.ServiceInactive {
		t.Fatalf("webhook %+v, %v, want it inactive", w, err)
	}
	header := http.Header{}
	w.Signer.AddTo(header, "id", 0, []byte("hello"))
	if header.Get("X-Hub-Signature") != event.Sign("s", []byte("hello")) {
		t.Error("it has lost its secret")
	}
	names := []string{}
	for _, e := range h.events() {
		names = append(names, e.Name)
	}
	if got := strings.Join(names, " "); got != "service.error service.update" {
		t.Errorf("events %q", got)
	}
	// Not while the service is inactive.
	h.die(service, "order.created", 404, "status 404")
	if told := h.told(); len(told) != 1 {
		t.Errorf("told %d times, want once", len(told))
	}
}

// The URL has changed while the attempt was under way: the new one is not gone.
func TestGoneElsewhereChangesNothing(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	h.dieAt("https://user:pw@example.com/old", service, "order.created", 410, "status 410")
	if w, err := h.Webhook(t.Context(), service); err != nil || w.Status != bellhop.ServiceActive {
		t.Errorf("webhook %+v, %v, want it active", w, err)
	}
}

func TestDeathAfterTheServiceIsDeleted(t *testing.T) {
	h := newHouse(t)
	h.die("64b0f1a2c3d4e5f607182950", "order.created", 410, "status 410")
	if events := h.events(); len(events) != 0 {
		t.Errorf("events %v, want none", events)
	}
}
