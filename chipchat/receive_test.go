package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

type fields = map[string]any

// delivery is the body of a message event; message and conversation are laid over usual ones.
func delivery(t testing.TB, event string, message, conversation fields) []byte {
	t.Helper()
	m := fields{"id": "64b0f1a2c3d4e5f607182980", "conversation": testConversation, "type": "chat",
		"role": "contact", "text": "Hello, anyone there? 👋", "meta": fields{}}
	c := fields{"id": testConversation, "organization": "64b0f1a2c3d4e5f60718294b", "participants": []any{},
		"meta": fields{"step": "1"}}
	maps.Copy(m, message)
	maps.Copy(c, conversation)
	body, err := json.Marshal(fields{"id": "5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d91",
		"timestamp": "2024-05-26T10:20:00.412Z", "event": event, "organization": "64b0f1a2c3d4e5f60718294b",
		"activity": fields{"type": "Create", "summary": "Contact Jenny Jones created a chat message"},
		"data":     fields{"message": m, "conversation": c}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func receiveBody(t testing.TB, b *Bot, body []byte) error {
	t.Helper()
	e, err := parseEvent(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.check(); err != nil {
		t.Fatal(err)
	}
	return b.receive(t.Context(), e)
}

func TestEmittedNames(t *testing.T) {
	cases := []struct {
		name    string
		event   string
		message fields
		want    []string
	}{
		{"chat of a contact", "message.create.contact.chat", nil,
			[]string{"activity", "message", "message.create.contact.chat", "message.create.contact.chat.contact"}},
		{"chat without role", "message.create.contact.chat", fields{"role": nil},
			[]string{"activity", "message", "message.create.contact.chat"}},
		{"assigned", "message.create.contact.command",
			fields{"type": "command", "role": nil, "text": "/assign", "meta": fields{"users": []any{"x", testBot}}},
			[]string{"activity", "message", "message.create.contact.command", "notify", "assign"}},
		{"another is assigned", "message.create.contact.command",
			fields{"type": "command", "role": nil, "text": "/assign", "meta": fields{"users": []any{testAda}}},
			[]string{"activity", "message", "message.create.contact.command"}},
		{"assigned with more text", "message.create.contact.command",
			fields{"type": "command", "role": nil, "text": "/assign x", "meta": fields{"users": []any{testBot}}},
			[]string{"activity", "message", "message.create.contact.command"}},
		{"bot command", "message.create.system.command",
			fields{"type": "command", "role": nil, "text": ">smsbot"},
			[]string{"activity", "message", "message.create.system.command", "notify", "command"}},
		{"chat that looks like one", "message.create.system.chat",
			fields{"role": nil, "text": ">smsbot"},
			[]string{"activity", "message", "message.create.system.chat"}},
		{"mention", "message.create.contact.mention",
			fields{"type": "mention", "role": "agent", "text": "Nice weather", "meta": fields{"targetUser": testBot}},
			[]string{"activity", "message", "message.create.contact.mention", "notify", "mention",
				"message.create.contact.mention.agent"}},
		{"mention of another", "message.create.contact.mention",
			fields{"type": "mention", "role": "agent", "meta": fields{"targetUser": testAda}},
			[]string{"activity", "message", "message.create.contact.mention", "message.create.contact.mention.agent"}},
		{"update", "message.update", nil,
			[]string{"activity", "message", "message.update", "message.update.contact"}},
		{"instance not enabled", "message.create.contact.chat", fields{"instance": fields{"enabled": false}},
			[]string{"activity"}},
		{"instance enabled", "message.delete", fields{"instance": fields{"enabled": true}},
			[]string{"activity", "message", "message.delete", "message.delete.contact"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), nil)
			var got []string
			b.OnEvent("**", func(_ context.Context, e *Event) error {
				got = append(got, e.Emitted)
				return nil
			})
			if err := receiveBody(t, b, delivery(t, c.event, c.message, nil)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("emitted %q, want %q", got, c.want)
			}
		})
	}
}

func TestWildcardsRunOncePerEmittedName(t *testing.T) {
	b := newBot(t, answers(500), nil)
	counts := map[string]int{}
	for _, pattern := range []string{"message.**", "**.chat", "*", "message.create.*.*"} {
		b.On(pattern, func(context.Context, *Message, *Conversation) error {
			counts[pattern]++
			return nil
		})
	}
	if err := receiveBody(t, b, delivery(t, "message.create.contact.chat", nil, nil)); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"message.**": 3, "**.chat": 1, "*": 1, "message.create.*.*": 1}
	if !maps.Equal(counts, want) {
		t.Errorf("calls %v, want %v", counts, want)
	}
}

func TestHandlersRunInOrderAndAllOfThem(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var got []string
	note := func(name string, err error) Handler {
		return func(context.Context, *Message, *Conversation) error {
			got = append(got, name)
			return err
		}
	}
	broken := errors.New("broken")
	b.On("message notify", note("first", broken)).On("message", note("second", nil))
	b.OnText(Text("hello"), note("text", nil))
	err := receiveBody(t, b, delivery(t, "message.create.contact.chat", fields{"text": "HELLO"}, nil))
	if !errors.Is(err, broken) {
		t.Errorf("receive = %v, want %v", err, broken)
	}
	if want := []string{"text", "first", "second"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

func TestFilters(t *testing.T) {
	participant := func(user ID, flags ...string) fields {
		p := fields{"user": user}
		for _, flag := range flags {
			p[flag] = true
		}
		return p
	}
	with := func(ps ...any) fields { return fields{"participants": ps} }
	command := func(text string, users ...any) fields {
		return fields{"type": "command", "role": nil, "text": text, "meta": fields{"users": users}}
	}
	unjoined := func(o *Options) { o.IgnoreUnjoined = true }
	onActivity := func(o *Options) { o.IgnoreOnActivity = true }
	cases := []struct {
		name                  string
		adjust                func(*Options)
		message, conversation fields
		want                  bool
	}{
		{"own message", nil, fields{"user": testBot, "role": "agent"}, nil, false},
		{"own message kept", func(o *Options) { o.KeepSelf = true }, fields{"user": testBot, "role": "agent"}, nil, true},
		{"bot message", nil, fields{"role": "bot"}, nil, false},
		{"bot message kept", func(o *Options) { o.KeepBots = true }, fields{"role": "bot"}, nil, true},
		{"disabled kept", func(o *Options) { o.KeepDisabled = true }, fields{"instance": fields{"enabled": false}}, nil, true},
		{"instance is an id", nil, fields{"instance": "x"}, nil, false},
		{"unjoined", unjoined, nil, nil, false},
		{"inbox only", unjoined, nil, with(participant(testBot, "inbox")), false},
		{"another is active", unjoined, nil, with(participant(testAda, "active")), false},
		{"active", unjoined, nil, with(participant(testAda), participant(testBot, "active")), true},
		{"following", unjoined, nil, with(participant(testBot, "follow")), true},
		{"assigned", unjoined, command("/assign", testBot), nil, true},
		{"another assigned", unjoined, command("/assign", testAda), nil, false},
		{"bot command", unjoined, command(">smsbot"), nil, true},
		{"system command", unjoined, command("/join"), nil, false},
		{"mentioned", unjoined, fields{"type": "mention", "meta": fields{"targetUser": []any{testAda, testBot}}}, nil, true},
		{"mentioned as bot", unjoined, fields{"type": "mention", "meta": fields{"targetBot": testBot}}, nil, true},
		{"another mentioned", unjoined, fields{"type": "mention", "meta": fields{"targetUser": testAda}}, nil, false},
		{"accepted by another", onActivity, nil, with(participant(testAda, "accepted")), false},
		{"accepted by itself", onActivity, nil, with(participant(testBot, "accepted")), true},
		{"accepted by nobody", onActivity, nil, with(participant(testAda, "active")), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), c.adjust)
			got := false
			b.On("message", func(context.Context, *Message, *Conversation) error {
				got = true
				return nil
			})
			event := "message.create.contact.chat"
			if err := receiveBody(t, b, delivery(t, event, c.message, c.conversation)); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("handled = %t, want %t", got, c.want)
			}
		})
	}
}

