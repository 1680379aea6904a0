package api_test

import (
	"strings"
	"testing"
)

// Contract: resources.md 1: Further:
// Contract: resources.md 3: PUT /v2/messages/<id>
// Contract: resources.md conversation, message: conversations.md
func TestConversations(t *testing.T) {
	h := open(t)
	bot, botID := h.bot("Echo", h.acme, "bot")
	outbound := object{
		"type":    "contact",
		"contact": object{"profile": object{"name": "John", "telephone": "+44 113 4960 999"}},
		"messages": []object{
			{"text": "Hey there!", "touchpoint": "sms", "role": "agent"},
		},
	}
	var first, again struct {
		ID, Organization, Status string
		Messages                 []string
	}
	bot.must(201, "POST", "/v2/conversations", outbound, &first)
	bot.must(200, "POST", "/v2/conversations", outbound, &again)
	if first.ID != again.ID || first.Organization != h.acme || len(first.Messages) != 1 || len(again.Messages) != 2 {
		t.Errorf("the second outbound message is in %+v, the first one in %+v", again, first)
	}
	path := "/v2/conversations/" + first.ID

	var one map[string]any
	bot.must(201, "POST", path+"/messages", object{"text": "one", "conversation": h.acme}, &one)
	if one["conversation"] != first.ID || one["user"] != botID {
		t.Errorf("message = %v", one)
	}
	var two []map[string]any
	bot.must(201, "POST", path+"/messages", []object{{"text": "two"}, {"text": "three"}}, &two)
	if len(two) != 2 || two[0]["text"] != "two" || two[1]["text"] != "three" {
		t.Errorf("messages = %v", two)
	}
	bot.must(201, "POST", "/v2/messages", object{"text": "four", "conversation": first.ID}, nil)
	// Effects of commands are there when the POST is answered.
	bot.must(201, "POST", path+"/messages", object{"text": "/set mood good"}, nil)
	var shown struct{ Meta map[string]any }
	bot.must(200, "GET", path, nil, &shown)
	if shown.Meta["mood"] != "good" {
		t.Errorf("meta = %v after /set", shown.Meta)
	}

	var listed []map[string]any
	bot.must(200, "GET", path+"/messages?sort=-createdAt&limit=3", nil, &listed)
	if len(listed) != 3 || listed[0]["text"] != "/set mood good" {
		t.Errorf("messages = %v", listed)
	}
	bot.must(200, "GET", "/v2/conversations/64b0f1a2c3d4e5f6071829ff/messages", nil, &listed)
	if len(listed) != 0 {
		t.Errorf("messages of no conversation = %v", listed)
	}

	message := "/v2/messages/" + one["id"].(string)
	before := bot.must(200, "GET", message, nil, nil)
	if same := bot.must(200, "PUT", message, nil, nil); same.body != before.body {
		t.Errorf("PUT without a body = %s, want %s", same.body, before.body)
	}
	var replaced map[string]any
	bot.must(200, "PUT", message, object{"text": "uno"}, &replaced)
	if replaced["text"] != "uno" || replaced["version"] != 2.0 {
		t.Errorf("PUT = %v", replaced)
	}
	bot.must(200, "PATCH", message, object{"meta": object{"a": "b"}}, &replaced)
	if replaced["text"] != "uno" || replaced["version"] != 3.0 {
		t.Errorf("PATCH = %v", replaced)
	}
	bot.must(204, "DELETE", message, nil, nil)
	bot.must(200, "PATCH", path, object{"status": "closed"}, nil)
	bot.must(204, "DELETE", path, nil, nil)
	bot.must(404, "POST", path+"/messages", object{"text": "five"}, nil)
}

// say(["Hi","Ho"]) of the SDK sends texts broken into their characters.
func TestBrokenTexts(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	got := h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages",
		`[{"0":"H","1":"i","conversation":"`+conversation+`"},{"0":"H","1":"o","conversation":"`+conversation+`"}]`, nil)
	if !strings.Contains(got.body, `"text":"Hi"`) || !strings.Contains(got.body, `"text":"Ho"`) || strings.Contains(got.body, `"0"`) {
		t.Errorf("messages = %s", got.body)
	}
}
