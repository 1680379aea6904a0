package ui

import (
	"net/url"
	"strconv"
	"time"

	"bellhop"
)

// serviceHead is what the pages of one service have in common: the answer, what can be
// done, and where the rest is.
type serviceHead struct {
	frame
	condition
	ID      bellhop.ID
	Webhook bool
	Figures []figure
	Actions serviceActions
	Tabs    []link
	Live    string // what tells of its deliveries
	Refresh int    // seconds until the page is read again; 0 if it waits for a delivery
}

// servicePage is the deliveries of a service.
type servicePage struct {
	serviceHead
	deliveriesOf
}

// serviceActions are where the buttons lead; "" if one would do nothing.
type serviceActions struct {
	Verify, Test, Off, Edit, Rotate, Delete string
	On                                      bool // verifying would switch it on
}

func (*servicePage) template() string { return "service" }

// The pages of a service.
const (
	tabDeliveries = "Deliveries"
	tabCharts     = "Charts"
	tabSettings   = "Settings"
	tabReplays    = "Replays"
)

func serviceTabs(id bellhop.ID, current string) []link {
	here := servicePath(id)
	tabs := []link{
		{Text: tabDeliveries, To: here}, {Text: tabCharts, To: here + "/charts"},
		{Text: tabSettings, To: here + "/settings"}, {Text: tabReplays, To: here + "/replays"},
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].Text == current
	}
	return tabs
}

// serviceAndOwner reads the service of the path and its organization.
func (v *visit) serviceAndOwner() (*bellhop.Service, *bellhop.Organization, error) {
	s, o, err := v.watchedService(v.id())
	if err != nil {
		return nil, nil, err
	}
	return &s.Service, o, nil
}

// watchedService reads a service with its health, and its organization.
func (v *visit) watchedService(id bellhop.ID) (*watchedService, *bellhop.Organization, error) {
	var s watchedService
	if err := v.get(bellhop.Services, id, &s); err != nil {
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

// service is the page of a webhook with its deliveries; of another service, that of what is
// kept of it.
func (ui *UI) service(v *visit) error {
	live := ui.deliveriesFromNow(url.Values{"service": {string(v.id())}})
	s, o, err := v.watchedService(v.id())
	if bellhop.HasCode(err, bellhop.NotFound) {
		return ui.deletedService(v, err)
	}
	if err != nil {
		return err
	}
	if s.Type != bellhop.WebhookType {
		return ui.showSettings(v, s, o)
	}
	p := &servicePage{}
	if p.serviceHead, err = v.serviceHead(s, o, tabDeliveries); err != nil {
		return err
	}
	p.Live = live
	if p.deliveriesOf, err = v.deliveriesOf(url.Values{"service": {string(s.ID)}}); err != nil {
		return err
	}
	return v.show(p)
}

// Head says which of the pages of a service it is, too.
func (h *serviceHead) Head() string {
	for _, tab := range h.Tabs {
		if tab.Current && tab.Text != tabDeliveries {
			return tab.Text + " · " + h.frame.Head()
		}
	}
	return h.frame.Head()
}

func (v *visit) serviceHead(s *watchedService, o *bellhop.Organization, tab string) (head serviceHead, err error) {
	params, webhook := webhookParamsOf(&s.Service)
	head = serviceHead{frame: serviceFrame(&s.Service, o, s.Name), ID: s.ID, Webhook: webhook, Actions: actionsOf(&s.Service)}
	head.Notice = v.ui.serviceNotice(v.noticed(string(s.ID)), webhookURL(params.URL), &s.Service)
	if !webhook {
		head.condition = v.ui.conditionOf(s, attemptStats{}, false, "")
		return head, nil
	}
	head.Tabs = serviceTabs(s.ID, tab)
	hour, err := v.lastHour(s.ID)
	if err != nil {
		return head, err
	}
	ever, newest := true, ""
	if hour.Failed > 0 || hour.all() == 0 {
		if ever, newest, err = v.newestFailure(s.ID); err != nil {
			return head, err
		}
	}
	head.condition = v.ui.conditionOf(s, hour, ever, newest)
	head.Figures = v.ui.figuresOf(&s.Health, hour, "in the last hour")
	head.Refresh = refreshOf(s)
	return head, nil
}

// refreshOf is in how many seconds a page is no longer true, though nothing is delivered.
func refreshOf(s *watchedService) int {
	if s.Health.State == healthPaused {
		return 5
	}
	return int(time.Minute / time.Second)
}

// lookedAt is how many of the newest deliveries are looked at for one that was attempted.
const lookedAt = 10

// newestFailure returns why the newest delivery that was attempted has failed, "" if it
// has not; and whether there is any delivery.
func (v *visit) newestFailure(service bellhop.ID) (ever bool, reason string, err error) {
	found, err := v.someDeliveries(url.Values{"service": {string(service)}, "limit": {strconv.Itoa(lookedAt)}})
	for i := range found {
		if found[i].Attempts > 0 {
			return true, found[i].LastError, nil
		}
	}
	return len(found) > 0, "", err
}

func actionsOf(s *bellhop.Service) serviceActions {
	here := servicePath(s.ID)
	a := serviceActions{Edit: here + "/edit", Delete: here + "/delete"}
	webhook := s.Type == bellhop.WebhookType
	if s.Status == bellhop.ServiceActive {
		a.Off = here + "/switch-off"
	}
	if webhook || s.Status == bellhop.ServiceInactive {
		a.Verify, a.On = here+"/verify", s.Status == bellhop.ServiceInactive
	}
	if webhook {
		a.Rotate = here + "/rotate"
		if s.Status == bellhop.ServiceActive {
			a.Test = here + "/test"
		}
	}
	return a
}

func (ui *UI) serviceNotice(n *notice, target webhookURL, s *bellhop.Service) *noticeOf {
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
	case n.What == again:
		return ui.onAgainNotice(n, target, s)
	case n.What == failed:
		return &noticeOf{Tone: toneFail, Text: "Not verified.", Story: tellStory(target, false, n.Reason, keptAs(s.Status))}
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
