package ui

import (
	"net/url"
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
		a, b      []string
	}{
		{"outcome", "Outcome", outcomeLines(a), outcomeLines(b)},
		{"sent", "Request headers", headerLines(a.Request.Headers), headerLines(b.Request.Headers)},
		{"came", "Response headers", responseLines(a), responseLines(b)},
		{"said", "Response body", bodyLines(a), bodyLines(b)},
	} {
		lines := diffLines(s.a, s.b)
		section := compareSection{ID: "compare-" + s.id, Title: s.title}
		if differences(lines) > 0 {
			section.Lines = compareLines(condensedDiff(lines), a.Number, b.Number)
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

func outcomeLines(a *attempt) []string {
	return []string{"at: " + a.At.String(), "outcome: " + outcomeOf(a).Word, "URL: " + a.Request.URL, "took: " + timingBarOf(a.Duration, 0).Text}
}

func headerLines(headers map[string]string) []string {
	lines := make([]string, 0, len(headers))
	for _, h := range headersOf(headers) {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return lines
}

func responseLines(a *attempt) []string {
	if a.Response == nil {
		return nil
	}
	return headerLines(a.Response.Headers)
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
