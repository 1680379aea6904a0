package api_test

import (
	"testing"
)

// Contract: conversations.md 7: Answer 201 with the conversation.
// Contract: conversations.md Business-initiated (outbound): No contact of that organization has one of the identifiers: contact and conversation are created, 201.
// Contract: conversations.md Business-initiated (outbound): One exists: upsert: the messages are added to its conversation
// Contract: conversations.md Business-initiated (outbound): What else the request says of the conversation
// Contract: conversations.md Business-initiated (outbound): Finding an existing contact first
func TestOutbound(t *testing.T) {
	h := open(t)
	bot, botID := h.bot("Echo", h.top, "bot")
	outbound := object{
		"organization": h.acme, "type": "contact", "name": "Mine", "meta": object{"a": "b"},
		"contact": object{"profile": object{"name": "John Johnson", "email": "john@example.com", "telephone": "+441134960999"}},
		"messages": []object{
			{"text": "Hey there!", "touchpoint": "email", "role": "agent"},
			{"text": "/leave", "type": "command", "delay": 3000},
		},
	}
	type conversation struct {
		ID, Organization, Name, Status, Contact string
		Meta                                    object
		Messages                                []string
		Participants                            []struct {
			User             string
			Active, Accepted bool
		}
	}
	var first, second, third conversation
	bot.must(201, "POST", "/v2/conversations", outbound, &first)
	if first.Organization != h.acme || first.Status != "active" || len(first.Messages) != 1 || first.Name != "Mine" || first.Meta["a"] != "b" ||
		len(first.Participants) != 1 || first.Participants[0].User != botID || !first.Participants[0].Active || !first.Participants[0].Accepted {
		t.Errorf("conversation = %+v", first)
	}
	outbound["name"], outbound["meta"], outbound["tags"] = "Other", object{"c": "d"}, []string{"x"}
	bot.must(200, "POST", "/v2/conversations", outbound, &second)
	if second.ID != first.ID || len(second.Messages) != 2 || second.Name != "Mine" || len(second.Meta) != 1 {
		t.Errorf("conversation = %+v", second)
	}
	// An organization has contacts of its own.
	outbound["organization"] = h.other
	bot.must(201, "POST", "/v2/conversations", outbound, &third)
	if third.Contact == first.Contact || third.Organization != h.other {
		t.Errorf("conversation = %+v", third)
	}

	var contacts []struct{ ID, Conversation string }
	h.admin.must(200, "GET", "/v2/contacts?profile.telephone=%2B441134960999&organization="+h.acme, nil, &contacts)
	if len(contacts) != 1 || contacts[0].ID != first.Contact || contacts[0].Conversation != first.ID {
		t.Fatalf("contacts = %+v", contacts)
	}
	var posted struct{ ID, Conversation, Touchpoint string }
	bot.must(201, "POST", "/v2/conversations/"+contacts[0].Conversation+"/messages", object{"text": "Me again", "role": "agent"}, &posted)
	if posted.Conversation != first.ID || posted.Touchpoint != "email" {
		t.Errorf("message = %+v", posted)
	}
}

// Contract: conversations.md 6: The request is answered at once with 201 and the message, which already has its id;
// Contract: conversations.md 6: PATCH and PUT of it are 409.
func TestDelayedMessage(t *testing.T) {
	h := open(t)
	path := "/v2/conversations/" + h.conversation("Jenny", h.acme) + "/messages"
	var posted object
	h.admin.must(201, "POST", path, object{"text": "later", "delay": 60_000}, &posted)
	message := "/v2/messages/" + posted["id"].(string)
	var got object
	h.admin.must(200, "GET", message, nil, &got)
	if got["text"] != "later" || got["delay"] != 60_000.0 || got["createdAt"] != posted["createdAt"] {
		t.Errorf("GET = %v", got)
	}
	var listed []object
	h.admin.must(200, "GET", path, nil, &listed)
	if len(listed) != 1 {
		t.Errorf("messages = %v", listed)
	}
	for _, method := range []string{"PATCH", "PUT"} {
		if e := h.admin.must(409, method, message, object{"text": "other"}, nil); e.message() != "Message is not due yet: delete it and post another one" {
			t.Errorf("%s: %s", method, e.body)
		}
	}
	h.admin.must(204, "DELETE", message, nil, nil)
	h.admin.must(404, "GET", message, nil, nil)
	h.admin.must(404, "DELETE", message, nil, nil)
	if e := h.admin.must(400, "POST", path, object{"text": "later", "delay": 86_400_001}, nil); e.message() != "Validation failed: delay must be from 0 to 86400000 milliseconds" {
		t.Errorf("delay of more than 24 h: %s", e.body)
	}
}
