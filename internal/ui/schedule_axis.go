package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

// axis maps time since the event to a place on the picture, in percent. It is piecewise
// linear: while the waits double each has the same width, so that the first minutes can be
// seen beside the hours that follow. What comes before the event and after its life is
// squeezed in at the ends.
type axis []knot

type knot struct {
	at      time.Duration
	percent float64
}

const (
	eventPercent   = 12 // where the event is
	doublePercent  = 54 // where the waits stop to double
	lifePercent    = 96 // where its 24 hours end
	axisEnd        = longestOutage
	doublingsShown = 9
)

// newAxis is the axis of the retry schedule.
func newAxis() axis {
	a := axis{{-axisEnd, 0}, {-24 * time.Hour, 2}, {-4 * time.Hour, 4.5}, {-time.Hour, 7}, {-10 * time.Minute, 9.5}}
	plan := dispatch.Plan(dispatch.Trouble{Status: 500})
	for i, p := range plan[:doublingsShown+1] {
		a = append(a, knot{p.At, eventPercent + (doublePercent-eventPercent)*float64(i)/doublingsShown})
	}
	return append(a, knot{bellhop.DeliveryLife, lifePercent}, knot{axisEnd, 100})
}

// place is where d after the event is, within the picture.
func (a axis) place(d time.Duration) float64 {
	i := slices.IndexFunc(a, func(k knot) bool { return k.at >= d })
	switch {
	case i < 0:
		return a[len(a)-1].percent
	case i == 0:
		return a[0].percent
	}
	from, to := a[i-1], a[i]
	return from.percent + (to.percent-from.percent)*float64(d-from.at)/float64(to.at-from.at)
}

// knots writes the axis for the script that drags: seconds and percent.
func (a axis) knots() string {
	var b strings.Builder
	for i, k := range a {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d:%s", int(k.at/time.Second), fine(k.percent))
	}
	return b.String()
}

// schedulePicture is the schedule and an outage, drawn.
type schedulePicture struct {
	Text   string // what it shows, for who does not see it
	Knots  string
	Event  string // when it happens, as the form writes it
	From   int    // when the outage begins and ends, in seconds after the event
	To     int
	Outage scheduleSpan
	Ends   string // where its life ends
	Start  string // where the event is
	Double string // where the waits stop to double
	Ticks  []chartTick
	Marks  []scheduleMark // attempts of the schedule
	Pause  *scheduleSpan
	Back   *scheduleMark // how the pause ends for the event
}

type scheduleSpan struct{ From, To, Width string }

// scheduleMark is an attempt: at a place, of a kind, with the range that jitter makes of it.
type scheduleMark struct {
	At, Kind, Text string
	Range          *scheduleSpan
}

// The kinds of marks.
const (
	markFails   = "fails"
	markArrives = "arrives"
	markSpare   = "spare" // it is not needed any more, or too late
)

var scheduleTicks = []struct {
	at    time.Duration
	text  string
	minor bool
}{
	{10 * time.Second, "10 s", true}, {time.Minute, "1 min", false}, {5 * time.Minute, "5 min", true}, {20 * time.Minute, "20 min", true},
	{85 * time.Minute, "1 h 25", false}, {6 * time.Hour, "6 h", true}, {12 * time.Hour, "12 h", false}, {18 * time.Hour, "18 h", true}, {24 * time.Hour, "24 h", false},
}

func (f *foreseen) picture() *schedulePicture {
	a := newAxis()
	span := func(from, to time.Duration) scheduleSpan {
		x, y := a.place(from), a.place(to)
		return scheduleSpan{From: along(x), To: along(y), Width: along(y - x)}
	}
	since := func(t time.Time) time.Duration { return t.Sub(f.At) }
	p := &schedulePicture{
		Text: f.answer(), Knots: a.knots(), Event: inField(f.At), Outage: span(since(f.From), since(f.end())),
		From: int(since(f.From) / time.Second), To: int(since(f.end()) / time.Second),
		Start: along(eventPercent), Double: along(doublePercent), Ends: along(lifePercent),
	}
	for _, t := range scheduleTicks {
		p.Ticks = append(p.Ticks, chartTick{At: along(a.place(t.at)), Text: t.text, Minor: t.minor})
	}
	for _, planned := range f.plan {
		if planned.At > bellhop.DeliveryLife {
			continue
		}
		mark := scheduleMark{At: along(a.place(planned.At)), Kind: f.markOf(planned)}
		mark.Text = fmt.Sprintf("Attempt %d at %s: %s", planned.Number, f.clock(f.At.Add(planned.At)), markWords[mark.Kind])
		if planned.Latest > planned.Earliest {
			jitter := span(planned.Earliest, min(planned.Latest, bellhop.DeliveryLife))
			mark.Range = &jitter
		}
		p.Marks = append(p.Marks, mark)
	}
	f.drawPause(p, a, span)
	return p
}

// drawPause adds the row of the pause, if the event waits in one.
func (f *foreseen) drawPause(p *schedulePicture, a axis, span func(from, to time.Duration) scheduleSpan) {
	if !f.paused() {
		return
	}
	until := f.At.Add(bellhop.DeliveryLife)
	if f.fate.Resumed > 0 {
		until = f.fate.Resumed.Time()
	}
	pause := span(f.fate.Paused.Time().Sub(f.At), until.Sub(f.At))
	p.Pause = &pause
	p.Back = &scheduleMark{At: along(a.place(f.fate.At.Time().Sub(f.At))), Kind: markFails, Text: "It dies at " + f.clock(f.fate.At.Time())}
	if f.fate.Status == bellhop.Delivered {
		p.Back.Kind, p.Back.Text = markArrives, "It arrives at "+f.clock(f.fate.At.Time())
	}
}

// markWords says what becomes of an attempt.
var markWords = map[string]string{markFails: "fails", markArrives: "arrives", markSpare: "is not needed any more"}

// markOf says what becomes of an attempt by the schedule alone, without jitter.
func (f *foreseen) markOf(p dispatch.Planned) string {
	at := f.At.Add(p.At)
	switch {
	case !at.Before(f.From) && at.Before(f.end()) && f.inOutage():
		return markFails
	case f.alone.Number == p.Number:
		return markArrives
	}
	return markSpare
}

func along(x float64) string { return fine(x) + "%" }

// fine writes a coordinate to a hundredth.
func fine(x float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", x), "0"), ".")
}
