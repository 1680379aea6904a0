package chipchat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// countErrors handles the event "error".
func countErrors(n *int) EventHandler {
	return func(context.Context, *Event) error {
		*n++
		return nil
	}
}

// postWith sends a delivery with the headers given.
func postWith(h http.Handler, body []byte, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/hook", bytes.NewReader(body))
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWebhookSignatures(t *testing.T) {
	body := delivery(t, chat, nil, nil)
	cases := []struct {
		name   string
		adjust func(*Options)
		change func(http.Header)
		status int
		want   error
	}{
		{"all", nil, nil, 200, nil},
		{"wrong", func(o *Options) { o.Secret = "x" }, nil, 401, ErrSignatureWrong},
		{"old secret", func(o *Options) { o.Secret, o.OldSecrets = "new", []string{"older", testSecret} }, nil, 200, nil},
		{"old secret alone", func(o *Options) { o.Secret, o.OldSecrets = "", []string{testSecret} }, nil, 200, nil},
		{"an empty old secret proves nothing", func(o *Options) { o.OldSecrets = []string{""} },
			func(h http.Header) { clear(h); h.Set(hubHeader, Sign("", body)) }, 401, ErrSignatureWrong},
		{"old time", nil, func(h http.Header) {
			for name, values := range signedAt(testSecret, "1716718530", body) {
				h[name] = values
			}
		}, 425, ErrSignatureTime},
		{"any time", func(o *Options) { o.Tolerance = -1 }, func(h http.Header) {
			for name, values := range signedAt(testSecret, "1716718530", body) {
				h[name] = values
			}
		}, 200, nil},
		{"standard is demanded", func(o *Options) { o.Signatures = []string{Standard} },
			func(h http.Header) { h.Del(standardHeader); h.Del(idHeader); h.Del(timestampHeader) }, 401, ErrSignatureMissing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			b := newBot(t, answers(500), func(o *Options) {
				o.Secret, o.Logger = testSecret, slog.New(slog.NewTextHandler(&log, nil))
				if c.adjust != nil {
					c.adjust(o)
				}
			})
			printsNoSecret(t, b.options, b.options.verifier(), b)
			var reported error
			b.OnEvent("error", func(_ context.Context, e *Event) error {
				reported = e.Err
				return nil
			})
			header := signed(testSecret, "", body)
			if c.change != nil {
				c.change(header)
			}
			w := postWith(b.Handler(), body, header)
			if w.Code != c.status || !errors.Is(reported, c.want) {
				t.Errorf("POST = %d %s, reported %v", w.Code, w.Body, reported)
			}
			if w.Code != 200 && strings.TrimSpace(w.Body.String()) != `{"error":"Invalid signature."}` {
				t.Errorf("POST answered %s", w.Body)
			}
			if strings.Contains(log.String(), testSecret) || strings.Contains(log.String(), Sign(testSecret, body)[5:]) {
				t.Errorf("the log has a secret: %s", &log)
			}
		})
	}
}

func printsNoSecret(t *testing.T, all ...any) {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	for _, v := range all {
		log.Info("made", "value", v)
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
	}
	if strings.Contains(out.String(), testSecret) {
		t.Errorf("printed with a secret: %s", &out)
	}
}

// signedAt are the headers of Standard Webhooks of a delivery that was sent at a time of one's own.
func signedAt(secret, timestamp string, body []byte) http.Header {
	return http.Header{idHeader: {hookID}, timestampHeader: {timestamp},
		standardHeader: {standardValue(signStandard(secret, hookID, timestamp, body))}}
}

func TestWebhookBodyLimits(t *testing.T) {
	good := delivery(t, chat, nil, nil)
	h := newBot(t, answers(500), func(o *Options) { o.MaxBody = int64(len(good)) }).Handler()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Body = nil
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("POST of no body at all = %d", w.Code)
	}
	if w := postWith(h, good, nil); w.Code != 200 {
		t.Errorf("POST of the largest = %d %s", w.Code, w.Body)
	}
	if w := postWith(h, append(good, ' '), nil); w.Code != 413 {
		t.Errorf("POST of a larger one = %d %s", w.Code, w.Body)
	}
	r = httptest.NewRequest(http.MethodPost, "/", io.MultiReader(bytes.NewReader(good), strings.NewReader(" ")))
	r.ContentLength = -1
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 413 {
		t.Errorf("POST of a larger one of unknown length = %d %s", w.Code, w.Body)
	}
	if _, err := New(Options{MaxBody: -1}); err == nil {
		t.Error("New with a negative limit = nil, want an error")
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestWebhookBodyBreaks(t *testing.T) {
	b := newBot(t, answers(500), nil)
	for err, want := range map[error]int{os.ErrDeadlineExceeded: 408, io.ErrUnexpectedEOF: 400} {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", brokenReader{err}))
		if w.Code != want {
			t.Errorf("POST whose body ends with %v = %d, want %d", err, w.Code, want)
		}
	}
}

func TestWebhookMaxRunning(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.MaxRunning = 1 })
	begun, finish := make(chan struct{}), make(chan struct{})
	b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
		begun <- struct{}{}
		<-finish
		return nil
	})
	first := make(chan int)
	go func() {
		first <- post(b, deliveryOf(t, 1), "").Code
	}()
	<-begun
	w := post(b, string(delivery(t, "message.update", nil, nil)), "")
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many = %d %s", w.Code, w.Body)
	}
	close(finish)
	if code := <-first; code != 200 {
		t.Errorf("first = %d", code)
	}
	if w := post(b, string(delivery(t, "message.update", nil, nil)), ""); w.Code != 200 {
		t.Errorf("after it = %d %s", w.Code, w.Body)
	}
}

