package ui

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/subscription"
)

// Contract: delivery.md 6: Schedule (chosen): waits of
// Contract: extensions.md 4: increasing intervals
func TestSchedule(t *testing.T) {
	p := newHouse(t).admin()
	for _, test := range []struct {
		query string
		says  []string
	}{
		{"", []string{"An event at 14:00, in an outage from 13:30 to 16:00, arrives at 16:0", "after the endpoint is back", "so the service is paused",
			"By the retry schedule alone it would arrive with attempt 11 at 16:25, 25 min 10 s after the endpoint is back (with jitter between 16:10 and 16:39)."}},
		{"fails=up", []string{"arrives with attempt 11 at 16:25, 25 min 10 s after the endpoint is back", "it is between 16:10 and 16:39", "the endpoint is up, so the service is not paused"}},
		{"from=2026-01-05T14:00&at=2026-01-05T14:00&for=6m&others=none", []string{"in an outage from 14:00 to 14:06, arrives with attempt 7 at 14:10:30",
			"it is between 14:09:27 and 14:11:33", "Fewer than ten attempts in a row fail"}},
		{"from=2026-01-05T14:00&at=2026-01-05T14:00&for=3h&others=none", []string{"so the service is paused", "Jitter makes it arrive between 17:0"}},
		{"from=2026-01-05T14:00&at=2026-01-05T14:00&for=60h", []string{"dies: its 24 hours are over at 14:00 on Tue 6 Jan, 36 h before the endpoint is back.", "None of", "it would die as well",
			"the first 36 h, until 02:00 on Wed 7 Jan, dies; later events", `POST /v2/services/<id>/replays {"from": "2026-01-05T14:00:00Z", "to": "2026-01-08T02:00:00Z", "status": "dead"}`}},
		{"from=2026-01-05T14:00&at=2026-01-07T14:00&for=60h", []string{"arrives at 02:0", "the first 36 h"}},
		{"from=2026-01-05T14:00&at=2026-01-05T14:00&for=23h50m&fails=up", []string{"jitter decides", "arrives or dies, as jitter has it"}},
		{"from=2026-01-05T14:00&at=2026-01-05T14:00&for=1h&fails=later&later=25h", []string{"dies at once: Retry-After leads beyond the 24 hours that it has."}},
		{"from=2026-01-05T14:00&at=2026-01-05T13:00&for=1h", []string{"An event at 13:00 arrives at once: the outage only begins at 14:00."}},
		{"from=2026-01-05T14:00&at=2026-01-05T17:00&for=1h", []string{"An event at 17:00 arrives at once: the outage from 14:00 to 15:00 is over."}},
		{"from=2026-01-05T14:00&at=2026-01-05T14:00&for=1h&fails=silent", []string{"ended without an answer by"}},
	} {
		got := p.get("/schedule?" + test.query)
		if got.status != http.StatusOK {
			t.Errorf("%q: status %d", test.query, got.status)
		}
		got.says(t, test.says...)
	}
	// Whoever is logged in.
	h := newHouse(t)
	if got := h.loggedIn(h.callerWith(bellhop.RoleAgent)).get("/schedule"); got.status != http.StatusOK {
		t.Errorf("an agent: %d", got.status)
	}
}

func TestScheduleRefuses(t *testing.T) {
	p := newHouse(t).admin()
	for query, want := range map[string]string{
		"for=soon":            "It lasts must be a length of time, such as 2 h 30 min.",
		"for=0":               "It lasts must be between 1 s and 7 d.",
		"for=8d":              "It lasts must be between 1 s and 7 d.",
		"for=999999d999999d":  "It lasts must be between 1 s and 7 d.",
		"at=yesterday":        "The event happens must be a date and a time",
		"at=0001-01-01T00:00": "The event happens must be a date and a time",
		"from=2026-01-05":     "The outage begins must be a date and a time",
		"at=2026-01-05T14:00&from=2026-02-05T14:00": "The event must be within 7 days",
		"later=%F0%9F%91%8D":                        "Retry-After must be a length of time",
	} {
		got := p.get("/schedule?" + query)
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", query, got.status)
		}
		got.says(t, want)
	}
	if got := p.get("/schedule?service=nonsense"); got.status != http.StatusNotFound {
		t.Errorf("a service that is not there: %d, want 404", got.status)
	}
	h := newHouse(t)
	service := h.webhook("A")
	if got := h.loggedIn(h.callerWith(bellhop.RoleAgent)).get("/schedule?service=" + string(service)); got.status != http.StatusForbidden {
		t.Errorf("an agent asks for a service: %d, want 403", got.status)
	}
}

