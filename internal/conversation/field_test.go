package conversation_test

import (
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/subscription"
)

// profile reads the profile of a conversation's contact.
func (h *house) profile(id bellhop.ID) bellhop.Profile {
	h.Helper()
	body, err := h.res.Get(h.Context(), ada, bellhop.Contacts, h.get(id).Contact, "")
	if err != nil {
		h.Fatal(err)
	}
	return decode[bellhop.Contact](h.T, body).Profile
}

// TestField: a field is set in the form that the message names, or in the active one that
// has it, else in the contact's profile.
//
// Contract: conversations.md 5: field | .key value
// Contract: conversations.md 5: Fields: the value is all after one white space
// Contract: conversations.md 5: Of several active forms with the field
// Contract: conversations.md 5: Dots are part of the key
// Contract: conversations.md 5: A form named by meta.form takes any key
func TestField(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"text":"+Lead","meta":{"form":"`+leadS+`"}}`)
	h.post(bob, id, `{"text":"+T","meta":{"form":"`+tradeS+`","categoryIndex":1}}`)
	for _, tt := range []struct {
		body       string
		key, value string
		want       []string
	}{
		{`{"text":".brand Toyota","meta":{"form":"` + leadS + `"}}`, "brand", "Toyota", []string{"Lead 0 brand=Toyota", "Trade in 1"}},
		{`{"text":".brand Fiat","type":"field","meta":{"form":"` + tradeS + `"}}`, "brand", "Fiat", []string{"Lead 0 brand=Toyota", "Trade in 1 brand=Fiat"}},
		{`{"text":".plate AB 12\nC"}`, "plate", "AB 12\nC", []string{"Lead 0 brand=Toyota", "Trade in 1 brand=Fiat plate=AB 12\nC"}},
		{`{"text":".brand Audi"}`, "brand", "Audi", []string{"Lead 0 brand=Audi", "Trade in 1 brand=Fiat plate=AB 12\nC"}},
		{`{"text":".budget 5000"}`, "budget", "5000", []string{"Lead 0 brand=Audi budget=5000", "Trade in 1 brand=Fiat plate=AB 12\nC"}},
		{`{"text":"/set @categoryIndex 1"}`, "", "", []string{"Lead 0 brand=Audi budget=5000", "Trade in 1 brand=Fiat plate=AB 12\nC"}},
		{`{"text":".brand Kia"}`, "brand", "Kia", []string{"Lead 0 brand=Audi budget=5000", "Trade in 1 brand=Kia plate=AB 12\nC"}},
		{`{"text":".brand","type":"field","meta":{"form":"` + leadS + `","key":"x","value":1}}`, "brand", "", []string{"Lead 0 budget=5000", "Trade in 1 brand=Kia plate=AB 12\nC"}},
		{`{"text":".plate "}`, "plate", "", []string{"Lead 0 budget=5000", "Trade in 1 brand=Kia"}},
		{`{"text":".a.b c","meta":{"form":"` + leadS + `"}}`, "a.b", "c", []string{"Lead 0 budget=5000 a.b=c", "Trade in 1 brand=Kia"}},
		{`{"text":".a.b","type":"field","meta":{"form":"` + leadS + `"}}`, "a.b", "", []string{"Lead 0 budget=5000", "Trade in 1 brand=Kia"}},
		{`{"text":".plate X","meta":{"form":"` + leadS + `","categoryIndex":0}}`, "plate", "X", []string{"Lead 0 budget=5000 plate=X", "Trade in 1 brand=Kia"}},
	} {
		m := h.post(bob, id, tt.body)
		if got := formsOf(h.get(id)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: forms = %q, want %q", tt.body, got, tt.want)
		}
		if tt.key != "" && (m.Type != "field" || m.Role != "" || m.Meta["key"] != tt.key || m.Meta["value"] != tt.value) {
			t.Errorf("%s is stored as %s with role %q, meta %v", tt.body, m.Type, m.Role, m.Meta)
		}
	}
	for body, want := range map[string]string{
		`{"text":".brand x","meta":{"form":"` + looseS + `"}}`:                  "Validation failed: meta.form is no active form of the conversation",
		`{"text":".brand x","meta":{"form":"` + leadS + `","categoryIndex":1}}`: "Validation failed: meta.form is no active form of the conversation",
	} {
		if e := h.refused(bob, id, body); e.Message != want {
			t.Errorf("%s: %q, want %q", body, e.Message, want)
		}
	}
}

// TestFieldInArray: a form that a message of the same request activates counts.
//
// Contract: conversations.md 5: Type from text
func TestFieldInArray(t *testing.T) {
	h := open(t)
	id := h.contact()
	answer, err := h.c.Post(t.Context(), bob, id, []byte(`[{"text":".brand A"},{"text":"+","meta":{"form":"`+leadS+`"}},{"text":".brand B"},{"text":"-","meta":{"form":"`+leadS+`"}},{"text":".brand C"}]`))
	if err != nil {
		t.Fatal(err)
	}
	var types []bellhop.MessageType
	for _, m := range *decode[[]bellhop.Message](t, answer) {
		types = append(types, m.Type)
	}
	if want := []bellhop.MessageType{"chat", "form", "field", "form", "chat"}; !slices.Equal(types, want) {
		t.Errorf("types = %q, want %q", types, want)
	}
}

// TestProfileField: a field of no form is one of the contact's profile, with the rules that
// hold for that.
//
// Contract: conversations.md 5: field | .key value
// Contract: events.md 2: X.update | PATCH changed something
// Contract: conversations.md 5: A field of the profile keeps the rules
// Contract: conversations.md 5: In a conversation without contact: 400
func TestProfileField(t *testing.T) {
	h := open(t)
	id, second := h.contact(), h.contact()
	for _, text := range []string{".location Delft, NL", ".name Jenny", ".telephone +44 (113) 496-0999", ".email jenny@example.com", ".old x", ".old"} {
		h.post(bob, id, `{"type":"field","text":"`+text+`"}`)
	}
	p := h.profile(id)
	if p["location"] != "Delft, NL" || p["name"] != "Jenny" || p.Telephone() != "+441134960999" || p.Email() != "jenny@example.com" || len(p) != 4 {
		t.Errorf("profile = %v", p)
	}
	h.events()
	h.post(bob, id, `{"type":"field","text":".name Jenny"}`)
	h.wantEvents("message.create.contact.field")
	h.post(bob, id, `{"type":"field","text":".name John"}`)
	told := h.told[1]
	if told.Event != "contact.update" || told.Links.Contact != h.get(id).Contact || told.Actor.ID != bobID || !slices.Equal(names(told.Data), []string{"contact", "user"}) {
		t.Errorf("event = %+v", told)
	}
	if got := decode[bellhop.Contact](t, told.Data[0].Value); got.Profile["name"] != "John" || got.UpdatedAt != told.At {
		t.Errorf("data.contact = %s", told.Data[0].Value)
	}
	h.wantEvents("message.create.contact.field", "contact.update")

	for text, want := range map[string]string{
		".telephone 12":            "Validation failed: profile.telephone is not a telephone number that begins with + and the country code",
		".email nobody":            "Validation failed: profile.email is not an email address",
		".telephone +441134960999": "Telephone already in use",
		".email jenny@example.com": "Email already in use",
	} {
		if e := h.refused(bob, second, `{"type":"field","text":"`+text+`"}`); e.Message != want {
			t.Errorf("%s: %q, want %q", text, e.Message, want)
		}
	}
	team := h.start(bob, `{}`).ID
	if e := h.refused(bob, team, `{"type":"field","text":".name John"}`); e.Code != bellhop.Invalid {
		t.Error(e)
	}
	// The number is free again once its owner has another one.
	h.post(bob, id, `{"type":"field","text":".telephone"}`)
	h.post(bob, second, `{"type":"field","text":".telephone +441134960999"}`)
	// One request may not give a number to two.
	third := h.contact()
	body := `[{"type":"field","text":".telephone +441134960000","conversation":"` + string(id) + `"},{"type":"field","text":".telephone +441134960000","conversation":"` + string(third) + `"}]`
	if e := h.refused(bob, "", body); e.Code != bellhop.Conflict {
		t.Error(e)
	}
}

// TestProfileOfNewContact: fields of the first messages are those of the contact who is
// made with them.
//
// Contract: conversations.md 5: field | .key value
func TestProfileOfNewContact(t *testing.T) {
	h := open(t)
	c := h.start(bob, `{"type":"contact","contact":{"profile":{"email":"new@example.com"}},"messages":[
		{"text":"Hi","role":"agent","touchpoint":"email"},{"type":"field","text":".name New"},{"type":"field","text":".location Delft"}]}`)
	if p := h.profile(c.ID); p["name"] != "New" || p["location"] != "Delft" || p.Email() != "new@example.com" {
		t.Errorf("profile = %v", p)
	}
	_, _, err := h.c.Start(t.Context(), bob, []byte(`{"type":"contact","contact":{"profile":{"email":"new@example.com","age":"7"}},"messages":[
		{"text":"Hi","role":"agent"},{"type":"field","text":".size 3"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if p := h.profile(c.ID); p["age"] != "7" || p["size"] != "3" || p["name"] != "New" {
		t.Errorf("profile = %v", p)
	}
}

// TestInstruction: what a contact sends behind >cs is done, as if the rest had been sent, in
// his name.
//
// Contract: conversations.md 5: A contact message of type chat that starts with >cs
// Contract: conversations.md 5: The message then has no role
// Contract: conversations.md 5: Behind >cs
func TestInstruction(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		text string
		want bellhop.MessageType
		rest string
		did  func(*shownConversation) bool
	}{
		{">cs /set isLead yes", "command", "/set isLead yes", func(c *shownConversation) bool { return c.Meta["isLead"] == "yes" }},
		{">cs /set @category Used Car", "command", "/set @category Used Car", func(c *shownConversation) bool { return c.CategoryIndex == 1 && c.Category == "Used Car" }},
		{">cs +" + leadS, "form", "+" + leadS, func(c *shownConversation) bool { return len(c.Forms) == 1 }},
		{">cs .brand Toyota", "field", ".brand Toyota", func(c *shownConversation) bool { return h.profile(c.ID)["brand"] == "Toyota" }},
		{">cs  .location Delft", "field", ".location Delft", func(c *shownConversation) bool { return h.profile(c.ID)["location"] == "Delft" }},
		{">cs /assign " + echoS, "command", "/assign", func(c *shownConversation) bool { return flags(c.Participants[0]) == "Echo: inbox" }},
		{">cs /accept", "command", "/accept", func(c *shownConversation) bool { return len(c.Participants) == 0 }},
		{">cs hello", "chat", "hello", func(c *shownConversation) bool { return c.Status == "queued" }},
		{">cs /dance", "chat", "/dance", func(c *shownConversation) bool { return c.Status == "queued" }},
		{">cs ", "chat", ">cs ", func(c *shownConversation) bool { return c.Status == "queued" }},
		{">csi", "chat", ">csi", func(c *shownConversation) bool { return c.Status == "queued" }},
	} {
		id := h.contact()
		h.events()
		m := h.post(echo, id, `{"role":"contact","text":"`+tt.text+`","user":"`+adaS+`"}`)
		c := h.get(id)
		if m.Type != tt.want || m.Text != tt.rest || m.User != "" || m.Contact != c.Contact || m.Type.HasRole() != (m.Role == "contact") {
			t.Errorf("%q is stored as %+v", tt.text, m)
		}
		if !tt.did(c) {
			t.Errorf("%q: conversation = %+v", tt.text, c.Conversation)
		}
		if want := (subscription.Actor{Kind: subscription.Contact, ID: c.Contact, Name: "Jenny Jones"}); h.told[0].Actor != want {
			t.Errorf("%q: actor = %+v", tt.text, h.told[0].Actor)
		}
	}
	id := h.contact()
	h.post(echo, id, `{"role":"contact","text":">cs +`+leadS+`"}`)
	h.post(echo, id, `{"role":"contact","text":">cs .brand Toyota"}`)
	if got := formsOf(h.get(id)); !slices.Equal(got, []string{"Lead 0 brand=Toyota"}) {
		t.Errorf("forms = %q", got)
	}
	if e := h.refused(bob, id, `{"role":"contact","text":">cs /assign `+string(eveID)+`"}`); e.Message != "User not found" {
		t.Error(e)
	}
	for _, body := range []string{`{"text":">cs /set a b"}`, `{"text":">cs /set a b","type":"postback","role":"contact"}`, `{"text":">cs /set a b","type":"card","role":"agent"}`} {
		h.post(echo, id, body)
	}
	if got := h.get(id).Meta; len(got) > 0 {
		t.Errorf("meta = %v", got)
	}
	// Only where there is a contact.
	if e := h.refused(echo, h.start(echo, `{}`).ID, `{"role":"contact","text":">cs /set a b"}`); e.Code != bellhop.Invalid {
		t.Error(e)
	}
	h.post(account.System(), id, `{"role":"contact","text":">cs /set a b"}`)
}
