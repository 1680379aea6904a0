package ui

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"bellhop"
)

var noon = bellhop.TimeOf(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))

func TestNiceScale(t *testing.T) {
	for _, c := range []struct {
		most      float64
		whole     bool
		top, step float64
	}{
		{0, true, 1, 1}, {1, true, 1, 1}, {3, true, 3, 1}, {5, true, 6, 3}, {7, true, 9, 3}, {10, true, 12, 3}, {999, true, 1000, 250}, {1204, true, 1500, 500},
		{0, false, 1, .25}, {38, false, 40, 10}, {.3, false, .3, .1}, {101, false, 150, 50}, {19_700, false, 20_000, 5000},
	} {
		top, step := niceScale(c.most, c.whole)
		if math.Abs(top-c.top) > 1e-9 || math.Abs(step-c.step) > 1e-9 {
			t.Errorf("niceScale(%v, %v) = %v in steps of %v, want %v in steps of %v", c.most, c.whole, top, step, c.top, c.step)
		}
		if top < c.most || top/step > 5 {
			t.Errorf("niceScale(%v, %v) = %v in steps of %v: too low, or too many", c.most, c.whole, top, step)
		}
	}
}

func TestChartStacksBars(t *testing.T) {
	c := chartOf(chartData{
		ID: "a", Title: "Deliveries", From: noon, Step: time.Minute, Stacked: true,
		Series: []chartSeries{{"delivered", "delivered", []float64{4, 0}}, {"failed", "failed", []float64{4, 2}}},
	})
	if got := c.Up[len(c.Up)-1]; got != (chartTick{At: "0", Text: "9"}) {
		t.Errorf("the scale ends with %+v, want 9, with room for 4 and 4", got)
	}
	// What failed begins where what was delivered ends, and stands on the ground where that is nothing.
	if want := "M50 160V"; !strings.HasPrefix(c.Shapes[0].Path, want) || strings.Count(c.Shapes[0].Path, "M") != 1 {
		t.Errorf("delivered is drawn as %s, want one bar that begins %s", c.Shapes[0].Path, want)
	}
	top := strings.TrimPrefix(c.Shapes[0].Path, "M50 160V")
	top = top[:strings.IndexByte(top, 'h')]
	if got := c.Shapes[1].Path; !strings.HasPrefix(got, "M50 "+top+"V") || !strings.Contains(got, "zM550 160V") {
		t.Errorf("failed is drawn as %s, want upon %s, and then upon 160", got, top)
	}
	if got := c.Slots[1]; got.From != "500" || got.Text != "12:01 UTC: delivered 0, failed 2" {
		t.Errorf("the second slot is %+v", got)
	}
}

// Where nothing was measured a line has a gap, and what stands alone is a dash.
func TestChartLinesHaveGaps(t *testing.T) {
	none := math.NaN()
	c := chartOf(chartData{
		ID: "a", From: noon, Step: time.Minute, Write: milliseconds,
		Series: []chartSeries{{"p50", "p50", []float64{40, none, 20, 20}}},
	})
	if got, want := c.Shapes[0].Path, "M25 0h200M525 80h200L875 80"; got != want {
		t.Errorf("drawn as %s, want %s", got, want)
	}
	if got := c.Rows[1].Cells[0]; got != "–" {
		t.Errorf("the table has %q for what was not measured", got)
	}
}

func TestChartTicksAreRoundTimes(t *testing.T) {
	for _, c := range []struct {
		n     int
		step  time.Duration
		first string
	}{
		{60, time.Minute, "12:10"}, {96, 15 * time.Minute, "16:00"}, {84, 2 * time.Hour, "Thu 5"},
	} {
		values := make([]float64, c.n)
		got := chartOf(chartData{ID: "a", From: noon.Add(5 * time.Minute), Step: c.step, Series: []chartSeries{{"a", "p50", values}}})
		if len(got.Across) < 5 || len(got.Across) > 8 || got.Across[0].Text != c.first {
			t.Errorf("%d times %v: %d ticks, the first %+v, want %s", c.n, c.step, len(got.Across), got.Across[0], c.first)
		}
		if !got.Quiet {
			t.Errorf("%d times %v: nothing but zeros, and it is not said", c.n, c.step)
		}
	}
}

// Its name, its description and its numbers are there for who does not see it.
func TestChartIsReadable(t *testing.T) {
	var body bytes.Buffer
	c := chartOf(chartData{
		ID: "a", Title: "Latency", Text: "At most 40 ms.", From: noon, Step: time.Minute,
		Series: []chartSeries{{"p50", "p50", []float64{40, 30}}},
	})
	must(t, parsedTemplates(t).frame.ExecuteTemplate(&body, "chart", c))
	checkPage(t, "<html><title></title><main><h1>a</h1>"+body.String()+"</main></html>")
	for _, part := range []string{`<title id="a-title">Latency</title>`, `<desc id="a-text">At most 40 ms.</desc>`, `<th scope="col">p50</th>`, `<td>40</td>`} {
		if !strings.Contains(body.String(), part) {
			t.Errorf("no %s in %s", part, body.String())
		}
	}
}
