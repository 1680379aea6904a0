package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const chat = "message.create.contact.chat"

func post(b *Bot, body, signature string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if signature != "" {
		r.Header.Set("X-Hub-Signature", signature)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return w
}

func TestWebhookGet(t *testing.T) {
	cases := []struct {
		target string
		status int
		body   string
	}{
		{"/hook?type=subscribe&challenge=q7TzB2mWk0LfXaE", 200, "q7TzB2mWk0LfXaE"},
		{"/hook?a=b&type=subscribe&challenge=x", 200, "x"},
		{"/ping?type=subscribe&challenge=x", 200, "x"},
		{"/hook?type=subscribe", 403, ""},
		{"/hook?type=subscribe&challenge=", 403, ""},
		{"/hook?type=unsubscribe&challenge=x", 403, ""},
		{"/hook?challenge=x", 403, ""},
		{"/hook", 403, ""},
	}
	for _, c := range cases {
		b := newBot(t, answers(500), func(o *Options) { o.Secret = testSecret })
		reported := 0
		b.OnEvent("error", func(context.Context, *Event) error {
			reported++
			return nil
		})
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.target, nil))
		if w.Code != c.status || c.status == 200 && w.Body.String() != c.body {
			t.Errorf("GET %s = %d %q, want %d %q", c.target, w.Code, w.Body, c.status, c.body)
		}
		if (reported > 0) != (c.status == 403) {
			t.Errorf("GET %s reported %d errors", c.target, reported)
		}
	}
}

func TestWebhookPing(t *testing.T) {
	w := httptest.NewRecorder()
	newBot(t, answers(500), nil).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/hook/ping", nil))
	var pong struct{ Pong string }
	if err := json.Unmarshal(w.Body.Bytes(), &pong); err != nil || len(pong.Pong) < 13 {
		t.Errorf("GET /hook/ping = %d %q", w.Code, w.Body)
	}
}

func TestWebhookMethod(t *testing.T) {
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "PROPFIND"} {
		w := httptest.NewRecorder()
		newBot(t, answers(500), nil).Handler().ServeHTTP(w, httptest.NewRequest(method, "/hook", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("%s = %d", method, w.Code)
		}
	}
}

