package ui

import "bellhop"

// newBotAt is the page that adds a bot to the organization of the path.
func newBotAt(v *visit) (*botFormPage, *bellhop.Organization, error) {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return nil, nil, err
	}
	if err := v.caller.Require(o.Path, bellhop.Bots.Access.Create); err != nil {
		return nil, nil, err
	}
	p := &botFormPage{
		botHead: botHead{frame: organizationFrame(&o, tabBots, "Add a bot", link{Text: tabBots, To: orgBotsPath(o.ID)})},
		Form:    newBotForm(&bellhop.Bot{Enabled: true, Audience: bellhop.AudienceOwner}),
		Answer:  "All it needs is a name. It gets a user of its own, with tokens, and next a webhook.",
		Submit:  "Create bot", Cancel: orgBotsPath(o.ID),
	}
	return p, &o, nil
}

func (ui *UI) newBot(v *visit) error {
	p, _, err := newBotAt(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) createBot(v *visit) error {
	p, o, err := newBotAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	body, err := p.Form.body(o.ID, nil)
	if err != nil {
		return err
	}
	made, err := ui.resources.Create(v.r.Context(), v.caller, bellhop.Bots, body)
	if err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), "You may not give a bot these rights.")
	}
	var b bellhop.Bot
	if err := decode(bellhop.Bots, made, &b); err != nil {
		return err
	}
	v.leave(notice{What: botMade, About: string(b.ID), Name: b.Name})
	return v.seeOther(botPath(b.ID))
}
