package ui

import "bellhop"

func editBotAt(v *visit) (*botFormPage, *bellhop.Bot, error) {
	b, head, err := v.changeableBot(tabOfBot, "Edit")
	if err != nil {
		return nil, nil, err
	}
	p := &botFormPage{
		botHead: *head, Form: newBotForm(b), Submit: "Save", Cancel: botPath(b.ID),
		Answer: "What it is called, and whom it is for. Where it is sent events is its webhook.",
	}
	return p, b, nil
}

func (ui *UI) editBot(v *visit) error {
	p, _, err := editBotAt(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

func (ui *UI) saveBot(v *visit) error {
	p, b, err := editBotAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	body, err := p.Form.body("", b.Capabilities)
	if err != nil {
		return err
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Bots, b.ID, body); err != nil {
		return v.refused(p, &p.Form.form, err, p.Form.fields(), "You may not give a bot these rights.")
	}
	v.leave(notice{What: saved, About: string(b.ID)})
	return v.seeOther(botPath(b.ID))
}
