package ui

import (
	"errors"
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

type loginPage struct {
	frame
	Form  form
	Email field
	Next  string
}

func (*loginPage) template() string { return "login" }

func newLoginPage(email, next string) *loginPage {
	return &loginPage{
		frame: frame{Title: "Log in"}, Next: next,
		Email: field{ID: "email", Label: "Email", Value: email, Required: true},
	}
}

func (ui *UI) loginPage(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if caller, err := ui.session(r); err != nil {
		return err
	} else if caller != nil {
		http.Redirect(w, r, afterLogin(next), http.StatusSeeOther)
		return nil
	}
	return ui.render(w, r, http.StatusOK, newLoginPage("", next))
}

func (ui *UI) logIn(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	email, next := r.PostFormValue("email"), r.PostFormValue("next")
	cookie, _, err := ui.accounts.StartSession(r.Context(), email, r.PostFormValue("password"), ui.clientAddress(r))
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		p := newLoginPage(email, next)
		p.Form.Errors = []formError{{Text: loginTrouble(e), For: "email"}}
		return ui.render(w, r, web.Status(e), p)
	}
	if err != nil {
		return err
	}
	ui.setCookie(w, r, sessionCookie, cookie, account.SessionLife)
	http.Redirect(w, r, afterLogin(next), http.StatusSeeOther)
	return nil
}

func loginTrouble(e *bellhop.Error) string {
	if e.Code == bellhop.TooMany && e.RetryAfter > 0 {
		return "Too many attempts have failed. Try again in " + span(e.RetryAfter) + "."
	}
	return sentence(e.Message)
}

func (ui *UI) logOut(w http.ResponseWriter, r *http.Request) error {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		if err := ui.accounts.EndSession(r.Context(), cookie.Value); err != nil {
			return err
		}
	}
	ui.setCookie(w, r, sessionCookie, "", 0)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}
