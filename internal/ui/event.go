package ui

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// eventFacts is an event as the API shows it (docs/contract/extensions.md section 1).
type eventFacts struct {
	ID           bellhop.UUID    `json:"id"`
	Event        string          `json:"event"`
	Organization bellhop.ID      `json:"organization"`
	OrgPath      string          `json:"orgPath"`
	Key          string          `json:"key"`
	CreatedAt    bellhop.Time    `json:"createdAt"`
	Payload      json.RawMessage `json:"payload"`
	Deliveries   int             `json:"deliveries"`
}

type eventPage struct {
	frame
	Answer   string
	About    []fact
	Heard    []hearing
	More     int // services that are not asked about
	Rows     []deliveryRow
	Paging   *paging
	Payload  bodyView
	Services bool // there are any that could have heard of it
}

// hearing is whether a service heard of an event, and why not.
type hearing struct {
	Service link
	explainView
}

func (*eventPage) template() string { return "event" }

func eventPath(id bellhop.UUID) string { return "/events/" + id.String() }

// hearingsShown is how many services stand on the page of an event.
const hearingsShown = 25

func (ui *UI) event(v *visit) error {
	e, err := v.readEvent(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	p := &eventPage{frame: frame{Title: e.Event, Section: inDeliveries, Trail: []link{{Text: "Deliveries", To: "/deliveries"}}}}
	p.About = []fact{
		{Name: "happened", At: ui.exactMoment(e.CreatedAt)}, {Name: "id", Value: e.ID.String(), Code: true},
		{Name: "key", Value: e.Key, Code: true, To: "/deliveries?" + url.Values{"key": {e.Key}}.Encode()},
		{Name: "organization", Value: string(e.Organization), Code: true, To: orgPath(e.Organization)},
	}
	if isConversation(e.Event, e.Key) {
		p.About = append(p.About, fact{Name: "conversation", Value: "show it", To: conversationPath(bellhop.ID(e.Key))})
	}
	if err := ui.addHearings(v, p, e); err != nil {
		return err
	}
	found, err := v.deliveryList(url.Values{"eventId": {e.ID.String()}})
	if err != nil {
		return err
	}
	p.Rows, p.Paging = found.Rows, found.Paging
	p.Payload = bodyViewOf("Payload", string(e.Payload), "application/json", false).bounded("")
	p.Answer = eventAnswer(p)
	return v.show(p)
}

// readEvent reads an event; what is no id is not found.
func (v *visit) readEvent(text string) (*eventFacts, error) {
	id, err := bellhop.ParseUUID(text)
	if err != nil {
		return nil, bellhop.Events.NotFound()
	}
	body, err := v.ui.subscriptions.Event(v.r.Context(), v.caller, id)
	if err != nil {
		return nil, err
	}
	e := new(eventFacts)
	return e, decode(bellhop.Events, body, e)
}

// addHearings asks the webhooks of the event's organization and of those above it, and those of bots
// that the visitor may see, whether they heard of it.
func (ui *UI) addHearings(v *visit, p *eventPage, e *eventFacts) error {
	filter := url.Values{"type": {bellhop.WebhookType}, "limit": {strconv.Itoa(hearingsShown)}, "organization[]": strings.Split(e.OrgPath, "#")}
	services, total, err := list[bellhop.Service](v, bellhop.Services, filter)
	if err != nil {
		return err
	}
	p.More = total - len(services)
	for i := range services {
		view, err := v.explain(&services[i], e)
		if err != nil {
			return err
		}
		p.Heard = append(p.Heard, hearing{Service: *serviceLink(services[i].ID, services[i].Name), explainView: *view})
	}
	p.Services = len(p.Heard) > 0
	return nil
}

func eventAnswer(p *eventPage) string {
	got, not := 0, 0
	for _, h := range p.Heard {
		if h.Status.Tone == toneOff {
			not++
		} else {
			got++
		}
	}
	switch {
	case got+not == 0:
		return "No webhook of its organization could have heard of it."
	case not == 0:
		return plural(got, "webhook", "webhooks") + " heard of it."
	case got == 0:
		return "None of " + plural(not, "webhook", "webhooks") + " heard of it. Each says why not."
	}
	return plural(got, "webhook", "webhooks") + " heard of it, " + number(not) + " did not. Each of those says why not."
}
