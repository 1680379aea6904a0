package conversation_test

import (
	"encoding/json"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// TestStartType holds the table of docs/contract/conversations.md section 7.
//
// Contract: conversations.md 7: no contact, caller is a bot
// Contract: conversations.md 7: no contact, other caller
// Contract: conversations.md 7: type: "contact" with contact: {profile}
func TestStartType(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		caller *account.Caller
		body   string
		want   bellhop.ConversationType
	}{
		{echo, `{}`, "bot"},
		{bob, `{}`, "agent"},
		{bob, `{"type":"agent"}`, "agent"},
		{echo, `{"type":"system"}`, "system"},
		{ada, `{"type":"system"}`, "system"},
		{bob, `{"contact":{"profile":{"email":"a@example.com"}},"messages":[{"text":"x"}]}`, "contact"},
	} {
		if got := h.start(tt.caller, tt.body).Type; got != tt.want {
			t.Errorf("Start(%s, %s) is of type %s, want %s", tt.caller.Name, tt.body, got, tt.want)
		}
	}
}

// TestStartTeam holds docs/contract/conversations.md sections 1, 2 and 7.
//
// Contract: conversations.md 7: POST /v2/conversations.
// Contract: conversations.md 7: Fields: organization, type, name
// Contract: conversations.md 7: It has organization as id, the caller as first participant
// Contract: conversations.md 7: participants may be ids or {user} objects
// Contract: events.md 2: conversation.create fires before the message.create.* events of its initial messages
func TestStartTeam(t *testing.T) {
	h := open(t)
	c := h.start(bob, `{"name":"Tour","meta":{"a":1},"tags":["x"],"context":"c","touchpoint":"web","category":"used car",
		"participants":["`+string(echoID)+`",{"user":"`+string(adaID)+`","active":true},"`+string(bobID)+`"],
		"messages":[{"text":"Hi"},{"text":"/set b 2"}],"status":"closed","url":"mine","id":"mine"}`)
	if c.Organization != acme || c.OrgPath != acmePath || c.Type != "agent" || c.Name != "Tour" || c.Status != "active" || c.Contact != "" {
		t.Errorf("conversation = %+v", c.Conversation)
	}
	if c.CategoryIndex != 1 || c.Category != "Used Car" || c.Touchpoint != "web" || c.Context != "c" || c.Tags[0] != "x" {
		t.Errorf("conversation = %+v", c.Conversation)
	}
	if c.URL != "https://app.example.test/conversations/"+string(c.ID) || c.CreatedBy != bobID {
		t.Errorf("url %q, createdBy %q", c.URL, c.CreatedBy)
	}
	if c.Meta["a"] != 1.0 || c.Meta["b"] != "2" {
		t.Errorf("meta = %v", c.Meta)
	}
	wantFlags(t, c, "Bob Agent: active", "Echo: inbox", "Ada Smit: inbox")
	if len(c.Messages) != 4 { // an /assign for each participant, then the two
		t.Errorf("messages = %v", c.Messages)
	}
	h.wantEvents("conversation.create",
		"message.create.agent.command", "conversation.update", "message.create.agent.command", "conversation.update",
		"message.create.agent.chat", "message.create.agent.command", "conversation.update")
}

// TestStartCopy holds docs/contract/resources.md section 3: what was read may be posted
// again.
func TestStartCopy(t *testing.T) {
	h := open(t)
	first := h.start(bob, `{"name":"Tour","messages":[{"text":"Hi"}]}`)
	body, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	second := h.start(bob, string(body))
	if second.ID == first.ID || second.Name != "Tour" || len(second.Messages) != 0 {
		t.Errorf("copy = %+v", second)
	}
}

