package chipchat

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzIngest gives what strangers may send to a bot that looks at all of it.
func FuzzIngest(f *testing.F) {
	f.Add(string(delivery(f, chat, nil, nil)))
	f.Add(string(delivery(f, chat, fields{"type": "command", "text": "/assign", "meta": fields{"users": testBot}}, nil)))
	f.Add(vectors[1].body)
	f.Add(`{"event":"botinstance.update","activity":{},"data":{"botinstance":{"bot":"` + string(testBot) + `"}}}`)
	f.Add(`{"event":"organization.update","activity":[],"data":{"organization":[],"conversation":{}}}`)
	f.Add(`{"event":"message.x","data":{"message":{"text":"a","type":"chat","role":"agent","meta":[1]},"conversation":{"id":"1","meta":{"_asked":1}}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		b := newBot(t, echoes(), func(o *Options) {
			o.KeepSelf, o.KeepBots, o.IgnoreUnjoined, o.IgnoreOnActivity = true, true, true, true
		})
		when := Conditions{"text": regexp.MustCompile("."), "@meta": []any{nil, Missing, 1}, "a": Missing}
		b.When(when).OnEvent("**", func(context.Context, *Event) error { return nil }).
			OnText(Regexp(regexp.MustCompile("")), func(ctx context.Context, m *Message, c *Conversation) error { return c.Set(ctx, "a", m.Text) })
		b.AddReplyListener("1", func(context.Context, *Message, *Conversation) error { return nil })
		if err := b.Ingest(t.Context(), []byte(body), nil); err != nil && strings.Contains(err.Error(), "panicked") {
			t.Error(err)
		}
	})
}

func TestIngest(t *testing.T) {
	good := delivery(t, chat, nil, nil)
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		body   []byte
		header http.Header
		want   string
	}{
		{"signed", good, http.Header{"X-Hub-Signature": {Sign(testSecret, good)}}, "broken"},
		{"unsigned", good, nil, "Invalid signature"},
		{"wrong", good, http.Header{"X-Hub-Signature": {Sign("x", good)}}, "Invalid signature"},
		{"no event", []byte(`{}`), http.Header{"X-Hub-Signature": {Sign(testSecret, []byte(`{}`))}}, "missing event"},
		{"nothing", nil, http.Header{"X-Hub-Signature": {Sign(testSecret, nil)}}, "Invalid JSON: unexpected end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), func(o *Options) { o.Secret = testSecret })
			reported := 0
			b.OnEvent("error", func(context.Context, *Event) error { reported++; return nil })
			b.On("message", func(context.Context, *Message, *Conversation) error { return broken })
			err := b.Ingest(t.Context(), c.body, c.header)
			if err == nil || !strings.Contains(err.Error(), c.want) || reported != 1 {
				t.Errorf("Ingest = %v, reported %d", err, reported)
			}
			detached := b.IngestDetached(t.Context(), c.body, c.header)
			if err := b.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if (detached == nil) != (c.want == "broken") || reported != 2 {
				t.Errorf("IngestDetached = %v, reported %d", detached, reported)
			}
		})
	}
}

func TestIngestEndsItsWaitingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, answers(500), nil)
		var ended atomic.Bool
		b.On("message", func(ctx context.Context, _ *Message, _ *Conversation) error {
			time.Sleep(time.Minute)
			ended.Store(true)
			return ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Ingest(ctx, delivery(t, chat, nil, nil), nil); !errors.Is(err, context.DeadlineExceeded) || ended.Load() {
			t.Errorf("Ingest = %v, ended %t", err, ended.Load())
		}
		if err := b.Drain(t.Context()); err != nil || !ended.Load() {
			t.Errorf("Drain = %v, ended %t", err, ended.Load())
		}
	})
}
