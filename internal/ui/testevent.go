package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// testEventPage sends a sample of an event to a service (docs/contract/extensions.md
// section 2.2).
type testEventPage struct {
	frame
	Form   testForm
	Answer string
	Off    string // why nothing can be sent; "" if it can
	Known  []string
	Back   string
}

type testForm struct {
	form
	Event field
	Data  field
}

func (*testEventPage) template() string { return "testevent" }

func (ui *UI) testPage(v *visit) (*testEventPage, error) {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return nil, err
	}
	params, webhook := webhookParamsOf(s)
	if !webhook {
		return nil, bellhop.Errorf(bellhop.NotFound, "Nothing is sent to a service of type %s", s.Type)
	}
	p := &testEventPage{frame: serviceFrame(s, o, "Send a test event"), Known: knownEvents(), Back: servicePath(s.ID)}
	p.Form = testForm{
		Event: field{ID: "event", Label: "Event", Required: true, Value: v.r.URL.Query().Get("event")},
		Data:  field{ID: "data", Label: "Data"},
	}
	if p.Form.Event.Value == "" {
		p.Form.Event.Value = firstHeard(params.Events, p.Known)
	}
	p.Answer = "A sample goes to “" + s.Name + "” alone, whether or not it listens to that event. It looks like a real one, and says sample: true."
	p.Off = offWords(s.Status)
	return p, nil
}

// offWords says why nothing is sent to a service; "" if it is on.
func offWords(status string) string {
	switch status {
	case bellhop.ServiceInactive:
		return "The service is switched off, so nothing would be sent. Switch it on first."
	case bellhop.ServiceUnverified:
		return "The service is not verified, so nothing would be sent. Verify it first."
	}
	return ""
}

// firstHeard is the first event that a webhook listens to: the likely one to try.
func firstHeard(patterns, known []string) string {
	parsed, err := event.ParsePatterns(patterns)
	if err == nil {
		for _, name := range known {
			if parsed.Match(name) {
				return name
			}
		}
	}
	return known[0]
}

// knownEvents are the names of the events that the server fires, and so has a sample of; those
// that bots live on first.
func knownEvents() (names []string) {
	var others []string
	for _, e := range event.Catalogue() {
		if strings.HasPrefix(e.Name, "message.") {
			names = append(names, e.Name)
		} else {
			others = append(others, e.Name)
		}
	}
	return append(names, others...)
}

func (ui *UI) testForm(v *visit) error {
	p, err := ui.testPage(v)
	if err != nil {
		return err
	}
	return v.show(p)
}

// sendTest leads to the delivery that it has made.
func (ui *UI) sendTest(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	p, err := ui.testPage(v)
	if err != nil {
		return err
	}
	p.Form.Event.Value = strings.TrimSpace(v.r.PostFormValue("event"))
	p.Form.Data.Value = strings.TrimSpace(v.r.PostFormValue("data"))
	asked := struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data,omitempty"`
	}{Event: p.Form.Event.Value, Data: json.RawMessage(p.Form.Data.Value)}
	if len(asked.Data) > 0 && !json.Valid(asked.Data) {
		return p.refused(v, bellhop.InvalidField("data", "must be JSON, such as {\"order\":{\"id\":\"17\"}}"))
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	made, err := ui.subscriptions.TestService(v.r.Context(), v.caller, v.id(), body)
	if err != nil {
		return p.refused(v, err)
	}
	var d deliveryFacts
	if err := decode(bellhop.Deliveries, made, &d); err != nil {
		return err
	}
	return v.seeOther(deliveryPath(d.ID))
}

// refused shows the form again with the reasons of the rules, if err is about them.
func (p *testEventPage) refused(v *visit, err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	switch {
	case ok && e.Code == bellhop.Conflict:
		p.Form.Errors = []formError{{Text: sentence(e.Message + ", so nothing was sent")}}
		return v.showAs(http.StatusConflict, p)
	case ok && e.Code == bellhop.Invalid:
		p.Form.refuse(e, map[string]*field{"event": &p.Form.Event, "data": &p.Form.Data})
		return v.showAs(http.StatusBadRequest, p)
	}
	return err
}
