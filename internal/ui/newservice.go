package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bellhop"
)

// quick is how fast a challenge must have failed to be asked again for its reason.
const quick = 5 * time.Second

// serviceForm is the fields of a webhook; of another service only the name can be changed
// here.
type serviceForm struct {
	form
	Webhook bool
	Name    field
	URL     field
	Secret  field
	Events  field
	Renew   bool // make a new secret
}

func newServiceForm() serviceForm {
	return serviceForm{
		Webhook: true,
		Name:    field{ID: "name", Label: "Name", Required: true},
		URL:     field{ID: "url", Label: "Webhook URL", Required: true},
		Secret:  field{ID: "secret", Label: "Secret"},
		Events:  field{ID: "events", Label: "Events"},
	}
}

func (f *serviceForm) read(r *http.Request) {
	f.Name.Value = strings.TrimSpace(r.PostFormValue("name"))
	f.URL.Value = strings.TrimSpace(r.PostFormValue("url"))
	f.Secret.Value = r.PostFormValue("secret")
	f.Events.Value = r.PostFormValue("events")
	f.Renew = r.PostFormValue("renew") != ""
}

// refused puts the reasons of the rules beside the fields. It returns err if it is not
// about what was filled in.
func (f *serviceForm) refused(err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code != bellhop.Invalid && e.Code != bellhop.Conflict {
		return err
	}
	f.refuse(e, f.fields())
	return nil
}

func (f *serviceForm) fields() map[string]*field {
	return map[string]*field{
		"name": &f.Name, "params.url": &f.URL, "params.secret": &f.Secret, "params.events": &f.Events,
	}
}

type newServicePage struct {
	frame
	Form   serviceForm
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
		Form:   newServiceForm(),
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
	body, err := p.Form.newService(o.ID)
	if err != nil {
		return err
	}
	began := ui.now()
	created, err := ui.resources.Create(v.r.Context(), v.caller, bellhop.Services, body)
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
	if took > quick {
		return failed, "", nil
	}
	return ui.verify(v, service)
}

// newService is the body that creates the webhook.
func (f *serviceForm) newService(organization bellhop.ID) ([]byte, error) {
	params, err := changedParams(nil, f.URL.Value, f.Secret.Value, patternsOf(f.Events.Value))
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Name         string          `json:"name"`
		Type         string          `json:"type"`
		Organization bellhop.ID      `json:"organization"`
		Params       json.RawMessage `json:"params"`
	}{f.Name.Value, bellhop.WebhookType, organization, params})
}
