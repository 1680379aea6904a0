package main_test

import (
	"net/http"
	"testing"

	"bellhop/internal/testenv"
)

// tree makes organizations of three levels, with somebody who has written in one of them.
func (a api) tree() (europe, lyon string) {
	a.t.Helper()
	var o struct{ ID string }
	a.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": "Europe"}, &o)
	europe = o.ID
	a.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": "Lyon", "parent": europe}, &o)
	lyon = o.ID
	a.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": "Asia and the Pacific, with a long name"}, &o)
	return europe, lyon
}

// The frame by keyboard alone.
func TestFrameByKeyboard(t *testing.T) {
	chromium := testenv.Need(t, "chromium")
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	s.login().tree()
	b := newBrowser(t, chromium, 1440, false)
	h := withKeyboard(b)
	b.open(s.url)
	h.fill("Email", adminEmail)
	h.fill("Password", adminPassword)
	h.press("button", "Log in")
	b.sees("You see 4 organizations.")
	b.shoot("settings")
}