// TestStartRefused holds docs/contract/conversations.md section 7 and auth.md,
// "Permissions".
//
// Contract: conversations.md Business-initiated (outbound): Required: organization (or the token's)
// Contract: conversations.md Business-initiated (outbound): Else 400
func TestStartRefused(t *testing.T) {
	h := open(t)
	known := string(h.get(h.contact()).Contact)
	const forbidden, missing = "Permission denied", "Organization not found"
	profile := `"contact":{"profile":{"email":"b@example.com"}}`
	for _, tt := range []struct {
		caller *account.Caller
		body   string
		want   string
	}{
		{bob, `[]`, "Validation failed: conversation must be an object"},
		{bob, `{`, "Invalid JSON"},
		{bob, `{"type":"party"}`, "Validation failed: type must be one of contact, bot, agent, system"},
		{bob, `{"type":"contact"}`, "Validation failed: contact is required for type contact"},
		{bob, `{"type":"agent",` + profile + `}`, "Validation failed: contact is for type contact only"},
		{bob, `{"type":"contact",` + profile + `}`, "Validation failed: messages are required for type contact"},
		{bob, `{"contact":{"profile":{"name":"x"}},"messages":[{"text":"x"}]}`, "Validation failed: contact.profile needs an email or a telephone"},
		{bob, `{` + profile + `,"messages":[{"text":"x","role":"agent"},{"text":"x","touchpoint":"sms","delay":1000}]}`,
			"Validation failed: messages.touchpoint is required on the first agent message"},
		{bob, `{` + profile + `,"messages":[{"text":"x","touchpoint":"sms","delay":1000},{"text":"x","role":"agent"}]}`,
			"Validation failed: messages.touchpoint is required on the first agent message"},
		{bob, `{"contact":{},"messages":[{"text":"x"}]}`, "Validation failed: contact.profile needs an email or a telephone"},
		{bob, `{"contact":{"profile":{"telephone":"0113"}},"messages":[{"text":"x"}]}`,
			"Validation failed: profile.telephone is not a telephone number that begins with + and the country code"},
		{bob, `{` + profile + `,"messages":[{"text":"x"},{"text":"x","role":"agent"}]}`,
			"Validation failed: messages.touchpoint is required on the first agent message"},
		{bob, `{"contact":"` + string(nobody) + `","messages":[{"text":"x"}]}`, "Contact not found"},
		{bob, `{"contact":"x","messages":[{"text":"x"}]}`, "Contact not found"},
		{eve, `{"contact":"` + known + `","messages":[{"text":"x"}]}`, "Contact not found"},
		{bob, `{"messages":["Hello"]}`, "Validation failed: message must be an object"},
		{bob, `{"messages":{}}`, "Validation failed: messages must be an array"},
		{bob, `{"participants":[5]}`, "Validation failed: participants must be ids or objects with a user"},
		{bob, `{"participants":["` + string(eveID) + `"]}`, "User not found"},
		{bob, `{"categoryIndex":10}`, "Validation failed: categoryIndex must be an integer from 0 to 9"},
		{bob, `{"categoryIndex":1.5}`, "Validation failed: categoryIndex must be an integer from 0 to 9"},
		{bob, `{"type":"system"}`, forbidden},
		{guest, `{}`, forbidden},
		{bob, `{"messages":[{"text":"x","user":"` + string(echoID) + `"}]}`, forbidden},
		{bob, `{"organization":"` + string(other) + `"}`, missing},
		{bob, `{"organization":"` + string(top) + `"}`, missing},
		{bob, `{"organization":"x"}`, missing},
		{account.System(), `{}`, missing},
	} {
		answer, _, err := h.c.Start(t.Context(), tt.caller, []byte(tt.body))
		if e := refusal(t, "Start("+tt.body+")", answer, err); e.Message != tt.want {
			t.Errorf("Start(%s, %s): %q, want %q", tt.caller.Name, tt.body, e.Message, tt.want)
		}
	}
	h.wantEvents()
}

const outbound = `{"organization":"64b0f1a2c3d4e5f60718294b","type":"contact",
 "contact":{"profile":{"name":"John Johnson","email":"John@example.com","telephone":"+44 (113) 496-0999"}},
 "messages":[{"text":"Hey there!","touchpoint":"email","role":"agent"}]}`

// TestOutbound holds docs/contract/conversations.md section 7, "Business-initiated", for
// a new contact, and docs/contract/events.md section 2 on the events.
//
// Contract: conversations.md Business-initiated (outbound): {"organization":"64b0f1a2c3d4e5f60718294b","type":"contact"
// Contract: conversations.md Business-initiated (outbound): telephone is stored in E.164
// Contract: conversations.md Business-initiated (outbound): No contact of that organization has one of the identifiers
// Contract: conversations.md Business-initiated (outbound): Agent messages make the caller accept
// Contract: events.md 2: A conversation created for a new contact fires contact.create, then conversation.create
func TestOutbound(t *testing.T) {
	h := open(t)
	answer, created, err := h.c.Start(t.Context(), echo, []byte(outbound))
	if err != nil || !created {
		t.Fatalf("created = %v, %v", created, err)
	}
	c := decode[shownConversation](t, answer)
	if c.Name != "John Johnson" || c.Status != "active" || c.Touchpoint != "email" || c.Organization != acme || len(c.Messages) != 1 {
		t.Errorf("conversation = %+v", c)
	}
	wantFlags(t, c, "Echo: accepted active")
	body, err := h.res.Get(t.Context(), ada, bellhop.Contacts, c.Contact, "")
	if err != nil {
		t.Fatal(err)
	}
	contact := decode[bellhop.Contact](t, body)
	if contact.Profile.Telephone() != "+441134960999" || contact.Conversation != c.ID || contact.Organization != acme {
		t.Errorf("contact = %+v", contact)
	}
	h.wantEvents("contact.create", "conversation.create", "message.create.contact.chat", "conversation.update")
}

