package subscription

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// docs/contract/extensions.md section 1.
//
// Contract: extensions.md 1: The envelope's activity.object
// Contract: extensions.md 1: data
// Contract: extensions.md 1: Patterns of params.events
func TestPublish(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "", "order.**")
	h.webhook(h.top, "", "message.**")
	body := fmt.Sprintf(`{"event":"order.created","organization":%q,"key":"order-17","data":{"order":{"id":"17","price":1.0},"links":{"order":"x"}}}`, h.leaf.id)
	p, err := h.Publish(t.Context(), h.admin, []byte(body), "")
	if err != nil {
		t.Fatal(err)
	}
	if p.Array || p.Repeat || len(p.Events) != 1 || p.Events[0].Deliveries != 1 || p.Events[0].Organization != h.leaf.id {
		t.Fatalf("publication %+v", p)
	}
	id := p.Events[0].ID.String()
	body = string(h.events()[0].Payload)
	for _, part := range []string{
		`"event":"order.created"`, `"organization":"` + string(h.leaf.id) + `"`, `"data":{"order":{"id":"17","price":1},"links":{`,
		`"object":{"id":"https://api.example.test/v2/events/` + id + `","type":"Object"}`,
		`"organization":"https://api.example.test/v2/organizations/` + string(h.leaf.id) + `"`,
		`"summary":"User Ada Smit published order.created"`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("payload %s lacks %s", body, part)
		}
	}
	page, err := h.Deliveries(t.Context(), h.admin, "service="+string(service))
	if err != nil || page.Total != 1 || !bytes.Contains(page.Items[0], []byte(`"key":"order-17","status":"pending","attempts":0`)) ||
		!bytes.Contains(page.Items[0], []byte(`"eventId":"`+id+`"`)) {
		t.Errorf("deliveries %s, %v", page.Items, err)
	}
}

// Contract: extensions.md 1: event
// Contract: extensions.md 1: organization
// Contract: extensions.md 1: key
// Contract: extensions.md 1: POST /v2/events (scope bot
func TestPublishRefuses(t *testing.T) {
	h := newHouse(t)
	other := h.db.NewID(1)
	agent := *h.admin
	agent.Scope = bellhop.ScopeAgent
	for _, test := range []struct {
		name   string
		caller *account.Caller
		body   string
		key    string
		code   bellhop.Code
		want   string
	}{
		{"no json", h.admin, `{`, "", bellhop.Invalid, "Invalid JSON"},
		{"number", h.admin, `17`, "", bellhop.Invalid, "must be an object"},
		{"empty array", h.admin, `[]`, "", bellhop.Invalid, "empty"},
		{"null in array", h.admin, `[null]`, "", bellhop.Invalid, "must be an object"},
		{"too many", h.admin, `[` + strings.Repeat(`{"event":"a.b"},`, 1000) + `{"event":"a.b"}]`, "", bellhop.TooLarge, "1000"},
		{"no name", h.admin, `{}`, "", bellhop.Invalid, "event is required"},
		{"one segment", h.admin, `{"event":"order"}`, "", bellhop.Invalid, "event must be"},
		{"name as number", h.admin, `{"event":1}`, "", bellhop.Invalid, "event"},
		{"forged", h.admin, `{"event":"message.create.contact.chat"}`, "", bellhop.Invalid, "message"},
		{"reserved but not served", h.admin, `{"event":"kbase.create"}`, "", bellhop.Invalid, "kbase"},
		{"data", h.admin, `{"event":"a.b","data":[]}`, "", bellhop.Invalid, "data must be an object"},
		{"key", h.admin, `{"event":"a.b","key":"` + strings.Repeat("k", 257) + `"}`, "", bellhop.Invalid, "key"},
		{"id", h.admin, `{"event":"a.b","id":"17"}`, "", bellhop.Invalid, "id must be a UUID"},
		{"header and body", h.admin, `{"event":"a.b","id":"5f0c6d2e-1b7a-41ef-9c3d-2f6a1e4b8d90"}`, "5f0c6d2e-1b7a-41ef-9c3d-2f6a1e4b8d91", bellhop.Invalid, "Idempotency-Key"},
		{"header and array", h.admin, `[{"event":"a.b"}]`, "5f0c6d2e-1b7a-41ef-9c3d-2f6a1e4b8d91", bellhop.Invalid, "single"},
		{"unknown organization", h.admin, fmt.Sprintf(`{"event":"a.b","organization":%q}`, other), "", bellhop.NotFound, "Organization not found"},
		{"malformed organization", h.admin, `{"event":"a.b","organization":"x"}`, "", bellhop.NotFound, "Organization not found"},
		{"agent", &agent, `{"event":"a.b"}`, "", bellhop.Forbidden, "Permission denied"},
		{"large", h.admin, `{"event":"a.b","data":{"x":"` + strings.Repeat("x", 102400) + `"}}`, "", bellhop.TooLarge, "Event too large"},
		{"huge number", h.admin, `{"event":"a.b","data":{"x":1e999}}`, "", bellhop.Invalid, "Validation failed"},
		{"element", h.admin, `[{"event":"a.b"},{"event":"order"}]`, "", bellhop.Invalid, "(element 1)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := h.Publish(t.Context(), test.caller, []byte(test.body), test.key)
			wantError(t, err, test.code, test.want)
		})
	}
	if events := h.events(); len(events) != 0 {
		t.Errorf("refusals left %d events", len(events))
	}
}

