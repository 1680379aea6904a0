package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestConversationRequests(t *testing.T) {
	const path = "/v2/conversations/64b0f1a2c3d4e5f607182970/messages"
	const tail = `"conversation":"64b0f1a2c3d4e5f607182970"`
	cases := []struct {
		name string
		do   func(context.Context, *Conversation) error
		want string
	}{
		{"string", func(ctx context.Context, c *Conversation) error { return c.Say(ctx, "Hi 👋 <b>") },
			`{` + tail + `,"text":"Hi 👋 <b>"}`},
		{"message", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, Message{Text: "x", Role: RoleAgent, Actions: []Action{{Type: "postback", Text: "Yes"}}})
		}, `{"actions":[{"type":"postback","text":"Yes"}],` + tail + `,"role":"agent","text":"x"}`},
		{"strings", func(ctx context.Context, c *Conversation) error { return c.Say(ctx, []string{"Hello", "Bye"}) },
			`[{` + tail + `,"text":"Hello"},{` + tail + `,"text":"Bye"}]`},
		{"messages of another conversation", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, []Message{{Text: "a", Conversation: "other"}})
		}, `[{` + tail + `,"text":"a"}]`},
		{"object", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, map[string]any{"text": "x", "free": []int{1}, "isBackchannel": false}, Message{Text: "over"})
		}, `{` + tail + `,"free":[1],"isBackchannel":false,"text":"over"}`},
		{"numbers with all their digits", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, map[string]any{"meta": fields{"n": 9007199254740993}, "x": fields{"y": int64(9007199254740993)}})
		}, `{` + tail + `,"meta":{"n":9007199254740993},"x":{"y":9007199254740993}}`},
		{"raw object", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, json.RawMessage(` {"text": "a<b", "x": {"<": 1}}`))
		}, `{` + tail + `,"text":"a<b","x":{"<":1}}`},
		{"list of all kinds", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, []any{"a", Message{Text: "b"}, &Message{Text: "c"}, Document{"text": "d", "x": 1}})
		}, `[{` + tail + `,"text":"a"},{` + tail + `,"text":"b"},{` + tail + `,"text":"c"},{` + tail + `,"text":"d","x":1}]`},
		{"more", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, Message{Text: "a", More: map[string]any{"text": "lost", "x": "y"}}, Message{More: map[string]any{"z": nil}})
		}, `{` + tail + `,"text":"a","x":"y","z":null}`},
		{"meta is replaced", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, Message{Text: "a", Meta: map[string]any{"a": 1}}, Message{Meta: map[string]any{"b": 2}})
		}, `{` + tail + `,"meta":{"b":2},"text":"a"}`},
		{"extra", func(ctx context.Context, c *Conversation) error {
			return c.Say(ctx, []string{"a", "b"}, Message{Role: RoleAgent, Text: "over"}, Message{Delay: 3000})
		}, `[{` + tail + `,"delay":3000,"role":"agent","text":"over"},{` + tail + `,"delay":3000,"role":"agent","text":"over"}]`},
		{"accept", func(ctx context.Context, c *Conversation) error { return c.Accept(ctx) },
			`{` + tail + `,"meta":{},"text":"/accept","type":"command"}`},
		{"join", func(ctx context.Context, c *Conversation) error { return c.Join(ctx) },
			`{` + tail + `,"meta":{},"text":"/join","type":"command"}`},
		{"leave", func(ctx context.Context, c *Conversation) error { return c.Leave(ctx) },
			`{` + tail + `,"meta":{},"text":"/leave","type":"command"}`},
		{"assign", func(ctx context.Context, c *Conversation) error { return c.Assign(ctx, "1", "2") },
			`{` + tail + `,"meta":{"users":["1","2"]},"text":"/assign","type":"command"}`},
		{"assign nobody", func(ctx context.Context, c *Conversation) error { return c.Assign(ctx) },
			`{` + tail + `,"meta":{"users":[]},"text":"/assign","type":"command"}`},
		{"notify", func(ctx context.Context, c *Conversation) error { return c.Notify(ctx, nil, nil) },
			`{` + tail + `,"meta":{},"text":"/notify","type":"command"}`},
		{"notify channels", func(ctx context.Context, c *Conversation) error { return c.Notify(ctx, []ID{"1"}, nil) },
			`{` + tail + `,"meta":{"channels":["1"],"organizations":null},"text":"/notify","type":"command"}`},
		{"notify organizations", func(ctx context.Context, c *Conversation) error { return c.Notify(ctx, nil, []ID{"2"}) },
			`{` + tail + `,"meta":{"channels":null,"organizations":["2"]},"text":"/notify","type":"command"}`},
		{"set", func(ctx context.Context, c *Conversation) error { return c.Set(ctx, "step", "two words ✌️") },
			`{` + tail + `,"meta":{},"text":"/set step two words ✌️","type":"command"}`},
		{"set number", func(ctx context.Context, c *Conversation) error { return c.Set(ctx, "n", 2.5) },
			`{` + tail + `,"meta":{},"text":"/set n 2.5","type":"command"}`},
		{"set nothing", func(ctx context.Context, c *Conversation) error { return c.Set(ctx, "step", false) },
			`{` + tail + `,"meta":{},"text":"/set step ","type":"command"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := echoes()
			b := newBot(t, s, nil)
			var called bool
			b.On("message", func(ctx context.Context, _ *Message, conversation *Conversation) error {
				called = true
				return c.do(ctx, conversation)
			})
			if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil || !called {
				t.Fatal(err, called)
			}
			seen := s.seen()
			if len(seen) != 1 || seen[0].method != "POST" || seen[0].path != path || seen[0].body != c.want {
				t.Errorf("requests %+v, want %s", seen, c.want)
			}
		})
	}
}

func TestSendReturnsCreated(t *testing.T) {
	b := newBot(t, echoes(), nil)
	one, err := b.Send(t.Context(), testConversation, "a")
	if err != nil || len(one) != 1 || one[0].ID == "" || one[0].Text != "a" {
		t.Errorf("Send = %+v, %v", one, err)
	}
	two, err := b.Send(t.Context(), testConversation, []string{"a", "b"})
	if err != nil || len(two) != 2 || two[1].Text != "b" {
		t.Errorf("Send = %+v, %v", two, err)
	}
}

func TestSendFailures(t *testing.T) {
	s := echoes()
	b := newBot(t, s, nil)
	reported := 0
	b.OnEvent("error", func(context.Context, *Event) error {
		reported++
		return nil
	})
	bodies := []any{nil, 5, []string{}, []Message{}, (*Message)(nil), Message{Meta: fields{"f": func() {}}}}
	for _, body := range bodies {
		if _, err := b.Send(t.Context(), testConversation, body); err == nil {
			t.Errorf("Send(%T) = nil, want an error", body)
		}
	}
	_, err := b.Send(t.Context(), testConversation, fields{"f": func() {}})
	if _, ok := errors.AsType[*json.UnsupportedTypeError](err); !ok {
		t.Errorf("Send of what cannot be encoded = %v, want the cause", err)
	}
	reported--
	if _, err := b.Send(t.Context(), "", "x"); err == nil {
		t.Error("Send without conversation = nil, want an error")
	}
	if len(s.seen()) != 0 || reported != len(bodies)+1 {
		t.Errorf("%d requests, %d errors reported", len(s.seen()), reported)
	}
	for _, answer := range []string{"", "[]", `"x"`, "null"} {
		s := &server{answer: func(request) (int, http.Header, string) { return 201, nil, answer }}
		if created, err := newBot(t, s, nil).Send(t.Context(), testConversation, "x"); err == nil {
			t.Errorf("Send answered %q = %v, want an error", answer, created)
		}
	}
}

func TestUnboundConversation(t *testing.T) {
	c := &Conversation{ID: "1", Meta: fields{"a": "b"}}
	if err := c.Say(t.Context(), "x"); !errors.Is(err, errUnbound) {
		t.Errorf("Say = %v", err)
	}
	if err := c.Leave(t.Context()); !errors.Is(err, errUnbound) {
		t.Errorf("Leave = %v", err)
	}
	if err := c.Set(t.Context(), "a", "c"); !errors.Is(err, errUnbound) || c.Get("a") != "b" {
		t.Errorf("Set = %v", err)
	}
}

func TestSetAndGet(t *testing.T) {
	b := newBot(t, echoes(), nil)
	var c *Conversation
	b.On("message.update message.create.contact.chat", func(_ context.Context, _ *Message, got *Conversation) error {
		c = got
		return nil
	})
	state := fields{"category": "Used Car", "touchpoint": "", "tags": []any{"a"}, "categoryIndex": 2,
		"meta": fields{"step": "1", "flag": true, "n": 1.5, "o": fields{"<": 1}, "none": nil}}
	if err := receiveBody(t, b, delivery(t, chat, nil, state)); err != nil {
		t.Fatal(err)
	}
	first := c
	check := func(key, want string) {
		t.Helper()
		if got := first.Get(key); got != want {
			t.Errorf("Get(%q) = %q, want %q", key, got, want)
		}
	}
	for key, want := range map[string]string{"step": "1", "flag": "true", "n": "1.5", "o": `{"<":1}`, "none": "",
		"missing": "", "@category": "Used Car", "@categoryIndex": "2", "@tags": `["a"]`, "@missing": ""} {
		check(key, want)
	}
	set := func(key string, value any) {
		t.Helper()
		if err := first.Set(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	set("step", "2")
	set("flag", false)
	set("@category", "New Car")
	set("@new", 7)
	set("id", ID("x"))
	zero := "0"
	set("zero", &zero)
	set("no", new(bool))
	set("nan", math.NaN())
	if err := first.Set(t.Context(), "step", func() {}); err == nil {
		t.Error("Set of a function = nil, want an error")
	}
	check("step", "2")
	check("flag", "")
	check("@category", "New Car")
	check("@new", "7")
	check("zero", "0")
	check("no", "")
	check("nan", "")
	check("id", "x")
	if first.Meta["step"] != "1" {
		t.Errorf("Meta[step] = %v, want what the event said", first.Meta["step"])
	}

	// Another event replaces the copy that all contexts share.
	if err := receiveBody(t, b, delivery(t, "message.update", nil, fields{"meta": fields{"step": "3"}})); err != nil {
		t.Fatal(err)
	}
	check("step", "3")
	update := `{"event":"conversation.update","activity":{},"data":{"conversation":{"id":"64b0f1a2c3d4e5f607182970","meta":{"step":"4"}}}}`
	if err := receiveBody(t, b, []byte(update)); err != nil {
		t.Fatal(err)
	}
	check("step", "4")
	for _, key := range []string{"", "two words", "line\nbreak"} {
		if err := first.Set(t.Context(), key, "x"); !errors.Is(err, errSetKey) {
			t.Errorf("Set(%q) = %v, want %v", key, err, errSetKey)
		}
	}
}

func TestSetAndGetConcurrently(t *testing.T) {
	b := newBot(t, echoes(), nil)
	b.On("message", func(ctx context.Context, _ *Message, c *Conversation) error {
		_ = c.Get("step")
		return c.Set(ctx, "step", c.Get("@name"))
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestBotConversation(t *testing.T) {
	s := &server{answer: func(r request) (int, http.Header, string) {
		if r.method == http.MethodPost {
			return 201, nil, `{"id":"m"}`
		}
		return 200, nil, `{"id":"64b0f1a2c3d4e5f607182970","organization":{"id":"o","name":"Acme"},"meta":{"a":"b"}}`
	}}
	b := newBot(t, s, nil)
	c, err := b.Conversation(t.Context(), testConversation)
	if err != nil || c.Organization != "o" || c.Get("a") != "b" || !strings.Contains(string(c.Raw), "Acme") {
		t.Fatalf("Conversation = %+v, %v", c, err)
	}
	if err := c.Say(t.Context(), "hi"); err != nil {
		t.Error(err)
	}
	if _, err := b.Conversation(t.Context(), ""); err == nil || !strings.HasPrefix(err.Error(), "missing conversation") {
		t.Errorf("Conversation() = %v", err)
	}
	got, err := b.Conversations.Get(t.Context(), testConversation, nil)
	if err != nil || got.Say(t.Context(), "hi") != nil {
		t.Errorf("fetched conversation can't speak: %v", err)
	}
	paths := []string{}
	for _, r := range s.seen() {
		paths = append(paths, r.method)
	}
	if want := []string{"GET", "POST", "GET", "POST"}; !slices.Equal(paths, want) {
		t.Errorf("requests %v, want %v", paths, want)
	}
}

func TestResourceEventConversationCanSpeak(t *testing.T) {
	s := echoes()
	b := newBot(t, s, nil)
	b.OnEvent("channel.notify", func(ctx context.Context, e *Event) error { return e.Conversation.Join(ctx) })
	body := `{"event":"channel.notify","activity":{},"data":{"channel":{"id":"1"},"conversation":{"id":"2","status":"queued"}}}`
	if err := receiveBody(t, b, []byte(body)); err != nil || len(s.seen()) != 1 || s.seen()[0].path != "/v2/conversations/2/messages" {
		t.Errorf("%v, requests %+v", err, s.seen())
	}
}
