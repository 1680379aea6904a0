package ui

import (
	"net/url"
	"strings"
	"testing"

	"bellhop/internal/event"
)

// Contract: services.md 1: Events are chosen from a list
func TestHeard(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	for patterns, says := range map[string][]string{
		"":                                {"All events: the 126 that Bellhop tells of, and those of your own."},
		"message.create.**":               {"Covers 48 of the 126 events that Bellhop tells of.", "message.create.** covers 48 events", "message.create.system.status"},
		"message.create.contact.chat":     {"Covers 1 of the 126", "message.create.contact.chat Somebody wrote, in a conversation with a contact"},
		"conversation.message":            {"Covers 48 of the 126"},
		"contact.* contact.create":        {"Covers 3 of the 126"},
		"order.*":                         {"Covers none of the 126 events that Bellhop tells of, and events of your own."},
		"contact.update,order.**":         {"Covers 1 of the 126 events that Bellhop tells of, and events of your own."},
		"contact.create mess* a..b":       {"Not right yet.", `Events, number 2 "mess*": * stands for a whole segment only.`, `Events, number 3 "a..b": has an empty segment.`},
		strings.Repeat("contact.* ", 101): {"101 patterns, at most 100 are allowed."},
	} {
		got := admin.get("/webhooks/events?" + url.Values{"events": {patterns}}.Encode())
		got.says(t, says...)
	}
	// However much is asked, the answer has bounds.
	got := admin.part("/webhooks/events/picker?"+url.Values{"events": {strings.Repeat("** ", 5000)}}.Encode(), nil)
	if len(got.body) > 200_000 || got.status != 200 {
		t.Errorf("status %d, %d bytes", got.status, len(got.body))
	}
}

func TestTryName(t *testing.T) {
	for _, c := range []struct{ patterns, name, tone, says, kind string }{
		{"", "order.created", toneOK, "order.created is sent: all events are.", "An event of your own"},
		{"order.* **", " order.created ", toneOK, "order.created is sent, by order.* and **.", "An event of your own"},
		{"order.*", "contact.create", toneOff, "contact.create is not sent: the pattern does not match.", "There is a new contact."},
		{"order.* a.b", "order.x.y", toneOff, "order.x.y is not sent: none of the 2 patterns matches.", "An event of your own"},
		{"order.*", "message.created", toneOff, "is not sent", "Bellhop has no such event"},
		{"order.*", "Order", toneOff, "is not sent", "No event has such a name"},
		{"mess*", "order.created", toneOff, "First the patterns have to be right.", "An event of your own"},
	} {
		h := heardOf(patternsOf(c.patterns))
		got := tryName(c.name, &h)
		if got.Tone != c.tone || !strings.Contains(got.Text, c.says) || !strings.Contains(got.Kind, c.kind) {
			t.Errorf("%q with %q: %+v", c.name, c.patterns, got)
		}
	}
	h := heardOf(nil)
	if got := tryName(" ", &h); got != nil {
		t.Errorf("no name: %+v", got)
	}
}

// Each event is in the tree once, and what a box stands for is what its pattern matches.
func TestEventTree(t *testing.T) {
	h := heardOf(nil)
	seen, ids := map[string]int{}, map[string]bool{}
	check := func(r eventRow, rows []eventRow) {
		t.Helper()
		if ids[r.ID] || r.Text == "" {
			t.Errorf("%+v: its id is there twice, or it says nothing", r)
		}
		ids[r.ID] = true
		wants, err := event.ParsePatterns([]string{r.Choice})
		must(t, err)
		n := 0
		for _, k := range event.Catalogue() {
			if wants.Match(k.Name) {
				n++
			}
		}
		for _, row := range rows {
			if !wants.Match(row.Choice) {
				t.Errorf("%s does not match %s, which stands below it", r.Choice, row.Choice)
			}
		}
		if n != max(len(rows), 1) || r.Events != len(rows) {
			t.Errorf("%s matches %d events and has %d, says %d", r.Choice, n, len(rows), r.Events)
		}
	}
	for _, topic := range eventTreeOf(&h, "", true).Topics {
		rows := topic.Rows
		for _, g := range topic.Groups {
			check(g.eventRow, g.Rows)
			rows = append(rows[:len(rows):len(rows)], g.Rows...)
		}
		check(topic.eventRow, rows)
		for _, row := range rows {
			check(row, nil)
			seen[row.Choice]++
		}
	}
	for _, k := range event.Catalogue() {
		if seen[k.Name] != 1 {
			t.Errorf("%s is in the tree %d times", k.Name, seen[k.Name])
		}
	}
}

func TestEventTreeShowsWhatIsChosen(t *testing.T) {
	h := heardOf(patternsOf("message.create.contact.* contact.create *.delete"))
	at := map[string]eventRow{}
	for _, topic := range eventTreeOf(&h, "", true).Topics {
		at[topic.Choice] = topic.eventRow
		for _, g := range topic.Groups {
			at[g.Choice] = g.eventRow
			for _, row := range g.Rows {
				at[row.Choice] = row
			}
		}
		for _, row := range topic.Rows {
			at[row.Choice] = row
		}
	}
	for choice, want := range map[string]eventRow{
		"message.create.**":           {Some: 12},
		"message.create.contact.*":    {Chosen: true},
		"message.create.contact.chat": {By: "message.create.contact.*"},
		"message.create.bot.chat":     {},
		"contact.*":                   {Some: 2},
		"contact.create":              {Chosen: true},
		"contact.delete":              {By: "*.delete"},
		"contact.update":              {},
	} {
		got := at[choice]
		if got.Chosen != want.Chosen || got.By != want.By || got.Some != want.Some {
			t.Errorf("%s: %+v, want %+v", choice, got, want)
		}
	}

	tree := eventTreeOf(&h, " BUTTON ", true)
	if tree.Found != 4 || len(tree.Topics) != 1 || len(tree.Topics[0].Groups) != 4 || !tree.Topics[0].Groups[0].Open || tree.Topics[0].Events != 48 {
		t.Errorf("a search finds %d in %d topics", tree.Found, len(tree.Topics))
	}
	if tree := eventTreeOf(&h, "knowledge", true); len(tree.Topics) != 2 || tree.Found != 6 {
		t.Errorf("a search for a topic finds %d in %d topics", tree.Found, len(tree.Topics))
	}
	if tree := eventTreeOf(&h, "nothing like it", true); len(tree.Topics) != 0 {
		t.Errorf("a search for nothing finds %+v", tree.Topics)
	}
}
