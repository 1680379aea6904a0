package chipchat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetries(t *testing.T) {
	get := func(ctx context.Context, b *Bot) error { _, err := b.Users.Get(ctx, "1", nil); return err }
	remove := func(ctx context.Context, b *Bot) error { return b.Users.Delete(ctx, "1") }
	put := func(ctx context.Context, b *Bot) error { _, err := b.Messages.Replace(ctx, "1", Message{}); return err }
	create := func(ctx context.Context, b *Bot) error { _, err := b.Users.Create(ctx, User{}); return err }
	patch := func(ctx context.Context, b *Bot) error { _, err := b.Users.Update(ctx, "1", User{}); return err }
	cases := []struct {
		name     string
		call     func(context.Context, *Bot) error
		statuses []int
		requests int
		took     time.Duration
		status   int // 0: success
	}{
		{"at once", get, []int{200}, 1, 0, 0},
		{"GET", get, []int{503, 0, 429, 200}, 4, 7 * time.Second, 0},
		{"GET for ever", get, []int{500}, 6, 31 * time.Second, 500},
		{"DELETE", remove, []int{502, 204}, 2, time.Second, 0},
		{"PUT", put, []int{408, 413, 504, 521, 522, 200}, 6, 31 * time.Second, 0},
		{"GET 524", get, []int{524, 200}, 2, time.Second, 0},
		{"POST", create, []int{503, 200}, 1, 0, 503},
		{"PATCH", patch, []int{429, 200}, 1, 0, 429},
		{"GET 404", get, []int{404, 200}, 1, 0, 404},
		{"GET 501", get, []int{501, 200}, 1, 0, 501},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answers(c.statuses...)
				begun := time.Now()
				err := c.call(t.Context(), newBot(t, s, nil))
				if got := len(s.seen()); got != c.requests || time.Since(begun) != c.took {
					t.Errorf("%d requests in %v, want %d in %v", got, time.Since(begun), c.requests, c.took)
				}
				e, _ := errors.AsType[*Error](err)
				if (err == nil) != (c.status == 0) || c.status != 0 && (e == nil || e.StatusCode != c.status) {
					t.Errorf("error %v, want status %d", err, c.status)
				}
			})
		})
	}
}

// Whoever sits in front of a program can ask for fewer retries, or none.
func TestRetriesOfOptions(t *testing.T) {
	for retries, want := range map[int]int{-1: 1, 1: 2, 0: 6} {
		synctest.Test(t, func(t *testing.T) {
			s := answers(500)
			bot := newBot(t, s, func(o *Options) { o.Retries = retries })
			if _, err := bot.Users.Get(t.Context(), "1", nil); err == nil || len(s.seen()) != want {
				t.Errorf("Retries %d: %d requests, %v, want %d", retries, len(s.seen()), err, want)
			}
		})
	}
}

func TestRetryOfBrokenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answers(0)
		if _, err := newBot(t, s, nil).Users.Create(t.Context(), User{}); err == nil || len(s.seen()) != 1 {
			t.Errorf("POST: %v after %d requests", err, len(s.seen()))
		}
		if _, err := newBot(t, s, nil).Users.List(t.Context(), nil); !errors.Is(err, io.ErrUnexpectedEOF) || len(s.seen()) != 7 {
			t.Errorf("GET: %v after %d requests", err, len(s.seen()))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	cases := []struct {
		name, header string
		requests     int
		took         time.Duration
	}{
		{"seconds", "7", 2, 7 * time.Second},
		{"date", "date", 2, 90 * time.Second},
		{"nonsense", "soon", 2, time.Second},
		{"negative", "-5", 2, time.Second},
		{"longer than anybody waits", "86400", 1, 0},
		{"overflow", "99999999999999999999", 2, time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.header == "date" {
					c.header = time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
				}
				s := answers(200)
				refusals := 1
				s.answer = func(request) (int, http.Header, string) {
					if refusals--; refusals >= 0 {
						return 429, http.Header{"Retry-After": {c.header}}, ""
					}
					return 200, nil, "[]"
				}
				begun := time.Now()
				_, err := newBot(t, s, nil).Users.List(t.Context(), nil)
				if got := len(s.seen()); got != c.requests || time.Since(begun) != c.took {
					t.Errorf("%d requests in %v, want %d in %v", got, time.Since(begun), c.requests, c.took)
				}
				if e, ok := errors.AsType[*Error](err); c.requests == 1 && (!ok || e.RetryAfter != 24*time.Hour) {
					t.Errorf("error %v, want one with RetryAfter", err)
				}
			})
		})
	}
}

func TestRetryEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answers(503)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		_, err := newBot(t, s, nil).Users.List(ctx, nil)
		if e, ok := errors.AsType[*Error](err); !ok || e.StatusCode != 503 || time.Since(begun) != time.Second {
			t.Errorf("%v after %v, want status 503 as soon as the next wait is too long", err, time.Since(begun))
		}
		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, stop)
		begun = time.Now()
		if _, err := newBot(t, s, nil).Users.List(stopped, nil); err == nil || time.Since(begun) != 500*time.Millisecond {
			t.Errorf("%v after %v, want an error after 500ms", err, time.Since(begun))
		}
	})
}