func TestTextTriggers(t *testing.T) {
	cases := []struct {
		name    string
		message fields
		want    []string
	}{
		{"exact in other case", fields{"text": "HI"}, []string{"greet [HI]"}},
		{"exact is the whole text", fields{"text": "hi there"}, nil},
		{"expression searches", fields{"text": "buy 3 apples 🍎"}, []string{"buy [buy 3 3]", "any [apples]"}},
		{"postback", fields{"type": "postback", "text": "hi"}, []string{"greet [hi]"}},
		{"agent", fields{"role": "agent", "text": "hi"}, []string{"greet [hi]"}},
		{"no role", fields{"role": nil, "text": "hi"}, nil},
		{"card", fields{"type": "card", "text": "hi"}, nil},
		{"fires for a disabled instance", fields{"text": "hi", "instance": fields{"enabled": false}},
			[]string{"greet [hi]"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), nil)
			var got []string
			note := func(name string) Handler {
				return func(_ context.Context, _ *Message, c *Conversation) error {
					got = append(got, fmt.Sprint(name, " ", c.Captured))
					return nil
				}
			}
			b.OnText(Text("hello", "hi"), note("greet"))
			b.OnText(Regexp(regexp.MustCompile(`buy (\d+)`)), note("buy"))
			b.OnText(Regexp(regexp.MustCompile(`pears`), regexp.MustCompile(`apples`)), note("any"))
			if err := receiveBody(t, b, delivery(t, "message.create.contact.chat", c.message, nil)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("fired %q, want %q", got, c.want)
			}
		})
	}
}

func TestOnlyFirstMatch(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.OnlyFirstMatch = true })
	fired := 0
	count := func(context.Context, *Message, *Conversation) error {
		fired++
		return nil
	}
	b.OnText(Text("hi", "HI"), count).OnText(Text("hi"), count)
	if err := receiveBody(t, b, delivery(t, "message.create.contact.chat", fields{"text": "hi"}, nil)); err != nil {
		t.Fatal(err)
	}
	if fired != 1 {
		t.Errorf("fired %d times, want 1", fired)
	}
}

func TestResourceEvents(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var names []string
	var user User
	b.OnEvent("user.*", func(_ context.Context, e *Event) error {
		names = append(names, e.Emitted)
		return e.Decode("user", &user)
	})
	b.On("**", func(context.Context, *Message, *Conversation) error {
		t.Error("handler of messages was called")
		return nil
	})
	if err := receiveBody(t, b, []byte(vectors[1].body)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"user.login"}; !reflect.DeepEqual(names, want) || user.GivenName != "Ada" || user.ID != testAda {
		t.Errorf("got %q, %+v", names, user)
	}
}

func TestEventDecodeOfMissing(t *testing.T) {
	e, err := parseEvent([]byte(vectors[1].body))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Decode("contact", &Contact{}); err == nil {
		t.Error("Decode(contact) = nil, want an error")
	}
	if e.Activity.Summary != "User Ada Smit logged in" || e.Timestamp.IsZero() || string(e.Raw) != vectors[1].body {
		t.Errorf("event %+v", e)
	}
}
