package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// house is a store with three levels of organizations, and its subscriptions.
type house struct {
	*Subscriptions
	t     testing.TB
	admin *account.Caller
	top   place
	mid   place
	leaf  place
	side  place // below top, beside mid
}

type place struct {
	id   bellhop.ID
	path string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseIn(t, storetest.Config(t))
}

// newHouseIn is newHouse in a store of its own.
func newHouseIn(t testing.TB, config store.Config) *house {
	t.Helper()
	db, err := store.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	client, err := egress.New(egress.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, Subscriptions: New(Config{DB: db, Egress: client, API: "https://api.example.test", Log: slog.New(slog.DiscardHandler)})}
	h.top = h.organization(place{})
	h.mid, h.side = h.organization(h.top), h.organization(h.top)
	h.leaf = h.organization(h.mid)
	h.admin = &account.Caller{
		ID: db.NewID(1), Name: "Ada Smit", Role: bellhop.RoleAdmin, Scope: bellhop.ScopeAdmin,
		Organization: h.top.id, OrgPath: h.top.path,
		Memberships: []account.Membership{{Place: account.Place{Organization: h.top.id, OrgPath: h.top.path}, Role: bellhop.RoleAdmin}},
	}
	return h
}

func (h *house) update(f func(ctx context.Context, tx *store.Tx) error) {
	h.t.Helper()
	if err := h.db.Update(h.t.Context(), func(tx *store.Tx) error { return f(h.t.Context(), tx) }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) organization(above place) place {
	id := h.db.NewID(1)
	p := place{id, string(id)}
	if above.path != "" {
		p.path = above.path + "#" + p.path
	}
	h.insert(bellhop.Organizations, &bellhop.Document{ID: id}, p, map[string]any{"path": p.path})
	return p
}

// insert stores a document with fields in p.
func (h *house) insert(kind *bellhop.Kind, doc *bellhop.Document, p place, fields map[string]any) {
	h.t.Helper()
	if doc.ID == "" {
		doc.ID = h.db.NewID(1)
	}
	doc.Organization, doc.OrgPath, doc.CreatedAt, doc.UpdatedAt = p.id, p.path, 1, 1
	fields["id"], fields["organization"], fields["orgPath"] = string(doc.ID), string(p.id), p.path
	var err error
	if doc.Body, err = event.AppendValue(nil, fields); err != nil {
		h.t.Fatal(err)
	}
	h.update(func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, kind, doc) })
}

// webhook stores an active webhook.
func (h *house) webhook(p place, bot bellhop.ID, events ...string) bellhop.ID {
	h.t.Helper()
	return h.webhookThatIs(bellhop.ServiceActive, p, bot, events...)
}

func (h *house) webhookThatIs(status string, p place, bot bellhop.ID, events ...string) bellhop.ID {
	h.t.Helper()
	doc := new(bellhop.Document)
	clear, secret, err := splitParams(bellhop.WebhookParams{URL: "https://user:pw@example.com/hook", Secret: "s", Events: events})
	if err != nil {
		h.t.Fatal(err)
	}
	doc.Secret = secret
	fields := map[string]any{"name": "MCC Webhook", "type": "webhook", "status": status, "params": clear}
	if bot != "" {
		fields["bot"] = string(bot)
	}
	h.insert(bellhop.Services, doc, p, fields)
	return doc.ID
}

// heard returns the services that hear of an event in p.
func (h *house) heard(name string, p place) []bellhop.ID {
	h.t.Helper()
	var services []bellhop.ID
	err := h.db.View(h.t.Context(), func(tx *store.Tx) error {
		table, err := h.listening(h.t.Context(), tx)
		if err != nil {
			return err
		}
		for _, w := range table.match(name, p.id, p.path) {
			services = append(services, w.Service)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return services
}

// events returns what was announced, the oldest first.
func (h *house) events() []store.StoredEvent {
	h.t.Helper()
	page, err := h.Events(h.t.Context(), account.System(), "sort=id&limit=1000")
	if err != nil {
		h.t.Fatal(err)
	}
	var events []store.StoredEvent
	for _, item := range page.Items {
		var e struct {
			ID      bellhop.UUID
			Event   string
			Payload json.RawMessage
		}
		if err := json.Unmarshal(item, &e); err != nil {
			h.t.Fatal(err)
		}
		events = append(events, store.StoredEvent{Event: bellhop.Event{ID: e.ID, Name: e.Event, Payload: e.Payload}})
	}
	return events
}

// endpoint answers every request by f.
func endpoint(t testing.TB, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// answersChallenge is an endpoint that passes.
func answersChallenge(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, r.URL.Query().Get("challenge"))
}

func wantError(t testing.TB, err error, code bellhop.Code, part string) {
	t.Helper()
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code != code || !strings.Contains(e.Message, part) {
		t.Errorf("error = %v, want code %d with %q", err, code, part)
	}
}

func memberOf(name, value string) []event.Member {
	return []event.Member{{Name: name, Value: json.RawMessage(value)}}
}
