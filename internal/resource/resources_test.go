package resource_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/egress"
	"bellhop/internal/resource"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

// estate is a store that is set up, with its admin.
type estate struct {
	*resource.Resources
	t     *testing.T
	db    *store.DB
	subs  *subscription.Subscriptions
	admin *account.Caller
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, storetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	client, err := egress.New(egress.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.New(ctx, db, account.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.Setup(ctx, account.SetupRequest{Organization: "Acme", Email: "ada@example.com", Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	answer, err := accounts.Token(ctx, []byte(`{"email":"ada@example.com","password":"correct horse"}`), "test")
	if err != nil {
		t.Fatal(err)
	}
	var tokens struct{ Token string }
	if err := json.Unmarshal(answer, &tokens); err != nil {
		t.Fatal(err)
	}
	e := &estate{t: t, db: db, subs: subscription.New(subscription.Config{DB: db, Egress: client, API: "https://api.example.test"})}
	if e.admin, err = accounts.Authenticate(ctx, "Bearer "+tokens.Token); err != nil {
		t.Fatal(err)
	}
	rules := resource.AccountRules(accounts)
	rules[bellhop.Services] = resource.ServiceRules(e.subs, func(bellhop.ID) {})
	e.Resources = resource.New(resource.Config{DB: db, Subscriptions: e.subs, Rules: rules})
	return e
}

// made creates a resource and returns its fields.
func (e *estate) made(kind *bellhop.Kind, body string) map[string]any {
	e.t.Helper()
	return e.fields(e.Create(e.t.Context(), e.admin, kind, []byte(body)))
}

func (e *estate) fields(body json.RawMessage, err error) map[string]any {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		e.t.Fatal(err)
	}
	return fields
}

// happened returns the names of all events, the oldest first.
func (e *estate) happened() string {
	e.t.Helper()
	page, err := e.subs.Events(e.t.Context(), e.admin, "sort=id&limit=1000")
	if err != nil {
		e.t.Fatal(err)
	}
	var names []string
	for _, item := range page.Items {
		var event struct{ Event string }
		if err := json.Unmarshal(item, &event); err != nil {
			e.t.Fatal(err)
		}
		names = append(names, event.Event)
	}
	return strings.Join(names, " ")
}

func wantCode(t *testing.T, err error, code bellhop.Code, part string) {
	t.Helper()
	got, ok := errors.AsType[*bellhop.Error](err)
	if !ok || got.Code != code || !strings.Contains(got.Message, part) {
		t.Errorf("error = %v, want code %d with %q", err, code, part)
	}
}

func id(fields map[string]any) bellhop.ID { return bellhop.ID(fields["id"].(string)) }

// docs/contract/events.md section 2, docs/contract/resources.md section 3.
func TestChangesAndTheirEvents(t *testing.T) {
	e := newEstate(t)
	bot := e.made(bellhop.Bots, `{"name":"Echo"}`)
	instance := e.made(bellhop.BotInstances, `{"bot":"`+string(id(bot))+`","enabled":true,"shoe":"left"}`)
	if instance["shoe"] != "left" || instance["createdBy"] != string(e.admin.ID) || instance["organization"] != string(e.admin.Organization) {
		t.Errorf("instance %v", instance)
	}
	at := instance["updatedAt"]
	same := e.fields(e.Patch(t.Context(), e.admin, bellhop.BotInstances, id(instance), []byte(`{"enabled":true,"createdAt":"x"}`)))
	if same["updatedAt"] != at {
		t.Errorf("a PATCH that changes nothing moves updatedAt from %v to %v", at, same["updatedAt"])
	}
	e.fields(e.Patch(t.Context(), e.admin, bellhop.BotInstances, id(instance), []byte(`{}`)))
	changed := e.fields(e.Patch(t.Context(), e.admin, bellhop.BotInstances, id(instance), []byte(`{"enabled":false,"shoe":null}`)))
	if _, there := changed["shoe"]; there || changed["enabled"] != false {
		t.Errorf("changed %v", changed)
	}
	if err := e.Delete(t.Context(), e.admin, bellhop.BotInstances, id(instance)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, e.Delete(t.Context(), e.admin, bellhop.BotInstances, id(instance)), bellhop.NotFound, "Botinstance not found")
	if got, want := e.happened(), "bot.create botinstance.create botinstance.update botinstance.delete"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
}

// docs/contract/events.md section 2: X.update also when a side effect changed the resource.
func TestRenamedBotIsARenamedUser(t *testing.T) {
	e := newEstate(t)
	bot := e.made(bellhop.Bots, `{"name":"Echo"}`)
	e.fields(e.Patch(t.Context(), e.admin, bellhop.Bots, id(bot), []byte(`{"description":"Repeats"}`)))
	e.fields(e.Patch(t.Context(), e.admin, bellhop.Bots, id(bot), []byte(`{"name":"Narcissus"}`)))
	user := e.fields(e.Get(t.Context(), e.admin, bellhop.Users, id(bot), ""))
	if user["name"] != "Narcissus" {
		t.Errorf("the user is called %v", user["name"])
	}
	if got, want := e.happened(), "bot.create bot.update bot.update user.update"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
}

// Contract: resources.md 6: Moving a resource
func TestOrganizationCannotBeChanged(t *testing.T) {
	e := newEstate(t)
	child := e.made(bellhop.Organizations, `{"name":"Child"}`)
	bot := e.made(bellhop.Bots, `{"name":"Echo"}`)
	_, err := e.Patch(t.Context(), e.admin, bellhop.Bots, id(bot), []byte(`{"organization":"`+string(id(child))+`"}`))
	wantCode(t, err, bellhop.Invalid, "organization cannot be changed")
	// As it is, it may be sent along.
	e.fields(e.Patch(t.Context(), e.admin, bellhop.Bots, id(bot), []byte(`{"organization":"`+string(e.admin.Organization)+`"}`)))
}

// Contract: resources.md 2: References are id strings unless populated
func TestPopulate(t *testing.T) {
	e := newEstate(t)
	bot := e.made(bellhop.Bots, `{"name":"Echo"}`)
	instance := e.made(bellhop.BotInstances, `{"bot":"`+string(id(bot))+`"}`)
	got := e.fields(e.Get(t.Context(), e.admin, bellhop.BotInstances, id(instance), "populate=bot.createdBy,organization,nothing&select=bot.createdBy.email,organization.name"))
	text, _ := json.Marshal(got)
	want := `{"bot":{"createdBy":{"email":"ada@example.com"}},"id":"` + string(id(instance)) + `","organization":{"name":"Acme"}}`
	if string(text) != want {
		t.Errorf("populated %s, want %s", text, want)
	}
	// A dangling id stays an id.
	if err := e.Delete(t.Context(), e.admin, bellhop.Bots, id(bot)); err != nil {
		t.Fatal(err)
	}
}

// docs/contract/services.md section 4: the GET happens before the write, and if somebody
// else has changed the service meanwhile it starts over.
func TestServiceIsVerifiedAsItIsWritten(t *testing.T) {
	e := newEstate(t)
	var service map[string]any
	var asked atomic.Int32
	var during func()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 2 {
			during()
		}
		io.WriteString(w, r.URL.Query().Get("challenge"))
	}))
	defer endpoint.Close()
	service = e.made(bellhop.Services, `{"name":"A","type":"webhook","params":{"url":"`+endpoint.URL+`","secret":"s"}}`)
	during = func() {
		if _, err := e.Patch(context.WithoutCancel(t.Context()), e.admin, bellhop.Services, id(service), []byte(`{"name":"B"}`)); err != nil {
			t.Error(err)
		}
	}
	got := e.fields(e.Patch(t.Context(), e.admin, bellhop.Services, id(service), []byte(`{"params":{"url":"`+endpoint.URL+`/other","secret":"s"}}`)))
	if got["name"] != "B" || got["status"] != "active" || asked.Load() != 3 {
		t.Errorf("service %v after %d challenges, want the other name and 3", got, asked.Load())
	}
}

