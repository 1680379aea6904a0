package conversation_test

import (
	"encoding/json"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestStartType holds the table of docs/contract/conversations.md section 7.
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
