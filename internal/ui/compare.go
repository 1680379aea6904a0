package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// compareView is the difference between two attempts.
type compareView struct {
	Action   string
	Hidden   []header // further parameters of the address that stay
	A, B     int
	Choices  []compareChoice
	Answer   string
	Sections []compareSection
}

type compareChoice struct {
	Number        int
	Text          string
	First, Second bool // chosen on that side
}

type compareSection struct {
	ID, Title string
	Lines     []compareLine // nil if there is no difference
}

// compareLine is a line with its sign and what the sign means.
type compareLine struct {
	Class, Sign, Word, Text string
}

// Of many attempts the first and the last ones can be chosen from the list, and all by the address.
const (
	choicesFirst = 20
	choicesLast  = 60
)

// compareViewOf compares the attempts that the address names, else the last two.
func compareViewOf(here *url.URL, d *fullDelivery) *compareView {
	q, n := here.Query(), len(d.Attempts)
	a, b := attemptNumbered(d.Attempts, q.Get("a")), attemptNumbered(d.Attempts, q.Get("b"))
	if a == nil {
		a = &d.Attempts[n-2]
	}
	if b == nil {
		b = &d.Attempts[n-1]
	}
	v := &compareView{Action: here.Path + "#view", Hidden: []header{{"tab", tabCompare}}, A: a.Number, B: b.Number}
	for i := range d.Attempts {
		one := &d.Attempts[i]
		if i >= choicesFirst && i < n-choicesLast && one != a && one != b {
			continue
		}
		v.Choices = append(v.Choices, compareChoice{
			Number: one.Number, Text: strconv.Itoa(one.Number) + ", " + one.At.Time().Format("15:04:05") + ", " + outcomeOf(one).Word,
			First: one == a, Second: one == b,
		})
	}
	var differ []string
	for _, s := range []struct {
		id, title string
		lines     []diffLine
	}{
		{"outcome", "Outcome", diffHeaders(outcomeOfAttempt(a), outcomeOfAttempt(b))},
		{"sent", "Request headers", diffHeaders(headersOf(a.Request.Headers), headersOf(b.Request.Headers))},
		{"came", "Response headers", diffHeaders(responseHeaders(a), responseHeaders(b))},
		{"said", "Response body", diffLines(bodyLines(a), bodyLines(b))},
	} {
		section := compareSection{ID: "compare-" + s.id, Title: s.title}
		if differences(s.lines) > 0 {
			section.Lines = compareLines(condensedDiff(s.lines), a.Number, b.Number)
			differ = append(differ, strings.ToLower(s.title))
		}
		v.Sections = append(v.Sections, section)
	}
	v.Answer = compareAnswer(a.Number, b.Number, differ)
	return v
}

func compareAnswer(a, b int, differ []string) string {
	both := "Attempts " + strconv.Itoa(a) + " and " + strconv.Itoa(b)
	switch {
	case a == b:
		return "That is the same attempt twice. Choose another one to compare it with."
	case len(differ) == 0:
		return both + " do not differ. Both sent the same body."
	}
	return both + " differ in: " + commas(differ) + ". Both sent the same body."
}

func compareLines(lines []diffLine, a, b int) []compareLine {
	shown := make([]compareLine, len(lines))
	for i, line := range lines {
		l := compareLine{Text: line.Text, Sign: " ", Class: "same", Word: "in both:"}
		switch line.Mark {
		case onlyFirst:
			l.Sign, l.Class, l.Word = "−", "first", "only in attempt "+strconv.Itoa(a)+":"
		case onlySecond:
			l.Sign, l.Class, l.Word = "+", "second", "only in attempt "+strconv.Itoa(b)+":"
		case leftOut:
			l.Sign, l.Class, l.Word = "⋯", "out", "left out:"
		}
		shown[i] = l
	}
	return shown
}

func outcomeOfAttempt(a *attempt) []header {
	return []header{
		{"at", a.At.String()}, {"outcome", outcomeOf(a).Word}, {"to", a.Request.URL}, {"took", timingBarOf(a.Duration, 0).Text},
	}
}

func responseHeaders(a *attempt) []header {
	if a.Response == nil {
		return nil
	}
	return headersOf(a.Response.Headers)
}

// diffHeaders compares what has names: both values of a name stand beside each other.
func diffHeaders(a, b []header) (lines []diffLine) {
	text := func(h header) string { return h.Name + ": " + h.Value }
	for len(a)+len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Name != b[0].Name && !hasHeader(b, a[0].Name):
			lines, a = append(lines, diffLine{onlyFirst, text(a[0])}), a[1:]
		case len(a) == 0 || a[0].Name != b[0].Name:
			lines, b = append(lines, diffLine{onlySecond, text(b[0])}), b[1:]
		case a[0].Value == b[0].Value:
			lines, a, b = append(lines, diffLine{sameLine, text(a[0])}), a[1:], b[1:]
		default:
			lines = append(lines, diffLine{onlyFirst, text(a[0])}, diffLine{onlySecond, text(b[0])})
			a, b = a[1:], b[1:]
		}
	}
	return lines
}

func hasHeader(list []header, name string) bool {
	return slices.ContainsFunc(list, func(h header) bool { return h.Name == name })
}

// bodyLines are those of the formatted body.
func bodyLines(a *attempt) []string {
	if a.Response == nil {
		return nil
	}
	lines := textLines(bodyViewOf("", a.Response.Body, "", false).Text)
	if a.Response.Truncated {
		lines = append(lines, "(only the beginning was kept)")
	}
	return lines
}