// Contract: extensions.md 1: id
func TestPublishAgain(t *testing.T) {
	h := newHouse(t)
	h.webhook(h.top, "")
	const id = "5F0C6D2E-1B7A-41EF-9C3D-2F6A1E4B8D90"
	first, err := h.Publish(t.Context(), h.admin, []byte(`{"event":"a.b","id":"`+id+`","data":{"x":1}}`), "")
	if err != nil || first.Repeat || first.Events[0].ID.String() != strings.ToLower(id) {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := h.Publish(t.Context(), h.admin, []byte(`{"data":{"x":1.0},"event":"a.b"}`), id)
	if err != nil || !again.Repeat || again.Events[0] != first.Events[0] {
		t.Errorf("again: %+v, %v, want %+v", again, err, first.Events[0])
	}
	_, err = h.Publish(t.Context(), h.admin, []byte(`{"event":"a.b","id":"`+id+`","data":{"x":2}}`), "")
	wantError(t, err, bellhop.Conflict, strings.ToLower(id))

	// Ids are unique by organization.
	elsewhere, err := h.Publish(t.Context(), h.admin, []byte(fmt.Sprintf(`{"event":"a.b","id":%q,"organization":%q}`, id, h.side.id)), "")
	if err != nil || elsewhere.Repeat {
		t.Errorf("in another organization: %+v, %v", elsewhere, err)
	}
	// An array mixes old and new, and itself; it is stored whole or not at all.
	mixed, err := h.Publish(t.Context(), h.admin, []byte(fmt.Sprintf(`[{"event":"a.b","id":%q,"data":{"x":1}},{"event":"c.d"}]`, id)), "")
	if err != nil || mixed.Repeat || !mixed.Array || mixed.Events[0] != first.Events[0] {
		t.Errorf("mixed: %+v, %v", mixed, err)
	}
	before := len(h.events())
	_, err = h.Publish(t.Context(), h.admin, []byte(fmt.Sprintf(`[{"event":"c.d"},{"event":"c.d","id":%q}]`, id)), "")
	wantError(t, err, bellhop.Conflict, "(element 1)")
	if after := len(h.events()); after != before || before != 3 {
		t.Errorf("%d events, then %d, want 3", before, after)
	}
}

// Contract: extensions.md 1: An array is stored whole
func TestPublishBoundsDeliveries(t *testing.T) {
	h := newHouse(t)
	for range 11 {
		h.webhook(h.top, "")
	}
	body := []byte("[" + strings.Repeat(`{"event":"a.b"},`, 909) + `{"event":"a.b"}]`)
	_, err := h.Publish(t.Context(), h.admin, body, "")
	wantError(t, err, bellhop.TooLarge, "10000 deliveries")
	if events := h.events(); len(events) != 0 {
		t.Errorf("the refusal left %d events", len(events))
	}
}

// Who is no admin of an organization does not read what happened in it.
func TestEventsAndDeliveriesAreForAdmins(t *testing.T) {
	h := newHouse(t)
	h.webhook(h.top, "")
	p, err := h.Publish(t.Context(), h.admin, []byte(`{"event":"a.b"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	stranger := &account.Caller{Scope: bellhop.ScopeAdmin, Memberships: []account.Membership{
		{Place: account.Place{Organization: h.side.id, OrgPath: h.side.path}, Role: bellhop.RoleAdmin}}}
	_, err = h.Event(t.Context(), stranger, p.Events[0].ID)
	wantError(t, err, bellhop.NotFound, "Event not found")
	bot := *h.admin
	bot.Scope = bellhop.ScopeBot
	_, err = h.Event(t.Context(), &bot, p.Events[0].ID)
	wantError(t, err, bellhop.Forbidden, "Permission denied")
	_, err = h.Deliveries(t.Context(), &bot, "")
	wantError(t, err, bellhop.Forbidden, "Permission denied")
	page, err := h.Deliveries(t.Context(), stranger, "")
	if err != nil || page.Total != 0 || len(page.Items) != 0 {
		t.Errorf("a stranger lists %d deliveries, %v", page.Total, err)
	}
}

// docs/contract/extensions.md section 2: what an endpoint answers is for the admins of its
// service, also when what happened is further down.
//
// Contract: extensions.md 2: GET /v2/deliveries (admins
func TestDeliveriesBelongToTheirService(t *testing.T) {
	h := newHouse(t)
	h.webhook(h.mid, "")
	if _, err := h.Publish(t.Context(), h.admin, fmt.Appendf(nil, `{"event":"a.b","organization":%q}`, h.leaf.id), ""); err != nil {
		t.Fatal(err)
	}
	page, err := h.Deliveries(t.Context(), h.admin, "")
	if err != nil || page.Total != 1 {
		t.Fatalf("the admin above lists %d deliveries, %v, want one", page.Total, err)
	}
	var d struct{ ID bellhop.UUID }
	if err := json.Unmarshal(page.Items[0], &d); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		at   place
		want int
	}{{"of the service", h.mid, 1}, {"below", h.leaf, 0}, {"beside", h.side, 0}} {
		admin := &account.Caller{Scope: bellhop.ScopeAdmin, Memberships: []account.Membership{
			{Place: account.Place{Organization: test.at.id, OrgPath: test.at.path}, Role: bellhop.RoleAdmin}}}
		page, err := h.Deliveries(t.Context(), admin, "")
		if err != nil || page.Total != test.want {
			t.Errorf("the admin %s lists %d deliveries, %v, want %d", test.name, page.Total, err, test.want)
		}
		_, err = h.Delivery(t.Context(), admin, d.ID)
		if (err == nil) != (test.want == 1) {
			t.Errorf("the admin %s reads it: %v", test.name, err)
		}
	}
}
