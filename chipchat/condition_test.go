package chipchat

import (
	"context"
	"regexp"
	"testing"
)

// conditionCases have the usual message of delivery: text "Hello, ...", role contact, and a conversation with step 1.
var conditionCases = []struct {
	name                  string
	when                  Conditions
	message, conversation fields
	want                  bool
}{
	{"none", Conditions{}, nil, nil, true},
	{"string", Conditions{"role": "contact"}, nil, nil, true},
	{"other string", Conditions{"role": "agent"}, nil, nil, false},
	{"string has case", Conditions{"role": "Contact"}, nil, nil, false},
	{"string of a type of its own", Conditions{"conversation": testConversation}, nil, nil, true},
	{"all keys", Conditions{"role": "contact", "type": "card"}, nil, nil, false},
	{"number", Conditions{"delay": 3}, fields{"delay": 3}, nil, true},
	{"other number", Conditions{"delay": uint8(4)}, fields{"delay": 3}, nil, false},
	{"number is no text", Conditions{"delay": "3"}, fields{"delay": 3}, nil, false},
	{"text is no number", Conditions{"step": 1}, nil, nil, false},
	{"fraction", Conditions{"x": 1.5}, nil, fields{"meta": fields{"x": 1.5}}, true},
	{"true", Conditions{"isBackchannel": true}, fields{"isBackchannel": true}, nil, true},
	{"false is present", Conditions{"isBackchannel": false}, fields{"isBackchannel": false}, nil, true},
	{"false is not absent", Conditions{"isBackchannel": false}, nil, nil, false},
	{"zero", Conditions{"level": 0}, fields{"level": 0}, nil, true},
	{"empty text", Conditions{"context": ""}, fields{"context": ""}, nil, true},
	{"null", Conditions{"user": nil}, fields{"user": nil}, nil, true},
	{"null is not absent", Conditions{"user": nil}, nil, nil, false},
	{"null of the conversation", Conditions{"@contact": nil}, nil, fields{"contact": nil}, true},
	{"expression searches", Conditions{"text": regexp.MustCompile(`(?i)ANYONE`)}, nil, nil, true},
	{"expression finds nothing", Conditions{"text": regexp.MustCompile(`^anyone`)}, nil, nil, false},
	{"expression on a number", Conditions{"delay": regexp.MustCompile(`^3\d$`)}, fields{"delay": 30}, nil, true},
	{"expression on an object", Conditions{"meta": regexp.MustCompile(`"a":1`)}, fields{"meta": fields{"a": 1}}, nil, true},
	{"expression on null", Conditions{"user": regexp.MustCompile(``)}, fields{"user": nil}, nil, false},
	{"expression on nothing", Conditions{"nothing": regexp.MustCompile(``)}, nil, nil, false},
	{"nil expression", Conditions{"text": (*regexp.Regexp)(nil)}, nil, nil, false},
	{"list", Conditions{"role": []string{"agent", "contact"}}, nil, nil, true},
	{"list without it", Conditions{"role": []string{"agent", "bot"}}, nil, nil, false},
	{"mixed list", Conditions{"role": []any{1, nil, regexp.MustCompile(`^con`)}}, nil, nil, true},
	{"empty list", Conditions{"role": []string{}}, nil, nil, false},
	{"value is a list", Conditions{"users": testBot}, fields{"meta": fields{"users": []any{"x", testBot}}}, nil, true},
	{"value is another list", Conditions{"users": testBot}, fields{"meta": fields{"users": []any{"x"}}}, nil, false},
	{"expression on a list", Conditions{"@tags": regexp.MustCompile(`^b`)}, nil, fields{"tags": []any{"a", "bc"}}, true},
	{"property", Conditions{"@status": "queued"}, nil, fields{"status": "queued"}, true},
	{"other property", Conditions{"@status": "queued"}, nil, fields{"status": "closed"}, false},
	{"false property", Conditions{"@x": false}, nil, fields{"x": false}, true},
	{"property needs its sign", Conditions{"status": "queued"}, nil, fields{"status": "queued"}, false},
	{"meta of the conversation", Conditions{"step": "1"}, nil, nil, true},
	{"meta under a name with sign", Conditions{"@new": "x"}, nil, fields{"meta": fields{"@new": "x"}}, true},
	{"meta of the message", Conditions{"intent": "buy"}, fields{"meta": fields{"intent": "buy"}}, nil, true},
	{"empty meta of the message", Conditions{"intent": ""}, fields{"meta": fields{"intent": ""}}, nil, true},
	{"any of the places", Conditions{"step": "1"}, fields{"step": "9"}, nil, true},
	{"missing", Conditions{"order": Missing}, nil, nil, true},
	{"not missing", Conditions{"step": Missing}, nil, nil, false},
	{"missing property", Conditions{"@category": Missing}, nil, nil, true},
	{"missing or", Conditions{"order": []any{"2", Missing}}, nil, nil, true},
	{"object is no test", Conditions{"meta": map[string]any{}}, nil, nil, false},
	{"function is no test", Conditions{"role": func() {}}, nil, nil, false},
}