// TestUpsert holds docs/contract/conversations.md section 7 for a contact who exists.
//
// Contract: conversations.md Business-initiated (outbound): One exists: upsert
// Contract: conversations.md Business-initiated (outbound): (An older page says error.)
func TestUpsert(t *testing.T) {
	h := open(t)
	first := h.start(echo, outbound)
	h.events()
	for _, body := range []string{
		`{"organization":"` + string(acme) + `","contact":{"profile":{"email":"JOHN@EXAMPLE.COM"}},"messages":[{"text":"2","role":"agent"},{"text":"/leave"}]}`,
		`{"organization":"` + string(acme) + `","contact":{"profile":{"telephone":"+441134960999"}},"messages":[{"text":"3","role":"agent"}]}`,
		`{"contact":"` + string(first.Contact) + `","messages":[{"text":"4","role":"agent"}]}`,
	} {
		answer, created, err := h.c.Start(t.Context(), echo, []byte(body))
		if err != nil || created {
			t.Fatalf("Start(%s): created = %v, %v", body, created, err)
		}
		if c := decode[shownConversation](t, answer); c.ID != first.ID || c.Status == "queued" {
			t.Errorf("conversation = %+v", c)
		}
	}
	if got := len(h.get(first.ID).Messages); got != 5 {
		t.Errorf("%d messages, want 5", got)
	}
	h.wantEvents("message.create.contact.chat", "message.create.contact.command", "conversation.update",
		"message.create.contact.chat", "conversation.update", "message.create.contact.chat")
}

// TestUpsertProfile holds docs/contract/conversations.md section 7: new keys are merged
// in, others stay, and the telephone decides between two contacts.
//
// Contract: conversations.md Business-initiated (outbound): Two different contacts match: the one with the telephone wins
// Contract: conversations.md Business-initiated (outbound): One exists: upsert
func TestUpsertProfile(t *testing.T) {
	h := open(t)
	start := func(profile string) *shownConversation {
		return h.start(bob, `{"touchpoint":"sms","contact":{"profile":`+profile+`},"messages":[{"text":"x","role":"agent"}]}`)
	}
	phone := start(`{"telephone":"+441134960999","name":"P"}`)
	mail := start(`{"email":"a@example.com","name":"M"}`)
	if phone.ID == mail.ID {
		t.Fatal("one contact for two people")
	}
	h.events()
	both := start(`{"telephone":"+441134960999","email":"a@example.com","name":"Other","locale":"nl","none":null}`)
	if both.ID != phone.ID {
		t.Error("the telephone does not win")
	}
	h.wantEvents("contact.update", "message.create.contact.chat")
	body, err := h.res.Get(t.Context(), ada, bellhop.Contacts, phone.Contact, "")
	if err != nil {
		t.Fatal(err)
	}
	profile := decode[bellhop.Contact](t, body).Profile
	if len(profile) != 3 || profile["name"] != "P" || profile["locale"] != "nl" {
		t.Errorf("profile = %v", profile)
	}
	if got := start(`{"email":"b@example.com"}`); got.ID == phone.ID || got.ID == mail.ID {
		t.Error("another email is another contact")
	}
}

// TestUpsertAfterDelete: a contact whose conversation was deleted gets a new one.
func TestUpsertAfterDelete(t *testing.T) {
	h := open(t)
	first := h.start(echo, outbound)
	if err := h.res.Delete(t.Context(), ada, bellhop.Conversations, first.ID); err != nil {
		t.Fatal(err)
	}
	h.events()
	second := h.start(echo, outbound)
	if second.ID == first.ID || second.Contact != first.Contact || len(second.Messages) != 1 {
		t.Errorf("conversation = %+v", second)
	}
	h.wantEvents("contact.update", "conversation.create", "message.create.contact.chat", "conversation.update")
}

// TestOutboundTouchpoint: that of the request serves a conversation that has none.
func TestOutboundTouchpoint(t *testing.T) {
	h := open(t)
	contact := h.get(h.contact()).Contact
	c := h.start(bob, `{"contact":"`+string(contact)+`","touchpoint":"sms","messages":[{"text":"x","role":"agent"}]}`)
	if c.Touchpoint != "sms" || h.get(c.ID).Touchpoint != "sms" {
		t.Errorf("touchpoint = %q", c.Touchpoint)
	}
}

