package api_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
)

// at follows a dotted path through what was answered; of an array the first element counts.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok {
			if len(list) == 0 {
				return nil
			}
			v = list[0]
		}
		fields, _ := v.(map[string]any)
		v = fields[name]
	}
	if list, ok := v.([]any); ok && len(list) > 0 {
		return list[0]
	}
	return v
}

// Every field that the contract calls populatable, and combinations of paths with a selection.
//
// Contract: resources.md sort, limit, offset, select, populate: populate=a,b.c
// Contract: resources.md sort, limit, offset, select, populate: Populatable: organization
// Contract: resources.md sort, limit, offset, select, populate: Documented examples
// Contract: resources.md sort, limit, offset, select, populate: In fields that nobody declared
// Contract: resources.md sort, limit, offset, select, populate: select and populate also work on single GETs
func TestPopulate(t *testing.T) {
	h := open(t)
	form := h.admin.create("/v2/forms", object{"name": "Test drive", "organization": h.acme})
	gone := h.admin.create("/v2/forms", object{"name": "Gone", "organization": h.acme})
	h.admin.must(200, "PATCH", "/v2/organizations/"+h.acme, object{"categories": []object{{"name": "Cars", "forms": []string{form, gone}}}}, nil)
	h.admin.must(204, "DELETE", "/v2/forms/"+gone, nil, nil)
	bot, botID := h.bot("Echo", h.acme, "bot")
	instance := h.admin.create("/v2/botinstances", object{"bot": botID, "organization": h.acme})
	service := h.admin.create("/v2/services", object{"name": "T", "type": "twilio", "organization": h.acme})
	channel := h.admin.create("/v2/channels", object{"name": "Sales", "users": []string{botID}, "organization": h.acme})
	conversation := h.conversation("Jenny", h.acme)
	h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "/assign", "type": "command", "meta": object{"users": []string{botID}}}, nil)
	point := h.admin.create("/v2/points", object{"name": "P", "organization": h.acme, "channel": channel, "service": service, "form": form,
		"forms": []string{form}, "nested": object{"list": []any{object{"conversation": conversation}, "x"}}, "word": form, "bot": 7})
	other := h.admin.create("/v2/points", object{"name": "O", "organization": h.acme, "organizationId": h.acme, "user": h.admin.me(), "bot": botID})

	for _, test := range []struct{ target, path, want string }{
		{"/v2/points/" + point + "?populate=organization", "organization.name", "Acme"},
		{"/v2/organizations/" + h.acme + "?populate=parent", "parent.name", "Top"},
		{"/v2/organizations/" + h.acme + "?populate=categories.forms", "categories.forms.name", "Test drive"},
		{"/v2/points/" + point + "?populate=createdBy", "createdBy.email", adminEmail},
		{"/v2/points/" + other + "?populate=user", "user.email", adminEmail},
		{"/v2/conversations/" + conversation + "?populate=participants.user", "participants.user.name", "Ada"},
		{"/v2/contacts?populate=conversation", "conversation.type", "contact"},
		{"/v2/conversations/" + conversation + "?populate=contact,messages", "contact.profile.name", "Jenny"},
		{"/v2/conversations/" + conversation + "?populate=contact,messages", "messages.text", "hello"},
		{"/v2/conversations?populate=messages", "messages.text", "hello"},
		{"/v2/messages?conversation=" + conversation + "&populate=conversation,contact", "conversation.type", "contact"},
		{"/v2/points/" + point + "?populate=forms", "forms.name", "Test drive"},
		{"/v2/points/" + point + "?populate=form", "form.name", "Test drive"},
		{"/v2/points/" + point + "?populate=channel", "channel.name", "Sales"},
		{"/v2/points/" + point + "?populate=service", "service.name", "T"},
		{"/v2/points/" + other + "?populate=bot", "bot.name", "Echo"},
		{"/v2/botinstances/" + instance + "?populate=bot", "bot.name", "Echo"},
		{"/v2/users/" + h.admin.me() + "?populate=organizations.organization", "organizations.organization.name", "Top"},
		{"/v2/users/" + h.admin.me() + "?populate=organization", "organization.name", "Top"},

		// Nested, through objects and arrays, whatever comes first.
		{"/v2/points/" + point + "?populate=nested.list.conversation.contact", "nested.list.conversation.contact.profile.name", "Jenny"},
		{"/v2/channels/" + channel + "?populate=users.createdBy.organization", "users.createdBy.organization.name", "Top"},
		{"/v2/channels/" + channel + "?populate=users.createdBy.organization,users", "users.name", "Echo"},
		{"/v2/botinstances?populate=bot,bot.organization.parent,organization", "bot.organization.parent.name", "Top"},
		{"/v2/conversations?populate=contact.conversation.contact", "contact.conversation.contact.profile.name", "Jenny"},
		{"/v2/conversations?populate=[contact,messages.user]&select=contact.profile.name,messages.text", "contact.profile.name", "Jenny"},
		{"/v2/conversations?populate=contact&select=-contact.profile", "contact.profile", ""},
		{"/v2/conversations?populate=contact&select=-contact.profile", "contact.conversation", conversation},
		{"/v2/conversations?populate=contact&select=name", "contact", ""},

		// What is no id of something that there is stays what it is.
		{"/v2/organizations/" + h.top + "?populate=parent,nothing,categories.forms.x", "name", "Top"},
		{"/v2/points/" + point + "?populate=word,name,nested.list,bot,nosuch.x", "word", form},
		{"/v2/points/" + point + "?populate=bot", "bot", "7"},
	} {
		var shown any
		h.admin.must(200, "GET", test.target, nil, &shown)
		if list, ok := shown.([]any); ok && len(list) > 0 {
			shown = list[0]
		}
		got := fmt.Sprint(at(shown, test.path))
		if got != cmp.Or(test.want, "<nil>") {
			t.Errorf("%s: %s is %s, want %s in %v", test.target, test.path, got, test.want, shown)
		}
	}

	// A dangling id stays one, beside one that was found.
	var acme struct{ Categories []struct{ Forms []any } }
	h.admin.must(200, "GET", "/v2/organizations/"+h.acme+"?populate=categories.forms", nil, &acme)
	if forms := acme.Categories[0].Forms; len(forms) != 2 || forms[1] != gone || at(forms[0], "id") != form {
		t.Errorf("forms = %v", forms)
	}
	// So does what the caller may not see: a bot reads neither services nor other organizations.
	var seen any
	bot.must(200, "GET", "/v2/points/"+point+"?populate=service,organization.parent,createdBy", nil, &seen)
	if at(seen, "service") != service || at(seen, "organization.parent") != h.top || at(seen, "createdBy") != h.admin.me() {
		t.Errorf("a bot sees %v", seen)
	}
}

