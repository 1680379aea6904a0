package conversation_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/event"
	"bellhop/internal/resource"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

// The organizations and users that every test has: a level 1 organization with two below
// it, and people of the first of those.
const (
	top     bellhop.ID = "64b0f1a2c3d4e5f60718293a"
	acme    bellhop.ID = "64b0f1a2c3d4e5f60718294b"
	other   bellhop.ID = "64b0f1a2c3d4e5f60718294c"
	adaID   bellhop.ID = "64b0f1a2c3d4e5f607182940"
	bobID   bellhop.ID = "64b0f1a2c3d4e5f607182941"
	guestID bellhop.ID = "64b0f1a2c3d4e5f607182942"
	viewID  bellhop.ID = "64b0f1a2c3d4e5f607182943"
	eveID   bellhop.ID = "64b0f1a2c3d4e5f607182944" // of other
	echoID  bellhop.ID = "64b0f1a2c3d4e5f607182930" // a bot of top
	hireID  bellhop.ID = "64b0f1a2c3d4e5f607182931" // a bot of other, with an instance in acme
	nobody  bellhop.ID = "64b0f1a2c3d4e5f6071829ff"

	leadID  bellhop.ID = "64b0f1a2c3d4e5f607182970" // a form of both categories
	tradeID bellhop.ID = "64b0f1a2c3d4e5f607182971" // a form of Used Car
	looseID bellhop.ID = "64b0f1a2c3d4e5f607182972" // a form of no category
)

const topPath, acmePath, otherPath = string(top), string(top) + "#" + string(acme), string(top) + "#" + string(other)

var (
	ada   = member(adaID, "Ada Smit", bellhop.RoleAdmin, acme, acmePath)
	bob   = member(bobID, "Bob Agent", bellhop.RoleAgent, acme, acmePath)
	guest = member(guestID, "Gus Guest", bellhop.RoleGuest, acme, acmePath)
	view  = member(viewID, "Vi Viewer", bellhop.RoleViewer, acme, acmePath)
	eve   = member(eveID, "Eve Else", bellhop.RoleAdmin, other, otherPath)
	echo  = member(echoID, "Echo", bellhop.RoleBot, top, topPath)
	hire  = member(hireID, "Hire", bellhop.RoleBot, other, otherPath)
)

func member(id bellhop.ID, name string, role bellhop.Role, organization bellhop.ID, path string) *account.Caller {
	place := account.Place{Organization: organization, OrgPath: path}
	return &account.Caller{
		ID: id, Name: name, Role: role, Scope: role.Scope(), Organization: organization, OrgPath: path,
		Memberships: []account.Membership{{Place: place, Role: role}},
	}
}

// house is a store with conversations, and what was announced.
type house struct {
	// T is set anew by each subtest that shares the house.
	*testing.T
	db   *store.DB
	c    *conversation.Conversations
	res  *resource.Resources
	told []*subscription.Happening
	now  time.Time
}

func open(t *testing.T) *house {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h := furnish(t, db)
	h.update(func(tx *store.Tx) error { return h.populate(t.Context(), tx) })
	return h
}

// furnish makes what works on db.
func furnish(t *testing.T, db *store.DB) *house {
	h := &house{T: t, db: db, now: time.Date(2024, 5, 26, 10, 15, 30, 0, time.UTC)}
	clock := func() time.Time { h.now = h.now.Add(time.Millisecond); return h.now }
	h.c = conversation.New(conversation.Config{
		DB: db, App: "https://app.example.test", Now: clock,
		Announce: func(_ context.Context, _ *store.Tx, told *subscription.Happening) error {
			h.told = append(h.told, told)
			return nil
		},
	})
	rules := h.c.Rules()
	channels := rules[bellhop.Channels]
	channels.Announce = func(context.Context, *resource.Change) error { return nil } // here there are no subscriptions
	rules[bellhop.Channels] = channels
	h.res = resource.New(resource.Config{DB: db, Rules: rules, Now: clock})
	return h
}

func (h *house) update(f func(*store.Tx) error) {
	h.Helper()
	if err := h.db.Update(h.Context(), f); err != nil {
		h.Fatal(err)
	}
}

