package ui

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

const (
	longestOutage = 7 * 24 * time.Hour
	furthestEvent = 7 * 24 * time.Hour // before or behind the begin of the outage
	longestLater  = 48 * time.Hour
)

// ask is what somebody wants to know of an outage.
type ask struct {
	At      time.Time // of the event
	From    time.Time
	For     time.Duration
	Fails   string // how, one of troubles
	Later   time.Duration
	Busy    bool
	Service bellhop.ID // whose real outage it is; "" if it is none
	Paused  time.Time  // since when that is paused; zero if it is not
}

// isReal reports whether it is about the pause that there is, not another one.
func (a *ask) isReal() bool { return !a.Paused.IsZero() && a.From.Equal(a.Paused) }

func (a *ask) end() time.Time { return a.From.Add(a.For) }

// trouble is a way to fail as the form offers it.
type trouble struct {
	ID, Text string
	dispatch.Trouble
}

// The ways to fail.
const (
	failsDown   = "down"
	failsSilent = "silent"
	failsLater  = "later"
	failsUp     = "up"
)

// troubles are all there are, the usual one first.
var troubles = []trouble{
	{failsDown, "is down, or answers 5xx", dispatch.Trouble{Status: 500}},
	{failsSilent, "does not answer: each attempt ends after 20 s", dispatch.Trouble{Timeout: true, Took: 20 * time.Second}},
	{failsLater, "answers 503 or 429 with Retry-After", dispatch.Trouble{Status: 503}},
	{failsUp, "is up, but answers 3xx, 408, 409, 423 or 425", dispatch.Trouble{Status: 409}},
}

func (a *ask) trouble() dispatch.Trouble {
	i := max(slices.IndexFunc(troubles, func(t trouble) bool { return t.ID == a.Fails }), 0)
	t := troubles[i].Trouble
	if a.Fails == failsLater {
		t.RetryAfter = a.Later
	}
	return t
}

func (a *ask) outage() dispatch.Outage {
	return dispatch.Outage{Trouble: a.trouble(), Begin: bellhop.TimeOf(a.From), End: bellhop.TimeOf(a.end()), Busy: a.Busy, Paused: a.isReal()}
}

// usualAsk is the example that the page begins with: a lunch that takes longer.
func usualAsk(now time.Time) ask {
	noon := now.UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	return ask{At: noon.Add(2 * time.Hour), From: noon.Add(90 * time.Minute), For: 150 * time.Minute, Fails: failsDown, Later: 10 * time.Minute, Busy: true}
}

// read takes what the address says. What is wrong with it stands beside the fields of f,
// and the rest holds.
func (a *ask) read(q url.Values, f *scheduleForm) {
	f.At.Value, f.From.Value, f.For.Value, f.Later.Value = q.Get("at"), q.Get("from"), q.Get("for"), q.Get("later")
	readMoment(&f.At, &a.At)
	readMoment(&f.From, &a.From)
	readLength(&f.For, &a.For, longestOutage)
	readLength(&f.Later, &a.Later, longestLater)
	if f.At.Error == "" && a.At.Sub(a.From).Abs() > furthestEvent {
		f.At.Error = "The event must be within 7 days of the begin of the outage."
	}
	for _, t := range troubles {
		if t.ID == q.Get("fails") {
			a.Fails = t.ID
		}
	}
	if others := q.Get("others"); others != "" {
		a.Busy = others != "none"
	}
}

func readMoment(f *field, to *time.Time) {
	text := strings.TrimSuffix(f.Value, "Z")
	if text == "" {
		return
	}
	for _, layout := range []string{timeInField, minuteInField} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1971 && at.Year() < 9000 {
			*to = at
			return
		}
	}
	f.Error = f.Label + " must be a date and a time, such as 2026-01-31T14:00."
}

var lengthPart = regexp.MustCompile(`^([0-9]{1,6})\s*(days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)?\s*`)

// readLength reads lengths such as "2 h 30 min" and "90s"; a number alone is minutes.
func readLength(f *field, to *time.Duration, most time.Duration) {
	text := strings.ToLower(strings.TrimSpace(f.Value))
	if text == "" {
		return
	}
	var length time.Duration
	for text != "" {
		m := lengthPart.FindStringSubmatch(text)
		if m == nil {
			f.Error = f.Label + " must be a length of time, such as 2 h 30 min."
			return
		}
		n, _ := strconv.Atoi(m[1])
		unit := time.Minute
		switch {
		case strings.HasPrefix(m[2], "d"):
			unit = 24 * time.Hour
		case strings.HasPrefix(m[2], "h"):
			unit = time.Hour
		case strings.HasPrefix(m[2], "s"):
			unit = time.Second
		}
		length += time.Duration(n) * unit
		text = text[len(m[0]):]
	}
	if length < time.Second || length > most {
		f.Error = f.Label + " must be between 1 s and " + stretch(most) + "."
		return
	}
	*to = length
}

// address is the page that asks this.
func (a *ask) address() string {
	q := url.Values{"at": {inField(a.At)}, "from": {inField(a.From)}, "for": {stretch(a.For)}, "fails": {a.Fails}, "others": {a.others()}}
	if a.Fails == failsLater {
		q.Set("later", stretch(a.Later))
	}
	if a.Service != "" {
		q.Set("service", string(a.Service))
	}
	return "/schedule?" + q.Encode()
}

func (a *ask) others() string {
	if a.Busy {
		return "many"
	}
	return "none"
}