func TestWebhookPost(t *testing.T) {
	good := string(delivery(t, chat, nil, nil))
	emoji := string(delivery(t, chat, fields{"text": "👩‍👩‍👧‍👦 a < b & c > d “ok” \u2028"}, nil))
	cases := []struct {
		name, body, signature string
		status                int
		answer                string
	}{
		{"signed", good, Sign(testSecret, []byte(good)), 200, `{"status":"ok"}`},
		{"emoji", emoji, Sign(testSecret, []byte(emoji)), 200, `{"status":"ok"}`},
		{"vector B", vectors[1].body, vectors[1].signature, 200, `{"status":"ok"}`},
		{"vector A has no conversation", vectors[0].body, vectors[0].signature, 400,
			`{"error":"Invalid payload, missing conversation"}`},
		{"vector C is no JSON", vectors[2].body, vectors[2].signature, 400, `{"error":"Invalid JSON"}`},
		{"unsigned", good, "", 401, `{"error":"Invalid signature."}`},
		{"unsigned and malformed", "{", "", 401, `{"error":"Invalid signature."}`},
		{"signed with another secret", good, Sign("x", []byte(good)), 401, `{"error":"Invalid signature."}`},
		{"signature of other bytes", good + "\n", Sign(testSecret, []byte(good)), 401, `{"error":"Invalid signature."}`},
		{"too large", strings.Repeat(" ", maxBody+1), "", 413, `{"error":"Request entity too large"}`},
		{"largest", strings.Repeat(" ", maxBody-len(good)) + good, "sign", 200, `{"status":"ok"}`},
		{"empty", "", "sign", 400, `{"error":"Invalid JSON"}`},
		{"array", "[]", "sign", 400, `{"error":"Invalid JSON"}`},
		{"null", "null", "sign", 400, `{"error":"Invalid payload, missing event"}`},
		{"event is no text", `{"event":5}`, "sign", 400, `{"error":"Invalid payload, missing event"}`},
		{"no message", `{"event":"message.update","data":{"conversation":{"id":"1"}}}`, "sign", 400,
			`{"error":"Invalid payload, missing message"}`},
		{"no activity", `{"event":"user.login","data":{}}`, "sign", 400, `{"error":"unknown event: user.login"}`},
		{"activity is null", `{"event":"a.b","activity":null}`, "sign", 400, `{"error":"unknown event: a.b"}`},
		{"event of one's own", `{"event":"messages.sent","activity":{},"data":{"x":1}}`, "sign", 200, `{"status":"ok"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), func(o *Options) { o.Secret = testSecret })
			handled, reported := 0, 0
			b.OnEvent("activity", func(context.Context, *Event) error {
				handled++
				return nil
			})
			b.OnEvent("error", func(_ context.Context, e *Event) error {
				if e.Err == nil {
					t.Error("event error without Err")
				}
				reported++
				return nil
			})
			if c.signature == "sign" {
				c.signature = Sign(testSecret, []byte(c.body))
			}
			w := post(b, c.body, c.signature)
			if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || got != c.answer {
				t.Errorf("POST = %d %s, want %d %s", w.Code, got, c.status, c.answer)
			}
			if ok := c.status == 200; (handled == 1) != ok || (reported == 1) == ok {
				t.Errorf("handled %d, reported %d", handled, reported)
			}
		})
	}
}

func TestWebhookWithoutSecretIgnoresSignature(t *testing.T) {
	if w := post(newBot(t, answers(500), nil), string(delivery(t, chat, nil, nil)), "sha1=wrong"); w.Code != 200 {
		t.Errorf("POST = %d %s", w.Code, w.Body)
	}
}

func TestWebhookHandlerFails(t *testing.T) {
	broken := errors.New("broken 💥")
	cases := []struct {
		name   string
		handle Handler
		answer string
	}{
		{"error", func(context.Context, *Message, *Conversation) error { return broken }, "broken 💥"},
		{"panic", func(context.Context, *Message, *Conversation) error { panic("boom") }, "handler panicked: boom"},
		{"nil map", func(context.Context, *Message, *Conversation) error {
			var m map[string]int
			m["x"] = 1
			return nil
		}, "handler panicked: assignment to entry in nil map"},
		{"long error", func(context.Context, *Message, *Conversation) error {
			return errors.New("x" + strings.Repeat("é", maxErrorText))
		}, "x" + strings.Repeat("é", (maxErrorText-1)/2)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t, answers(500), nil)
			after, reported := false, 0
			b.On("message", c.handle).On("message", func(context.Context, *Message, *Conversation) error {
				after = true
				return nil
			})
			b.OnEvent("error", func(context.Context, *Event) error {
				reported++
				panic("in the handler of errors")
			})
			w := post(b, string(delivery(t, chat, nil, nil)), "")
			var got struct{ Error string }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 400 || got.Error != c.answer {
				t.Errorf("POST = %d %s, want 400 %q", w.Code, w.Body, c.answer)
			}
			if !after || reported != 1 {
				t.Errorf("next handler ran: %t, errors reported: %d", after, reported)
			}
		})
	}
}

func TestWebhookNilTriggerPanicIsContained(t *testing.T) {
	b := newBot(t, answers(500), nil)
	b.OnText(Regexp(nil), func(context.Context, *Message, *Conversation) error { return nil })
	if w := post(b, string(delivery(t, chat, nil, nil)), ""); w.Code != 400 {
		t.Errorf("POST = %d %s, want 400", w.Code, w.Body)
	}
}

func TestWebhookAnswersWhileHandlersRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, answers(500), nil)
		begun := time.Now()
		var ended time.Duration
		b.On("message", func(ctx context.Context, _ *Message, _ *Conversation) error {
			time.Sleep(time.Minute)
			ended = time.Since(begun)
			return ctx.Err()
		})
		ctx, hangUp := context.WithCancel(t.Context())
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(delivery(t, chat, nil, nil))))
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, r.WithContext(ctx))
		hangUp()
		if took := time.Since(begun); w.Code != 200 || took != 15*time.Second {
			t.Errorf("answer %d after %v, want 200 after 15s", w.Code, took)
		}
		if err := b.Drain(t.Context()); err != nil || ended != time.Minute {
			t.Errorf("Drain = %v, handler ended after %v, want 1m", err, ended)
		}
	})
}

func TestWebhookAnswersAfterHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, answers(500), nil)
		b.On("message", func(context.Context, *Message, *Conversation) error {
			time.Sleep(14 * time.Second)
			return errors.New("late")
		})
		begun := time.Now()
		w := post(b, string(delivery(t, chat, nil, nil)), "")
		if took := time.Since(begun); w.Code != 400 || took != 14*time.Second {
			t.Errorf("answer %d after %v, want 400 after 14s", w.Code, took)
		}
	})
}

func TestDrainEndsHandlersThatTakeTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, answers(500), nil)
		stopped := make(chan error, 1)
		b.On("message", func(ctx context.Context, _ *Message, _ *Conversation) error {
			<-ctx.Done()
			stopped <- ctx.Err()
			return ctx.Err()
		})
		post(b, string(delivery(t, chat, nil, nil)), "")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain = %v, want deadline exceeded", err)
		}
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("handler ended with %v", err)
		}
		if err := b.Drain(t.Context()); err != nil {
			t.Errorf("second Drain = %v", err)
		}
	})
}

func TestErrorHandlerThatFailsToSendIsCalledOnce(t *testing.T) {
	b := newBot(t, answers(400), nil)
	calls := 0
	b.OnEvent("error", func(ctx context.Context, _ *Event) error {
		calls++
		_, err := b.Send(ctx, testConversation, "sorry")
		return err
	})
	if _, err := b.Send(t.Context(), testConversation, "hi"); err == nil {
		t.Error("Send = nil, want an error")
	}
	if calls != 1 {
		t.Errorf("handler of errors was called %d times, want 1", calls)
	}
}

func FuzzWebhookPost(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.body))
	}
	f.Add(delivery(f, chat, nil, nil))
	f.Add(delivery(f, "message.create.contact.command",
		fields{"type": "command", "text": "/assign", "meta": fields{"users": []any{testBot}}}, nil))
	f.Add([]byte(`{"event":"message","data":{"conversation":{"id":{}},"message":{"meta":[],"instance":1}},"activity":[]}`))
	b := newBot(f, answers(500), func(o *Options) { o.Secret, o.IgnoreUnjoined, o.IgnoreOnActivity = "s", true, true })
	b.OnEvent("**", func(_ context.Context, e *Event) error {
		if e.Emitted == "error" {
			return nil
		}
		if e.Conversation != nil {
			_ = e.Conversation.Get("step") + e.Conversation.Get("@name")
		}
		if strings.HasPrefix(e.Emitted, "message") && e.Emitted != "messages" && e.isMessage() && e.Message == nil {
			return fmt.Errorf("handler panicked: no message")
		}
		return nil
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		w := post(b, string(body), Sign("s", body))
		var answer map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || (w.Code == 200) != (answer["status"] == "ok") {
			t.Errorf("POST %q = %d %s", body, w.Code, w.Body)
		}
		if strings.Contains(answer["error"], "panicked") {
			t.Errorf("POST %q panicked: %s", body, answer["error"])
		}
		if unsigned := post(b, string(body), ""); unsigned.Code != 401 && unsigned.Code != 413 {
			t.Errorf("unsigned POST = %d", unsigned.Code)
		}
	})
}
