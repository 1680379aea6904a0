package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// example returns the fenced JSON under a heading of a file of the contract, of which several may
// be searched for by what they contain.
func example(t *testing.T, file, heading, part string) (text string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "contract", file))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %s", file, heading)
	}
	for {
		_, after, found := strings.Cut(rest, "```json\n")
		if !found {
			t.Fatalf("%s has no example with %s", heading, part)
		}
		block, after, _ := strings.Cut(after, "\n```")
		if strings.Contains(block, part) {
			return block
		}
		rest = after
	}
}

// cast are the ids of the contract's examples, and who plays them.
type cast map[string]string

// play puts the players into an example, and decodes it.
func (c cast) play(t *testing.T, text string) (v any) {
	t.Helper()
	for role, id := range c {
		text = strings.ReplaceAll(text, role, id)
	}
	text = strings.NewReplacer("https://api.example.test", "https://api.example.com", "https://app.example.test", "https://api.example.com").Replace(text)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

var anyTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z$`)

// differ returns where got is not what want shows: got may have more members and elements. Times
// need only be there, and what is drawn by lot is not looked at.
func differ(got, want any, path string) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", path, got)
		}
		for name, value := range want {
			if name == "slug" || path == "" && name == "id" || path == ".data.message" && name == "url" {
				continue
			}
			if d := differ(object[name], value, path+"."+name); d != "" {
				return d
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) < len(want) {
			return fmt.Sprintf("%s is %v, want %v", path, got, want)
		}
		for _, element := range want {
			if !slices.ContainsFunc(list, func(v any) bool { return differ(v, element, path) == "" }) {
				return fmt.Sprintf("%s is %v, want %v in it", path, got, element)
			}
		}
		return ""
	case string:
		if text, ok := got.(string); ok && anyTime.MatchString(want) && anyTime.MatchString(text) {
			return ""
		}
	}
	if got != want {
		return fmt.Sprintf("%s is %v, want %v", path, got, want)
	}
	return ""
}

// stage is a server with those who occur in the examples.
type stage struct {
	*house
	echo client
	cast cast
}

func newStage(t *testing.T) *stage {
	t.Helper()
	h := open(t)
	h.admin.must(200, "PATCH", "/v2/users/"+h.ada(), object{"familyName": "Smit"}, nil)
	echo, bot := h.bot("Echo", h.top, "bot")
	return &stage{h, echo, cast{
		"64b0f1a2c3d4e5f60718293a": h.top, "64b0f1a2c3d4e5f60718294b": h.acme, "64b0f1a2c3d4e5f607182940": h.ada(), "64b0f1a2c3d4e5f607182930": bot,
	}}
}

// meet lets a contact, who gets the part of the examples, have an empty conversation.
func (s *stage) meet(who client) (conversation string) {
	s.Helper()
	made := who.fields(201, "POST", "/v2/contacts", object{"organization": s.acme, "profile": object{"name": "Jenny Jones"}})
	conversation = made["conversation"].(string)
	s.cast["64b0f1a2c3d4e5f607182960"], s.cast["64b0f1a2c3d4e5f607182970"] = made["id"].(string), conversation
	return conversation
}

func (s *stage) post(who client, conversation string, body object) (id string) {
	s.Helper()
	id = who.create("/v2/conversations/"+conversation+"/messages", body)
	s.cast["64b0f1a2c3d4e5f607182980"] = id
	return id
}

// shows compares the newest event of that name with an example of the contract.
func (s *stage) shows(t *testing.T, name, text string) {
	t.Helper()
	events := s.told("event=" + name)
	if len(events) == 0 {
		t.Errorf("no event %s", name)
		return
	}
	var got any
	if err := json.Unmarshal([]byte(events[len(events)-1].text), &got); err != nil {
		t.Fatal(err)
	}
	if d := differ(got, s.cast.play(t, text), ""); d != "" {
		t.Errorf("%s: %s in %s", name, d, events[len(events)-1].text)
	}
}

// Contract: events.md Chat from a contact: *
// Contract: events.md 3: Ids: organization
// Contract: events.md Events: The envelope is in
func TestExampleChat(t *testing.T) {
	s := newStage(t)
	conversation := s.meet(s.echo)
	accept := s.post(s.echo, conversation, object{"text": "/accept", "type": "command"})
	s.admin.must(204, "DELETE", "/v2/messages/"+accept, nil, nil)
	s.post(s.echo, conversation, object{"text": "Hello, anyone there?", "role": "contact", "touchpoint": "web"})
	s.shows(t, "message.create.contact.chat", example(t, "events.md", "### Chat from a contact", ""))
}

// Contract: events.md A conversation assigned to a bot: message.create.contact.command: *
func TestExampleAssign(t *testing.T) {
	s := newStage(t)
	conversation := s.meet(s.admin)
	s.post(s.admin, conversation, object{"text": "/assign", "type": "command", "meta": object{"users": []string{s.cast["64b0f1a2c3d4e5f607182930"]}}})
	s.shows(t, "message.create.contact.command", example(t, "events.md", "### A conversation assigned to a bot: `message.create.contact.command`", ""))
	e := s.told("event=message.create.contact.command")[0]
	if role, there := e.Data["message"].(object)["role"]; there {
		t.Errorf("the command has the role %v", role)
	}
}

// Contract: events.md A button: message.create.contact.postback: *
func TestExamplePostback(t *testing.T) {
	s := newStage(t)
	conversation := s.meet(s.admin)
	s.post(s.admin, conversation, object{"type": "postback", "role": "contact", "text": "NEW_CAR", "meta": object{"size": "compact"},
		"actions": []object{{"type": "postback", "text": "New car", "payload": "NEW_CAR"}}})
	s.shows(t, "message.create.contact.postback", example(t, "events.md", "### A button: `message.create.contact.postback`", ""))
}

// Contract: events.md A mention: message.create.contact.mention: *
func TestExampleMention(t *testing.T) {
	s := newStage(t)
	conversation := s.meet(s.admin)
	s.post(s.admin, conversation, object{"type": "mention", "role": "agent", "text": "@Echo Nice weather",
		"meta": object{"targetUser": s.cast["64b0f1a2c3d4e5f607182930"]}})
	s.shows(t, "message.create.contact.mention", example(t, "events.md", "### A mention: `message.create.contact.mention`", ""))
}

// Contract: events.md A bot command: message.create.system.command: *
func TestExampleBotCommand(t *testing.T) {
	s := newStage(t)
	conversation := s.admin.create("/v2/conversations", object{"type": "system"})
	s.post(s.admin, conversation, object{"text": ">smsbot", "type": "command"})
	s.shows(t, "message.create.system.command", example(t, "events.md", "### A bot command: `message.create.system.command`", ""))
}

// Contract: events.md conversation.create, conversation.update, conversation.delete: *
func TestExampleConversation(t *testing.T) {
	s := newStage(t)
	conversation := s.meet(s.admin)
	s.post(s.echo, conversation, object{"text": "/accept", "type": "command"})
	s.echo.must(200, "PATCH", "/v2/conversations/"+conversation, object{"meta": object{"step": "2"}}, nil)
	text := example(t, "events.md", "### `conversation.create`, `conversation.update`, `conversation.delete`", "")
	s.shows(t, "conversation.update", text)
	s.echo.must(204, "DELETE", "/v2/conversations/"+conversation, nil, nil)
	s.shows(t, "conversation.delete", strings.NewReplacer("conversation.update", "conversation.delete", "Update", "Delete", "updated", "deleted").Replace(text))
}

// Contract: events.md botinstance.update: *
// Contract: events.md 2: SDK receivers replace
func TestExampleBotInstance(t *testing.T) {
	s := newStage(t)
	instance := s.admin.create("/v2/botinstances", object{"bot": s.cast["64b0f1a2c3d4e5f607182930"], "organization": s.acme})
	s.cast["64b0f1a2c3d4e5f607182990"] = instance
	s.admin.must(200, "PATCH", "/v2/botinstances/"+instance, object{"enabled": true, "meta": object{"greeting": "Hi"}}, nil)
	s.shows(t, "botinstance.update", example(t, "events.md", "### `botinstance.update`", ""))
}

// Contract: events.md 2: user.login
func TestExampleLogin(t *testing.T) {
	s := newStage(t)
	s.admin.must(201, "POST", "/v2/auth/token", object{"email": adminEmail, "password": adminPassword}, nil)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "contract", "delivery.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(page), "\n")
	i := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, `{"id":`) && strings.Contains(line, `"event":"user.login"`)
	})
	if i < 0 {
		t.Fatal("delivery.md has no vector B")
	}
	s.shows(t, "user.login", lines[i])
}

// Contract: events.md message.update, message.delete: *
func TestExampleMessage(t *testing.T) {
	s := newStage(t)
	conversation := s.meet(s.admin)
	message := s.post(s.echo, conversation, object{"text": "Hello, anyone there?", "role": "contact", "touchpoint": "web"})
	changed := s.admin.fields(200, "PATCH", "/v2/messages/"+message, object{"meta": object{"a": "b"}})
	s.admin.must(204, "DELETE", "/v2/messages/"+message, nil, nil)
	for name, typ := range map[string]string{"update": "Update", "delete": "Delete"} {
		events := s.told("event=message." + name)
		if len(events) != 1 {
			t.Fatalf("message.%s %d times", name, len(events))
		}
		e := events[0]
		shown := s.admin.fields(200, "GET", "/v2/conversations/"+conversation, nil)
		told := e.Data["conversation"].(object)
		delete(shown, "messages")
		delete(told, "messages")
		if e.Activity.Type != typ || e.Activity.Actor.ID != "https://api.example.com/v2/users/"+s.ada() ||
			asText(e.Data["message"]) != asText(changed) || asText(told) != asText(shown) {
			t.Errorf("%s: %s", e.Event, e.text)
		}
	}
}