// Later messages go the way of the first one, also where the conversation went another way
// before; so do those of the same request that are delayed.
//
// Contract: conversations.md Business-initiated (outbound): The touchpoint of the first message becomes the conversation's
func TestOutboundSwitchesTouchpoint(t *testing.T) {
	h := open(t)
	start := func(messages string) *shownConversation {
		t.Helper()
		return h.start(bob, `{"touchpoint":"web","contact":{"profile":{"email":"a@example.com"}},"messages":[`+messages+`]}`)
	}
	last := func(c *shownConversation) string {
		t.Helper()
		body, err := h.res.Get(t.Context(), ada, bellhop.Messages, c.Messages[len(c.Messages)-1], "")
		if err != nil {
			t.Fatal(err)
		}
		return decode[bellhop.Message](t, body).Touchpoint
	}
	for _, tt := range []struct{ messages, want string }{
		{`{"text":"x","role":"agent","touchpoint":"email"},{"text":"y","role":"agent"}`, "email"},
		{`{"text":"x","role":"agent"},{"text":"y","role":"agent"}`, "email"},
		{`{"text":"x","role":"agent","touchpoint":"sms"},{"text":"y","role":"agent"}`, "sms"},
	} {
		c := start(tt.messages)
		if got := last(c); got != tt.want || c.Touchpoint != tt.want {
			t.Errorf("%s: conversation has %s, the last message %s, want %s", tt.messages, c.Touchpoint, got, tt.want)
		}
	}
	h.events()
	start(`{"text":"x","role":"agent","touchpoint":"web"}`)
	h.wantEvents("message.create.contact.chat", "conversation.update")
	if c := start(`{"text":"z","role":"agent"},{"text":"x","role":"agent","touchpoint":"sms"}`); c.Touchpoint != "web" {
		t.Errorf("touchpoint = %s, of a message that is not the first", c.Touchpoint)
	}
}

// Contract: conversations.md Business-initiated (outbound): WhatsApp: free text only within 24 h
// Contract: conversations.md Business-initiated (outbound): Not enforced by a server without that transport
func TestOutboundWhatsApp(t *testing.T) {
	h := open(t)
	c := h.start(bob, `{"contact":{"profile":{"telephone":"+441134960999"}},"messages":[{"text":"Hi","role":"agent","touchpoint":"whatsapp"}]}`)
	if c.Touchpoint != "whatsapp" || len(c.Messages) != 1 {
		t.Errorf("conversation = %+v", c)
	}
}

// TestDefaultSystemConversation: an agent has one from his first login on.
//
// Contract: conversations.md 7: type: "system"
func TestDefaultSystemConversation(t *testing.T) {
	h := open(t)
	login := func(caller *account.Caller) (systems []*shownConversation) {
		t.Helper()
		h.update(func(tx *store.Tx) error {
			doc, err := tx.Document(t.Context(), bellhop.Users, caller.ID)
			if err != nil {
				return err
			}
			return h.c.LoggedIn(t.Context(), tx, doc)
		})
		page, err := h.res.List(t.Context(), ada, bellhop.Conversations, "type=system&participants.user="+string(caller.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			systems = append(systems, decode[shownConversation](t, item))
		}
		return systems
	}
	for range 2 {
		systems := login(bob)
		if len(systems) != 1 {
			t.Fatalf("%d system conversations, want 1", len(systems))
		}
		c := systems[0]
		if c.Organization != acme || c.OrgPath != acmePath || c.Status != "active" || c.Name != "" || c.CreatedBy != "" || c.Contact != "" {
			t.Errorf("conversation = %+v", c.Conversation)
		}
		wantFlags(t, c, "Bob Agent: active")
	}
	h.wantEvents("conversation.create")
	id := login(bob)[0].ID
	h.post(bob, id, `{"type":"command","text":">smsbot"}`)
	h.wantEvents("message.create.system.command")
	if err := h.res.Delete(t.Context(), ada, bellhop.Conversations, id); err != nil {
		t.Fatal(err)
	}
	if systems := login(bob); len(systems) != 1 || systems[0].ID == id {
		t.Errorf("after it was deleted: %v", systems)
	}
	for _, caller := range []*account.Caller{ada, guest, view, echo} {
		if systems := login(caller); len(systems) != 0 {
			t.Errorf("%s has %d", caller.Name, len(systems))
		}
	}
	// Only admins and bots make others.
	for _, caller := range []*account.Caller{ada, echo} {
		h.start(caller, `{"organization":"`+string(acme)+`","type":"system"}`)
	}
	answer, _, err := h.c.Start(t.Context(), bob, []byte(`{"type":"system"}`))
	if e := refusal(t, "Start", answer, err); e.Code != bellhop.Forbidden {
		t.Errorf("Start: %v", e)
	}
}
