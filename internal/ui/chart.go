package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

// chart is numbers over time as a page shows them: a picture, and the same as a table. The
// picture is as wide as its place, so what is measured along it is in percent or, in the
// plot, which is stretched, in thousandths.
type chart struct {
	ID      string
	Title   string
	Text    string // what it tells, in a sentence
	Measure string // what the numbers are: "deliveries in 15 minutes"
	Stacked bool
	Keys    []chartKey
	Shapes  []chartShape
	Across  []chartTick // of time
	Up      []chartTick // of the numbers
	Slots   []chartSlot
	Rows    []chartRow
	Quiet   bool // there is nothing in it
}

// chartKey says what a colour stands for.
type chartKey struct{ Class, Name string }

type chartShape struct{ Class, Path string }

// chartTick is a mark on an axis, at that many percent or pixels. Those that are minor
// have no room on a phone.
type chartTick struct {
	At, Text string
	Minor    bool
}

// chartSlot is a span of time, which says its numbers to who points at it.
type chartSlot struct{ From, Width, Text string }

type chartRow struct {
	ISO, Time string
	Cells     []string
}

// chartData is what a chart is made of.
type chartData struct {
	ID, Title, Text, Measure string

	From   bellhop.Time
	Step   time.Duration
	Series []chartSeries

	// Stacked draws bars, one series upon the other; else each is a line.
	Stacked bool

	// Write writes a number; nil means with commas between thousands.
	Write func(float64) string
}

// chartSeries has a value for each step; math.NaN() where there is none.
type chartSeries struct {
	Name   string
	Class  string // one of those in 70-chart.css
	Values []float64
}

// Of the plot: its width in units, its height in pixels, and how full a slot is with a bar.
const (
	plotWidth  = 1000
	plotHeight = 160
	barShare   = 0.8
)

func chartOf(d chartData) chart {
	if d.Write == nil {
		d.Write = func(x float64) string { return number(int(math.Round(x))) }
	}
	c := chart{ID: d.ID, Title: d.Title, Text: d.Text, Measure: d.Measure, Stacked: d.Stacked}
	n, most := 0, 0.0
	for _, s := range d.Series {
		n = max(n, len(s.Values))
	}
	if n == 0 {
		c.Quiet = true
		return c
	}
	for i := range n {
		most = max(most, d.heightAt(i))
	}
	c.Quiet = most == 0
	top, step := niceScale(most, d.Stacked)
	for i := range int(math.Round(top/step)) + 1 {
		y := float64(i) * step
		c.Up = append(c.Up, chartTick{At: decimal(plotHeight * (1 - y/top)), Text: d.Write(y)})
	}
	c.Across = d.timeTicks(n)
	for _, s := range d.Series {
		c.Keys = append(c.Keys, chartKey{s.Class, s.Name})
	}
	c.Shapes = d.shapes(n, top)
	width := plotWidth / float64(n)
	for i := range n {
		row, words := d.row(i)
		c.Rows = append(c.Rows, row)
		c.Slots = append(c.Slots, chartSlot{From: decimal(float64(i) * width), Width: decimal(width), Text: words})
	}
	return c
}

// heightAt is how high the chart is in a step.
func (d *chartData) heightAt(i int) (height float64) {
	for _, s := range d.Series {
		switch v := valueAt(s.Values, i); {
		case math.IsNaN(v):
		case d.Stacked:
			height += v
		default:
			height = max(height, v)
		}
	}
	return height
}

func valueAt(values []float64, i int) float64 {
	if i >= len(values) {
		return math.NaN()
	}
	return values[i]
}

// shapes are a path for each series.
func (d *chartData) shapes(n int, top float64) []chartShape {
	below := make([]float64, n)
	slot := plotWidth / float64(n)
	y := func(v float64) float64 { return plotHeight * (1 - v/top) }
	var shapes []chartShape
	for _, s := range d.Series {
		var path strings.Builder
		joined := false
		for i := range n {
			v := valueAt(s.Values, i)
			switch {
			case math.IsNaN(v):
				joined = false
			case d.Stacked && v > 0:
				drawBar(&path, (float64(i)+(1-barShare)/2)*slot, slot*barShare, y(below[i]), y(below[i]+v))
				below[i] += v
			case !d.Stacked:
				drawPoint(&path, (float64(i)+.5)*slot, y(v), slot*barShare, joined)
				joined = true
			}
		}
		shapes = append(shapes, chartShape{s.Class, path.String()})
	}
	return shapes
}

func drawBar(path *strings.Builder, x, width, bottom, top float64) {
	if bottom-top < 1 {
		top = bottom - 1 // few among many are still seen
	}
	path.WriteString("M" + decimal(x) + " " + decimal(bottom) + "V" + decimal(top) + "h" + decimal(width) + "V" + decimal(bottom) + "z")
}

// drawPoint goes on with a line or, after a gap, begins one: with a dash, since the next
// point may be missing, too.
func drawPoint(path *strings.Builder, x, y, dash float64, joined bool) {
	if joined {
		path.WriteString("L" + decimal(x) + " " + decimal(y))
		return
	}
	path.WriteString("M" + decimal(x-dash/2) + " " + decimal(y) + "h" + decimal(dash))
}

// row is a step in the table, and the same in a line.
func (d *chartData) row(i int) (row chartRow, words string) {
	at := d.From.Add(time.Duration(i) * d.Step)
	layout := "15:04"
	if d.days() {
		layout = "Mon 2 Jan, 15:04"
	}
	row.ISO, row.Time = at.String(), at.Time().Format(layout)
	words = row.Time
	for k, s := range d.Series {
		cell := "–"
		if v := valueAt(s.Values, i); !math.IsNaN(v) {
			cell = d.Write(v)
		}
		row.Cells = append(row.Cells, cell)
		separator := ", "
		if k == 0 {
			separator = " UTC: "
		}
		words += separator + s.Name + " " + cell
	}
	return row, words
}

// days reports whether the chart spans several days, so that a time needs its date.
func (d *chartData) days() bool {
	n := 0
	for _, s := range d.Series {
		n = max(n, len(s.Values))
	}
	return time.Duration(n)*d.Step > 36*time.Hour
}

// timeTicks marks about six round times.
func (d *chartData) timeTicks(n int) []chartTick {
	whole := time.Duration(n) * d.Step
	every, layout := 24*time.Hour, "Mon 2"
	for _, e := range []time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour} {
		if whole <= 7*e {
			every, layout = e, "15:04"
			break
		}
	}
	var ticks []chartTick
	first := d.From.Time().Truncate(every)
	for at := first; at.Before(d.From.Time().Add(whole)); at = at.Add(every) {
		if along := float64(at.Sub(d.From.Time())) / float64(whole); along >= 0 {
			ticks = append(ticks, chartTick{At: decimal(100*along) + "%", Text: at.Format(layout), Minor: len(ticks)%2 == 1})
		}
	}
	return ticks
}

// niceScale returns a round number that is at least most, and a round part of it.
func niceScale(most float64, whole bool) (top, step float64) {
	if most <= 0 {
		most = 1
	}
	step = math.Pow(10, math.Floor(math.Log10(most)))
	for _, by := range []float64{.2, .25, .5, 1} {
		if most <= 4*step*by {
			step *= by
			break
		}
	}
	if most > 4*step {
		step *= 2.5
	}
	if whole {
		step = max(math.Ceil(step), 1)
	}
	return step * math.Ceil(most/step), step
}

// decimal writes a coordinate.
func decimal(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }
