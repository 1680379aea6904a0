package ui

import (
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

type servicePage struct {
	frame
	ID       bellhop.ID
	Answer   string
	Means    string // what the newest failure means
	Status   badge
	Webhook  bool
	Facts    []fact
	Events   []string
	Secret   secretView
	Actions  serviceActions
	Filters  []link
	Rows     []deliveryRow
	Paging   *paging
	Filtered bool // only deliveries of one status are shown
}

// secretView is what of a service is shown on demand alone.
type secretView struct {
	Shown  bool
	Secret string
	URL    string // with user and password; "" if there are none
	Params string // of what is no webhook
	Toggle string // where it is shown, or hidden again
}

// serviceActions are where the buttons lead; "" if one would do nothing.
type serviceActions struct {
	Verify, Off, Edit, Delete string
	On                        bool // verifying would switch it on
}

func (*servicePage) template() string { return "service" }

// serviceAndOwner reads the service of the path and its organization.
func (v *visit) serviceAndOwner() (*bellhop.Service, *bellhop.Organization, error) {
	var s bellhop.Service
	if err := v.get(bellhop.Services, v.id(), &s); err != nil {
		return nil, nil, err
	}
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, s.Organization, &o); err != nil {
		return nil, nil, err
	}
	return &s, &o, nil
}

func serviceFrame(s *bellhop.Service, o *bellhop.Organization, title string) frame {
	further := []link{{Text: tabIntegrations, To: integrationsPath(o.ID)}}
	if title != s.Name {
		further = append(further, link{Text: s.Name, To: servicePath(s.ID)})
	}
	return organizationFrame(o, tabIntegrations, title, further...)
}

func (ui *UI) service(v *visit) error {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return err
	}
	params, webhook := webhookParamsOf(s)
	p := &servicePage{
		frame: serviceFrame(s, o, s.Name), ID: s.ID, Status: serviceBadge(s.Status), Webhook: webhook,
		Facts: ui.serviceFacts(s, o, params), Events: params.Events,
		Secret: secretViewOf(v.r.URL, s, params), Actions: actionsOf(s),
	}
	p.Notice = serviceNotice(v.noticed(string(s.ID)), webhookURL(params.URL), s.Status)
	if p.Answer, p.Means, err = serviceAnswer(v, s); err != nil {
		return err
	}
	if webhook {
		found, err := v.deliveryList(url.Values{"service": {string(s.ID)}}, false)
		if err != nil {
			return err
		}
		p.Filters, p.Rows, p.Paging, p.Filtered = found.Filters, found.Rows, found.Paging, found.Filtered
	}
	return v.show(p)
}

// serviceAnswer is what one comes for: is it on, does what it is sent arrive, and if not,
// why not?
func serviceAnswer(v *visit, s *bellhop.Service) (answer, means string, err error) {
	switch {
	case s.Status == bellhop.ServiceUnverified:
		return "Not verified: it gets no events until its endpoint has answered the challenge.", "", nil
	case s.Status == bellhop.ServiceInactive:
		return "Switched off: it gets no events. Those that were waiting are kept for 24 hours.", "", nil
	case s.Type != bellhop.WebhookType:
		return "Active. Services of type " + s.Type + " are only kept here: nothing is sent to them.", "", nil
	}
	var counts []string
	for _, status := range []bellhop.DeliveryStatus{bellhop.Delivered, bellhop.Pending, bellhop.Dead} {
		n, err := v.countDeliveries(s.ID, status)
		if err != nil {
			return "", "", err
		}
		if n != "0" {
			counts = append(counts, n+" "+status.String())
		}
	}
	if len(counts) == 0 {
		return "Active: waiting for the first event that it listens to.", "", nil
	}
	paused, err := v.isPaused(s.ID)
	if err != nil {
		return "", "", err
	}
	answer = "Active: "
	if paused {
		answer = "Paused: its endpoint is down. All deliveries wait, and one after the other asks whether it is back: "
	}
	answer += strings.Join(counts, ", ") + "."
	newest, err := v.newestFailure(s.ID)
	if newest != "" {
		answer += " The newest failed: " + newest + "."
	}
	return answer, meaning(newest), err
}

// isPaused reports whether the server has paused a webhook, since its endpoint is down
// (docs/contract/extensions.md section 4).
func (v *visit) isPaused(service bellhop.ID) (bool, error) {
	var s struct{ Health struct{ State string } }
	err := v.get(bellhop.Services, service, &s)
	return s.Health.State == "paused", err
}

// lookedAt is how many of the newest deliveries are looked at for one that was attempted.
const lookedAt = 10

// newestFailure returns why the newest delivery that was attempted has failed; "" if it
// has not.
func (v *visit) newestFailure(service bellhop.ID) (string, error) {
	found, _, err := v.findDeliveries(url.Values{"service": {string(service)}, "limit": {strconv.Itoa(lookedAt)}})
	for i := range found {
		if found[i].Attempts > 0 {
			return found[i].LastError, nil
		}
	}
	return "", err
}

func (ui *UI) serviceFacts(s *bellhop.Service, o *bellhop.Organization, params bellhop.WebhookParams) []fact {
	var facts []fact
	if params.URL != "" {
		facts = append(facts, fact{Name: "Goes to", Value: webhookURL(params.URL).hidden(), Code: true})
	} else {
		facts = append(facts, fact{Name: "Type", Value: s.Type, Code: true})
	}
	if s.Bot != "" {
		facts = append(facts, fact{Name: "Of the bot", Value: string(s.Bot), Code: true})
	}
	return append(facts,
		fact{Name: "Hears of", Value: nameOf(o) + " and all below it", To: orgPath(o.ID)},
		fact{Name: "Id", Value: string(s.ID), Code: true},
		fact{Name: "Created", At: ui.moment(s.CreatedAt)},
		fact{Name: "Changed", At: ui.moment(s.UpdatedAt)},
	)
}

func secretViewOf(here *url.URL, s *bellhop.Service, params bellhop.WebhookParams) secretView {
	shown := here.Query().Get("show") == "secret"
	view := secretView{Shown: shown, Toggle: withParameter(here, "show", "secret", shown) + "#secret"}
	if !shown {
		return view
	}
	view.Secret = params.Secret
	if _, user, _ := webhookURL(params.URL).parts(); user != "" {
		view.URL = params.URL
	}
	if s.Type != bellhop.WebhookType {
		view.Params = indentJSON(s.Params)
	}
	return view
}

func actionsOf(s *bellhop.Service) serviceActions {
	here := servicePath(s.ID)
	a := serviceActions{Edit: here + "/edit", Delete: here + "/delete"}
	if s.Status == bellhop.ServiceActive {
		a.Off = here + "/off"
	}
	if s.Type == bellhop.WebhookType || s.Status == bellhop.ServiceInactive {
		a.Verify, a.On = here+"/verify", s.Status == bellhop.ServiceInactive
	}
	return a
}

func serviceNotice(n *notice, target webhookURL, status string) *noticeOf {
	switch {
	case n == nil:
		return nil
	case n.What == saved:
		return &noticeOf{Tone: toneOK, Text: "Saved."}
	case n.What == turned:
		return &noticeOf{Tone: toneOff, Text: "Switched off. Nothing is sent until it is switched on again."}
	case n.What == passed && target == "":
		return &noticeOf{Tone: toneOK, Text: "Switched on."}
	case n.What == passed:
		return &noticeOf{Tone: toneOK, Text: "Verified.", Story: tellStory(target, true, "", "")}
	case n.What == failed:
		return &noticeOf{Tone: toneFail, Text: "Not verified.", Story: tellStory(target, false, n.Reason, keptAs(status))}
	}
	return nil
}

// keptAs says what a challenge that failed has left as it was.
func keptAs(status string) string {
	switch status {
	case bellhop.ServiceActive:
		return "It stays switched on, as before."
	case bellhop.ServiceInactive:
		return "It stays switched off, as before."
	}
	return "It is saved, and gets no events until it has passed."
}
