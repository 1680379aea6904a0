package chipchat

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// notes is a handler that writes down when it is called.
type notes []string

func (n *notes) message(name string) Handler {
	return func(context.Context, *Message, *Conversation) error {
		*n = append(*n, name)
		return nil
	}
}

func (n *notes) event(name string) EventHandler {
	return func(_ context.Context, e *Event) error {
		*n = append(*n, name+" "+e.Emitted)
		return nil
	}
}

func (n *notes) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*n, want) {
		t.Errorf("called %q, want %q", *n, want)
	}
	*n = nil
}

func TestOnce(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var n notes
	b.Once("message "+chat, n.message("once")).OnceEvent("activity user.*", n.event("event"))
	b.When(Conditions{"text": "hi"}).Once("message", n.message("hi")).OnceEvent("message", n.event("hi"))
	for range 2 {
		if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	n.want(t, "event activity", "once", "once")
	for range 2 {
		if err := receiveBody(t, b, delivery(t, chat, fields{"text": "hi"}, nil)); err != nil {
			t.Fatal(err)
		}
	}
	n.want(t, "hi", "hi message")
	if left := len(b.listeners.events); left != 1 { // user.*
		t.Errorf("%d listeners are left, want 1", left)
	}
}

func TestOnceIsOnceWhenEventsOverlap(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var calls atomic.Int32
	b.Once("message", func(context.Context, *Message, *Conversation) error { calls.Add(1); return nil })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if calls.Load() != 1 {
		t.Errorf("called %d times, want once", calls.Load())
	}
}

func TestOnAnyHearsEveryNameFirst(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var n notes
	b.OnEvent("message", n.event("message"))
	b.OnAny(n.event("any"))
	if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil {
		t.Fatal(err)
	}
	n.want(t, "any activity", "any message", "message message", "any "+chat, "any "+chat+".contact")
}

func TestOffAndListen(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var n notes
	b.On("message", n.message("a")).On("message.*", n.message("b")).On("message", n.message("c"))
	stop := b.Listen("user.login message", n.event("d"))
	defer b.When(Conditions{"role": "agent"}).Listen("**", n.event("e"))()
	receive := func() {
		t.Helper()
		if err := receiveBody(t, b, delivery(t, "message.update", nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	receive()
	n.want(t, "a", "c", "d message", "b")
	stop()
	stop()
	receive()
	n.want(t, "a", "c", "b")
	b.Off("message message.delete")
	receive()
	n.want(t, "b")
}

func TestRemovingWhileHandling(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var n notes
	b.On("message", func(context.Context, *Message, *Conversation) error {
		b.Off("message").On("message", n.message("new"))
		return nil
	})
	b.On("message", n.message("old"))
	for range 2 {
		if err := receiveBody(t, b, delivery(t, chat, nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	n.want(t, "old", "new")
}

func TestEmit(t *testing.T) {
	var log bytes.Buffer
	b := newBot(t, answers(500), func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	var n notes
	broken := errors.New("broken")
	b.OnEvent("order.*", func(context.Context, *Event) error { return broken })
	b.OnEvent("order.**", n.event("event")).On("order.** message", n.message("message"))
	if err := b.Emit(t.Context(), &Event{Name: "order.paid"}); !errors.Is(err, broken) {
		t.Errorf("Emit = %v, want %v", err, broken)
	}
	n.want(t, "event order.paid")
	b.When(Conditions{"text": "hi", "order": Missing}).On("message", n.message("when"))
	e := &Event{Name: "message", Message: &Message{Text: "hi"}, Conversation: &Conversation{ID: "1"}}
	if err := b.Emit(t.Context(), e); err != nil {
		t.Error(err)
	}
	n.want(t, "message", "when")
	if err := b.Emit(t.Context(), &Event{Name: "error", Err: broken}); err != nil || !strings.Contains(log.String(), "broken") {
		t.Errorf("Emit(error) = %v, log %q", err, log.String())
	}
	if e.Emitted != "" {
		t.Error("Emit changed the event of its caller")
	}
}

func TestWarnings(t *testing.T) {
	var log bytes.Buffer
	b := newBot(t, answers(500), func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	b.When(Conditions{"a": "x", "b": Missing, "c": regexp.MustCompile("x"), "d": []any{1, nil}, "e": true}).On("notify assign", nil)
	if log.Len() != 0 {
		t.Errorf("warned of what is right: %s", log.String())
	}
	b.When(Conditions{"bad": struct{}{}}).On("user.login", nil)
	if got := log.String(); !strings.Contains(got, "key=bad") || !strings.Contains(got, "pattern=user.login") {
		t.Errorf("log %q has not both warnings", got)
	}
}

func TestRemoveTextListener(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var n notes
	b.OnText(Text("hi").Or(Regexp(regexp.MustCompile("^h"))), n.message("a")).OnText(Text("hi", "Hi"), n.message("b"))
	fire := func() {
		t.Helper()
		if err := receiveBody(t, b, delivery(t, chat, fields{"text": "hi"}, nil)); err != nil {
			t.Fatal(err)
		}
	}
	fire()
	n.want(t, "a", "a", "b", "b")
	removed := b.RemoveTextListener(Text("hi"))
	if removed == nil || removed(t.Context(), nil, nil) != nil {
		t.Fatal("the handler was not returned")
	}
	n.want(t, "a")
	if b.RemoveTextListener(Text("HI")) != nil || b.RemoveTextListener(Text("^h")) != nil {
		t.Error("removed a listener of another trigger")
	}
	if b.RemoveTextListener(Regexp(regexp.MustCompile("^h"))) == nil {
		t.Error("an expression with the same source was not found")
	}
	fire()
	n.want(t, "b", "b")
	if b.RemoveTextListener(Text("hi", "Hi")) == nil || b.RemoveTextListener(Text("hi")) != nil {
		t.Error("not all were removed, or one twice")
	}
	fire()
	n.want(t)
}

func TestCallbacks(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var n notes
	b.On("message", b.Callback("greet")).OnText(Text("hi"), b.Callback("greet"))
	err := receiveBody(t, b, delivery(t, chat, fields{"text": "hi"}, nil))
	if err == nil || !strings.Contains(err.Error(), `no callback is registered as "greet"`) {
		t.Errorf("receive = %v", err)
	}
	b.RegisterCallback("greet", n.message("first")).RegisterCallback("greet", n.message("second"))
	if err := receiveBody(t, b, delivery(t, chat, fields{"text": "hi"}, nil)); err != nil {
		t.Fatal(err)
	}
	n.want(t, "second", "second")
}

// The log of a panic names the line that it comes from, also where the runtime itself panics.
func TestPanicNamesItsLine(t *testing.T) {
	for _, panics := range []func(){func() { panic("boom") }, func() { var m map[string]int; m["x"] = 1 }, func() { var e *Event; _ = *e }} {
		var log bytes.Buffer
		b := newBot(t, answers(500), func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		if err := b.contain(func() error { panics(); return nil }); err == nil {
			t.Error("no error")
		}
		if !regexp.MustCompile(`at=\S*listen_test\.go:\d+ `).MatchString(log.String()) {
			t.Errorf("the log is %.300q", &log)
		}
	}
}
