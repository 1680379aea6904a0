package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// explain asks why a service got an event or not.
func (w *works) explain(service bellhop.ID, e bellhop.UUID) explanation {
	w.t.Helper()
	text, err := w.Explain(w.t.Context(), w.admin, service, e.String())
	if err != nil {
		w.t.Fatal(err)
	}
	var shown explanation
	if err := json.Unmarshal(text, &shown); err != nil {
		w.t.Fatal(err)
	}
	return shown
}

// wantReasons compares rules, and looks for a part in the details.
func (w *works) wantReasons(got explanation, part string, rules ...string) {
	w.t.Helper()
	var given []string
	var details strings.Builder
	for _, r := range got.Reasons {
		given = append(given, r.Rule)
		details.WriteString(r.Detail + "\n")
	}
	if !slices.Equal(given, rules) || !strings.Contains(details.String(), part) || got.Delivered {
		w.t.Errorf("explanation = %+v, want %v with %q", got, rules, part)
	}
}

// set changes a service and remembers it, as package resource does.
func (w *works) set(service bellhop.ID, change func(fields map[string]any)) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx *store.Tx) error {
		doc, err := tx.Document(ctx, bellhop.Services, service)
		if err != nil {
			return err
		}
		fields := map[string]any{}
		if err := doc.Decode(&fields); err != nil {
			return err
		}
		change(fields)
		if doc.Body, err = event.AppendValue(nil, fields); err != nil {
			return err
		}
		if err := tx.Replace(ctx, bellhop.Services, doc); err != nil {
			return err
		}
		return w.Remember(ctx, tx, bellhop.Services, doc, bellhop.TimeOf(time.Now()))
	})
}

// in publishes an event in p and returns its id.
func (w *works) in(p place, name string) bellhop.UUID {
	w.t.Helper()
	time.Sleep(time.Second)
	published, err := w.Publish(w.t.Context(), w.admin, fmt.Appendf(nil, `{"event":%q,"organization":%q}`, name, p.id), "")
	if err != nil {
		w.t.Fatal(err)
	}
	return published.Events[0].ID
}

func status(to string) func(map[string]any) {
	return func(fields map[string]any) { fields["status"] = to }
}

func patterns(events ...string) func(map[string]any) {
	return func(fields map[string]any) {
		fields["params"] = map[string]any{"url": "https://example.com/hook", "events": events}
	}
}

// Contract: extensions.md 2.3: GET /v2/services/<id>/explain
// Contract: extensions.md 2.3: {"delivered":false
// Contract: extensions.md 2.3: rule is pattern
// Contract: extensions.md 2.3: 404 for an event
func TestExplain(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		before := w.in(w.mid, "order.created")
		time.Sleep(time.Second)
		s := w.webhook(w.mid, "")
		w.set(s, func(fields map[string]any) { fields["createdAt"] = bellhop.TimeOf(time.Now()).String() })
		w.set(s, patterns("order.paid", "cart.*", "message.**"))
		other := w.in(w.mid, "order.created")
		fits := w.in(w.leaf, "order.paid")
		beside := w.in(w.side, "order.paid")
		both := w.in(w.top, "order.created")
		off := time.Now()
		w.set(s, status("inactive"))
		w.set(s, patterns("order.paid"))
		lost := w.in(w.mid, "order.paid")
		on := time.Now()
		w.set(s, status("active"))
		time.Sleep(time.Second)
		w.set(s, patterns("never.heard")) // what it is now does not matter

		w.wantReasons(w.explain(s, other), "none of 3 patterns matches order.created: order.paid, cart.*, message.**", "pattern")
		w.wantReasons(w.explain(s, beside), "which is neither "+w.mid.path+" nor below it", "scope")
		w.wantReasons(w.explain(s, both), "", "scope", "pattern")
		w.wantReasons(w.explain(s, lost), "the service was inactive from "+bellhop.TimeOf(off).String()+" to "+bellhop.TimeOf(on).String(), "status")
		w.wantReasons(w.explain(s, before), "", "status")
		w.wantReasons(w.explain(s, w.in(w.mid, "a.b")), "the pattern never.heard does not match a.b", "pattern")

		got := w.explain(s, fits)
		w.wantReasons(got, "the delivery is pending", "delivery")
		var sent []store.Pending
		for _, p := range w.take() {
			if got.Delivery != nil && p.Delivery.ID == *got.Delivery {
				sent = append(sent, p)
			}
		}
		if len(sent) != 1 || sent[0].Delivery.Service != s {
			t.Fatalf("explanation = %+v, of %+v", got, sent)
		}
		w.settle(bellhop.Dead, sent...)
		w.wantReasons(w.explain(s, fits), "the delivery is dead: status 400", "delivery")
		w.settle(bellhop.Dead, sent...)
		again, err := w.ReplayDelivery(t.Context(), w.admin, sent[0].Delivery.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.settle(bellhop.Delivered, w.take()...)
		if got := w.explain(s, fits); !got.Delivered || len(got.Reasons) > 0 || !strings.Contains(string(again), got.Delivery.String()) {
			t.Errorf("explanation = %+v, want it delivered by %s", got, again)
		}
		w.explainErrors(s, fits, beside)
	})
}