// What lies outside of a caller's organizations does not exist for him.
//
// Contract: resources.md 6: Everything else does not exist
// Contract: resources.md 6: An explicit organization
func TestScope(t *testing.T) {
	e := newEstate(t)
	child := e.made(bellhop.Organizations, `{"name":"Child"}`)
	bot := e.made(bellhop.Bots, `{"name":"Echo"}`)
	path := child["path"].(string)
	stranger := &account.Caller{
		ID: e.admin.ID, Scope: bellhop.ScopeAdmin, Role: bellhop.RoleAdmin, Organization: id(child), OrgPath: path,
		Memberships: []account.Membership{{Place: account.Place{Organization: id(child), OrgPath: path}, Role: bellhop.RoleAdmin}},
	}
	ctx := t.Context()
	_, err := e.Get(ctx, stranger, bellhop.Bots, id(bot), "")
	wantCode(t, err, bellhop.NotFound, "Bot not found")
	_, err = e.Patch(ctx, stranger, bellhop.Bots, id(bot), []byte(`{"name":"Mine"}`))
	wantCode(t, err, bellhop.NotFound, "Bot not found")
	wantCode(t, e.Delete(ctx, stranger, bellhop.Bots, id(bot)), bellhop.NotFound, "Bot not found")
	_, err = e.Create(ctx, stranger, bellhop.Bots, []byte(`{"name":"X","organization":"`+string(e.admin.Organization)+`"}`))
	wantCode(t, err, bellhop.NotFound, "Organization not found")
	page, err := e.List(ctx, stranger, bellhop.Bots, "")
	if err != nil || page.Total != 0 {
		t.Errorf("a stranger lists %d bots, %v", page.Total, err)
	}
	weak := *e.admin
	weak.Scope = bellhop.ScopeBot
	_, err = e.Create(ctx, &weak, bellhop.Bots, []byte(`{"name":"X"}`))
	wantCode(t, err, bellhop.Forbidden, "Permission denied")
	_, err = e.List(ctx, &weak, bellhop.Services, "")
	wantCode(t, err, bellhop.Forbidden, "Permission denied")
}