func TestConditions(t *testing.T) {
	for _, c := range conditionCases {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), nil)
			on, text := 0, 0
			b.When(c.when).
				On(chat, func(context.Context, *Message, *Conversation) error { on++; return nil }).
				OnText(Text("hello, anyone there? 👋"), func(context.Context, *Message, *Conversation) error { text++; return nil })
			if err := receiveBody(t, b, delivery(t, chat, c.message, c.conversation)); err != nil {
				t.Fatal(err)
			}
			if (on == 1) != c.want || (text == 1) != c.want {
				t.Errorf("called %d times by event and %d by text, want match %t", on, text, c.want)
			}
		})
	}
}

func TestConditionsOfResourceEvents(t *testing.T) {
	const organization = "64b0f1a2c3d4e5f60718293a"
	for _, c := range []struct {
		when Conditions
		want bool
	}{
		{Conditions{"event": "user.login"}, true},
		{Conditions{"organization": organization, "event": regexp.MustCompile("log")}, true},
		{Conditions{"organization": "x"}, false},
		{Conditions{"givenName": "Ada"}, false}, // of the payload, not of the resource in it
	} {
		b := newBot(t, answers(500), nil)
		got := false
		b.When(c.when).OnEvent("user.*", func(context.Context, *Event) error { got = true; return nil })
		if err := receiveBody(t, b, []byte(vectors[1].body)); err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("conditions %v match = %t, want %t", c.when, got, c.want)
		}
	}
}

func TestConditionsSeeWhatMiddlewareChanged(t *testing.T) {
	b := newBot(t, answers(500), nil)
	b.Use(func(_ context.Context, _ *Bot, e *Event) error {
		e.Message.Text = "changed"
		e.Message.Meta["intent"] = "buy"
		e.Message.Role = ""
		return nil
	})
	got := false
	b.When(Conditions{"text": "changed", "intent": "buy", "type": "chat"}, Conditions{"id": regexp.MustCompile(`^64b`)}).
		On("message", func(context.Context, *Message, *Conversation) error { got = true; return nil })
	b.When(Conditions{"role": "contact"}).On("message", func(context.Context, *Message, *Conversation) error {
		t.Error("the role is seen that the middleware took away")
		return nil
	})
	if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil || !got {
		t.Errorf("receive = %v, matched %t", err, got)
	}
}

func TestConditionsSeeWhatWasSet(t *testing.T) {
	b := newBot(t, echoes(), nil)
	b.On("message", func(ctx context.Context, _ *Message, c *Conversation) error { return c.Set(ctx, "step", "2") })
	got := false
	b.When(Conditions{"step": "2"}).On("message", func(context.Context, *Message, *Conversation) error { got = true; return nil })
	if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil || !got {
		t.Errorf("receive = %v, matched %t", err, got)
	}
}
