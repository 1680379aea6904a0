package subscription

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// docs/contract/delivery.md section 1.
//
// Contract: delivery.md 1: GET <params.url> with two query
// Contract: delivery.md 1: An existing query string
// Contract: delivery.md 1: Example: GET
func TestChallengeURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.com/hook":                "https://example.com/hook?type=subscribe&challenge=C",
		"https://example.com/hook?a=b&c=%20+d":    "https://example.com/hook?a=b&c=%20+d&type=subscribe&challenge=C",
		"https://user:pw@example.com:8443/a%2Fb/": "https://user:pw@example.com:8443/a%2Fb/?type=subscribe&challenge=C",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := challengeURL(u, "C").String(); got != want {
			t.Errorf("challengeURL(%s) = %s, want %s", raw, got, want)
		}
	}
}

// Contract: delivery.md 1: Challenge: 15 random
// Contract: delivery.md 1: Letters and digits only
func TestNewChallenge(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z0-9]{15}$`)
	seen := map[string]bool{}
	for range 1000 {
		c := newChallenge()
		if !form.MatchString(c) || seen[c] {
			t.Fatalf("challenge %q is malformed or repeated", c)
		}
		seen[c] = true
	}
}

// docs/contract/delivery.md section 1, "Passed if and only if".
//
// Contract: delivery.md 1: Passed if and only if
// Contract: delivery.md 1: Nothing is trimmed
// Contract: delivery.md 1: Redirects are not followed
// Contract: delivery.md 1: At most the first 1 KiB
func TestVerify(t *testing.T) {
	h := newHouse(t)
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"passes", answersChallenge, ""},
		// Contract: delivery.md 1: The Content-Type of the answer
		{"passes as JSON", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			answersChallenge(w, r)
		}, ""},
		{"not found", http.NotFound, "status 404"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere?"+r.URL.RawQuery, http.StatusFound)
		}, "status 302"},
		{"created", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusCreated)
			answersChallenge(w, r)
		}, "status 201"},
		{"newline", func(w http.ResponseWriter, r *http.Request) {
			answersChallenge(w, r)
			io.WriteString(w, "\n")
		}, "challenge mismatch"},
		{"empty", func(http.ResponseWriter, *http.Request) {}, "challenge mismatch"},
		{"long", func(w http.ResponseWriter, r *http.Request) {
			answersChallenge(w, r)
			io.WriteString(w, strings.Repeat(" ", 2000))
		}, "challenge mismatch"},
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connection"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := url.Parse(endpoint(t, test.answer))
			if err != nil {
				t.Fatal(err)
			}
			got, err := h.verify(t.Context(), u)
			if err != nil || (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("verify = %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// Contract: delivery.md 1: User and password of the URL
// Contract: delivery.md 1: User-Agent
// Contract: delivery.md 1: No signature header
func TestVerifySendsWhatTheContractSays(t *testing.T) {
	h := newHouse(t)
	var got *http.Request
	raw := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		answersChallenge(w, r)
	})
	u, err := url.Parse(strings.Replace(raw, "http://", "http://user:p%40ss@", 1) + "/hook?x=1")
	if err != nil {
		t.Fatal(err)
	}
	if reason, err := h.verify(t.Context(), u); reason != "" || err != nil {
		t.Fatal(reason, err)
	}
	user, password, _ := got.BasicAuth()
	if got.Method != http.MethodGet || got.URL.Path != "/hook" || got.URL.Query().Get("x") != "1" ||
		got.URL.Query().Get("type") != "subscribe" || user != "user" || password != "p@ss" ||
		got.UserAgent() != "Web1on1-Webhook/2" || got.Header.Get("X-Hub-Signature") != "" {
		t.Errorf("%s %s, user %q %q, headers %v", got.Method, got.URL, user, password, got.Header)
	}
	// Contract: delivery.md 1: Timeout 20 s
	if challengeTimeout != 20*time.Second {
		t.Errorf("it waits for %v", challengeTimeout)
	}
}
