package ui

import (
	"strings"
	"testing"
	"time"

	"bellhop"
)

func TestConditionOf(t *testing.T) {
	now := time.Date(2026, 3, 4, 14, 30, 0, 0, time.UTC)
	ui := &UI{now: func() time.Time { return now }}
	since := bellhop.TimeOf(now.Add(-28 * time.Minute))
	p99 := 38.2
	webhook := bellhop.Service{Type: bellhop.WebhookType, Status: bellhop.ServiceActive}
	inactive := bellhop.Service{Type: bellhop.WebhookType, Status: bellhop.ServiceInactive}
	for _, c := range []struct {
		service bellhop.Service
		health  serviceHealth
		hour    attemptStats
		ever    bool
		newest  string
		badge   badge
		answer  string
		means   string
	}{
		{webhook, serviceHealth{}, attemptStats{}, false, "", badge{toneOK, "healthy"}, "Active: waiting for the first event that it listens to.", ""},
		{webhook, serviceHealth{}, attemptStats{}, true, "", badge{toneOK, "healthy"}, "Healthy: nothing was sent in the last hour.", ""},
		{webhook, serviceHealth{}, attemptStats{Delivered: 1204, P99: &p99}, true, "", badge{toneOK, "healthy"}, "Healthy: 1,204 delivered in the last hour, p99 38 ms.", ""},
		{webhook, serviceHealth{Pending: 12}, attemptStats{Delivered: 1204, Failed: 3, P99: &p99}, true, "status 500", badge{toneOK, "healthy"},
			"Healthy: 1,204 delivered in the last hour, p99 38 ms, 12 waiting. 3 attempts failed, the newest: status 500.", "Its log says more."},
		{webhook, serviceHealth{}, attemptStats{Delivered: 5, Failed: 7, P99: &p99}, true, "status 404", badge{toneFail, "failing"},
			"Failing: 7 of 12 attempts in the last hour failed, the newest: status 404.", "Nothing is at that path."},
		{webhook, serviceHealth{State: "failing", Since: since, ConsecutiveFailures: 7, Reason: "timeout", Pending: 7}, attemptStats{Failed: 7}, true, "timeout", badge{toneFail, "failing"},
			"Failing since 14:02 UTC: timeout, 7 attempts in a row, 7 waiting.", "Answer first, work afterwards."},
		{webhook, serviceHealth{State: "paused", Since: since, Reason: "connection refused", NextProbeAt: bellhop.TimeOf(now.Add(40 * time.Second)), Pending: 312}, attemptStats{}, true, "", badge{toneWait, "paused"},
			"Paused since 14:02 UTC: connection refused, 312 waiting, next probe in 40 s.", "Start the bot"},
		{webhook, serviceHealth{State: "paused", Since: since.Add(-24 * time.Hour)}, attemptStats{}, true, "", badge{toneWait, "paused"},
			"Paused since 3 Mar, 14:02 UTC: its endpoint is down, nothing waiting, the next delivery asks whether it is back.", ""},
		{webhook, serviceHealth{State: "paused", Pending: 2}, attemptStats{}, true, "", badge{toneWait, "paused"},
			"Paused: its endpoint is down, 2 waiting, asking now whether it is back.", ""},
		{webhook, serviceHealth{State: "away", Since: since, Reason: "nobody listens at the other end of this tunnel; run bellhop listen", Pending: 1312}, attemptStats{}, true, "", badge{toneWait, "away"},
			"Waiting for bellhop listen since 14:02 UTC: 1,312 deliveries wait.", "no attempt is made"},
		{webhook, serviceHealth{State: "away"}, attemptStats{}, false, "", badge{toneWait, "away"}, "Waiting for bellhop listen: no deliveries wait.", ""},
		{inactive, serviceHealth{InactiveSince: since, Pending: 1}, attemptStats{}, true, "", badge{toneOff, "switched off"},
			"Switched off since 14:02 UTC: it gets no events, and those that happen meanwhile are not kept for it. 1 delivery that was waiting is kept for 24 hours.", ""},
		{bellhop.Service{Type: "sms", Status: bellhop.ServiceInactive}, serviceHealth{}, attemptStats{}, false, "", badge{toneOff, "switched off"},
			"Switched off. Services of type sms are only kept here: nothing is sent to them.", ""},
	} {
		got := ui.conditionOf(&watchedService{c.service, c.health}, c.hour, c.ever, c.newest)
		if got.Badge != c.badge || got.Answer != c.answer {
			t.Errorf("%+v %+v: %+v, want %q and %+v", c.health, c.hour, got, c.answer, c.badge)
		}
		if (got.Means == "") != (c.means == "") || !strings.Contains(got.Means, c.means) {
			t.Errorf("%q means %q, want %q", got.Answer, got.Means, c.means)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole int
		want        string
	}{{0, 0, "–"}, {0, 3, "0 %"}, {3, 3, "100 %"}, {99_999, 100_000, "99.9 %"}, {1, 3, "33.3 %"}, {1, 2, "50 %"}} {
		if got := percent(c.part, c.whole); got != c.want {
			t.Errorf("percent(%d, %d) = %s, want %s", c.part, c.whole, got, c.want)
		}
	}
}

// The charts are of the time that the address asks for, and so are the figures.
func TestServiceCharts(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	now := bellhop.TimeOf(time.Now())
	for range 20 {
		h.ui.stats.Count(id, now, true, 30*time.Millisecond)
	}
	h.ui.stats.Count(id, now.Add(-2*time.Hour), false, 20*time.Second)
	charts := servicePath(id) + "/charts"
	hour := admin.get(charts)
	hour.says(t, "Healthy: 20 delivered in the last hour, p99 3", "100 % of 20 attempts in the last hour", "latency in the last hour", "Attempts in a minute, times in UTC",
		"In the last hour 20 attempts were delivered, and 0 failed.", "half of the attempts took at most 3")
	day := admin.get(charts + "?range=24h")
	day.says(t, "95.2 % of 21 attempts in the last 24 hours", "Attempts in 15 minutes", "and 1 failed.", "99 % at most 19,", "30 / 30 / 19,")
	admin.get(charts+"?range=7d").says(t, "95.2 % of 21 attempts in the last 7 days", "Attempts in 2 hours")
	admin.get(charts+"?range=nonsense").says(t, "in the last hour")
	if !strings.Contains(day.body, `href="`+charts+`?range=7d"`) {
		t.Error("no link leads to the last 7 days")
	}
	if len(day.body) > 100_000 {
		t.Errorf("the page has %d bytes", len(day.body))
	}
}
