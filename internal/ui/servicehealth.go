package ui

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

// watchedService is a service with how its endpoint does (docs/contract/extensions.md
// section 3).
type watchedService struct {
	bellhop.Service
	Health serviceHealth `json:"health"`
}

type serviceHealth struct {
	State               string       `json:"state"`
	Since               bellhop.Time `json:"since"`
	ConsecutiveFailures int          `json:"consecutiveFailures"`
	Reason              string       `json:"reason"`
	NextProbeAt         bellhop.Time `json:"nextProbeAt"`
	InactiveSince       bellhop.Time `json:"inactiveSince"`
	Pending             int          `json:"pending"`
	OldestPendingAt     bellhop.Time `json:"oldestPendingAt"`
}

// The states of health.
const (
	healthFailing = "failing"
	healthPaused  = "paused"
	healthAway    = "away"
)

// attemptStats is what became of the attempts of some time (docs/contract/extensions.md
// section 2).
type attemptStats struct {
	At        bellhop.Time `json:"at"`
	Delivered int          `json:"delivered"`
	Failed    int          `json:"failed"`
	P50       *float64     `json:"p50"`
	P95       *float64     `json:"p95"`
	P99       *float64     `json:"p99"`
}

func (a *attemptStats) all() int { return a.Delivered + a.Failed }

// stats reads what became of the attempts of a service between two times, in steps; all in
// one if step is 0.
func (v *visit) stats(service bellhop.ID, from, to bellhop.Time, step time.Duration) ([]attemptStats, error) {
	asked := url.Values{"from": {from.String()}, "to": {to.String()}, "step": {strconv.Itoa(int(step / time.Second))}}
	body, err := v.ui.stats.Of(v.r.Context(), v.caller, service, asked.Encode())
	if err != nil {
		return nil, err
	}
	var all []attemptStats
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("read the stats of a service: %w", err)
	}
	return all, nil
}

// lastHour is what became of the attempts of the last hour.
func (v *visit) lastHour(service bellhop.ID) (attemptStats, error) {
	now := bellhop.TimeOf(v.ui.now())
	found, err := v.stats(service, now.Add(-time.Hour), now, 0)
	if err != nil || len(found) == 0 {
		return attemptStats{}, err
	}
	return found[0], nil
}

// condition is how a service does, in a word and a sentence.
type condition struct {
	Badge  badge
	Answer string
	Means  string // what the failure means, and what to do
}

// mostly is the share of attempts that have to fail for a service not to be called healthy.
const mostly = 0.5

// conditionOf is what one comes for: is it on, does what it is sent arrive, and if not, why
// not? ever says whether anything was sent to it, and newest why the newest attempt failed.
func (ui *UI) conditionOf(s *watchedService, hour attemptStats, ever bool, newest string) condition {
	h := &s.Health
	c := condition{Badge: serviceBadge(s.Status)}
	switch {
	case s.Status == bellhop.ServiceUnverified:
		c.Answer = "Not verified: it gets no events until its endpoint has answered the challenge."
	case s.Status == bellhop.ServiceInactive:
		c.Answer = ui.offAnswer(s)
	case s.Type != bellhop.WebhookType:
		c.Answer = "Active. Services of type " + s.Type + " are only kept here: nothing is sent to them."
	case h.State == healthAway:
		c.Badge = badge{toneWait, "away"}
		c.Answer = "Waiting for bellhop listen" + ui.since(h.Since) + ": " + deliveriesWait(h.Pending) + "."
		c.Means = meaning(h.Reason)
	case h.State == healthPaused:
		c.Badge = badge{toneWait, "paused"}
		c.Answer = "Paused" + ui.since(h.Since) + ": " + why(h.Reason) + ", " + waiting(h.Pending) + ", " + ui.nextProbe(h) + "."
		c.Means = meaning(h.Reason)
	case h.State == healthFailing:
		c.Badge = badge{toneFail, "failing"}
		c.Answer = "Failing" + ui.since(h.Since) + ": " + why(h.Reason) + ", " + plural(h.ConsecutiveFailures, "attempt", "attempts") + " in a row, " + waiting(h.Pending) + "."
		c.Means = meaning(h.Reason)
	case hour.Failed > 0 && float64(hour.Failed) >= mostly*float64(hour.all()):
		// It answers, so it is not down; and yet hardly anything arrives.
		c.Badge = badge{toneFail, "failing"}
		c.Answer = fmt.Sprintf("Failing: %s of %s in the last hour failed%s.", number(hour.Failed), plural(hour.all(), "attempt", "attempts"), newestWords(newest))
		c.Means = meaning(newest)
	default:
		c.Badge = badge{toneOK, "healthy"}
		c.Answer = healthyAnswer(h, hour, ever, newest)
		c.Means = meaning(newest)
	}
	return c
}

