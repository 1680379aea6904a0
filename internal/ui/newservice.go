package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"bellhop"
)

// quickFailure is how fast a challenge must have failed to be asked again for its reason.
const quickFailure = 5 * time.Second

type newServicePage struct {
	frame
	Form   webhookForm
	Cancel string
}

func (*newServicePage) template() string { return "newservice" }

// newServiceAt is the page with which an admin adds a webhook to the organization in the
// path.
func newServiceAt(v *visit) (*newServicePage, *bellhop.Organization, error) {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return nil, nil, err
	}
	if err := v.caller.Require(o.Path, bellhop.Services.Access.Create); err != nil {
		return nil, nil, err
	}
	here := link{Text: tabIntegrations, To: integrationsPath(o.ID)}
	p := &newServicePage{
		frame:  organizationFrame(&o, tabIntegrations, "Add a webhook", here),
		Form:   newWebhookForm(o.ID),
		Cancel: integrationsPath(o.ID),
	}
	return p, &o, nil
}

func (ui *UI) newService(v *visit) error {
	p, o, err := newServiceAt(v)
	if err != nil {
		return err
	}
	n, err := v.count(bellhop.Services, url.Values{"organization": {string(o.ID)}, "type": {bellhop.WebhookType}})
	if err != nil {
		return err
	}
	p.Form.Name.Value = "Webhook"
	if n > 0 {
		p.Form.Name.Value = "Webhook " + number(n+1)
	}
	return v.show(p)
}

func (ui *UI) createService(v *visit) error {
	p, o, err := newServiceAt(v)
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p.Form.read(v.r)
	if v.r.PostFormValue("try") != "" {
		if p.Form.Checked, err = ui.tryURL(v, o.ID, p.Form.URL.Value, ""); err != nil {
			return err
		}
		return v.show(p)
	}
	began := ui.now()
	created, err := ui.createWebhook(v, o.ID, &p.Form)
	if err != nil {
		if err := p.Form.refused(err); err != nil {
			return err
		}
		return v.showAs(http.StatusBadRequest, p)
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
	return v.seeOther(servicePath(s.ID))
}

// askAgain verifies a service that was just created and did not pass. The answer to its
// creation does not say why; that of a verification does. After a slow failure, which most
// likely was a timeout, nobody is made to wait for a second one.
func (ui *UI) askAgain(v *visit, service bellhop.ID, took time.Duration) (happened, string, error) {
	if took > quickFailure {
		return failed, "", nil
	}
	return ui.verify(v, service)
}

// createWebhook creates the webhook that the form describes.
func (ui *UI) createWebhook(v *visit, organization bellhop.ID, f *webhookForm) (json.RawMessage, error) {
	params, err := f.params(nil)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(struct {
		Name         string          `json:"name"`
		Type         string          `json:"type"`
		Organization bellhop.ID      `json:"organization"`
		Bot          bellhop.ID      `json:"bot,omitempty"`
		Params       json.RawMessage `json:"params"`
	}{f.Name.Value, bellhop.WebhookType, organization, f.Bot, params})
	if err != nil {
		return nil, err
	}
	return ui.resources.Create(v.r.Context(), v.caller, bellhop.Services, body)
}
