package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/term"
)

// isTerminal reports whether w is a terminal, on which a line can be written over.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns is how wide w is, or 0 where there is no width: a file, a pipe.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// prose is how wide sentences are that are written to w: as wide as that is, within bounds.
func prose(w io.Writer) int {
	const least, most = 40, 110
	if width := columns(w); width > 0 {
		return min(max(width, least), most)
	}
	return most
}

// paint colours text, or leaves it as it is where nobody would see the colours. Its zero value leaves it.
type paint struct{ on bool }

// paint is how to colour what is written to w: not at all unless that is a terminal, nor with NO_COLOR set, nor on a
// terminal that says it is dumb.
func (env environment) paint(w io.Writer) paint { return paintFor(w, env.getenv) }

func paintFor(w io.Writer, getenv func(string) string) paint {
	return paint{isTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

func (p paint) green(text string) string  { return p.with("32", text) }
func (p paint) red(text string) string    { return p.with("31", text) }
func (p paint) yellow(text string) string { return p.with("33", text) }
func (p paint) dim(text string) string    { return p.with("2", text) }
func (p paint) bold(text string) string   { return p.with("1", text) }

// plain is text as it is.
func plain(text string) string { return text }

func (p paint) with(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// clean is text without what would steer a terminal: control characters, and those that turn the direction of writing.
// It comes from contacts, whom nobody knows. Those in keep stay.
func clean(text, keep string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(keep, r):
			return r
		case r == '\n' || r == '\t':
			return ' '
		case r == '\r':
			return -1
		case isSteering(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}

// isSteering reports whether a terminal may do something else with r than write it.
func isSteering(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// progressAfter is how long something takes before there is a bar for it.
const progressAfter = time.Second

// progress is a bar on a terminal for what takes long. All its methods may be called where there is none, too.
type progress struct {
	w     io.Writer // nil: nobody would see it
	paint paint
	label string
	show  func(int) string // a number of steps; nil: as it is. With it the bar says how many there are a second
	start time.Time

	mu          sync.Mutex
	done, total int
	drawn       time.Time // zero: never
}

// progress is a bar for total steps, drawn on standard error if that is a terminal and more than a second has passed.
// With total 0 it is not known how many steps there are, and they are counted. Whoever makes one calls close.
func (env environment) progress(label string, total int) *progress {
	p := &progress{label: label, total: total, start: time.Now(), paint: env.paint(env.stderr)}
	if isTerminal(env.stderr) && env.getenv("TERM") != "dumb" {
		p.w = env.stderr
	}
	return p
}

// add tells of n further steps.
func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.draw(time.Now())
}

// set tells how many steps are done, and of how many: the total may turn out to be another one.
func (p *progress) set(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total = done, total
	p.draw(time.Now())
}

// close takes the bar away.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.w = nil
}

// draw draws the bar anew, ten times a second at most, but always when it is full.
func (p *progress) draw(now time.Time) {
	const pause = 100 * time.Millisecond
	if p.w == nil || now.Sub(p.start) < progressAfter || now.Sub(p.drawn) < pause && p.done < p.total {
		return
	}
	p.drawn = now
	fmt.Fprint(p.w, "\r", p.line(now.Sub(p.start), columns(p.w)), "\x1b[K")
}

// line is what the bar looks like in so many columns.
func (p *progress) line(took time.Duration, width int) string {
	const bar = 24
	label := clean(p.label, "")
	show, rate := p.show, ""
	if show == nil {
		show = strconv.Itoa
	} else if p.done > 0 {
		rate = "  " + show(int(float64(p.done)/took.Seconds())) + "/s"
	}
	if p.total <= 0 {
		return cut(fmt.Sprintf("%s  %s%s  %s", label, show(p.done), rate, took.Round(time.Second)), width)
	}
	share := min(1, float64(p.done)/float64(p.total))
	text := fmt.Sprintf("%3.0f %%  %s of %s%s", 100*share, show(p.done), show(p.total), rate)
	if p.done > 0 && share < 1 {
		left := time.Duration(float64(took) * (1 - share) / share)
		text += fmt.Sprintf("  %s left", left.Round(time.Second))
	}
	if width > 0 && cells(label)+bar+cells(text)+4 > width {
		return cut(label+"  "+text, width-1)
	}
	full := int(share * bar)
	return label + "  " + p.paint.green(strings.Repeat("█", full)) + p.paint.dim(strings.Repeat("░", bar-full)) + "  " + text
}
