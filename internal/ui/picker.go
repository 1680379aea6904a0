package ui

import (
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// eventTree is all events of the catalogue, by what they are about, with what of them
// patterns have chosen. Where it stands in a form, a script puts the pattern of what is
// ticked into the field.
type eventTree struct {
	Choosing bool // it has boxes to tick
	Search   string
	Found    int // events that the search has found
	Topics   []eventTopic
}

// eventTopic is what is about one thing: contacts, say, or new messages.
type eventTopic struct {
	eventRow
	Open   bool
	Groups []eventGroup
	Rows   []eventRow
}

// eventGroup is a part of a topic.
type eventGroup struct {
	eventRow
	Open bool
	Rows []eventRow
}

// eventRow is an event, or all of a topic or group.
type eventRow struct {
	ID     string
	Text   string
	Choice string // the pattern that chooses it
	Events int    // how many these are; 0 for a single event
	Chosen bool   // its pattern is among those that are written
	By     string // a wider pattern that covers it
	Some   int    // how many of Events are covered, if not all
}

// firstTopics are what comes before the order of the registry: what bots are about.
var firstTopics = []string{"message.create.**", "message.*", "conversation.*", "contact.*"}

func eventTreeOf(h *heard, search string, choosing bool) *eventTree {
	tree := &eventTree{Choosing: choosing, Search: strings.TrimSpace(search)}
	places := map[string]int{}
	var topics []eventTopic
	for _, name := range firstTopics {
		places[name] = len(topics)
		topics = append(topics, eventTopic{eventRow: eventRow{Choice: name}})
	}
	for _, k := range event.Catalogue() {
		segments := strings.Split(k.Name, ".")
		choice := segments[0] + ".*"
		if len(segments) > 2 {
			choice = strings.Join(segments[:len(segments)-2], ".") + ".**"
		}
		i, ok := places[choice]
		if !ok {
			i = len(topics)
			places[choice], topics = i, append(topics, eventTopic{eventRow: eventRow{Choice: choice}})
		}
		topics[i].add(k, segments)
	}
	for i := range topics {
		t := &topics[i]
		t.Text = capital(event.Topic(strings.Split(strings.TrimRight(t.Choice, ".*"), ".")...))
		if t.Choice == "message.*" {
			t.Text = "What else happens to messages"
		}
		t.mark(h)
		if t.narrow(strings.ToLower(tree.Search)) {
			tree.Found += len(t.Rows)
			for i := range t.Groups {
				tree.Found += len(t.Groups[i].Rows)
			}
			tree.Topics = append(tree.Topics, *t)
		}
	}
	return tree
}

// add puts an event where it belongs.
func (t *eventTopic) add(k event.Known, segments []string) {
	row := eventRow{Text: k.Text, Choice: k.Name}
	if len(segments) <= 2 {
		t.Rows = append(t.Rows, row)
		return
	}
	prefix := segments[:len(segments)-1]
	choice := strings.Join(prefix, ".") + ".*"
	if n := len(t.Groups); n == 0 || t.Groups[n-1].Choice != choice {
		t.Groups = append(t.Groups, eventGroup{eventRow: eventRow{Choice: choice, Text: capital(event.Topic(prefix...))}})
	}
	g := &t.Groups[len(t.Groups)-1]
	g.Rows = append(g.Rows, row)
}

// narrow leaves what has the search in its name or text, and reports whether there is any.
func (t *eventTopic) narrow(search string) bool {
	if search == "" || t.has(search) {
		return true
	}
	t.Open = true
	t.Rows = narrowRows(t.Rows, search)
	var groups []eventGroup
	for _, g := range t.Groups {
		if !g.has(search) {
			g.Open, g.Rows = true, narrowRows(g.Rows, search)
		}
		if len(g.Rows) > 0 {
			groups = append(groups, g)
		}
	}
	t.Groups = groups
	return len(t.Rows)+len(t.Groups) > 0
}

func narrowRows(rows []eventRow, search string) (left []eventRow) {
	for _, row := range rows {
		if row.has(search) {
			left = append(left, row)
		}
	}
	return left
}

func (r *eventRow) has(search string) bool {
	return strings.Contains(strings.ToLower(r.Choice+" "+r.Text), search)
}

// mark sets what the patterns have chosen.
func (t *eventTopic) mark(h *heard) {
	markRows(h, t.Rows)
	rows := slices.Clone(t.Rows)
	for i := range t.Groups {
		g := &t.Groups[i]
		markRows(h, g.Rows)
		g.mark(h, g.Rows)
		rows = append(rows, g.Rows...)
	}
	t.eventRow.mark(h, rows)
}

func markRows(h *heard, rows []eventRow) {
	for i := range rows {
		rows[i].mark(h, nil)
	}
}

// mark sets what the patterns have chosen of a row that stands for these events, which are
// marked; of an event itself there are none.
func (r *eventRow) mark(h *heard, below []eventRow) {
	r.ID = "pick-" + strings.NewReplacer(".", "-", "**", "all", "*", "each").Replace(r.Choice)
	r.Events = len(below)
	for i := range below {
		if below[i].Chosen || below[i].By != "" {
			r.Some++
		}
	}
	for i := range h.Each {
		p := &h.Each[i]
		if p.Text == r.Choice {
			r.Chosen, r.By = true, ""
			break
		}
		if r.By == "" && p.covers(r, below) {
			r.By = p.Text
		}
	}
	if r.Chosen || r.By != "" {
		r.Some = 0
	}
}

// covers reports whether the pattern wants the event, or all of those.
func (p *pattern) covers(r *eventRow, below []eventRow) bool {
	if len(below) == 0 {
		return p.wants.Match(r.Choice)
	}
	for i := range below {
		if !p.wants.Match(below[i].Choice) {
			return false
		}
	}
	return true
}

func reserved(name string) bool {
	word, _, _ := strings.Cut(name, ".")
	return bellhop.ReservedName(word)
}
