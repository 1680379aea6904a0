package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// issuer is a server that takes one access token and gives another for each refresh.
type issuer struct {
	*server
	mu      sync.Mutex
	valid   string
	next    []string // tokens to be given; none: refreshes are refused
	message string   // of the 401 of other tokens
	refused string   // message of the 401 of refreshes
}

func newIssuer(valid string, next ...string) *issuer {
	i := &issuer{valid: valid, next: next, message: "jwt expired", refused: "Invalid refresh token"}
	i.server = &server{answer: i.serve}
	return i
}

func (i *issuer) serve(r request) (int, http.Header, string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	fail := func(message string) (int, http.Header, string) {
		b, _ := json.Marshal(fields{"error": fields{"message": message}})
		return 401, nil, string(b)
	}
	if r.path == "/v2/auth/token" {
		if len(i.next) == 0 {
			return fail(i.refused)
		}
		i.valid, i.next = i.next[0], i.next[1:]
		b, _ := json.Marshal(fields{"token": i.valid, "refreshToken": "refresh2", "user": testBot, "scope": "bot"})
		return 201, nil, string(b)
	}
	if r.token != i.valid {
		return fail(i.message)
	}
	return 200, nil, `{"id":"1"}`
}

func (i *issuer) refreshes() (found []request) {
	for _, r := range i.seen() {
		if r.path == "/v2/auth/token" {
			found = append(found, r)
		}
	}
	return found
}

// memoryStore is a TokenStore for tests.
type memoryStore struct {
	mu     sync.Mutex
	tokens Tokens
	err    error
	asked  int
}

func (s *memoryStore) Tokens(context.Context) (Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.tokens, s.err
}

func (s *memoryStore) SetTokens(_ context.Context, tokens Tokens) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = tokens
	return s.err
}

func refreshable(o *Options) {
	o.RefreshToken = "refresh1"
	o.Email = "bot+64b0f1a2c3d4e5f607182930@web1on1.chat"
}

func TestRefreshRepeatsAnyMethodOnce(t *testing.T) {
	for _, message := range []string{"jwt expired", "Invalid Signature", "invalid token"} {
		i := newIssuer(botToken(t, 2), botToken(t, 3))
		i.message = message
		b := newBot(t, i.server, refreshable)
		var told []string
		b.OnEvent("token", func(context.Context, *Event) error {
			told = append(told, b.Tokens().Token)
			return nil
		})
		created, err := b.Users.Create(t.Context(), fields{"name": "Joe"})
		if err != nil || created.ID != "1" {
			t.Fatalf("%s: Create = %v, %v", message, created, err)
		}
		seen := i.seen()
		if len(seen) != 3 || seen[0].body != seen[2].body || seen[2].token != botToken(t, 3) || seen[1].token != "" {
			t.Errorf("%s: requests %+v", message, seen)
		}
		want := `{"clientId":"bot+64b0f1a2c3d4e5f607182930@web1on1.chat","refreshToken":"refresh1"}`
		if seen[1].body != want || seen[1].method != "POST" {
			t.Errorf("%s: refresh %s %s, want %s", message, seen[1].method, seen[1].body, want)
		}
		if b.Tokens() != (Tokens{botToken(t, 3), "refresh2"}) || len(told) != 1 || told[0] != botToken(t, 3) {
			t.Errorf("%s: tokens were not taken over, event token %d times", message, len(told))
		}
	}
}

func TestNoRefresh(t *testing.T) {
	guest := makeToken(t, map[string]any{"_id": testAda, "scope": "viewer anonymous guest"})
	cases := []struct {
		name    string
		message string
		adjust  func(*Options)
	}{
		{"no refresh token", "jwt expired", nil},
		{"scope without bot and admin", "jwt expired", func(o *Options) { refreshable(o); o.Token = guest }},
		{"unreadable token", "jwt expired", func(o *Options) { refreshable(o); o.Token = "x.y" }},
		{"other message", "jwt malformed", refreshable},
		{"no authorization", "No authorization token was found", refreshable},
	}
	for _, c := range cases {
		i := newIssuer("other", botToken(t, 2))
		i.message = c.message
		_, err := newBot(t, i.server, c.adjust).Users.List(t.Context(), nil)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.StatusCode != 401 || e.Message != c.message || len(i.seen()) != 1 {
			t.Errorf("%s: %v after %d requests", c.name, err, len(i.seen()))
		}
	}
}

