package chipchat

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const askedKey = "_asked" + string(testBot)

// texts are those of the messages that were sent, in order.
func (s *server) texts() (texts notes) {
	for _, r := range s.seen() {
		_, rest, _ := strings.Cut(r.body, `"text":"`)
		text, _, _ := strings.Cut(rest, `"`)
		texts = append(texts, text)
	}
	return texts
}

func receiveChat(t *testing.T, b *Bot, text string, meta fields) {
	t.Helper()
	if meta == nil {
		meta = fields{}
	}
	if err := receiveBody(t, b, delivery(t, chat, fields{"text": text}, fields{"meta": meta})); err != nil {
		t.Error(err)
	}
}

func TestAskWaitsForTheReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := echoes()
		b := newBot(t, s, nil)
		var n notes
		b.OnText(Text("start"), func(ctx context.Context, _ *Message, c *Conversation) error {
			m, err := c.Ask(ctx, "Which size?", Message{Role: RoleAgent})
			if err != nil {
				return err
			}
			n = append(n, "reply "+m.Text)
			return nil
		})
		b.On("message", func(_ context.Context, m *Message, _ *Conversation) error {
			n = append(n, "message "+m.Text)
			return nil
		})
		first := make(chan struct{})
		go func() {
			defer close(first)
			receiveChat(t, b, "start", nil)
		}()
		synctest.Wait()
		// What is not said does not count, nor what is said elsewhere.
		for _, body := range [][]byte{
			delivery(t, "message.create.contact.command", fields{"type": "command", "role": nil, "text": "/join"}, nil),
			delivery(t, chat, fields{"text": ""}, nil),
			delivery(t, chat, fields{"text": "elsewhere"}, fields{"id": "64b0f1a2c3d4e5f607182971"}),
		} {
			if err := receiveBody(t, b, body); err != nil {
				t.Error(err)
			}
		}
		n.want(t, "message /join", "message ", "message elsewhere")
		receiveChat(t, b, "XL", fields{askedKey: "64b0f1a2c3d4e5f607182999"})
		<-first
		n.want(t, "reply XL", "message start")
		receiveChat(t, b, "and more", nil)
		n.want(t, "message and more")
		texts := s.texts()
		texts.want(t, "Which size?", "/set "+askedKey+" 64b0f1a2c3d4e5f607182999")
	})
}

func TestAskGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, echoes(), nil)
		c, err := b.Take(Conversation{ID: testConversation})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := c.Ask(ctx, "Still there?"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Ask = %v", err)
		}
		if left := len(b.replies.recent.byKey); left != 0 {
			t.Errorf("%d listeners are left", left)
		}
	})
}

func TestAskFunc(t *testing.T) {
	s := echoes()
	b := newBot(t, s, nil)
	var n notes
	b.OnText(Text("start"), func(ctx context.Context, _ *Message, c *Conversation) error {
		return c.AskFunc(ctx, "Name?", func(_ context.Context, m *Message, c *Conversation) error {
			n = append(n, "name "+m.Text+" "+string(c.ID))
			return nil
		})
	})
	b.On("message", n.message("message"))
	receiveChat(t, b, "start", nil)
	n.want(t, "message") // the question is not answered by what led to it
	receiveChat(t, b, "Jenny", nil)
	n.want(t, "name Jenny "+string(testConversation))
	texts := s.texts()
	texts.want(t, "Name?", "/set "+askedKey+" 64b0f1a2c3d4e5f607182999") // not cleared
	receiveChat(t, b, "Jenny", fields{askedKey: "64b0f1a2c3d4e5f607182999"})
	n.want(t, "message")
}

func TestAskCallback(t *testing.T) {
	s := echoes()
	var n notes
	start := func() *Bot {
		b := newBot(t, s, nil)
		b.RegisterCallback("on size", func(ctx context.Context, m *Message, c *Conversation) error {
			n = append(n, "size "+m.Text)
			return c.Say(ctx, "Thanks")
		})
		return b.On("message", n.message("message"))
	}
	first, second := start(), start() // another process
	c, err := first.Take(Conversation{ID: testConversation})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AskCallback(t.Context(), "Which size?", "on size"); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(askedKey); got != "on size" {
		t.Errorf("remembered %q", got)
	}
	receiveChat(t, second, "XL", fields{askedKey: "on size"})
	n.want(t, "size XL")
	texts := s.texts()
	texts.want(t, "Which size?", "/set "+askedKey+" on size", "/set "+askedKey+" ", "Thanks")
	receiveChat(t, second, "XL", fields{askedKey: "another name"})
	n.want(t, "message")
	for _, name := range []string{"", "unknown"} {
		if err := c.AskCallback(t.Context(), "Which size?", name); err == nil {
			t.Errorf("AskCallback(%q) = nil, want an error", name)
		}
	}
}

func TestCallbackThatAsksAgain(t *testing.T) {
	s := echoes()
	b := newBot(t, s, nil)
	b.RegisterCallback("size", b.Callback("none")).RegisterCallback("colour", b.Callback("none"))
	b.OnText(Regexp(regexp.MustCompile("")), func(ctx context.Context, _ *Message, c *Conversation) error {
		return c.AskCallback(ctx, "Which colour?", "colour")
	})
	err := receiveBody(t, b, delivery(t, chat, nil, fields{"meta": fields{askedKey: "size"}}))
	if err == nil {
		t.Error("the callback was not called")
	}
	texts := s.texts()
	texts.want(t, "Which colour?", "/set "+askedKey+" colour") // which is still open
}

func TestReplyListeners(t *testing.T) {
	b := newBot(t, echoes(), nil)
	var n notes
	b.On("message", n.message("message")).OnText(Text("hi"), n.message("text"))
	b.AddReplyListener(testConversation, n.message("1"))
	remove := b.AddReplyListener(testConversation, n.message("2"))
	b.AddReplyListener(testConversation, n.message("3"))
	b.AddReplyListener("64b0f1a2c3d4e5f607182971", n.message("elsewhere"))
	remove()
	remove()
	receiveChat(t, b, "hi", nil)
	n.want(t, "text", "1", "3")
	receiveChat(t, b, "hi", nil)
	n.want(t, "text", "message")
}

func TestReplyListenersAreBounded(t *testing.T) {
	var rs replies
	oldest := rs.add("first", nil)
	rs.recent.limit = 3
	rs.add("a", nil)
	rs.add("b", nil)
	select {
	case <-oldest.gone:
		t.Fatal("forgotten while there was room")
	default:
	}
	rs.add("c", nil)
	select {
	case <-oldest.gone:
	default:
		t.Error("the one who waits was not told that he is forgotten")
	}
	first := rs.add("c", nil)
	for range maxAsked - 2 { // with the one above there is room for all
		rs.add("c", nil)
	}
	select {
	case <-first.gone:
		t.Fatal("forgotten while there was room")
	default:
	}
	rs.add("c", nil)
	rs.add("c", nil)
	select {
	case <-first.gone:
	default:
		t.Error("a conversation has any number of listeners")
	}
	if n := len(rs.take("c")); n != maxAsked {
		t.Errorf("%d listeners of one conversation, want %d", n, maxAsked)
	}
}

func TestAskThatCannot(t *testing.T) {
	unbound := &Conversation{ID: testConversation}
	nobody := newBot(t, echoes(), func(o *Options) { o.Token = "x" })
	refused := newBot(t, answers(403), nil)
	for name, c := range map[string]*Conversation{
		"unbound": unbound, "nobody": taken(t, nobody), "refused": taken(t, refused),
	} {
		if _, err := c.Ask(t.Context(), "?"); err == nil {
			t.Errorf("%s: Ask = nil, want an error", name)
		}
		if err := c.AskFunc(t.Context(), "?", nil); err == nil {
			t.Errorf("%s: AskFunc = nil, want an error", name)
		}
		if err := c.AskCallback(t.Context(), "?", "x"); err == nil {
			t.Errorf("%s: AskCallback = nil, want an error", name)
		}
	}
	if left := len(nobody.replies.recent.byKey) + len(refused.replies.recent.byKey); left != 0 {
		t.Errorf("%d listeners are left", left)
	}
}

func taken(t *testing.T, b *Bot) *Conversation {
	t.Helper()
	c, err := b.Take(Conversation{ID: testConversation})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTake(t *testing.T) {
	b := newBot(t, echoes(), nil)
	if _, err := b.Take(Conversation{}); err == nil {
		t.Error("Take without id = nil, want an error")
	}
	c, err := b.Take(Conversation{ID: testConversation, Meta: map[string]any{"step": "0"}})
	if err != nil || c.Get("step") != "0" || c.Say(t.Context(), "hi") != nil {
		t.Fatalf("Take = %+v, %v", c, err)
	}
	receiveChat(t, b, "hi", fields{"step": "1"})
	other, err := b.Take(Conversation{ID: testConversation, Meta: map[string]any{"step": "0"}})
	if err != nil || other.Get("step") != "1" || c.Get("step") != "1" || other.Meta["step"] != "0" {
		t.Errorf("the copy is not shared: %q and %q", c.Get("step"), other.Get("step"))
	}
}
