package ui

import "strings"

// eventsPage shows all events that a webhook can listen to, and what patterns select.
type eventsPage struct {
	frame
	Answer   string
	Patterns string
	Name     string
	Heard    heard
	Tried    *tried
	Tree     *eventTree
}

func (*eventsPage) template() string { return "events" }

func (ui *UI) events(v *visit) error { return v.show(v.eventsPage(false)) }

// eventPicker is the part of the page that a form with a script shows.
func (ui *UI) eventPicker(v *visit) error {
	return v.showPart(200, "event-picker", v.eventsPage(true))
}

func (v *visit) eventsPage(choosing bool) *eventsPage {
	q := v.r.URL.Query()
	patterns := patternsOf(q.Get("events"))
	p := &eventsPage{
		frame:    frame{Title: "Events", Section: inSettings, Trail: []link{{Text: "Settings", To: "/settings"}}},
		Patterns: strings.Join(patterns, "\n"), Name: q.Get("name"),
		Heard: heardOf(patterns),
	}
	p.Answer = p.Heard.Text
	p.Tried = tryName(p.Name, &p.Heard)
	p.Tree = eventTreeOf(&p.Heard, q.Get("search"), choosing)
	return p
}
