package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"bellhop"
)

type editServicePage struct {
	frame
	Form   serviceForm
	Story  *story // of a new URL that did not pass
	Cancel string
}

func (*editServicePage) template() string { return "editservice" }

func editPageOf(s *bellhop.Service, o *bellhop.Organization) *editServicePage {
	p := &editServicePage{frame: serviceFrame(s, o, "Edit"), Form: newServiceForm(), Cancel: servicePath(s.ID)}
	params, webhook := webhookParamsOf(s)
	p.Form.Webhook = webhook
	p.Form.Name.Value = s.Name
	p.Form.URL.Value = webhookURL(params.URL).hidden()
	p.Form.Events.Value = strings.Join(params.Events, "\n")
	return p
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
	target, err := changedURL(was.URL, p.Form.URL.Value)
	if err == nil {
		err = ui.patchService(v, s, &p.Form, was, target)
	}
	if reason, ok := notVerified(err); ok {
		p.Story = tellStory(webhookURL(target), false, reason, "Nothing was changed: the old URL keeps working.")
		p.Form.URL.Error = sentence("The endpoint " + p.Story.Said)
		p.Form.Errors = []formError{{Text: "The new URL could not be verified: its endpoint " + p.Story.Said + ".", For: p.Form.URL.ID}}
		return v.showAs(http.StatusForbidden, p)
	}
	if err != nil {
		if err := p.Form.refused(err); err != nil {
			return err
		}
		return v.showAs(http.StatusBadRequest, p)
	}
	what := saved
	if p.Form.Webhook && target != was.URL {
		what = passed
	}
	v.leave(notice{What: what, About: string(s.ID)})
	return v.seeOther(servicePath(s.ID))
}

func (ui *UI) patchService(v *visit, s *bellhop.Service, f *serviceForm, was bellhop.WebhookParams, target string) error {
	change := struct {
		Name   string          `json:"name"`
		Params json.RawMessage `json:"params,omitempty"`
	}{Name: f.Name.Value}
	if f.Webhook {
		secret := f.Secret.Value
		if secret == "" && !f.Renew {
			secret = was.Secret
		}
		params, err := changedParams(s.Params, target, secret, patternsOf(f.Events.Value))
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
