package ui

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"bellhop"
)

// watcher is a browser that keeps a stream open.
type watcher struct {
	*httptest.ResponseRecorder
	opened func()
}

func (w *watcher) Flush()                         { w.opened() }
func (*watcher) SetReadDeadline(time.Time) error  { return nil }
func (*watcher) SetWriteDeadline(time.Time) error { return nil }

// watch opens a stream, and returns what is closed when it ends.
func (p *person) watch(path string) <-chan struct{} {
	p.t.Helper()
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, "https://bellhop.example"+path, nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: p.cookies[sessionCookie]})
	opened, ended := make(chan struct{}), make(chan struct{})
	w := &watcher{httptest.NewRecorder(), sync.OnceFunc(func() { close(opened) })}
	go func() {
		defer close(ended)
		p.ui.ServeHTTP(w, r)
	}()
	select {
	case <-opened:
	case <-ended:
		p.t.Fatalf("GET %s = %d", path, w.Code)
	}
	return ended
}

// Whatever ends a session ends it in every browser, with the streams that are open there: they tell of
// nothing that happens afterwards.
func TestSessionsEndEverywhere(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny Jones", "Hello")
	admin := h.anybody()
	admin.post("/login", url.Values{"email": {adminEmail}, "password": {adminPassword}})
	for name, end := range map[string]func(here *person, user string) answer{
		"logout":     func(here *person, _ string) answer { return here.post("/logout", url.Values{}) },
		"revocation": func(here *person, _ string) answer { return here.post(developerPath+"/revoke", url.Values{}) },
		"admin":      func(_ *person, user string) answer { return admin.post(user+"/revoke", url.Values{}) },
		"newpassword": func(_ *person, user string) answer {
			return admin.post(user+"/password", url.Values{"password": {"open barley"}})
		},
		"deletion": func(_ *person, user string) answer { return admin.post(user+"/delete", url.Values{}) },
		"password": func(here *person, _ string) answer {
			return here.post(passwordPath, url.Values{"old": {"open sesame"}, "new": {"open barley"}, "repeat": {"open barley"}})
		},
		"inactive": func(_ *person, user string) answer {
			return admin.post(user, url.Values{"given": {"x"}, "email": {"inactive@example.com"}, "status": {"inactive"}})
		},
		"guest": func(_ *person, user string) answer {
			return admin.post(user+"/role", url.Values{"organization": {string(h.org)}, "role": {"guest"}})
		},
	} {
		user := userPath(h.user(name, bellhop.RoleAgent, h.org))
		here, there := h.anybody(), h.anybody()
		for _, p := range []*person{here, there} {
			p.post("/login", url.Values{"email": {name + "@example.com"}, "password": {"open sesame"}})
		}
		old := h.anybody()
		old.cookies[sessionCookie] = here.cookies[sessionCookie]
		watched := there
		if name == "logout" { // which is of one browser alone
			watched = old
		}
		streams := []<-chan struct{}{watched.watch("/live" + conversationPath(talk)), watched.watch("/live/conversations")}
		if got := end(here, user); got.status != http.StatusSeeOther {
			t.Errorf("%s: %d", name, got.status)
		}
		h.say(talk, map[string]any{"text": "Secret", "role": "contact"})
		for _, ended := range streams {
			select {
			case <-ended:
			case <-time.After(10 * time.Minute):
				t.Errorf("%s: a stream goes on", name)
			}
		}
		want := http.StatusSeeOther
		if name == "guest" {
			want = http.StatusForbidden
		}
		for _, p := range []*person{old, watched} {
			if got := p.get("/conversations"); got.status != want {
				t.Errorf("%s: a session goes on: %d, want %d", name, got.status, want)
			}
		}
	}
}
