package chipchat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandlerInAnyRouter(t *testing.T) {
	handler := newBot(t, answers(500), nil).Handler()
	patterns := http.NewServeMux()
	patterns.Handle("GET /bots/{name}/hook", handler)
	patterns.Handle("GET /bots/{name}/hook/{rest...}", handler)
	patterns.Handle("POST /bots/{name}/hook", handler)
	subtree := http.NewServeMux()
	subtree.Handle("/bots/hook/", handler)
	stripped := http.NewServeMux()
	stripped.Handle("/bots/hook/", http.StripPrefix("/bots/hook", handler))
	slash := http.NewServeMux()
	slash.Handle("/bots/hook/", http.StripPrefix("/bots/hook/", handler)) // what is left begins without a slash
	empty := http.NewServeMux()
	empty.Handle("/bots/hook", http.StripPrefix("/bots/hook", handler))
	cases := []struct {
		name   string
		router http.Handler
		base   string
		ping   bool
	}{
		{"bare", handler, "/", true},
		{"patterns", patterns, "/bots/greeter/hook", true},
		{"subtree", subtree, "/bots/hook/", true},
		{"StripPrefix", stripped, "/bots/hook/", true},
		{"StripPrefix with the slash", slash, "/bots/hook/", true},
		{"StripPrefix of everything", empty, "/bots/hook", false},
	}
	body := string(delivery(t, chat, nil, nil))
	for _, c := range cases {
		ask := func(method, path, body string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			c.router.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
			return w
		}
		if w := ask(http.MethodGet, c.base+"?type=subscribe&challenge=abc", ""); w.Code != 200 || w.Body.String() != "abc" {
			t.Errorf("%s: verification = %d %s", c.name, w.Code, w.Body)
		}
		if w := ask(http.MethodPost, c.base, body); w.Code != 200 {
			t.Errorf("%s: delivery = %d %s", c.name, w.Code, w.Body)
		}
		if !c.ping {
			continue
		}
		ping := strings.TrimSuffix(c.base, "/") + "/ping"
		if w := ask(http.MethodGet, ping, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "pong") {
			t.Errorf("%s: ping = %d %s", c.name, w.Code, w.Body)
		}
	}
}

func TestHandlerMethods(t *testing.T) {
	reported := 0
	b := newBot(t, answers(500), nil)
	b.OnEvent("error", countErrors(&reported))
	cases := []struct {
		method, target string
		status         int
		allow, body    bool
		reported       int
	}{
		{http.MethodHead, "/hook?type=subscribe&challenge=abc", 200, false, false, 0},
		{http.MethodHead, "/hook", 403, false, false, 0},
		{http.MethodHead, "/hook/ping", 200, false, false, 0},
		{http.MethodOptions, "/hook", 204, true, false, 0},
		{http.MethodPut, "/hook", 405, true, true, 0},
		{http.MethodDelete, "/hook/ping", 405, true, true, 0},
		{"get", "/hook", 405, true, true, 0},
		{http.MethodGet, "/hook", 403, false, true, 1},
	}
	for _, c := range cases {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequest(c.method, c.target, nil))
		if allow := w.Header().Get("Allow"); w.Code != c.status || (allow == "GET, HEAD, OPTIONS, POST") != c.allow {
			t.Errorf("%s %s = %d, Allow %q", c.method, c.target, w.Code, allow)
		}
		if (w.Body.Len() > 0) != c.body || reported != c.reported {
			t.Errorf("%s %s answered %q, reported %d", c.method, c.target, w.Body, reported)
		}
	}
}
