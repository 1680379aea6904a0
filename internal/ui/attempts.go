package ui

import (
	"net/url"
	"strconv"
	"time"

	"bellhop"
)

// attemptsShown is how many attempts stand on a page: while an endpoint is down for a day there may be
// hundreds.
const attemptsShown = 25

// attemptRow is an attempt in the list of them. Its details are a page away, so that the page of a
// delivery stays small.
type attemptRow struct {
	link
	At      *moment
	Outcome badge
	Bar     timingBar
	Note    string // what the endpoint has asked for
}

// attemptList is a part of the attempts, and what leads to the others.
type attemptList struct {
	Rows          []attemptRow
	Scale         string // what the whole width of the bars stands for
	Before, After *link
}

// attemptListOf is the part with the attempt of that number, drawn on one scale.
func attemptListOf(here *url.URL, attempts []attempt, chosen int) attemptList {
	var l attemptList
	if len(attempts) == 0 {
		return l
	}
	end := len(attempts)
	for end-attemptsShown >= chosen {
		end -= attemptsShown
	}
	first := max(end-attemptsShown, 0)
	if first > 0 {
		l.Before = &link{Text: plural(first, "earlier attempt", "earlier attempts"), To: attemptAddress(here, first)}
	}
	if end < len(attempts) {
		l.After = &link{Text: plural(len(attempts)-end, "later attempt", "later attempts"), To: attemptAddress(here, min(end+attemptsShown, len(attempts)))}
	}
	shown, longest := attempts[first:end], 0.0
	for _, a := range shown {
		longest = max(longest, a.Duration.Total)
	}
	for i := range shown {
		a := &shown[i]
		l.Rows = append(l.Rows, attemptRow{
			link: link{Text: "Attempt " + strconv.Itoa(a.Number), To: attemptAddress(here, a.Number), Current: a.Number == chosen},
			At:   momentAt(a.At, exactly), Outcome: outcomeOf(a), Bar: timingBarOf(a.Duration, longest), Note: askedToWait(a),
		})
	}
	l.Scale = milliseconds(longest) + " ms"
	return l
}

// attemptAddress is the same page for another attempt.
func attemptAddress(here *url.URL, number int) string {
	q := here.Query()
	for _, name := range []string{"a", "b"} {
		q.Del(name)
	}
	if q.Get("tab") == tabCompare {
		q.Del("tab")
	}
	q.Set("attempt", strconv.Itoa(number))
	return here.Path + "?" + q.Encode()
}

// askedToWait says how long the endpoint wanted to be left alone, as it put it.
func askedToWait(a *attempt) string {
	if a.Response == nil || a.Status/100 == 2 {
		return ""
	}
	value := a.Response.Headers["Retry-After"]
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return "retry after " + span(time.Duration(n)*time.Second)
	}
	if value != "" {
		return "retry after " + shorten(value, 40)
	}
	return ""
}

func outcomeOf(a *attempt) badge {
	switch {
	case a.Status/100 == 2:
		return badge{toneOK, "status " + strconv.Itoa(a.Status)}
	case a.Error != "":
		return badge{toneFail, a.Error}
	}
	return badge{toneFail, "status " + strconv.Itoa(a.Status)}
}

// chosenAttempt is the attempt that the address names, else the last; nil if there is none.
func chosenAttempt(attempts []attempt, text string) *attempt {
	if len(attempts) == 0 {
		return nil
	}
	if a := attemptNumbered(attempts, text); a != nil {
		return a
	}
	return &attempts[len(attempts)-1]
}

func attemptNumbered(attempts []attempt, text string) *attempt {
	number, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	for i := range attempts {
		if attempts[i].Number == number {
			return &attempts[i]
		}
	}
	return nil
}

// exactly is the layout of when an attempt was made.
const exactly = "15:04:05.000"

// exactMoment shows t to the millisecond, with its day unless that is today.
func (ui *UI) exactMoment(t bellhop.Time) *moment {
	if t != 0 && t.Time().UTC().Format(time.DateOnly) != ui.now().UTC().Format(time.DateOnly) {
		return momentAt(t, "2 Jan 2006, "+exactly)
	}
	return momentAt(t, exactly)
}