func healthyAnswer(h *serviceHealth, hour attemptStats, ever bool, newest string) string {
	if hour.all() == 0 && !ever && h.Pending == 0 {
		return "Active: waiting for the first event that it listens to."
	}
	answer := "Healthy: nothing was sent in the last hour"
	if hour.Delivered > 0 {
		answer = "Healthy: " + number(hour.Delivered) + " delivered in the last hour"
	}
	if hour.P99 != nil {
		answer += ", p99 " + milliseconds(*hour.P99) + " ms"
	}
	if h.Pending > 0 {
		answer += ", " + waiting(h.Pending)
	}
	answer += "."
	if hour.Failed > 0 {
		answer += " " + plural(hour.Failed, "attempt", "attempts") + " failed" + newestWords(newest) + "."
	}
	return answer
}

func newestWords(newest string) string {
	if newest == "" {
		return ""
	}
	return ", the newest: " + newest
}

func (ui *UI) offAnswer(s *watchedService) string {
	if s.Type != bellhop.WebhookType {
		return "Switched off. Services of type " + s.Type + " are only kept here: nothing is sent to them."
	}
	answer := "Switched off" + ui.since(s.Health.InactiveSince) + ": it gets no events, and those that happen meanwhile are not kept for it."
	if n := s.Health.Pending; n > 0 {
		answer += " " + plural(n, "delivery that was waiting is", "deliveries that were waiting are") + " kept for 24 hours."
	}
	return answer
}

func why(reason string) string {
	if reason == "" {
		return "its endpoint is down"
	}
	return reason
}

func deliveriesWait(n int) string {
	if n == 0 {
		return "no deliveries wait"
	}
	return plural(n, "delivery waits", "deliveries wait")
}

func waiting(n int) string {
	if n == 0 {
		return "nothing waiting"
	}
	return number(n) + " waiting"
}

// nextProbe says when a paused endpoint is asked again.
func (ui *UI) nextProbe(h *serviceHealth) string {
	switch in := h.NextProbeAt.Time().Sub(ui.now()); {
	case h.NextProbeAt == 0 && h.Pending == 0:
		return "the next delivery asks whether it is back"
	case h.NextProbeAt == 0 || in <= 0:
		return "asking now whether it is back"
	case in < 2*time.Minute:
		return "next probe in " + strconv.Itoa(seconds(in)) + " s"
	default:
		return "next probe in " + span(in)
	}
}

// since says when something began: " since 14:02 UTC", with the day if that is another one.
func (ui *UI) since(t bellhop.Time) string {
	if t == 0 {
		return ""
	}
	return " since " + clock(t, ui.now()) + " UTC"
}

// clock is a time of day, with the day if it is not that of now.
func clock(t bellhop.Time, now time.Time) string {
	at := t.Time()
	switch now = now.UTC(); {
	case at.Year() != now.Year():
		return at.Format("2 Jan 2006, 15:04")
	case at.YearDay() != now.YearDay():
		return at.Format("2 Jan, 15:04")
	}
	return at.Format("15:04")
}

// percent is a share. Only what is whole is called 100 %.
func percent(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	tenths := math.Floor(1000 * float64(part) / float64(whole))
	return strings.TrimSuffix(strconv.FormatFloat(tenths/10, 'f', 1, 64), ".0") + " %"
}

// figure is a number with its name.
type figure struct {
	Name  string
	Value string
	At    *moment // instead of a value
	Note  string
}

// figuresOf are the numbers of a service; of is the time that the attempts are of.
func (ui *UI) figuresOf(h *serviceHealth, of attemptStats, time string) []figure {
	figures := []figure{
		{Name: "Succeeded", Value: percent(of.Delivered, of.all()), Note: "of " + plural(of.all(), "attempt", "attempts") + " " + time},
		{Name: "p50 / p95 / p99", Value: latency(of), Note: "latency " + time},
		{Name: "Waiting", Value: number(h.Pending), Note: "of its deliveries"},
		{Name: "Oldest waiting", Value: "–", Note: "nothing waits", At: ui.moment(h.OldestPendingAt)},
		{Name: "Failures in a row", Value: number(h.ConsecutiveFailures), Note: h.Reason},
	}
	if h.State == healthAway {
		figures[4].Note = "" // nothing has failed
	}
	if h.OldestPendingAt != 0 {
		figures[3].Note = "since it was recorded"
	}
	return figures
}

func latency(a attemptStats) string {
	if a.P50 == nil || a.P95 == nil || a.P99 == nil {
		return "–"
	}
	return milliseconds(*a.P50) + " / " + milliseconds(*a.P95) + " / " + milliseconds(*a.P99) + " ms"
}
