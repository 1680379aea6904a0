package ui

import (
	"fmt"
	"math"
	"time"

	"bellhop"
)

// serviceChartsPage shows what became of the attempts of a service over time.
type serviceChartsPage struct {
	serviceHead
	Ranges []link
	Charts []chart
}

func (*serviceChartsPage) template() string { return "servicecharts" }

// chartRange is how far back a chart looks, in steps of which each is a bar.
type chartRange struct {
	Name, Words, Step string
	Whole, By         time.Duration
}

// chartRanges are those that can be asked for; the first is the usual one. Of what is
// older than a day only hours are kept (docs/contract/extensions.md section 2).
var chartRanges = []chartRange{
	{"1h", "last hour", "a minute", time.Hour, time.Minute},
	{"24h", "last 24 hours", "15 minutes", 24 * time.Hour, 15 * time.Minute},
	{"7d", "last 7 days", "2 hours", 7 * 24 * time.Hour, 2 * time.Hour},
}

// chartRange is the range that an address asks for, and links to all.
func (v *visit) chartRange() (chartRange, []link) {
	chosen := chartRanges[0]
	for _, r := range chartRanges {
		if r.Name == v.r.URL.Query().Get("range") {
			chosen = r
		}
	}
	var links []link
	for i, r := range chartRanges {
		links = append(links, link{Text: r.Words, To: withParameter(v.r.URL, "range", r.Name, i == 0), Current: r == chosen})
	}
	return chosen, links
}

func (ui *UI) serviceCharts(v *visit) error {
	s, o, err := v.watchedService(v.id())
	if err != nil {
		return err
	}
	if s.Type != bellhop.WebhookType {
		return v.seeOther(servicePath(s.ID))
	}
	p := &serviceChartsPage{}
	if p.serviceHead, err = v.serviceHead(s, o, tabCharts); err != nil {
		return err
	}
	span, links := v.chartRange()
	p.Ranges = links
	now := bellhop.TimeOf(ui.now())
	from := now.Add(-span.Whole)
	steps, err := v.stats(s.ID, from, now, span.By)
	if err != nil {
		return err
	}
	whole, err := v.stats(s.ID, from, now, 0)
	if err != nil {
		return err
	}
	p.Figures = ui.figuresOf(&s.Health, whole[0], "in the "+span.Words)
	p.Charts = attemptCharts(steps, whole[0], span)
	p.Refresh = min(p.Refresh, 15)
	return v.show(p)
}

// attemptCharts draws what arrived and what failed, and how long it took.
func attemptCharts(steps []attemptStats, whole attemptStats, span chartRange) []chart {
	none := func(ms *float64) float64 {
		if ms == nil {
			return math.NaN()
		}
		return *ms
	}
	n := len(steps)
	delivered, failed := make([]float64, n), make([]float64, n)
	p50, p95, p99 := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, step := range steps {
		delivered[i], failed[i] = float64(step.Delivered), float64(step.Failed)
		p50[i], p95[i], p99[i] = none(step.P50), none(step.P95), none(step.P99)
	}
	var from bellhop.Time
	if n > 0 {
		from = steps[0].At
	}
	attempts := chartData{
		ID: "attempts", Title: "Delivered and failed", Measure: "Attempts in " + span.Step, From: from, Step: span.By, Stacked: true,
		Text:   fmt.Sprintf("In the %s %s delivered, and %s failed.", span.Words, attemptsWere(whole.Delivered), number(whole.Failed)),
		Series: []chartSeries{{"delivered", "delivered", delivered}, {"failed", "failed", failed}},
	}
	took := chartData{
		ID: "latency", Title: "Latency", Measure: "Milliseconds that attempts took", From: from, Step: span.By, Write: onAxis,
		Text:   "In the " + span.Words + " nothing was attempted.",
		Series: []chartSeries{{"p50", "p50", p50}, {"p95", "p95", p95}, {"p99", "p99", p99}},
	}
	if whole.P50 != nil && whole.P95 != nil && whole.P99 != nil {
		took.Text = fmt.Sprintf("In the %s half of the attempts took at most %s ms, 95 %% at most %s ms, 99 %% at most %s ms.",
			span.Words, milliseconds(*whole.P50), milliseconds(*whole.P95), milliseconds(*whole.P99))
	}
	return []chart{chartOf(attempts), chartOf(took)}
}

// onAxis writes milliseconds, and where they begin without decimals.
func onAxis(ms float64) string {
	if ms == 0 {
		return "0"
	}
	return milliseconds(ms)
}

func attemptsWere(n int) string { return plural(n, "attempt was", "attempts were") }
