package bench

import (
	"fmt"
	"io"
	"strings"
)

// progress tells a human how far a run is: in one line that is written over again and again on a terminal, and elsewhere
// in a line for each step.
type progress struct {
	w     io.Writer
	bar   bool
	width int             // of what stands in the line
	told  map[string]bool // the steps that had a line
}

func newProgress(w io.Writer, bar bool) *progress {
	return &progress{w: w, bar: bar, told: make(map[string]bool)}
}

// show says that round n of all begins in a step; round 0 is to prepare.
func (p *progress) show(name, title string, n, all int) {
	const slots = 20
	if !p.bar {
		if !p.told[name] {
			fmt.Fprintf(p.w, "%s  %s\n", name, title)
		}
		p.told[name] = true
		return
	}
	full := slots * n / max(all, 1)
	p.line(fmt.Sprintf("[%s%s] %s  %s", strings.Repeat("#", full), strings.Repeat(".", slots-full), name, title))
}

func (p *progress) line(text string) {
	width := len([]rune(text))
	fmt.Fprint(p.w, "\r", text, strings.Repeat(" ", max(0, p.width-width)))
	p.width = width
}

// done takes the line away.
func (p *progress) done() {
	if p.width > 0 {
		p.line("")
		fmt.Fprint(p.w, "\r")
	}
}
