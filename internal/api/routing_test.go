package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestChannels: what a contact says is told to the channels, as an event that looks like the
// example, and lies in them until somebody accepts.
//
// Contract: resources.md 1: channels | channel | notifications
// Contract: resources.md 1: workflows | workflow | routing
// Contract: events.md channel.notify: *
// Contract: conversations.md 1: channels | id[]
// Contract: conversations.md 5.1: All effects are visible in the answer's aftermath
func TestChannels(t *testing.T) {
	h := open(t)
	agent := h.user("Bob", "agent", h.acme)
	sales := h.admin.create("/v2/channels", object{"name": "Sales", "organization": h.acme})
	help := h.admin.create("/v2/channels", object{"name": "Help", "organization": h.acme})
	h.admin.create("/v2/workflows", object{"name": "All", "organization": h.acme, "channels": []string{sales}})
	id := h.conversation("Jenny", h.acme) // who has said hello
	path := "/v2/conversations/" + id
	lists := func(channel, want string) {
		t.Helper()
		var listed []struct{ ID string }
		agent.must(200, "GET", "/v2/conversations?channels="+channel, nil, &listed)
		if got := len(listed) == 1 && listed[0].ID == id; got != (want == "listed") || len(listed) > 1 {
			t.Errorf("in the channel there are %v, want it %s", listed, want)
		}
	}
	lists(sales, "listed")
	lists(help, "absent")
	agent.must(201, "POST", path+"/messages", object{"text": "/notify", "type": "command", "meta": object{"channels": []string{help}, "organizations": nil}}, nil)
	lists(help, "listed")
	var told []struct{ ID, Organization, Key string }
	h.admin.must(200, "GET", "/v2/events?event=channel.notify&sort=createdAt", nil, &told)
	if len(told) != 2 || told[0].Organization != h.acme || told[0].Key != id {
		t.Fatalf("events = %+v", told)
	}
	var event struct {
		Payload struct {
			Organization string
			Activity     struct {
				Type, Summary string
				Actor, Object struct{ ID, Type string }
			}
			Data map[string]json.RawMessage
		}
	}
	h.admin.must(200, "GET", "/v2/events/"+told[0].ID, nil, &event)
	p := event.Payload
	if a := p.Activity; a.Type != "Activity" || a.Summary != "System notified channel Sales of conversation Jenny" || a.Actor.Type != "Service" ||
		!strings.HasSuffix(a.Actor.ID, "/v2") || a.Object.Type != "Object" || !strings.HasSuffix(a.Object.ID, "/v2/channels/"+sales) {
		t.Errorf("activity = %+v", a)
	}
	var conversation, channel map[string]any
	for name, into := range map[string]*map[string]any{"conversation": &conversation, "channel": &channel} {
		if err := json.Unmarshal(p.Data[name], into); err != nil {
			t.Fatalf("data.%s = %s: %v", name, p.Data[name], err)
		}
	}
	if channel["id"] != sales || channel["name"] != "Sales" || conversation["id"] != id || conversation["status"] != "queued" || conversation["channels"] != nil {
		t.Errorf("data = %s", p.Data)
	}

	h.admin.must(204, "DELETE", "/v2/channels/"+help, nil, nil)
	lists(help, "absent")
	agent.must(201, "POST", path+"/messages", object{"text": "/accept"}, nil)
	lists(sales, "absent")
}