// The outage of a service begins where it has begun.
func TestScheduleOfService(t *testing.T) {
	h := newHouse(t)
	p := h.admin()
	service := h.webhook("MCC Webhook")
	p.get("/schedule?service="+string(service)).says(t, "not paused", "MCC Webhook", "this is an example")
	now := time.Now()
	h.publish("order.created")
	published := time.Now()
	h.health = subscription.Health{State: "paused", Since: bellhop.TimeOf(now.Add(-3 * time.Hour)), Failures: 12}
	got := p.get("/schedule?service=" + string(service))
	since := now.Add(-3 * time.Hour).UTC()
	got.says(t, "It has been paused since "+since.Format(clockOnDay), ": the oldest event is of", "arrives", "While the service is paused everything waits", "ends the pause")
	if want := `value="` + inField(since.Truncate(time.Second)) + `"`; !strings.Contains(got.body, want) {
		t.Errorf("the outage does not begin at %s", want)
	}
	if !strings.Contains(got.body, `value="3 h 30 min"`) {
		t.Error("the outage does not last until in half an hour")
	}
	// What happened a moment before the first failure was seen is caught in the outage as well.
	h.health.Since = bellhop.TimeOf(now.Add(time.Minute))
	for _, state := range []string{"paused", "failing"} {
		h.health.State = state
		got := p.get("/schedule?service=" + string(service))
		got.says(t, ", in an outage from ")
		dies := func(event time.Time) string {
			return "and dies if the endpoint is not back by " + event.UTC().Add(bellhop.DeliveryLife).Format("15:04")
		}
		if !strings.Contains(got.text, dies(now)) { // a minute may have ended while the event was published
			got.says(t, dies(published))
		}
		got.hides(t, "arrives at once")
	}
	got = p.get("/schedule?service=" + string(service) + "&for=40h")
	got.says(t, "POST /v2/services/"+string(service)+"/replays")
}

func TestStretch(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 90 * time.Second: "1 min 30 s", time.Hour: "1 h", 25*time.Hour + 10*time.Minute: "25 h 10 min",
		60 * time.Hour: "2 d 12 h", 3*time.Hour + 5*time.Second: "3 h",
	} {
		if got := stretch(d); got != want {
			t.Errorf("stretch(%v) = %q, want %q", d, got, want)
		}
	}
	for text, want := range map[string]time.Duration{
		"90": 90 * time.Minute, "2 h 30 min": 150 * time.Minute, "2h30m": 150 * time.Minute, "1 day 2 hours": 26 * time.Hour, "45 s": 45 * time.Second,
		"2 d 12 h": 60 * time.Hour, " 1 MIN 30 sec ": 90 * time.Second,
	} {
		var got time.Duration
		if readLength(&field{Label: "It", Value: text}, &got, longestOutage); got != want {
			t.Errorf("readLength(%q) = %v, want %v", text, got, want)
		}
	}
}

// Later is always further to the right, and where it is can be told from what the page says.
func TestAxis(t *testing.T) {
	a := newAxis()
	last := -1.0
	for at := -axisEnd; at <= axisEnd; at += 7 * time.Minute {
		place := a.place(at)
		if place <= last || place < 0 || place > 100 {
			t.Fatalf("%v is at %v, after %v", at, place, last)
		}
		last = place
	}
	for at, want := range map[time.Duration]float64{0: eventPercent, bellhop.DeliveryLife: lifePercent, 5110 * time.Second: doublePercent, -1000 * time.Hour: 0, 1000 * time.Hour: 100} {
		if got := a.place(at); math.Abs(got-want) > .001 {
			t.Errorf("%v is at %v, want %v", at, got, want)
		}
	}
	for i, text := range strings.Fields(a.knots()) {
		var at int
		var place float64
		if _, err := fmt.Sscanf(text, "%d:%f", &at, &place); err != nil || time.Duration(at)*time.Second != a[i].at || math.Abs(place-a[i].percent) > .01 {
			t.Errorf("knot %d is written %s, want %+v", i, text, a[i])
		}
	}
}

// What the form sends is what the page was asked.
func TestScheduleAddress(t *testing.T) {
	want := ask{At: time.Date(2026, 1, 5, 14, 0, 7, 0, time.UTC), From: time.Date(2026, 1, 5, 13, 0, 0, 0, time.UTC), For: 26 * time.Hour,
		Fails: failsLater, Later: 90 * time.Second, Busy: false}
	u, err := url.Parse(want.address())
	must(t, err)
	got := usualAsk(time.Now())
	var f scheduleForm
	got.read(u.Query(), &f)
	if got != want {
		t.Errorf("read back: %+v, want %+v", got, want)
	}
}
