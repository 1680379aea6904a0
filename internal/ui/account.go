package ui

import (
	"encoding/json"

	"bellhop"
)

// accountHead is what the pages of one's own account begin with.
type accountHead struct {
	frame
	Tabs []link
}

// accountPage is who one is.
type accountPage struct {
	accountHead
	Answer string
	Form   userForm
	Facts  []fact
}

func (*accountPage) template() string { return "account" }

const (
	accountPath   = "/account"
	passwordPath  = accountPath + "/password"
	developerPath = accountPath + "/developer"
)

// The pages of an account. Tokens are under account > developer > tokens
// (docs/contract/auth.md, "Tokens").
const (
	tabProfile   = "Profile"
	tabPassword  = "Password"
	tabDeveloper = "Developer"
)

func accountHeadOf(tab string) accountHead {
	h := accountHead{frame: frame{Title: tab, Section: inAccount, Trail: []link{{Text: "Account", To: accountPath}}}}
	if tab == tabProfile {
		h.Title, h.Trail = "Account", nil
	}
	for _, t := range []link{
		{Text: tabProfile, To: accountPath}, {Text: tabPassword, To: passwordPath}, {Text: tabDeveloper, To: developerPath},
	} {
		t.Current = t.Text == tab
		h.Tabs = append(h.Tabs, t)
	}
	return h
}

// self reads the user of the visitor.
func (v *visit) self() (*bellhop.User, error) {
	var u bellhop.User
	err := v.get(bellhop.Users, v.caller.ID, &u)
	return &u, err
}

func (v *visit) accountAt() (*accountPage, error) {
	u, err := v.self()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range u.Organizations {
		ids = append(ids, string(m.Organization))
	}
	names, err := v.organizationNames(ids)
	if err != nil {
		return nil, err
	}
	p := &accountPage{
		accountHead: accountHeadOf(tabProfile), Form: newUserForm(u),
		Answer: "You are " + u.DisplayName + ".",
		Facts:  []fact{{Name: "Id", Value: string(u.ID), Code: true}},
	}
	for _, m := range u.Organizations {
		name, to := names[m.Organization], usersPath(m.Organization)
		if name == "" {
			name, to = string(m.Organization), ""
		}
		p.Facts = append(p.Facts, fact{Name: capital(string(m.Role)) + " of", Value: name, To: to})
	}
	p.Facts = append(p.Facts, fact{Name: "Since", At: v.ui.moment(u.CreatedAt)})
	return p, nil
}

func (ui *UI) account(v *visit) error {
	p, err := v.accountAt()
	if err != nil {
		return err
	}
	p.Notice = userNotice(v.noticed(string(v.caller.ID)))
	return v.show(p)
}

func (ui *UI) saveAccount(v *visit) error {
	p, err := v.accountAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	fields := p.Form.names()
	fields["email"] = p.Form.Email.Value
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Users, v.caller.ID, body); err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), roleTooHigh)
	}
	v.leave(notice{What: saved, About: string(v.caller.ID)})
	return v.seeOther(accountPath)
}
