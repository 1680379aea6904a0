package ui

import "bellhop"

// developerPage is one's own tokens: like those of a bot they are on the page that a POST is
// answered with, and on no other.
type developerPage struct {
	accountHead
	ID      bellhop.ID
	Server  string
	Shown   bool
	Token   string
	Refresh string
	Until   *moment
	Revoke  string
}

func (*developerPage) template() string { return "developer" }

func (v *visit) developerAt() (*developerPage, error) {
	u, err := v.self()
	if err != nil {
		return nil, err
	}
	return &developerPage{
		accountHead: accountHeadOf(tabDeveloper), ID: u.ID, Server: v.ui.address, Revoke: developerPath + "/revoke",
	}, nil
}

func (ui *UI) developer(v *visit) error {
	p, err := v.developerAt()
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) showTokens(v *visit) error {
	p, err := v.developerAt()
	if err != nil {
		return err
	}
	tokens, err := ui.accounts.IssueTokens(v.r.Context(), v.caller)
	if err != nil {
		return err
	}
	p.Confidential = true
	p.Shown, p.Token, p.Refresh, p.Until = true, tokens.Access, tokens.Refresh, ui.moment(tokens.Expires)
	return v.show(p)
}

func (ui *UI) confirmRevokeOwn(v *visit) error {
	h := accountHeadOf(tabDeveloper)
	h.Title, h.Trail = "End all tokens and sessions", append(h.Trail, link{Text: tabDeveloper, To: developerPath})
	return v.show(&confirmPage{
		frame:  h.frame,
		Answer: "All your tokens end at once, and you are logged out everywhere, in this browser, too. Your password stays.",
		Prose:  "Programs that use your tokens need new ones. If somebody else may know your password, change that instead: it ends all tokens as well.",
		Action: developerPath + "/revoke", Do: "End them all", Cancel: developerPath,
	})
}

func (ui *UI) revokeOwn(v *visit) error {
	if err := ui.accounts.Revoke(v.r.Context(), v.caller, v.caller.ID); err != nil {
		return err
	}
	ui.setCookie(v.w, v.r, sessionCookie, "", 0)
	return v.seeOther("/login")
}