// TestRefreshRecursion: an answer to the refresh is never a reason for another one, whatever it says.
func TestRefreshRecursion(t *testing.T) {
	for _, message := range []string{"Invalid refresh token", "invalid token", "jwt expired", "invalid signature"} {
		i := newIssuer("other")
		i.message, i.refused = "jwt expired", message
		b := newBot(t, i.server, refreshable)
		reported := 0
		b.OnEvent("error", func(ctx context.Context, e *Event) error {
			reported++
			_, err := b.Users.List(ctx, nil) // may use the bot, and must neither hang nor recurse
			return err
		})
		_, err := b.Users.Update(t.Context(), "1", fields{"name": "x"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Message != "jwt expired" || !strings.Contains(err.Error(), "PATCH") {
			t.Errorf("%s: error %v, want the original one", message, err)
		}
		if got := len(i.refreshes()); got != 2 || reported != 1 {
			t.Errorf("%s: %d refreshes for 2 calls, %d errors reported", message, got, reported)
		}
	}
}

func TestRefreshedTokenThatIsRefusedToo(t *testing.T) {
	i := newIssuer("x")
	i.answer = func(r request) (int, http.Header, string) {
		if r.path == "/v2/auth/token" {
			return 201, nil, `{"token":"` + botToken(t, 9) + `"}`
		}
		return 401, nil, `{"error":{"message":"jwt expired"}}`
	}
	b := newBot(t, i.server, refreshable)
	if _, err := b.Users.List(t.Context(), nil); err == nil || len(i.seen()) != 3 {
		t.Errorf("%v after %d requests, want an error after 3", err, len(i.seen()))
	}
	if b.Tokens().RefreshToken != "refresh1" {
		t.Error("the old refresh token was not kept")
	}
}

func TestRefreshIsSharedByGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(botToken(t, 2), botToken(t, 3))
		serve := i.answer
		i.answer = func(r request) (int, http.Header, string) {
			if r.path == "/v2/auth/token" {
				time.Sleep(time.Second) // so that all others meet the expiry meanwhile
			}
			return serve(r)
		}
		b := newBot(t, i.server, refreshable)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := b.Users.Create(t.Context(), fields{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := len(i.refreshes()); got != 1 {
			t.Errorf("%d refreshes, want 1", got)
		}
	})
}

func TestRefreshOutlivesTheOneWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(botToken(t, 2), botToken(t, 3))
		serve := i.answer
		first := true
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if first && strings.HasSuffix(r.URL.Path, "/token") {
				first = false
				<-r.Context().Done() // hangs until the first one gives up
				return nil, r.Context().Err()
			}
			return i.RoundTrip(r)
		})
		i.answer = serve
		b := newBot(t, nil, func(o *Options) { refreshable(o); o.HTTPClient = &http.Client{Transport: transport} })
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := b.Users.Create(impatient, fields{}); err == nil {
				t.Error("the impatient one got an answer")
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if _, err := b.Users.Create(t.Context(), fields{}); err != nil {
				t.Errorf("the patient one: %v", err)
			}
		})
		wg.Wait()
		if got := len(i.refreshes()); got != 1 {
			t.Errorf("%d refreshes arrived, want 1", got)
		}
	})
}

func TestTokenStore(t *testing.T) {
	t.Run("gives the first token", func(t *testing.T) {
		i := newIssuer(botToken(t, 7))
		store := &memoryStore{tokens: Tokens{Token: botToken(t, 7), RefreshToken: "refresh1"}}
		b := newBot(t, i.server, func(o *Options) { o.Token, o.TokenStore = "", store })
		for range 2 {
			if _, err := b.Users.Get(t.Context(), "1", nil); err != nil {
				t.Fatal(err)
			}
		}
		if store.asked != 1 || b.Auth().User != testBot {
			t.Errorf("asked %d times, auth %+v", store.asked, b.Auth())
		}
	})
	t.Run("has another token", func(t *testing.T) {
		i := newIssuer(botToken(t, 7))
		store := &memoryStore{tokens: Tokens{Token: botToken(t, 7)}}
		b := newBot(t, i.server, func(o *Options) { o.TokenStore = store })
		if _, err := b.Users.Get(t.Context(), "1", nil); err != nil || len(i.refreshes()) != 0 {
			t.Errorf("%v, %d refreshes", err, len(i.refreshes()))
		}
	})
	t.Run("has the same token", func(t *testing.T) {
		i := newIssuer("x", botToken(t, 8))
		store := &memoryStore{tokens: Tokens{Token: botToken(t, 1), RefreshToken: "stored"}}
		b := newBot(t, i.server, func(o *Options) { o.TokenStore = store })
		if _, err := b.Users.Get(t.Context(), "1", nil); err != nil {
			t.Fatal(err)
		}
		if r := i.refreshes(); len(r) != 1 || r[0].body != `{"refreshToken":"stored"}` {
			t.Errorf("refreshes %+v", r)
		}
		if store.tokens != (Tokens{botToken(t, 8), "refresh2"}) {
			t.Error("store was not told of the new tokens")
		}
	})
	t.Run("fails", func(t *testing.T) {
		i := newIssuer("x", botToken(t, 8))
		store := &memoryStore{err: errors.New("disk is full")}
		b := newBot(t, i.server, func(o *Options) { refreshable(o); o.TokenStore = store })
		reported := 0
		b.OnEvent("error", func(context.Context, *Event) error {
			reported++
			return nil
		})
		if _, err := b.Users.Get(t.Context(), "1", nil); err != nil || reported != 2 {
			t.Errorf("%v, %d errors reported, want none and 2", err, reported)
		}
	})
	t.Run("is empty", func(t *testing.T) {
		b := newBot(t, answers(200), func(o *Options) { o.Token, o.TokenStore = "", &memoryStore{} })
		if _, err := b.Users.List(t.Context(), nil); !errors.Is(err, ErrNoToken) {
			t.Errorf("List = %v, want %v", err, ErrNoToken)
		}
	})
}

func TestBotWithoutToken(t *testing.T) {
	s := answers(200)
	b := newBot(t, s, func(o *Options) { o.Token, o.Email = "", "bot+64B0f1a2c3d4e5f607182930@chatshipper.com" })
	if _, err := b.Users.List(t.Context(), nil); !errors.Is(err, ErrNoToken) || len(s.seen()) != 0 {
		t.Errorf("List = %v after %d requests", err, len(s.seen()))
	}
	if b.Auth().User != testBot {
		t.Errorf("user %q, want that of the email", b.Auth().User)
	}
}
