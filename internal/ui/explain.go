package ui

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"bellhop"
)

// explainView says in words why a service did or did not get an event.
type explainView struct {
	Status   badge
	Delivery string // where its newest delivery is, "" if there is none
	Reasons  []reasonView
}

// reasonView is one reason, and what to do about it.
type reasonView struct {
	Title  string
	Detail string
	Remedy string
	To     *link // where that is done
}

type explainPage struct {
	frame
	Service link
	Answer  string
	Action  string
	ID      field
	Event   *link // the event that is asked about
	About   []fact
	Result  *explainView
	Newest  []newestEvent // to choose from
}

// newestEvent is one that one may ask about.
type newestEvent struct {
	link // asks about it
	At   *moment
	Key  string
}

func (*explainPage) template() string { return "explain" }

func explainPath(service bellhop.ID, event bellhop.UUID) string {
	path := servicePath(service) + "/explain"
	if !event.IsZero() {
		path += "?event=" + event.String()
	}
	return path
}

// newestEvents is how many events there are to choose from.
const newestEvents = 15

// explainService answers why a service did not get an event, or did.
func (ui *UI) explainService(v *visit) error {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return err
	}
	p := &explainPage{
		frame: serviceFrame(s, o, "Why did it get an event, or not?"), Service: *serviceLink(s.ID, s.Name), Action: servicePath(s.ID) + "/explain",
		ID: field{ID: "event-id", Label: "Id of the event", Value: v.r.URL.Query().Get("event")},
	}
	p.Answer = "Name an event, or choose one of the newest: you are told whether " + s.Name + " got it, and if not, why."
	if p.ID.Value != "" {
		if err := ui.addExplanation(v, p, s); err != nil {
			return err
		}
	}
	if p.Newest, err = v.newestEvents(s, o); err != nil {
		return err
	}
	return v.show(p)
}

// addExplanation answers; an id that leads to nothing is a mistake in the field.
func (ui *UI) addExplanation(v *visit, p *explainPage, s *bellhop.Service) error {
	e, err := v.readEvent(p.ID.Value)
	if bellhop.HasCode(err, bellhop.NotFound) || bellhop.HasCode(err, bellhop.Forbidden) {
		p.Answer = "There is no event with that id, or it is none of yours. Events are kept for some days only."
		p.ID.Error = "No event has this id. It is the eventId of a delivery, and the header X-Event-Id."
		return nil
	}
	if err != nil {
		return err
	}
	if p.Result, err = v.explain(s, e); err != nil {
		return err
	}
	p.Event = &link{Text: e.Event, To: eventPath(e.ID)}
	p.About = []fact{{Name: "happened", At: v.ui.exactMoment(e.CreatedAt)}, {Name: "id", Value: e.ID.String(), Code: true}}
	p.Answer = s.Name + " " + heardWords(p.Result) + " " + e.Event + "."
	return nil
}

func heardWords(view *explainView) string {
	switch view.Status.Tone {
	case toneOK:
		return "got"
	case toneOff:
		return "did not get"
	}
	return "should have got, and has not yet got,"
}

func (v *visit) newestEvents(s *bellhop.Service, o *bellhop.Organization) ([]newestEvent, error) {
	filter := url.Values{"limit": {strconv.Itoa(newestEvents)}, "orgPath": {"^" + o.Path}}
	page, err := v.ui.subscriptions.Events(v.r.Context(), v.caller, filter.Encode())
	if err != nil {
		return nil, err
	}
	found, err := decodeAll[eventFacts](bellhop.Events, page.Items)
	rows := make([]newestEvent, len(found))
	for i, e := range found {
		rows[i] = newestEvent{link: link{Text: e.Event, To: explainPath(s.ID, e.ID)}, At: v.ui.moment(e.CreatedAt), Key: e.Key}
	}
	return rows, err
}

// explain asks the rules, and puts their answer in words.
func (v *visit) explain(s *bellhop.Service, e *eventFacts) (*explainView, error) {
	body, err := v.ui.subscriptions.Explain(v.r.Context(), v.caller, s.ID, e.ID.String())
	if err != nil {
		return nil, err
	}
	var answer struct {
		Delivered bool
		Delivery  *bellhop.UUID
		Reasons   []struct{ Rule, Detail string }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("read why a service got an event: %w", err)
	}
	view := &explainView{Status: badge{toneOff, "not heard of"}}
	switch {
	case answer.Delivered:
		view.Status = badge{toneOK, "delivered"}
	case answer.Delivery != nil:
		view.Status = badge{toneFail, "not delivered"}
	}
	if answer.Delivery != nil {
		view.Delivery = deliveryPath(*answer.Delivery)
	}
	for _, r := range answer.Reasons {
		reason := reasonView{Title: ruleTitles[r.Rule], Detail: sentence(r.Detail)}
		reason.Remedy, reason.To = remedyOf(r.Rule, s, e, view.Delivery)
		view.Reasons = append(view.Reasons, reason)
	}
	return view, nil
}

// ruleTitles are the rules of docs/contract/extensions.md section 2.3 in words.
var ruleTitles = map[string]string{
	"pattern":  "It does not listen to it",
	"scope":    "It is not for this service",
	"status":   "It was not switched on then",
	"bot":      "Its bot was not meant",
	"delivery": "It was to be delivered",
}

// remedyOf says what to do about a reason, and where.
func remedyOf(rule string, s *bellhop.Service, e *eventFacts, delivery string) (string, *link) {
	missing := " Then replay with the status missing from " + e.CreatedAt.String() + " on: it sends what the service never got."
	switch rule {
	case "pattern":
		return "Add " + e.Event + ", or a pattern that covers it, to what it listens to." + missing, &link{Text: "Edit " + s.Name, To: servicePath(s.ID) + "/edit"}
	case "status":
		return "It has to be switched on and verified." + missing, &link{Text: "Show " + s.Name, To: servicePath(s.ID)}
	case "scope":
		return "A service hears of its own organization and those below it. To hear of this one, make a service there, or further up.",
			&link{Text: "Integrations of that organization", To: integrationsPath(e.Organization)}
	case "bot":
		return "Enable an instance of the bot in the organization of the event." + missing, &link{Text: "Show the organization", To: orgPath(e.Organization)}
	}
	if delivery != "" {
		return "Its delivery says what was tried, and can be replayed.", &link{Text: "Show the delivery", To: delivery}
	}
	return "Replay with the status missing from " + e.CreatedAt.String() + " on: it sends what the service never got.", &link{Text: "Show " + s.Name, To: servicePath(s.ID)}
}
