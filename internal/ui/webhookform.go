package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"bellhop"
)

// webhookForm is the fields of a webhook, wherever one is made or changed: the template
// webhook-form shows them inside of the page's own form.
type webhookForm struct {
	form
	New      bool // there is no such webhook yet
	Named    bool // its name is a field
	Name     field
	URL      field
	Secret   field
	Events   field
	Renew    bool // make a new secret
	Advanced advancedForm

	Heard   heard     // what Events says
	Check   string    // where a URL is judged while it is typed; "" for nowhere
	Checked *urlCheck // how the URL was judged, if that was asked for without a script
	Service bellhop.ID
	Bot     bellhop.ID // of a new one that is bot-specific
}

// newWebhookForm returns an empty form for a webhook of an organization.
func newWebhookForm(organization bellhop.ID) webhookForm {
	f := webhookForm{
		New: true, Named: true,
		Name:     field{ID: "name", Label: "Name", Required: true},
		URL:      field{ID: "url", Label: "Webhook URL", Required: true},
		Secret:   field{ID: "secret", Label: "Secret"},
		Events:   field{ID: "events", Label: "Events"},
		Advanced: newAdvancedForm(nil),
		Check:    integrationsPath(organization) + "/check",
	}
	f.Heard = heardOf(nil)
	return f
}

// webhookFormOf returns the form with what a webhook is, without what is hidden.
func webhookFormOf(s *bellhop.Service) webhookForm {
	f := newWebhookForm(s.Organization)
	params, _ := webhookParamsOf(s)
	f.New, f.Service = false, s.ID
	f.Name.Value = s.Name
	f.URL.Value = webhookURL(params.URL).hidden()
	f.Events.Value = strings.Join(params.Events, "\n")
	f.Heard = heardOf(params.Events)
	f.Advanced = newAdvancedForm(&params)
	return f
}

func (f *webhookForm) read(r *http.Request) {
	f.Name.Value = strings.TrimSpace(r.PostFormValue("name"))
	f.URL.Value = strings.TrimSpace(r.PostFormValue("url"))
	f.Secret.Value = r.PostFormValue("secret")
	f.Events.Value = r.PostFormValue("events")
	f.Renew = r.PostFormValue("renew") != ""
	f.Heard = heardOf(patternsOf(f.Events.Value))
	f.Advanced.read(r.PostForm)
}

// refused puts the reasons of the rules beside the fields. It returns err if it is not
// about what was filled in.
func (f *webhookForm) refused(err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code != bellhop.Invalid && e.Code != bellhop.Conflict {
		return err
	}
	a := &f.Advanced
	f.refuse(e, map[string]*field{
		"name": &f.Name, "params.url": &f.URL, "params.secret": &f.Secret, "params.events": &f.Events,
		"params.signatures": &a.Signing, "params.order": &a.Order, "params.concurrency": &a.Concurrency,
		"params.rate": &a.Rate, "params.timeout": &a.Timeout, "params.headers": &a.Headers,
	})
	if strings.Contains(f.URL.Error, "private or reserved") {
		f.URL.Error += " Whoever runs the server can allow it with --egress-allow; for development a tunnel does, too."
	}
	a.Open = a.wrong()
	if f.Events.Error != "" {
		f.Heard.Faults = nil // said beside the field
	}
	return nil
}

// notVerified says beside the URL that a new one did not pass its challenge, and returns how that went.
func (f *webhookForm) notVerified(target webhookURL, reason string) *story {
	told := tellStory(target, false, reason, "Nothing was changed: the old URL keeps working.")
	f.URL.Error = sentence("The endpoint " + told.Said)
	f.Errors = []formError{{Text: "The new URL could not be verified: its endpoint " + told.Said + ".", For: f.URL.ID}}
	return told
}

// params returns the parameters that the form asks for, of a webhook that had was, nil for
// a new one. What the form does not show stays as it was, for a PATCH replaces all
// parameters (docs/contract/services.md section 4): the secret, unless there is another
// one or it is to be made anew; user and password of a URL that is the same; the values of
// headers; and whatever there is no field for.
func (f *webhookForm) params(was json.RawMessage) (json.RawMessage, error) {
	var old bellhop.WebhookParams
	if len(was) > 0 {
		if err := json.Unmarshal(was, &old); err != nil {
			return nil, errors.New("the parameters of a service cannot be read")
		}
	}
	target, err := changedURL(old.URL, f.URL.Value)
	if err != nil {
		return nil, err
	}
	changes := map[string]any{"url": target, "secret": nil, "events": nil}
	switch {
	case f.Secret.Value != "":
		changes["secret"] = f.Secret.Value
	case !f.Renew && old.Secret != "":
		changes["secret"] = old.Secret
	}
	if events := patternsOf(f.Events.Value); len(events) > 0 {
		changes["events"] = events
	}
	if err := f.Advanced.change(&old, changes); err != nil {
		return nil, err
	}
	return changedParams(was, changes)
}