// me returns the id of who sent the requests.
func (c client) me() string {
	c.Helper()
	var made struct{ ID, CreatedBy string }
	c.must(201, "POST", "/v2/points", object{"name": "mine"}, &made)
	c.must(204, "DELETE", "/v2/points/"+made.ID, nil, nil)
	return made.CreatedBy
}

// The lists of what happened know select and populate, too.
//
// Contract: resources.md sort, limit, offset, select, populate: Deliveries, events and replays know
func TestPopulateEventsAndReplays(t *testing.T) {
	h := open(t)
	h.admin.must(202, "POST", "/v2/events", object{"event": "order.created", "organization": h.acme}, nil)
	var events []object
	h.admin.must(200, "GET", "/v2/events?event=order.created&populate=organization&select=organization.name,key", nil, &events)
	if len(events) != 1 || at(events[0], "organization.name") != "Acme" || events[0]["key"] == nil || events[0]["payload"] != nil {
		t.Fatalf("events = %v", events)
	}
	id := fmt.Sprint(events[0]["id"])
	var one object
	h.admin.must(200, "GET", "/v2/events/"+id+"?populate=organization.parent&select=organization.parent.name", nil, &one)
	if len(one) != 2 || at(one, "organization.parent.name") != "Top" {
		t.Errorf("the event = %v", one)
	}
	h.admin.must(400, "GET", "/v2/events/"+id+"?populate=a"+strings.Repeat(".a", 20), nil, nil)
}

// A list shows the newest 50 messages of a conversation, and so does what is populated.
//
// Contract: resources.md sort, limit, offset, select, populate: Populated resources are as lists show them
func TestPopulatedIsAsListed(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	messages := make([]object, 60)
	for i := range messages {
		messages[i] = object{"text": "hi", "role": "contact"}
	}
	h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", messages, nil)
	var contacts []struct {
		Conversation struct{ Messages []string }
	}
	h.admin.must(200, "GET", "/v2/contacts?populate=conversation", nil, &contacts)
	if n := len(contacts[0].Conversation.Messages); n != 50 {
		t.Errorf("a populated conversation has %d messages, want 50", n)
	}
}

// Resources as deep as they may be are laid into each other.
func TestPopulateDeepResources(t *testing.T) {
	h := open(t)
	deep := strings.Repeat(`{"a":`, 97) + "1" + strings.Repeat("}", 97)
	conversation := h.conversation("Jenny", h.acme)
	var shown object
	h.admin.must(200, "GET", "/v2/conversations/"+conversation, nil, &shown)
	contact := fmt.Sprint(shown["contact"])
	h.admin.must(200, "PATCH", "/v2/contacts/"+contact, `{"meta":`+deep+`}`, nil)
	h.admin.must(200, "PATCH", "/v2/conversations/"+conversation, `{"meta":`+deep+`}`, nil)
	got := h.admin.must(200, "GET", "/v2/contacts/"+contact+"?populate=conversation.contact.conversation.contact", nil, nil)
	if n := strings.Count(got.body, deep); n != 5 {
		t.Errorf("%d resources are laid into each other, want 5", n)
	}
}
