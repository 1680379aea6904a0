package ui

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"bellhop"
)

// overviewPage is what an admin looks at first: what needs him, and how it goes.
type overviewPage struct {
	frame
	Live     string // what tells of failures
	Answer   string
	Tone     string
	First    *firstSteps // nil if there are webhooks
	Needs    []need
	Figures  []figure
	Charts   []chart
	Failures []failureGroup
	Looked   string // at how many deliveries, in words
	Talks    []talkCount
	More     []link
}

// talkCount is how many conversations have a status.
type talkCount struct {
	link
	Status badge
	Count  string
}

func (*overviewPage) template() string { return "overview" }

// dayBack is how far the overview looks back.
const dayBack = 24 * time.Hour

// overview is for those who may see deliveries; others go on to what people say.
func (ui *UI) overview(v *visit) error {
	live := ui.deliveriesFromNow(url.Values{"status": {bellhop.Dead.String()}})
	onward := listOf(v.r.URL, "/conversations", bellhop.ID(v.r.URL.Query().Get(organizationParam)))
	if v.caller.MayList(bellhop.Deliveries) != nil {
		return v.seeOther(onward)
	}
	o, err := v.chosen()
	if err != nil {
		return err
	}
	if o != nil && v.caller.ScopeAt(o.Path) < bellhop.Deliveries.Access.List {
		return v.seeOther(onward)
	}
	p := &overviewPage{frame: frame{Title: "Overview", Section: inOverview}, Live: live}
	webhooks, err := v.countWebhooks("")
	if err != nil {
		return err
	}
	if webhooks == 0 {
		if p.First, err = ui.firstSteps(v); err != nil {
			return err
		}
	}
	dead, err := v.newest(bellhop.Dead)
	if err != nil {
		return err
	}
	if p.Needs, err = ui.needs(v, dead); err != nil {
		return err
	}
	whole, err := ui.addThroughput(v, p)
	if err != nil {
		return err
	}
	if err := ui.addFailures(v, p, dead); err != nil {
		return err
	}
	if err := v.addTalks(p); err != nil {
		return err
	}
	p.Answer, p.Tone = overviewAnswer(p, whole, v.inChosen())
	p.More = []link{{Text: "All deliveries", To: listOf(v.r.URL, "/deliveries", v.chosenID())}, {Text: "The retry schedule", To: "/schedule"}}
	return v.show(p)
}

func (v *visit) chosenID() bellhop.ID {
	if v.organization == nil {
		return ""
	}
	return v.organization.ID
}

func overviewAnswer(p *overviewPage, whole attemptStats, where string) (answer, tone string) {
	switch n := len(p.Needs); {
	case p.First != nil && n == 0:
		return "Welcome. Nothing is connected" + where + " yet: four steps, and a bot answers.", toneOff
	case n > 0:
		tone = toneWait
		for _, need := range p.Needs {
			if need.Status.Tone == toneFail {
				tone = toneFail
			}
		}
		return things(n) + " attention" + where + ".", tone
	}
	answer = "Nothing needs attention" + where + ": "
	switch {
	case whole.all() == 0:
		answer += "nothing was sent in the last 24 hours."
	case whole.P99 != nil:
		answer += fmt.Sprintf("%s delivered in the last 24 hours, p99 %s ms.", number(whole.Delivered), milliseconds(*whole.P99))
	}
	return answer, toneOK
}

func things(n int) string {
	if n == 1 {
		return "One thing needs"
	}
	return number(n) + " things need"
}

// addThroughput adds what became of the attempts of the last day, of all services together.
func (ui *UI) addThroughput(v *visit, p *overviewPage) (whole attemptStats, err error) {
	span := chartRanges[1]
	now := bellhop.TimeOf(ui.now())
	asked := url.Values{
		"from": {now.Add(-span.Whole).String()}, "to": {now.String()}, "step": {strconv.Itoa(int(span.By / time.Second))},
	}
	if id := v.chosenID(); id != "" {
		asked.Set(organizationParam, string(id))
	}
	body, err := ui.stats.OfAll(v.r.Context(), v.caller, asked.Encode())
	if err != nil {
		return whole, err
	}
	var all struct {
		attemptStats
		Buckets []attemptStats
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return whole, fmt.Errorf("read the stats of all services: %w", err)
	}
	whole = all.attemptStats
	p.Figures = []figure{
		{Name: "Delivered", Value: number(whole.Delivered), Note: "in the last 24 hours"},
		{Name: "Succeeded", Value: percent(whole.Delivered, whole.all()), Note: "of " + plural(whole.all(), "attempt", "attempts")},
		{Name: "p50 / p95 / p99", Value: latency(whole), Note: "latency of all services"},
	}
	p.Charts = attemptCharts(all.Buckets, whole, span)
	return whole, nil
}

// addTalks counts the conversations that somebody is expected to answer.
func (v *visit) addTalks(p *overviewPage) error {
	if v.caller.MayList(bellhop.Conversations) != nil {
		return nil
	}
	for _, status := range []bellhop.ConversationStatus{bellhop.ConversationQueued, bellhop.ConversationActive} {
		filter := url.Values{"status": {string(status)}}
		if err := v.narrow(filter); err != nil {
			return err
		}
		n, err := v.count(bellhop.Conversations, filter)
		if err != nil {
			return err
		}
		to := url.Values{"status": {string(status)}}
		if id := v.chosenID(); id != "" {
			to.Set(organizationParam, string(id))
		}
		p.Talks = append(p.Talks, talkCount{
			link:   link{Text: plural(n, "conversation", "conversations") + " " + string(status), To: "/conversations?" + to.Encode()},
			Status: conversationBadge(status), Count: number(n),
		})
	}
	return nil
}

// countWebhooks counts those of a status, or all.
func (v *visit) countWebhooks(status string) (int, error) {
	filter := url.Values{"type": {bellhop.WebhookType}}
	if status != "" {
		filter.Set("status", status)
	}
	if err := v.narrow(filter); err != nil {
		return 0, err
	}
	return v.count(bellhop.Services, filter)
}
