package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"bellhop"
)

type editServicePage struct {
	frame
	Form    webhookForm // of another service only the name can be changed here
	Webhook bool
	Story   *story // of a new URL that did not pass
	Cancel  string
}

func (*editServicePage) template() string { return "editservice" }

func editPageOf(s *bellhop.Service, o *bellhop.Organization) *editServicePage {
	return &editServicePage{
		frame: serviceFrame(s, o, "Edit"), Form: webhookFormOf(s), Webhook: s.Type == bellhop.WebhookType, Cancel: servicePath(s.ID),
	}
}

func (ui *UI) editService(v *visit) error {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return err
	}
	return v.show(editPageOf(s, o))
}

func (ui *UI) saveService(v *visit) error {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return err
	}
	if err := readForm(v.r); err != nil {
		return err
	}
	p := editPageOf(s, o)
	p.Form.read(v.r)
	was, _ := webhookParamsOf(s)
	if v.r.PostFormValue("try") != "" {
		if p.Form.Checked, err = ui.tryURL(v, o.ID, p.Form.URL.Value, was.URL); err != nil {
			return err
		}
		return v.show(p)
	}
	target, err := changedURL(was.URL, p.Form.URL.Value)
	if err == nil {
		err = ui.patchService(v, s, p)
	}
	if reason, ok := notVerified(err); ok {
		p.Story = p.Form.notVerified(webhookURL(target), reason)
		return v.showAs(http.StatusForbidden, p)
	}
	if err != nil {
		if err := p.Form.refused(err); err != nil {
			return err
		}
		return v.showAs(http.StatusBadRequest, p)
	}
	what := saved
	if p.Webhook && target != was.URL {
		what = passed
	}
	v.leave(notice{What: what, About: string(s.ID)})
	return v.seeOther(servicePath(s.ID))
}

func (ui *UI) patchService(v *visit, s *bellhop.Service, p *editServicePage) error {
	change := struct {
		Name   string          `json:"name"`
		Params json.RawMessage `json:"params,omitempty"`
	}{Name: p.Form.Name.Value}
	if p.Webhook {
		params, err := p.Form.params(s.Params)
		if err != nil {
			return err
		}
		change.Params = params
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = ui.resources.Patch(v.r.Context(), v.caller, bellhop.Services, s.ID, body)
	return err
}

// changedURL returns the URL that a form means in which user and password are hidden. They
// stay while the URL does, but are not taken along to another one.
func changedURL(was, typed string) (string, error) {
	if typed == webhookURL(was).hidden() {
		return was, nil
	}
	if _, user, _ := webhookURL(typed).parts(); strings.Contains(user, hiddenUser) {
		return "", bellhop.InvalidField("params.url", "has changed: type its user and password again, or leave them out")
	}
	return typed, nil
}
