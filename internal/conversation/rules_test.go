package conversation_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestPatchConversation holds docs/contract/conversations.md section 8.
//
// Contract: conversations.md 1: type | contact bot agent system
// Contract: conversations.md 8: PATCH may change name
// Contract: conversations.md 8: participants, messages, type, contact are
// Contract: conversations.md 5.3: A PATCH of the conversation with meta replaces
func TestPatchConversation(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, answer)
	h.post(bob, id, `{"text":"/assign `+string(echoID)+`"}`)
	h.post(bob, id, `{"text":"/set old 1"}`)
	contact := h.get(id).Contact
	h.events()
	patch := func(body string) *shownConversation {
		t.Helper()
		answer, err := h.res.Patch(t.Context(), bob, bellhop.Conversations, id, []byte(body))
		if err != nil {
			t.Fatalf("Patch(%s): %v", body, err)
		}
		return decode[shownConversation](t, answer)
	}
	for _, body := range []string{`{}`, `{"unknown":1}`, `{"type":"agent","contact":null,"participants":[],"messages":[],"forms":[],"url":"x"}`, `{"meta":{"old":"1"}}`} {
		if c := patch(body); c.Type != "contact" || c.Contact != contact || len(c.Participants) != 2 || len(c.Messages) != 3 {
			t.Errorf("Patch(%s) = %+v", body, c)
		}
	}
	h.wantEvents()

	c := patch(`{"name":"N","meta":{"a":1},"tags":["t"],"categoryIndex":1,"touchpoint":"sms","context":"c"}`)
	if c.Name != "N" || len(c.Meta) != 1 || c.Tags[0] != "t" || c.Category != "Used Car" || c.Touchpoint != "sms" || c.Context != "c" {
		t.Errorf("conversation = %+v", c.Conversation)
	}
	if c := patch(`{"category":"new car"}`); c.CategoryIndex != 0 || c.Category != "New Car" {
		t.Errorf("category %d %q", c.CategoryIndex, c.Category)
	}
	if c := patch(`{"context":null,"meta":null,"tags":null}`); c.Context != "" || c.Meta == nil || c.Tags == nil || len(c.Meta) > 0 {
		t.Errorf("conversation = %+v", c.Conversation)
	}
	h.wantEvents("conversation.update", "conversation.update", "conversation.update")

	wantFlags(t, patch(`{"status":"queued"}`), "Bob Agent: accepted active", "Echo: inbox")
	if c := patch(`{"status":"closed"}`); c.Status != "closed" {
		t.Errorf("status = %s", c.Status)
	} else {
		wantFlags(t, c, "Bob Agent:", "Echo:")
	}
	told := h.told[len(h.told)-1]
	if names := names(told.Data); !slices.Equal(names, []string{"conversation", "user"}) || told.Links.User != bobID || told.Links.Contact != contact {
		t.Errorf("event = %+v", told)
	}
	if c := decode[shownConversation](t, told.Data[0].Value); len(c.Messages) != 3 || c.Status != "closed" {
		t.Errorf("data.conversation = %s", told.Data[0].Value)
	}
	for _, body := range []string{`{"status":null}`, `{"status":"odd"}`, `{"categoryIndex":10}`, `{"tags":[1]}`, `{"meta":1}`} {
		answer, err := h.res.Patch(t.Context(), bob, bellhop.Conversations, id, []byte(body))
		refusal(t, "Patch("+body+")", answer, err)
	}
}

