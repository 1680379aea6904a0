package ui

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

const sessionCookie = "bellhop_session"

// session returns who is logged in, nil if nobody is.
func (ui *UI) session(r *http.Request) (*account.Caller, error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || cookie.Value == "" {
		return nil, nil
	}
	caller, err := ui.accounts.Session(r.Context(), cookie.Value)
	if bellhop.HasCode(err, bellhop.Unauthenticated) {
		return nil, nil
	}
	return caller, err
}

// setCookie sends a cookie that no script can read; without a value it is removed. Lax,
// not Strict: a link from a colleague's mail must not lead to the login. A browser that
// came by https shall send it by nothing else.
func (ui *UI) setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: ui.secure || web.OverTLS(r), SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// loginPath leads to the login, and from there to the page that was asked for.
func loginPath(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.Path == "/" {
		return "/login"
	}
	return "/login?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
}

// afterLogin returns next if it is a path of ours, and else the first page. Browsers read
// // and /\ as the start of another host, and drop tabs and line breaks.
func afterLogin(next string) string {
	switch {
	case !strings.HasPrefix(next, "/"), strings.HasPrefix(next, "//"), strings.HasPrefix(next, `/\`),
		strings.ContainsFunc(next, func(r rune) bool { return r < ' ' }), strings.HasPrefix(next, "/login"):
		return "/"
	}
	return next
}
