package ui

import (
	"errors"
	"slices"
	"strings"

	"bellhop/internal/event"
)

// heard is what patterns select, in words. The server's own matcher decides, here and
// nowhere else on the pages.
type heard struct {
	Text   string // "Covers 48 of the 126 events that Bellhop tells of."
	Faults []string
	Each   []pattern
}

// pattern is one pattern and what it covers.
type pattern struct {
	Text  string
	Says  string   // "covers these 48 events"
	Names []string // of the catalogue, if they are several
	wants event.Patterns
}

func heardOf(patterns []string) heard {
	known := event.Catalogue()
	if len(patterns) == 0 {
		return heard{Text: "All events: the " + number(len(known)) + " that Bellhop tells of, and those of your own."}
	}
	h := heard{}
	listed := 0
	for _, text := range patterns[:min(len(patterns), event.MaxPatterns)] {
		wants, err := event.ParsePatterns([]string{text})
		if err != nil {
			continue // it is among the faults
		}
		p := patternOf(text, wants, known)
		if listed += len(p.Names); listed > mostListed {
			p.Names = nil
		}
		h.Each = append(h.Each, p)
	}
	all, err := event.ParsePatterns(patterns)
	if err != nil {
		h.Text, h.Faults = "Not right yet.", patternFaults(patterns, err)
		return h
	}
	covered := 0
	for _, k := range known {
		if all.Match(k.Name) {
			covered++
		}
	}
	h.Text = "Covers " + number(covered) + " of the " + number(len(known)) + " events that Bellhop tells of"
	if covered == 0 {
		h.Text = "Covers none of the " + number(len(known)) + " events that Bellhop tells of"
	}
	if slices.ContainsFunc(h.Each, func(p pattern) bool { return p.Says == ofYourOwn }) {
		h.Text += ", and events of your own"
	}
	h.Text += "."
	return h
}

// mostListed bounds how many names a page lists.
const mostListed = 500

const ofYourOwn = "covers none of Bellhop's events: it is for events of your own"

func patternOf(text string, wants event.Patterns, known []event.Known) pattern {
	p := pattern{Text: text, wants: wants}
	says := ""
	for _, k := range known {
		if p.wants.Match(k.Name) {
			p.Names, says = append(p.Names, k.Name), k.Text
		}
	}
	switch {
	case len(p.Names) == 0:
		p.Says = ofYourOwn
	case len(p.Names) == 1 && p.Names[0] == text:
		p.Names, p.Says = nil, says
	default:
		p.Says = "covers " + plural(len(p.Names), "event", "events")
	}
	return p
}

const mostFaults = 10

// patternFaults says of each pattern what is wrong with it, as the rules would say it of
// the first; err is of the list as a whole.
func patternFaults(patterns []string, err error) []string {
	var faults []string
	if e, ok := errors.AsType[*event.PatternError](err); ok && e.Index < 0 {
		return []string{sentence(e.Reason)}
	}
	for i, text := range patterns {
		if len(faults) == mostFaults {
			return append(faults, "And further ones.")
		}
		_, err := event.ParsePatterns([]string{text})
		if e, ok := errors.AsType[*event.PatternError](err); ok {
			e.Index = i
			faults = append(faults, sentence(inWords("Events", "params.events", e.Error())))
		}
	}
	return faults
}

// tried says which patterns want an event of that name.
type tried struct {
	Tone string
	Text string
	Kind string // what such an event is
}

func tryName(name string, h *heard) *tried {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil
	}
	t := &tried{Kind: kindOfEvent(name)}
	var by []string
	for i := range h.Each {
		if h.Each[i].wants.Match(name) {
			by = append(by, h.Each[i].Text)
		}
	}
	switch {
	case len(h.Faults) > 0:
		t.Tone, t.Text = toneOff, "First the patterns have to be right."
	case len(h.Each) == 0:
		t.Tone, t.Text = toneOK, name+" is sent: all events are."
	case len(by) == 0:
		t.Tone, t.Text = toneOff, name+" is not sent: "+noneMatches(len(h.Each))+"."
	default:
		t.Tone, t.Text = toneOK, name+" is sent, by "+strings.Join(by, " and ")+"."
	}
	return t
}

func noneMatches(patterns int) string {
	if patterns == 1 {
		return "the pattern does not match"
	}
	return "none of the " + number(patterns) + " patterns matches"
}

// kindOfEvent says who makes an event of that name happen, if anybody can.
func kindOfEvent(name string) string {
	for _, k := range event.Catalogue() {
		if k.Name == name {
			return k.Text + "."
		}
	}
	switch {
	case !event.ValidName(name):
		return "No event has such a name: it has at least two words of a-z, 0-9, _ and -, joined by dots."
	case reserved(name):
		return "Bellhop has no such event, and those of your own do not begin with a resource."
	}
	return "An event of your own: publish it with POST /v2/events."
}