// TestChangeMessage holds docs/contract/conversations.md section 3 on PATCH and PUT, and
// docs/contract/events.md section 1.
//
// Contract: conversations.md 3: PATCH and PUT may change text
func TestChangeMessage(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(bob, id, `{"text":"One","role":"agent","meta":{"a":1},"isBackchannel":true,"actions":[{"type":"reply","text":"R"}],"touchpoint":"sms"}`)
	h.events()
	change := func(put bool, body string) bellhop.Message {
		t.Helper()
		f := func() (json.RawMessage, error) {
			return h.res.Patch(t.Context(), ada, bellhop.Messages, m.ID, []byte(body))
		}
		if put {
			f = func() (json.RawMessage, error) { return h.c.Replace(t.Context(), ada, m.ID, []byte(body)) }
		}
		answer, err := f()
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return *decode[bellhop.Message](t, answer)
	}
	for _, put := range []bool{false, true} {
		for _, body := range []string{
			`{"text":"One","meta":{"a":1},"isBackchannel":true,"actions":[{"type":"reply","text":"R"}],"user":"` + string(echoID) + `","type":"card","role":"bot","conversation":"` + string(nobody) + `"}`,
		} {
			if got := change(put, body); got.Version != 1 || got.User != bobID || got.Type != "chat" || got.Role != "agent" {
				t.Errorf("message = %+v", got)
			}
		}
	}
	if got := change(true, ``); got.Version != 1 {
		t.Errorf("message = %+v", got)
	}
	if got := change(false, `{}`); got.Version != 1 {
		t.Errorf("message = %+v", got)
	}
	h.wantEvents()

	got := change(false, `{"text":"Two"}`)
	if got.Version != 2 || got.Text != "Two" || got.Meta["a"] != 1.0 || got.Touchpoint != "sms" || got.UpdatedAt <= got.CreatedAt {
		t.Errorf("after PATCH %+v", got)
	}
	got = change(true, `{"text":"Three"}`)
	if got.Version != 3 || got.Text != "Three" || len(got.Meta) > 0 || got.IsBackchannel || len(got.Actions) > 0 || got.Touchpoint != "sms" {
		t.Errorf("after PUT %+v", got)
	}
	told := h.told[len(h.told)-1]
	if !slices.Equal(names(told.Data), []string{"conversation", "message"}) || told.Key != id || told.Actor.ID != adaID ||
		told.Links.Message != m.ID || told.Links.Conversation != id || told.Thing != "chat message" {
		t.Errorf("event = %+v", told)
	}
	if shown := decode[bellhop.Message](t, told.Data[1].Value); shown.Version != 3 {
		t.Errorf("data.message = %s", told.Data[1].Value)
	}
	h.wantEvents("message.update", "message.update")
	for _, body := range []string{`{}`, `{"text":""}`, `[]`, `{"actions":[{}]}`} {
		answer, err := h.c.Replace(t.Context(), ada, m.ID, []byte(body))
		refusal(t, "Replace("+body+")", answer, err)
	}
}

