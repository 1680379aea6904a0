package ui

import (
	"errors"
	"net/http"

	"bellhop"
	"bellhop/internal/web"
)

// botWebhookPage is the tab Webhook of a bot (docs/contract/services.md section 1): the
// service whose field bot names it.
type botWebhookPage struct {
	botHead
	Form    webhookForm
	Story   *story // of a new URL that did not pass
	Answer  string
	Hook    badge
	Saved   bool // there is one already
	Hears   string
	Places  string
	Secret  secretView
	Actions hookActions
}

// hookActions are where the buttons lead; "" for those that are not there.
type hookActions struct {
	Verify, On, Off string
	Service, Delete string
}

func (*botWebhookPage) template() string { return "botwebhook" }

func hookPath(bot bellhop.ID) string { return botPath(bot) + "/webhook" }

func (v *visit) botWebhookAt() (*bellhop.Bot, *watchedService, *botWebhookPage, error) {
	b, head, err := v.changeableBot(tabWebhook, tabWebhook)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := v.webhookOf(b.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	instances, err := v.instancesOf(b.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	p := &botWebhookPage{
		botHead: *head, Form: newWebhookForm(b.Organization), Hook: botWebhookBadge(s), Answer: botWebhookAnswer(s),
		Hears: hearsText(b, instances), Places: placesPath(b.ID),
	}
	if s == nil {
		p.Form.Named, p.Form.Bot = false, b.ID
		return b, nil, p, nil
	}
	here := hookPath(b.ID)
	params, _ := webhookParamsOf(&s.Service)
	p.Saved, p.Form = true, webhookFormOf(&s.Service)
	p.Form.Named = false
	p.Secret = secretViewOf(v.r.URL, &s.Service, params)
	p.Confidential = p.Secret.Shown
	p.Actions = hookActions{Service: servicePath(s.ID), Delete: servicePath(s.ID) + "/delete"}
	switch s.Status {
	case bellhop.ServiceUnverified:
		p.Actions.Verify = here + "/verify"
	case bellhop.ServiceInactive:
		p.Actions.On = here + "/verify"
	case bellhop.ServiceActive:
		p.Actions.Off = here + "/off"
	}
	return b, s, p, nil
}

func botWebhookAnswer(s *watchedService) string {
	switch {
	case s == nil:
		return "No webhook yet. Enter where the bot listens; the rest can stay as it is."
	case s.Status == bellhop.ServiceUnverified:
		return "Not verified: it gets no events. Start the bot, then press Verify."
	}
	return webhookSentence(s)
}

// hearsText says of which organizations the webhook hears (docs/contract/services.md section 6).
func hearsText(b *bellhop.Bot, instances []bellhop.BotInstance) string {
	enabled := 0
	for _, i := range instances {
		if i.Enabled {
			enabled++
		}
	}
	switch {
	case enabled > 0:
		return "It hears of the " + plural(enabled, "organization", "organizations") + " in which the bot is enabled."
	case len(instances) > 0:
		return "It hears of nothing: the bot is enabled in no organization."
	case !b.Works():
		return "It hears of nothing: the bot is switched off."
	}
	return "It hears of everything in the organization of the bot and below, since the bot is enabled in none by itself."
}

func (ui *UI) botWebhook(v *visit) error {
	b, s, p, err := v.botWebhookAt()
	if err != nil {
		return err
	}
	if s == nil {
		p.Notice = botNotice(v.noticed(string(b.ID)))
		return v.show(p)
	}
	params, _ := webhookParamsOf(&s.Service)
	p.Notice = ui.serviceNotice(v.noticed(string(s.ID)), webhookURL(params.URL), &s.Service)
	return v.show(p)
}

// saveBotWebhook makes the webhook of the bot, or changes it.
func (ui *UI) saveBotWebhook(v *visit) error {
	b, s, p, err := v.botWebhookAt()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	was := bellhop.WebhookParams{}
	if s != nil {
		was, _ = webhookParamsOf(&s.Service)
	}
	if v.r.PostFormValue("try") != "" {
		if p.Form.Checked, err = ui.tryURL(v, b.Organization, p.Form.URL.Value, was.URL); err != nil {
			return err
		}
		return v.show(p)
	}
	if s == nil {
		return ui.createBotWebhook(v, b, p)
	}
	p.Form.Name.Value = s.Name
	target, err := changedURL(was.URL, p.Form.URL.Value)
	if err == nil {
		err = ui.patchService(v, &s.Service, &editServicePage{Form: p.Form, Webhook: true})
	}
	if reason, ok := notVerified(err); ok {
		p.Story = p.Form.notVerified(webhookURL(target), reason)
		return v.showAs(http.StatusForbidden, p)
	}
	if err != nil {
		return v.hookRefused(p, err)
	}
	what := saved
	if target != was.URL {
		what = passed
	}
	v.leave(notice{What: what, About: string(s.ID)})
	return v.seeOther(hookPath(b.ID))
}

// hookRefused answers with the form and what is wrong with it. That the bot has got a
// webhook meanwhile is said in words (docs/contract/services.md section 6).
func (v *visit) hookRefused(p *botWebhookPage, err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok {
		return err
	}
	if err := p.Form.refused(err); err != nil {
		return err
	}
	p.Form.reword()
	return v.showAs(web.Status(e), p)
}

func (ui *UI) createBotWebhook(v *visit, b *bellhop.Bot, p *botWebhookPage) error {
	p.Form.Name.Value = "Webhook of " + b.Name
	began := ui.now()
	created, err := ui.createWebhook(v, b.Organization, &p.Form)
	if err != nil {
		return v.hookRefused(p, err)
	}
	var s bellhop.Service
	if err := decode(bellhop.Services, created, &s); err != nil {
		return err
	}
	what, reason := passed, ""
	if s.Status != bellhop.ServiceActive {
		if what, reason, err = ui.askAgain(v, s.ID, ui.now().Sub(began)); err != nil {
			return err
		}
	}
	v.leave(notice{What: what, About: string(s.ID), Reason: reason})
	return v.seeOther(hookPath(b.ID))
}

func (ui *UI) verifyBotWebhook(v *visit) error {
	b, s, _, err := v.botWebhookAt()
	if err != nil {
		return err
	}
	if s == nil {
		return bellhop.Services.NotFound()
	}
	what, reason, err := ui.verify(v, s.ID)
	if err != nil {
		return err
	}
	v.leave(notice{What: what, About: string(s.ID), Reason: reason})
	return v.seeOther(hookPath(b.ID))
}

func (ui *UI) switchBotWebhookOff(v *visit) error {
	b, s, _, err := v.botWebhookAt()
	if err != nil {
		return err
	}
	if s == nil {
		return bellhop.Services.NotFound()
	}
	if _, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Services, s.ID, []byte(`{"status":"inactive"}`)); err != nil {
		return err
	}
	v.leave(notice{What: turned, About: string(s.ID)})
	return v.seeOther(hookPath(b.ID))
}