func (h *house) populate(ctx context.Context, tx *store.Tx) error {
	put := func(kind *bellhop.Kind, id, organization bellhop.ID, path, body string) error {
		return tx.Insert(ctx, kind, &bellhop.Document{
			ID: id, Organization: organization, OrgPath: path, CreatedAt: 1, UpdatedAt: 1, Body: []byte(body),
		})
	}
	errs := []error{
		put(bellhop.Organizations, top, top, topPath, `{"id":"`+string(top)+`","categories":[]}`),
		put(bellhop.Organizations, acme, acme, acmePath,
			`{"id":"`+string(acme)+`","name":"acme","displayName":"Acme Corp","categories":[{"name":"New Car","forms":["`+string(leadID)+`"]},{"name":"Used Car","forms":["`+string(leadID)+`","`+string(tradeID)+`"]}]}`),
		put(bellhop.Forms, leadID, acme, acmePath, `{"id":"`+string(leadID)+`","name":"Lead","fields":[{"name":"Brand","key":"brand"},{"name":"Budget"}]}`),
		put(bellhop.Forms, tradeID, acme, acmePath, `{"id":"`+string(tradeID)+`","name":"Trade in","fields":[{"name":"Plate","key":"plate"},{"name":"Brand","key":"brand"}]}`),
		put(bellhop.Forms, looseID, acme, acmePath, `{"id":"`+string(looseID)+`","name":"Loose"}`),
		put(bellhop.Bots, echoID, top, topPath, `{"id":"`+string(echoID)+`","name":"Echo the bot"}`),
		put(bellhop.Organizations, other, other, otherPath, `{"id":"`+string(other)+`","categories":[]}`),
		put(bellhop.BotInstances, nobody, acme, acmePath, `{"bot":"`+string(hireID)+`","enabled":true}`),
	}
	for _, c := range []*account.Caller{ada, bob, guest, view, eve, echo, hire} {
		u := bellhop.User{
			ID: c.ID, GivenName: c.Name, DisplayName: c.Name, Name: c.Name, Role: c.Role, Organization: c.Organization, OrgPath: c.OrgPath,
			Organizations: []bellhop.Membership{{Organization: c.Organization, OrgPath: c.OrgPath, Role: c.Role, Selected: true}},
		}
		body, err := event.AppendValue(nil, u)
		errs = append(errs, err, put(bellhop.Users, c.ID, c.Organization, c.OrgPath, string(body)))
	}
	return errors.Join(errs...)
}

// start begins a conversation and returns it.
func (h *house) start(caller *account.Caller, body string) *shownConversation {
	h.Helper()
	answer, _, err := h.c.Start(h.Context(), caller, []byte(body))
	if err != nil {
		h.Fatalf("Start(%s): %v", body, err)
	}
	return decode[shownConversation](h.T, answer)
}

// contact makes a contact and returns the conversation with him, in which nobody takes
// part.
func (h *house) contact() bellhop.ID {
	h.Helper()
	answer, err := h.c.CreateContact(h.Context(), account.System(), []byte(`{"organization":"`+string(acme)+`","profile":{"name":"Jenny Jones"}}`))
	if err != nil {
		h.Fatal(err)
	}
	h.told = nil
	return decode[bellhop.Contact](h.T, answer).Conversation
}

// post posts and returns the message.
func (h *house) post(caller *account.Caller, id bellhop.ID, body string) bellhop.Message {
	h.Helper()
	answer, err := h.c.Post(h.Context(), caller, id, []byte(body))
	if err != nil {
		h.Fatalf("Post(%s): %v", body, err)
	}
	return *decode[bellhop.Message](h.T, answer)
}

func (h *house) refused(caller *account.Caller, id bellhop.ID, body string) *bellhop.Error {
	h.Helper()
	answer, err := h.c.Post(h.Context(), caller, id, []byte(body))
	return refusal(h.T, "Post("+body+")", answer, err)
}

// refusal returns err, which must be one that a caller can act on.
func refusal(t *testing.T, what string, answer json.RawMessage, err error) *bellhop.Error {
	t.Helper()
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code == bellhop.Internal {
		t.Fatalf("%s = %s, %v, want a refusal", what, answer, err)
	}
	return e
}

// shownConversation is a conversation as clients see it.
type shownConversation struct {
	bellhop.Conversation
	Messages []bellhop.ID `json:"messages"`
}

// get reads a conversation as ada does.
func (h *house) get(id bellhop.ID) *shownConversation {
	h.Helper()
	body, err := h.res.Get(h.Context(), ada, bellhop.Conversations, id, "")
	if err != nil {
		h.Fatal(err)
	}
	return decode[shownConversation](h.T, body)
}

func decode[T any](t *testing.T, body []byte) *T {
	t.Helper()
	v := new(T)
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return v
}

// events returns the names of what was announced since it was last asked.
func (h *house) events() []string {
	var names []string
	for _, told := range h.told {
		names = append(names, told.Event)
	}
	h.told = nil
	return names
}

func (h *house) wantEvents(want ...string) {
	h.Helper()
	if got := h.events(); !slices.Equal(got, want) {
		h.Errorf("events = %q, want %q", got, want)
	}
}

// flags describes a participant in short: "Bob Agent: active accepted".
func flags(p bellhop.Participant) string {
	words := []string{p.Name + ":"}
	for word, on := range map[string]bool{"active": p.Active, "accepted": p.Accepted, "inbox": p.Inbox, "follow": p.Follow} {
		if on {
			words = append(words, word)
		}
	}
	slices.Sort(words[1:])
	return strings.Join(words, " ")
}

func allFlags(c *shownConversation) []string {
	all := []string{}
	for _, p := range c.Participants {
		all = append(all, flags(p))
	}
	return all
}

func wantFlags(t *testing.T, c *shownConversation, want ...string) {
	t.Helper()
	if got := allFlags(c); !slices.Equal(got, want) {
		t.Errorf("participants = %q, want %q", got, want)
	}
}
