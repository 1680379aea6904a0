package api_test

import "testing"

// Contract: resources.md 3: Deleting a conversation
// Contract: resources.md 3: Deleting an organization
// Contract: resources.md 2: What others refer to
func TestWhatGoesAlong(t *testing.T) {
	h := open(t)
	gone := func(paths ...string) {
		t.Helper()
		for _, path := range paths {
			h.admin.must(404, "GET", path, nil, nil)
		}
	}
	tells := func(want string, do func()) {
		t.Helper()
		before := len(h.told(""))
		do()
		if got := names(h.told("")[before:]); got != want {
			t.Errorf("events %s, want %s", got, want)
		}
	}
	remove := func(path string) func() {
		return func() { t.Helper(); h.admin.must(204, "DELETE", path, nil, nil) }
	}

	conversation := h.conversation("Jenny", h.acme)
	shown := h.admin.fields(200, "GET", "/v2/conversations/"+conversation, nil)
	message, contact := "/v2/messages/"+shown["messages"].([]any)[0].(string), "/v2/contacts/"+shown["contact"].(string)
	tells("conversation.delete", remove("/v2/conversations/"+conversation))
	gone(message)
	if left := h.admin.fields(200, "GET", contact, nil); left["conversation"] != nil {
		t.Errorf("the contact still has the conversation %v", left["conversation"])
	}

	conversation = h.conversation("John", h.acme)
	shown = h.admin.fields(200, "GET", "/v2/conversations/"+conversation, nil)
	message, contact = "/v2/messages/"+shown["messages"].([]any)[0].(string), "/v2/contacts/"+shown["contact"].(string)
	tells("contact.delete", remove(contact))
	gone(message, "/v2/conversations/"+conversation)

	_, bot := h.bot("Echo", h.top, "bot")
	instance := "/v2/botinstances/" + h.admin.create("/v2/botinstances", object{"bot": bot, "organization": h.acme})
	channel := "/v2/channels/" + h.admin.create("/v2/channels", object{"users": []string{bot}})
	tells("bot.delete", remove("/v2/bots/"+bot))
	gone("/v2/users/"+bot, instance)
	for _, path := range []string{channel, channel + "?populate=users"} {
		if users := h.admin.fields(200, "GET", path, nil)["users"].([]any); len(users) != 1 || users[0] != bot {
			t.Errorf("%s has the users %v, want the id of the deleted one", path, users)
		}
	}

	leaf := "/v2/organizations/" + h.admin.create("/v2/organizations", object{"name": "Leaf", "parent": h.other})
	form := "/v2/forms/" + h.admin.create("/v2/forms", object{"name": "F", "organization": leaf[len("/v2/organizations/"):]})
	refused := func(path, message string) func() {
		return func() {
			t.Helper()
			if got := h.admin.call("DELETE", path, nil); got.status != 409 || got.message() != message {
				t.Errorf("DELETE = %d %s, want 409 %s", got.status, got.body, message)
			}
		}
	}
	tells("", refused("/v2/organizations/"+h.other, "Organization has sub-organizations"))
	tells("", refused(leaf, "Organization still has forms"))
	tells("form.delete", remove(form))
	tells("organization.delete", remove(leaf))
	tells("organization.delete", remove("/v2/organizations/"+h.other))
}