func TestErrors(t *testing.T) {
	cases := []struct {
		name   string
		status int
		body   string
		want   Error
	}{
		{"of the contract", 404, `{"error":{"message":"Conversation not found","status":404,"name":"NotFoundError"}}`,
			Error{StatusCode: 404, Message: "Conversation not found", Name: "NotFoundError"}},
		{"text", 400, `{"error":"Invalid signature."}`, Error{StatusCode: 400, Message: "Invalid signature."}},
		{"no JSON", 400, `<html>`, Error{StatusCode: 400, Message: "Bad Request"}},
		{"empty", 403, ``, Error{StatusCode: 403, Message: "Forbidden"}},
		{"in a success", 200, `{"id":"1","error":{"message":"no"}}`, Error{StatusCode: 200, Message: "no"}},
		{"true in a success", 200, ` {"error":true}`, Error{StatusCode: 200, Message: "OK"}},
		{"array", 400, `[1]`, Error{StatusCode: 400, Message: "Bad Request"}},
	}
	for _, c := range cases {
		s := &server{answer: func(request) (int, http.Header, string) { return c.status, nil, c.body }}
		_, err := newBot(t, s, nil).Users.Create(t.Context(), User{})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.StatusCode != c.want.StatusCode || e.Message != c.want.Message || e.Name != c.want.Name {
			t.Errorf("%s: %v, want %v", c.name, err, &c.want)
		}
	}
	for _, body := range []string{`{"error":null}`, `{"error":""}`, `{"error":0}`, `{"error":false}`, `{"x":{"error":1}}`, ``} {
		s := &server{answer: func(request) (int, http.Header, string) { return 200, nil, body }}
		if _, err := newBot(t, s, nil).Users.Create(t.Context(), User{}); err != nil {
			t.Errorf("answer %s: %v", body, err)
		}
	}
}

func TestRequestHeaders(t *testing.T) {
	var got http.Header
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.Header
		return &http.Response{StatusCode: 204, Body: http.NoBody, Header: http.Header{}}, nil
	})
	b := newBot(t, nil, func(o *Options) { o.HTTPClient = &http.Client{Transport: transport} })
	if err := b.Users.Delete(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if got.Get("Accept") != "application/json" || got.Get("Content-Type") != "application/json" ||
		!strings.HasPrefix(got.Get("User-Agent"), "chipchat/") || got.Get("Authorization") != "Bearer "+b.Tokens().Token {
		t.Errorf("headers %v", got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRequestsOfResources(t *testing.T) {
	s := answers(200)
	b := newBot(t, s, nil)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.Users.Get(ctx, "a/b", Query{"select": []string{"id", "name"}})
	must(err)
	_, err = b.Contacts.Create(ctx, Contact{Profile: fields{"name": "Ann 👩"}})
	must(err)
	_, err = b.Services.Update(ctx, "s", fields{"status": nil})
	must(err)
	must(b.Deliveries.Delete(ctx, "d"))
	_, err = b.Messages.Replace(ctx, "m", Message{Text: "new"})
	must(err)
	form, err := ResourceOf[Document](b, "forms").Get(ctx, "f", nil)
	must(err)
	if (*form)["name"] != "ok" {
		t.Errorf("form %v", *form)
	}
	var got []string
	for _, r := range s.seen() {
		got = append(got, r.method+" "+r.path+"?"+r.query+" "+r.body)
	}
	want := []string{
		`GET /v2/users/a/b?select=id%2Cname `,
		`POST /v2/contacts? {"profile":{"name":"Ann 👩"}}`,
		`PATCH /v2/services/s? {"status":null}`,
		`DELETE /v2/deliveries/d? `,
		`PUT /v2/messages/m? {"text":"new"}`,
		`GET /v2/forms/f? `,
	}
	if !slices.Equal(got, want) {
		t.Errorf("requests\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEmptyIDIsRefused(t *testing.T) {
	s := answers(200)
	b := newBot(t, s, nil)
	_, got := b.Users.Get(t.Context(), "", nil)
	_, patched := b.Users.Update(t.Context(), "", fields{})
	if got == nil || patched == nil || b.Users.Delete(t.Context(), "") == nil || len(s.seen()) > 0 {
		t.Errorf("%v, %v, %d requests", got, patched, len(s.seen()))
	}
}

func TestNothingSecretIsLoggedOrTold(t *testing.T) {
	var log bytes.Buffer
	token := botToken(t, 1)
	s := &server{answer: func(r request) (int, http.Header, string) {
		if strings.HasSuffix(r.path, "/token") {
			return 500, nil, ""
		}
		return 401, nil, `{"error":{"message":"jwt expired"}}`
	}}
	b := newBot(t, s, func(o *Options) {
		o.Token, o.RefreshToken, o.Secret = token, "refresh-me", testSecret
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	_, err := b.Users.List(t.Context(), nil)
	post(b, "{}", "sha1=0")
	slog.New(slog.NewTextHandler(&log, nil)).Info("tokens", "tokens", b.Tokens())
	for _, text := range []string{log.String(), err.Error(), b.Tokens().String()} {
		for _, secret := range []string{token, "refresh-me", testSecret} {
			if strings.Contains(text, secret) {
				t.Errorf("%q has the secret %q", text, secret)
			}
		}
	}
	_, err = New(Options{Host: "ftp://user:hunter2@example.com"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("New = %v", err)
	}
}
