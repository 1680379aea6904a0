package ui

import "bellhop"

// botTokensPage is the tokens with which a bot uses the API. They are on the page that a
// POST is answered with, and on no other, so that neither an address nor a cookie holds them.
type botTokensPage struct {
	botHead
	Email    string
	Server   string // where the API is
	Shown    bool
	Token    string
	Refresh  string
	Here     string
	Revoke   string
	Webhook  string
	HasHook  bool
	HookPath string
}

func (*botTokensPage) template() string { return "bottokens" }

func tokensPath(bot bellhop.ID) string { return botPath(bot) + "/tokens" }

func (v *visit) botTokensAt() (*bellhop.Bot, *botTokensPage, error) {
	b, head, err := v.changeableBot(tabTokens, tabTokens)
	if err != nil {
		return nil, nil, err
	}
	p := &botTokensPage{
		botHead: *head, Email: b.Email, Server: v.ui.address, Here: tokensPath(b.ID),
		Revoke: tokensPath(b.ID) + "/revoke", Webhook: botPath(b.ID) + "/webhook", HookPath: "/",
	}
	webhook, err := v.webhookOf(b.ID)
	if err != nil || webhook == nil {
		return b, p, err
	}
	if params, ok := webhookParamsOf(&webhook.Service); ok {
		p.HasHook, p.HookPath = true, webhookURL(params.URL).path()
	}
	return b, p, nil
}

func (ui *UI) botTokens(v *visit) error {
	_, p, err := v.botTokensAt()
	if err != nil {
		return err
	}
	p.Notice = botNotice(v.noticed(string(v.id())))
	return v.show(p)
}

func (ui *UI) showBotTokens(v *visit) error {
	b, p, err := v.botTokensAt()
	if err != nil {
		return err
	}
	var tokens struct{ Token, RefreshToken string }
	if err := v.get(bellhop.Bots, b.ID, &tokens); err != nil {
		return err
	}
	p.Confidential = true
	p.Shown, p.Token, p.Refresh = true, tokens.Token, tokens.RefreshToken
	return v.show(p)
}

func (ui *UI) confirmRevokeBot(v *visit) error {
	b, head, err := v.changeableBot(tabTokens, "Revoke its tokens")
	if err != nil {
		return err
	}
	head.Title = "Revoke the tokens of " + b.Name
	return v.show(&confirmPage{
		frame:  head.frame,
		Answer: "All tokens of “" + b.Name + "” end at once: the bot can neither read nor answer until it is given its new ones. Events are still sent to its webhook.",
		Prose:  "Do this when a token may have been seen by somebody else. Afterwards the new tokens are shown on the page before.",
		Action: tokensPath(b.ID) + "/revoke", Do: "Revoke", Cancel: tokensPath(b.ID),
	})
}

func (ui *UI) revokeBot(v *visit) error {
	b, _, err := v.changeableBot(tabTokens, "Revoke its tokens")
	if err != nil {
		return err
	}
	if err := ui.accounts.Revoke(v.r.Context(), v.caller, b.ID); err != nil {
		return err
	}
	v.leave(notice{What: botRevoked, About: string(b.ID)})
	return v.seeOther(tokensPath(b.ID))
}