// TestChangedCommand: effects are not repeated, and a stored /assign keeps its array
// (docs/contract/conversations.md section 3, docs/contract/README.md).
//
// Contract: conversations.md 3: PATCH and PUT may change text
// Contract: conversations.md 5: PATCH and PUT of these types
func TestChangedCommand(t *testing.T) {
	h := open(t)
	id := h.contact()
	set := h.post(bob, id, `{"text":"/set a 1"}`)
	assign := h.post(bob, id, `{"text":"/assign `+string(echoID)+`"}`)
	h.post(bob, id, `{"text":"/set a 2"}`)
	if _, err := h.c.Replace(t.Context(), bob, set.ID, []byte(`{"text":"/set a 3"}`)); err != nil {
		t.Error(err)
	}
	if _, err := h.res.Patch(t.Context(), bob, bellhop.Messages, assign.ID, []byte(`{"meta":{}}`)); err != nil {
		t.Error(err)
	}
	body, err := h.res.Get(t.Context(), ada, bellhop.Messages, assign.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if users, ok := decode[bellhop.Message](t, body).Meta["users"].([]any); !ok || len(users) != 0 {
		t.Errorf("message = %s", body)
	}
	if got := h.get(id).Meta["a"]; got != "2" {
		t.Errorf("meta.a = %v", got)
	}
}

// TestDelete holds docs/contract/resources.md section 3: what goes along has no events,
// and the payload is the last state.
func TestDelete(t *testing.T) {
	h := open(t)
	id := h.contact()
	one, two := h.post(bob, id, note), h.post(bob, id, answer)
	h.events()
	if err := h.res.Delete(t.Context(), bob, bellhop.Messages, one.ID); err != nil {
		t.Fatal(err)
	}
	if shown := decode[bellhop.Message](t, h.told[0].Data[1].Value); shown.ID != one.ID || h.told[0].Key != id {
		t.Errorf("event = %+v", h.told[0])
	}
	h.wantEvents("message.delete")
	if err := h.res.Delete(t.Context(), bob, bellhop.Conversations, id); err != nil {
		t.Fatal(err)
	}
	if c := decode[shownConversation](t, h.told[0].Data[0].Value); c.Status != "active" || !slices.Equal(c.Messages, []bellhop.ID{two.ID}) {
		t.Errorf("data.conversation = %s", h.told[0].Data[0].Value)
	}
	h.wantEvents("conversation.delete")
	_, err := h.res.Get(t.Context(), ada, bellhop.Messages, two.ID, "")
	if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.NotFound {
		t.Errorf("message of a deleted conversation: %v", err)
	}
	if e := h.refused(bob, id, note); e.Code != bellhop.NotFound {
		t.Error(e)
	}
}

// TestPermissions holds docs/contract/auth.md, "Permissions", and resources.md sections 5
// and 6.
func TestPermissions(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(echo, id, note)
	const fine, forbidden, missing = "", "Permission denied", "Conversation not found"
	post := func(id bellhop.ID, body string) func(*account.Caller) error {
		return func(c *account.Caller) error {
			_, err := h.c.Post(t.Context(), c, id, []byte(body))
			return err
		}
	}
	guests := h.start(ada, `{"participants":["`+string(guestID)+`"]}`).ID
	enabled := *eve
	enabled.Role, enabled.Scope = bellhop.RoleBot, bellhop.ScopeBot
	enabled.Enabled = []account.Place{{Organization: acme, OrgPath: acmePath}}
	for i, tt := range []struct {
		caller *account.Caller
		do     func(*account.Caller) error
		want   string
	}{
		{bob, post(id, note), fine},
		{bob, post(id, hello), fine},
		{guest, post(id, note), forbidden},
		{guest, post(guests, note), fine},
		{guest, post(guests, `{"text":"x","user":"`+string(bobID)+`"}`), forbidden},
		{view, post(id, note), forbidden},
		{view, post(id, `{`), forbidden},
		{eve, post(id, note), missing},
		{eve, post(id, `{`), missing},
		{&enabled, post(id, note), fine},
		{bob, post(nobody, note), missing},
		{bob, post(nobody, `{}`), missing},
		{bob, post("new", note), missing},
		{bob, post("new", `[]`), missing},
		{bob, post(id, `{"text":"x","user":"`+string(adaID)+`"}`), forbidden},
		{bob, post(id, `{"text":"x","user":"`+string(bobID)+`"}`), fine},
		{ada, post(id, `{"text":"x","user":"`+string(bobID)+`"}`), fine},
		{ada, post(id, `{"text":"x","user":"`+string(eveID)+`"}`), "User not found"},
		{ada, post(guests, hello), "Validation failed: role contact is for conversations with a contact"},
		{guest, func(c *account.Caller) error { _, err := h.c.Replace(t.Context(), c, m.ID, nil); return err }, forbidden},
		{eve, func(c *account.Caller) error { _, err := h.c.Replace(t.Context(), c, m.ID, nil); return err }, "Message not found"},
		{bob, func(c *account.Caller) error { _, err := h.c.Replace(t.Context(), c, "x", nil); return err }, "Message not found"},
		{bob, func(c *account.Caller) error { return h.res.Delete(t.Context(), c, bellhop.Conversations, guests) }, forbidden},
		{guest, func(c *account.Caller) error { return h.res.Delete(t.Context(), c, bellhop.Conversations, guests) }, forbidden},
		{eve, func(c *account.Caller) error { return h.res.Delete(t.Context(), c, bellhop.Conversations, guests) }, missing},
		{guest, func(c *account.Caller) error {
			_, err := h.res.Get(t.Context(), c, bellhop.Conversations, guests, "")
			return err
		}, fine},
		{bob, func(c *account.Caller) error { return h.res.Delete(t.Context(), c, bellhop.Conversations, id) }, fine},
		{ada, func(c *account.Caller) error { return h.res.Delete(t.Context(), c, bellhop.Conversations, guests) }, fine},
	} {
		err := tt.do(tt.caller)
		e, _ := errors.AsType[*bellhop.Error](err)
		if tt.want == fine && err != nil || tt.want != fine && (e == nil || e.Message != tt.want) {
			t.Errorf("case %d, %s: %v, want %q", i, tt.caller.Name, err, tt.want)
		}
	}
}
