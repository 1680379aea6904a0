package subscription

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// A URL is judged as the creation of a webhook judges it, for those alone who may create one.
func TestTryURL(t *testing.T) {
	h := newHouse(t)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, _, _ := r.BasicAuth(); r.URL.Path == "/hook" && user == "user" {
			_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(endpoint.Close)
	host := strings.TrimPrefix(endpoint.URL, "http://")

	got, err := h.TryURL(t.Context(), h.admin, h.mid.id, "http://user:s3cret@"+host+"/hook")
	if err != nil || got.Reason != "" || got.Host != host || !got.User || got.Encrypted || got.Took <= 0 {
		t.Errorf("TryURL = %+v, %v", got, err)
	}
	got, err = h.TryURL(t.Context(), h.admin, h.mid.id, endpoint.URL)
	if err != nil || got.Reason != "status 404" || got.User {
		t.Errorf("at another path: %+v, %v", got, err)
	}
	for _, raw := range []string{"", "/hook", "ftp://example.com", "http://user:s3cret@10.0.0.1/"} {
		_, err = h.TryURL(t.Context(), h.admin, h.mid.id, raw)
		if !bellhop.HasCode(err, bellhop.Invalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", raw, err)
		}
	}
	agent := *h.admin
	agent.Role, agent.Scope = bellhop.RoleAgent, bellhop.ScopeAgent
	if _, err = h.TryURL(t.Context(), &agent, h.mid.id, endpoint.URL); !bellhop.HasCode(err, bellhop.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if _, err = h.TryURL(t.Context(), &account.Caller{Scope: bellhop.ScopeAdmin}, h.mid.id, endpoint.URL); !bellhop.HasCode(err, bellhop.NotFound) {
		t.Errorf("somebody from elsewhere: %v", err)
	}
}