func TestWebhookHandlerAsksForARepeat(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.Dedupe = NewMemoryDedupe(0, 0) })
	failures := 1
	b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
		if failures--; failures >= 0 {
			return fmt.Errorf("look up order: %w", ErrTryAgain)
		}
		return nil
	})
	body := string(delivery(t, chat, nil, nil))
	if w := post(b, body, ""); w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "look up order") {
		t.Errorf("POST = %d %s, want 503", w.Code, w.Body)
	}
	if w := post(b, body, ""); w.Code != 200 {
		t.Errorf("repeat = %d %s", w.Code, w.Body)
	}
}

func TestWebhookAbort(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.Dedupe = NewMemoryDedupe(0, 0) })
	reported, aborts := 0, 1
	b.OnEvent("error", countErrors(&reported))
	b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
		if aborts--; aborts >= 0 {
			panic(http.ErrAbortHandler)
		}
		return nil
	})
	aborted := func() (p any) {
		defer func() { p = recover() }()
		post(b, string(delivery(t, chat, nil, nil)), "")
		return nil
	}
	if p := aborted(); p != http.ErrAbortHandler || reported != 0 {
		t.Errorf("first delivery panicked with %v, reported %d", p, reported)
	}
	if p := aborted(); p != nil {
		t.Errorf("second delivery panicked with %v", p)
	}
}

func TestWebhookHandlerEndsItsGoroutine(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.Dedupe, o.Order = NewMemoryDedupe(0, 0), &Order{} })
	calls := 0
	b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
		if calls++; calls == 1 {
			runtime.Goexit()
		}
		return nil
	})
	body := string(delivery(t, chat, nil, nil))
	if w := post(b, body, ""); w.Code != 400 {
		t.Errorf("POST = %d %s, want 400", w.Code, w.Body)
	}
	if w := post(b, body, ""); w.Code != 200 || calls != 2 {
		t.Errorf("second POST = %d %s, %d calls", w.Code, w.Body, calls)
	}
	if err := b.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// panickyStore is an author's store that is broken.
type panickyStore struct{}

func (panickyStore) Tokens(context.Context) (Tokens, error)  { panic("token abc") }
func (panickyStore) SetTokens(context.Context, Tokens) error { panic("token abc") }
func (panickyStore) Release(context.Context, ID) error       { panic("release") }
func (panickyStore) Keep(context.Context, ID) error          { panic("keep") }
func (panickyStore) Claim(context.Context, ID, time.Duration) (bool, error) {
	panic("claim")
}

func TestPanicsOfStoresAreContained(t *testing.T) {
	b := newBot(t, answers(200), func(o *Options) { o.Token, o.TokenStore, o.Dedupe = "", panickyStore{}, panickyStore{} })
	_, err := b.Send(t.Context(), testConversation, "hi")
	if err == nil || strings.Contains(err.Error(), "abc") || !strings.Contains(err.Error(), "token store panicked") {
		t.Errorf("Send = %v", err)
	}
	if w := post(b, string(delivery(t, chat, nil, nil)), ""); w.Code != 503 {
		t.Errorf("POST = %d %s, want 503", w.Code, w.Body)
	}
}

func TestDrainLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble fails if a goroutine is left
		b := newBot(t, answers(500), func(o *Options) { o.Dedupe, o.Order = NewMemoryDedupe(0, 0), &Order{} })
		b.On("message.create.*.*", func(ctx context.Context, _ *Message, _ *Conversation) error {
			<-ctx.Done()
			return ctx.Err()
		})
		codes := make(chan int, 3)
		for i := range 3 {
			body := deliveryOf(t, i+1)
			go func() { codes <- post(b, body, "").Code }()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain = %v", err)
		}
		got := map[int]int{}
		for range 3 {
			got[<-codes]++
		}
		if got[400] != 1 || got[503] != 2 { // one was being handled, the others waited and are to come again
			t.Errorf("answers %v", got)
		}
		if err := b.Drain(t.Context()); err != nil || len(b.slots) != 0 || len(b.works.byID) != 0 {
			t.Errorf("second Drain = %v, %d slots, %d works", err, len(b.slots), len(b.works.byID))
		}
	})
}