// explainErrors: who may not read the service, or the event, is not told.
func (w *works) explainErrors(s bellhop.ID, fits, beside bellhop.UUID) {
	w.t.Helper()
	ask := func(caller *account.Caller, s bellhop.ID, e string, code bellhop.Code, part string) {
		w.t.Helper()
		_, err := w.Explain(w.t.Context(), caller, s, e)
		wantError(w.t, err, code, part)
	}
	at := func(p place) *account.Caller {
		return &account.Caller{ID: w.db.NewID(1), Role: bellhop.RoleAdmin, Scope: bellhop.ScopeAdmin, Organization: p.id, OrgPath: p.path,
			Memberships: []account.Membership{{Place: account.Place{Organization: p.id, OrgPath: p.path}, Role: bellhop.RoleAdmin}}}
	}
	ask(w.admin, s, "", bellhop.Invalid, "event is required")
	ask(w.admin, s, "x", bellhop.NotFound, "Event not found")
	ask(w.admin, s, bellhop.UUID{1}.String(), bellhop.NotFound, "Event not found")
	ask(w.admin, "x", fits.String(), bellhop.NotFound, "Service not found")
	ask(at(w.side), s, fits.String(), bellhop.NotFound, "Service not found")
	ask(at(w.mid), s, beside.String(), bellhop.NotFound, "Event not found")
}

func TestExplainBot(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		bot := &bellhop.Document{ID: w.db.NewID(1)}
		change := func(kind *bellhop.Kind, doc *bellhop.Document, fields map[string]any) {
			var err error
			fields["bot"] = string(bot.ID)
			if doc.Body, err = event.AppendValue(nil, fields); err != nil {
				t.Fatal(err)
			}
			w.update(func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Replace(ctx, kind, doc); err != nil {
					return err
				}
				return w.Remember(ctx, tx, kind, doc, bellhop.TimeOf(time.Now()))
			})
		}
		w.insert(bellhop.Bots, bot, w.top, map[string]any{"status": "active", "enabled": true})
		s := w.webhook(w.top, bot.ID, "order.*")
		w.set(s, status("active"))
		fits := w.in(w.leaf, "order.created")
		change(bellhop.Bots, bot, map[string]any{"status": "active", "enabled": false})
		off := w.in(w.leaf, "order.created")
		change(bellhop.Bots, bot, map[string]any{"status": "active", "enabled": true})
		instance := new(bellhop.Document)
		w.insert(bellhop.BotInstances, instance, w.mid, map[string]any{"bot": string(bot.ID)})
		change(bellhop.BotInstances, instance, map[string]any{"enabled": true})
		elsewhere := w.in(w.leaf, "order.created")
		change(bellhop.BotInstances, instance, map[string]any{"enabled": false})
		disabled := w.in(w.mid, "order.created")

		w.wantReasons(w.explain(s, fits), "the delivery is pending", "delivery")
		w.wantReasons(w.explain(s, off), "was not active and enabled, and had no instance", "bot")
		w.wantReasons(w.explain(s, elsewhere), "1 of its 1 instances were enabled", "bot")
		w.wantReasons(w.explain(s, disabled), "0 of its 1 instances were enabled", "bot")
	})
}

// TestExplainWithoutHistory: a service from before states were kept is judged by what it
// was at the start of the server.
func TestExplainWithoutHistory(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		s := w.webhook(w.mid, "", "order.*")
		e := w.in(w.mid, "cart.left")
		w.wantReasons(w.explain(s, e), "is not kept any more", "status")
		w.restart()
		time.Sleep(time.Second)
		w.wantReasons(w.explain(s, e), "the pattern order.* does not match cart.left", "pattern")
	})
}

// Contract: extensions.md 2.2: No other service gets it
func TestExplainSample(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		w.withAda()
		s, other := w.webhook(w.top, ""), w.webhook(w.top, "")
		shown, _ := sampled(t, w.house, other, `{"event":"order.created"}`)
		w.wantReasons(w.explain(s, shown.EventID), "a sample that was sent to another service", "scope")
		w.wantReasons(w.explain(other, shown.EventID), "pending", "delivery")
	})
}

// TestExplainDropped: what a stopped replay has dropped is missing again.
//
// Contract: extensions.md 2.1: missing looks at what is kept
// Contract: extensions.md 2.3: Where there is a delivery
func TestExplainDropped(t *testing.T) {
	inWorks(t, func(t *testing.T, w *works) {
		e := w.in(w.top, "order.created")
		w.settle(bellhop.Dead, w.take()...)
		s := w.webhook(w.top, "", "order.*")
		w.set(s, status("active"))
		later := w.in(w.top, "order.created")
		w.take()
		w.service = s
		r := w.replay(`{` + always + `,"status":"missing"}`)
		time.Sleep(time.Second)
		w.wantReasons(w.explain(s, e), "the delivery is pending", "delivery")
		if err := w.patch(r.ID, "stopped"); err != nil {
			t.Fatal(err)
		}
		w.wantReasons(w.explain(s, later), "the delivery is pending", "delivery")
		if again := w.replay(`{` + always + `,"status":"missing","dryRun":true}`); again.Total != r.Total {
			t.Errorf("%d are missing after the stop, want %d again", again.Total, r.Total)
		}
	})
}
