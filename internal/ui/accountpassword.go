package ui

import (
	"encoding/json"
	"errors"
	"net/http"

	"bellhop"
	"bellhop/internal/account"
)

// passwordPage changes one's own password.
type passwordPage struct {
	accountHead
	Form             form
	Email            string
	Old, New, Repeat field
}

func (*passwordPage) template() string { return "password" }

func (v *visit) passwordAt() (*passwordPage, error) {
	u, err := v.self()
	if err != nil {
		return nil, err
	}
	return &passwordPage{
		accountHead: accountHeadOf(tabPassword), Email: u.Email,
		Old:    field{ID: "old", Label: "Old password", Required: true},
		New:    field{ID: "new", Label: "New password", Required: true},
		Repeat: field{ID: "repeat", Label: "New password once more", Required: true},
	}, nil
}

func (ui *UI) password(v *visit) error {
	p, err := v.passwordAt()
	if err != nil {
		return err
	}
	p.Notice = userNotice(v.noticed(string(v.caller.ID)))
	return v.show(p)
}

// changePassword ends all sessions, this one included, and begins a new one.
func (ui *UI) changePassword(v *visit) error {
	p, err := v.passwordAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	ctx, next := v.r.Context(), v.r.PostFormValue("new")
	if next != v.r.PostFormValue("repeat") {
		p.Repeat.Error = "The two new passwords are not the same."
		p.Form.Errors = []formError{{Text: p.Repeat.Error, For: p.Repeat.ID}}
		return v.showAs(http.StatusBadRequest, p)
	}
	err = ui.accounts.CheckPassword(ctx, v.caller, v.r.PostFormValue("old"), ui.clientAddress(v.r))
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		p.Old.Error = "The old password is another one."
		if e.Code != bellhop.Unauthenticated {
			p.Old.Error = loginTrouble(e)
		}
		p.Form.Errors = []formError{{Text: p.Old.Error, For: p.Old.ID}}
		return v.showAs(http.StatusForbidden, p)
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"password": next})
	if err != nil {
		return err
	}
	if _, err := ui.resources.Patch(ctx, v.caller, bellhop.Users, v.caller.ID, body); err != nil {
		return v.refused(p, &p.Form, err, map[string]*field{"password": &p.New}, roleTooHigh)
	}
	cookie, _, err := ui.accounts.StartSession(ctx, p.Email, next, ui.clientAddress(v.r))
	if err != nil {
		return v.seeOther("/login") // the password is changed, whatever keeps this browser out
	}
	ui.setCookie(v.w, v.r, sessionCookie, cookie, account.SessionLife)
	v.leave(notice{What: passwordMine, About: string(v.caller.ID)})
	return v.seeOther(passwordPath)
}
