package ui

import (
	"fmt"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

// stretch writes a length of time in its two largest units; what readLength reads.
func stretch(d time.Duration) string {
	d = d.Round(time.Second)
	units := []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	if d < 48*time.Hour {
		units = units[1:]
	}
	var parts []string
	for i, u := range units {
		if n := d / u.of; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.of
			if i+1 < len(units) && d >= units[i+1].of {
				parts = append(parts, fmt.Sprintf("%d %s", d/units[i+1].of, units[i+1].name))
			}
			break
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// clock writes when something is, as short as it can be told beside the event: with its day
// if that is another one, and with seconds where they matter.
func (a *ask) clock(t time.Time) string {
	t = t.UTC()
	layout := "15:04"
	if t.Sub(a.At).Abs() < 15*time.Minute && (t.Second() != 0 || t.Sub(a.At).Abs() < time.Minute && !t.Equal(a.At)) {
		layout = "15:04:05"
	}
	if !sameDay(t, a.At) {
		layout += " on Mon 2 Jan"
	}
	return t.Format(layout)
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// foreseen is what becomes of the event: by all the rules, and by the retry schedule alone.
type foreseen struct {
	ask
	fate        dispatch.Fate // without jitter
	first, last time.Time     // between which it arrives, whatever jitter does
	mayDie      bool
	mayArrive   bool
	alone       dispatch.Catch // by the schedule alone; nothing of it if the event was not in the outage
	plan        []dispatch.Planned
}

// draws is with how many jitters the rules are gone through.
const draws = 21

func foresee(a ask) *foreseen {
	f := &foreseen{ask: a, plan: dispatch.Plan(a.trouble())}
	for i := range draws {
		jitter := 2*float64(i)/(draws-1) - 1
		fate := dispatch.Foretell(bellhop.TimeOf(a.At), a.outage(), jitter)
		if jitter == 0 {
			f.fate = fate
		}
		if fate.Status != bellhop.Delivered {
			f.mayDie = true
			continue
		}
		at := fate.At.Time()
		if !f.mayArrive || at.Before(f.first) {
			f.first = at
		}
		if !f.mayArrive || at.After(f.last) {
			f.last = at
		}
		f.mayArrive = true
	}
	f.alone = dispatch.CatchBy(a.trouble(), a.end().Sub(a.At))
	if !f.inOutage() {
		f.alone = dispatch.CatchBy(a.trouble(), 0)
	}
	if f.bySchedule() {
		f.mayDie, f.mayArrive = !f.alone.Always, !f.alone.Never
		f.first, f.last = a.At.Add(f.alone.Earliest), a.At.Add(f.alone.Latest)
	}
	return f
}

func (f *foreseen) inOutage() bool { return !f.At.Before(f.From) && f.At.Before(f.end()) }

// paused reports whether the event waits in a pause.
func (f *foreseen) paused() bool {
	return f.fate.Paused > 0 && (f.fate.Resumed == 0 || f.fate.Resumed.Time().After(f.At))
}

// bySchedule reports whether nothing but the retry schedule decides.
func (f *foreseen) bySchedule() bool { return f.inOutage() && f.fate.Paused == 0 }

func (f *foreseen) status() badge {
	switch {
	case !f.mayArrive:
		return badge{toneFail, "dies"}
	case f.mayDie:
		return badge{toneWait, "jitter decides"}
	}
	return badge{toneOK, "arrives"}
}

// answer is the sentence that one comes for.
func (f *foreseen) answer() string {
	where := fmt.Sprintf("An event at %s, in an outage from %s to %s,", f.clock(f.At), f.clock(f.From), f.clock(f.end()))
	switch {
	case f.At.Before(f.From):
		return fmt.Sprintf("An event at %s arrives at once: the outage only begins at %s.", f.clock(f.At), f.clock(f.From))
	case !f.inOutage() && !f.paused():
		return fmt.Sprintf("An event at %s arrives at once: the outage from %s to %s is over.", f.clock(f.At), f.clock(f.From), f.clock(f.end()))
	case !f.mayArrive && f.laterEnds():
		return where + " dies at once: Retry-After leads beyond the 24 hours that it has."
	case !f.mayArrive:
		ends := f.At.Add(bellhop.DeliveryLife)
		if gap := f.end().Sub(ends); gap > 0 {
			return fmt.Sprintf("%s dies: its 24 hours are over at %s, %s before the endpoint is back.", where, f.clock(ends), stretch(gap))
		}
		return where + " dies: no attempt is left within its 24 hours when the endpoint is back."
	}
	at := "at " + f.clock(f.fate.At.Time())
	switch {
	case f.mayDie:
		at = "or dies, as jitter has it: its 24 hours are over at " + f.clock(f.At.Add(bellhop.DeliveryLife))
		return where + " arrives " + at + "."
	case f.bySchedule():
		at = fmt.Sprintf("with attempt %d %s", f.alone.Number, at)
	}
	return fmt.Sprintf("%s arrives %s, %s.", where, at, f.afterBack(f.fate.At.Time()))
}

// afterBack says how long after the endpoint is back that is.
func (f *foreseen) afterBack(t time.Time) string {
	if late := t.Sub(f.end()); late >= time.Second {
		return stretch(late) + " after the endpoint is back"
	}
	return "as soon as the endpoint is back"
}

// laterEnds reports whether Retry-After leaves time for no attempt but the first one.
func (f *foreseen) laterEnds() bool { return len(f.plan) == 1 }

// why tells how it comes to that.
func (f *foreseen) why() []string {
	var all []string
	if f.paused() {
		text := fmt.Sprintf("Ten attempts in a row have failed by %s, so the service is paused: everything waits, and only probes go out, after 5 s and then ever more slowly, up to every 5 min.",
			f.clock(f.fate.Paused.Time()))
		if f.isReal() {
			text = "While the service is paused everything waits, and only probes go out, by now every few minutes."
		}
		if f.Busy && f.Fails == failsSilent {
			text = strings.Replace(text, "in a row have failed by", "in a row have ended without an answer by", 1)
		}
		switch {
		case f.fate.Resumed > 0:
			text += fmt.Sprintf(" Probe %s at %s is answered and ends the pause", number(f.fate.Probes), f.clock(f.fate.Resumed.Time()))
			if f.fate.At > f.fate.Resumed {
				text += fmt.Sprintf("; the event is due at %s", f.clock(f.fate.At.Time()))
			}
			text += "."
			if f.last.Sub(f.first) >= time.Minute {
				text += fmt.Sprintf(" Jitter makes it arrive between %s and %s.", f.clock(f.first), f.clock(f.last))
			}
		default:
			text += fmt.Sprintf(" None of %s is answered in time.", plural(f.fate.Probes, "probe", "probes"))
		}
		all = append(all, text)
	} else if f.bySchedule() && f.mayArrive {
		text := fmt.Sprintf("Each wait varies by ± 10 %%, so it is between %s and %s", f.clock(f.first), f.clock(f.last))
		if f.alone.Fewest != f.alone.Most {
			text += fmt.Sprintf(", with attempt %d to %d", f.alone.Fewest, f.alone.Most)
		}
		if f.Fails == failsUp {
			text += ". Such an answer shows that the endpoint is up, so the service is not paused"
		} else {
			text += ". Fewer than ten attempts in a row fail, so the service is not paused"
		}
		all = append(all, text+".")
	}
	if f.paused() && f.inOutage() {
		all = append(all, f.withoutPause())
	}
	return all
}

// withoutPause says what the schedule alone would do.
func (f *foreseen) withoutPause() string {
	c := f.alone
	switch {
	case c.Never:
		return "By the retry schedule alone it would die as well."
	case c.Number == 0:
		return "By the retry schedule alone it would most likely die."
	}
	text := fmt.Sprintf("By the retry schedule alone it would arrive with attempt %d at %s, %s", c.Number, f.clock(f.At.Add(c.At)), f.afterBack(f.At.Add(c.At)))
	if c.Latest-c.Earliest >= time.Second {
		text += fmt.Sprintf(" (with jitter between %s and %s)", f.clock(f.At.Add(c.Earliest)), f.clock(f.At.Add(c.Latest)))
	}
	return text + "."
}
