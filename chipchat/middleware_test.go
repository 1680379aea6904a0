package chipchat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestReceiveMiddlewareRunsInOrder(t *testing.T) {
	var n notes
	pass := func(name string) ReceiveMiddleware {
		return func(_ context.Context, _ *Bot, e *Event) error {
			n = append(n, name+" "+e.Name)
			return nil
		}
	}
	b := newBot(t, answers(500), func(o *Options) { o.Middleware.Receive = []ReceiveMiddleware{pass("1"), pass("2")} })
	b.Use(pass("3"), pass("4")).Use(pass("5"))
	b.OnEvent("activity", n.event("handler"))
	if err := receiveBody(t, b, []byte(vectors[1].body)); err != nil {
		t.Fatal(err)
	}
	n.want(t, "1 user.login", "2 user.login", "3 user.login", "4 user.login", "5 user.login", "handler activity")
	if err := receiveBody(t, b, delivery(t, chat, fields{"role": "bot"}, nil)); err != nil {
		t.Fatal(err)
	}
	n.want(t) // the built-in filters came first
}

func TestReceiveMiddlewareEndsTheEvent(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		err    error
		status int
		want   []string // reported
	}{
		{"drop", ErrDrop, 200, nil},
		{"wrapped drop", fmt.Errorf("not now: %w", ErrDrop), 200, nil},
		{"error", broken, 400, []string{"middleware receive processing error:  broken"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), nil)
			var reported, n notes
			b.Use(func(context.Context, *Bot, *Event) error { return c.err })
			b.Use(func(context.Context, *Bot, *Event) error { n = append(n, "next middleware"); return nil })
			b.On("**", n.message("handler")).OnText(Text("hi"), n.message("text"))
			b.OnEvent("activity", n.event("handler"))
			b.OnEvent("error", func(_ context.Context, e *Event) error {
				reported = append(reported, e.Err.Error())
				return nil
			})
			if w := post(b, string(delivery(t, chat, fields{"text": "hi"}, nil)), ""); w.Code != c.status {
				t.Errorf("answer %d %s, want %d", w.Code, w.Body, c.status)
			}
			n.want(t)
			reported.want(t, c.want...)
		})
	}
}

func TestMiddlewarePanicsAndTakesAway(t *testing.T) {
	for name, m := range map[string]ReceiveMiddleware{
		"panic":                func(context.Context, *Bot, *Event) error { panic("broken") },
		"without message":      func(_ context.Context, _ *Bot, e *Event) error { e.Message = nil; return nil },
		"without conversation": func(_ context.Context, _ *Bot, e *Event) error { e.Conversation = nil; return nil },
	} {
		b := newBot(t, answers(500), nil).Use(m)
		if w := post(b, string(delivery(t, chat, nil, nil)), ""); w.Code != 400 {
			t.Errorf("%s: answer %d, want 400", name, w.Code)
		}
	}
	b := newBot(t, echoes(), nil).UseSend(func(context.Context, *Bot, *Outgoing) error { panic("broken") })
	if _, err := b.Send(t.Context(), testConversation, "hi"); err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("Send = %v, want an error", err)
	}
}

func TestSendMiddleware(t *testing.T) {
	s := echoes()
	b := newBot(t, s, func(o *Options) {
		o.Middleware.Send = []SendMiddleware{func(_ context.Context, _ *Bot, out *Outgoing) error {
			for i := range out.Messages {
				out.Messages[i].Text += "!"
			}
			return nil
		}}
	})
	b.UseSend(func(_ context.Context, _ *Bot, out *Outgoing) error {
		if out.Messages[0].Conversation != out.Conversation || out.Messages[0].Role != RoleAgent {
			t.Errorf("middleware sees %+v", out.Messages[0])
		}
		out.Messages = append(out.Messages, Message{Text: "bye", Conversation: out.Conversation})
		return nil
	})
	original := []Message{{Text: "hi"}}
	created, err := b.Send(t.Context(), testConversation, original, Message{Role: RoleAgent})
	if err != nil || len(created) != 2 || created[0].Text != "hi!" || created[1].Text != "bye" {
		t.Errorf("Send = %+v, %v", created, err)
	}
	if original[0].Text != "hi" || original[0].Role != "" {
		t.Error("Send changed the messages of its caller")
	}
	// One message that becomes two is sent as a list.
	if created, err := b.Send(t.Context(), testConversation, "hi", Message{Role: RoleAgent}); err != nil || len(created) != 2 {
		t.Errorf("Send = %+v, %v", created, err)
	}
}

func TestSendMiddlewareKeepsBack(t *testing.T) {
	for name, m := range map[string]SendMiddleware{
		"drop":     func(context.Context, *Bot, *Outgoing) error { return ErrDrop },
		"take all": func(_ context.Context, _ *Bot, o *Outgoing) error { o.Messages = nil; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := echoes()
			b := newBot(t, s, nil).UseSend(m)
			b.OnEvent("error", func(_ context.Context, e *Event) error {
				t.Errorf("reported %v", e.Err)
				return nil
			})
			b.On("message", func(ctx context.Context, _ *Message, c *Conversation) error {
				if _, err := c.Ask(ctx, "What?"); !errors.Is(err, ErrDrop) {
					t.Errorf("Ask = %v, want %v", err, ErrDrop)
				}
				if err := errors.Join(c.Say(ctx, "hi"), c.Join(ctx), c.Set(ctx, "a", "b")); err != nil {
					t.Errorf("Say, Join and Set = %v", err)
				}
				_, err := b.Send(ctx, c.ID, "hi")
				return err
			})
			if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil {
				t.Errorf("receive = %v", err)
			}
			if len(s.seen()) != 0 {
				t.Errorf("requests %+v", s.seen())
			}
		})
	}
}

func TestSendErrorsAreEmittedAndReturned(t *testing.T) {
	b := newBot(t, answers(403), nil)
	var reported notes
	b.OnEvent("error", func(_ context.Context, e *Event) error {
		reported = append(reported, e.Err.Error())
		return nil
	})
	_, err := b.Send(t.Context(), testConversation, "hi")
	if refused, ok := errors.AsType[*Error](err); !ok || refused.StatusCode != 403 {
		t.Errorf("Send = %v", err)
	}
	reported.want(t, "middleware send processing error: "+err.Error())
	broken := errors.New("broken")
	b.UseSend(func(context.Context, *Bot, *Outgoing) error { return broken })
	if _, err := b.Send(t.Context(), testConversation, "hi"); !errors.Is(err, broken) {
		t.Errorf("Send = %v, want %v", err, broken)
	}
	reported.want(t, "middleware send processing error: send to conversation "+string(testConversation)+": broken")
}
