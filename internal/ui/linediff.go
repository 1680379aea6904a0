package ui

import "strings"

// A diffLine is a line of one of two texts, or of both.
type diffLine struct {
	Mark string // sameLine, onlyFirst or onlySecond
	Text string
}

const (
	sameLine   = "="
	onlyFirst  = "-"
	onlySecond = "+"
	leftOut    = "…" // so many lines that both have
)

// maxDiff bounds the work of comparing: lines of one times lines of the other.
const maxDiff = 1 << 20

// diffLines compares two texts line by line: the longest common sequence is the same, and of
// each stretch that differs the lines of the first come first. Texts that are too long for that
// are taken to differ between what they begin and end with alike.
func diffLines(a, b []string) []diffLine {
	var lines []diffLine
	add := func(mark string, texts []string) {
		for _, text := range texts {
			lines = append(lines, diffLine{mark, text})
		}
	}
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	add(sameLine, a[:head])
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(x)*len(y) > maxDiff {
		add(onlyFirst, x)
		add(onlySecond, y)
	} else {
		lines = append(lines, comparedLines(x, y)...)
	}
	add(sameLine, a[len(a)-tail:])
	return lines
}

// comparedLines goes through the table of how long the common sequences are of what is left of both.
func comparedLines(x, y []string) (lines []diffLine) {
	width := len(y) + 1
	longest := make([]int32, (len(x)+1)*width)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(x) || j < len(y); {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			lines = append(lines, diffLine{sameLine, x[i]})
			i, j = i+1, j+1
		case i < len(x) && (j == len(y) || longest[(i+1)*width+j] >= longest[i*width+j+1]):
			lines = append(lines, diffLine{onlyFirst, x[i]})
			i++
		default:
			lines = append(lines, diffLine{onlySecond, y[j]})
			j++
		}
	}
	return lines
}

const (
	diffContext = 2   // lines that are the same, beside what differs
	diffShown   = 200 // lines at most
	diffWidth   = 500 // bytes of a line at most
)

// condensedDiff leaves out what is the same but for the neighbours of what differs, and what would
// not fit on a page.
func condensedDiff(lines []diffLine) (kept []diffLine) {
	near := make([]bool, len(lines))
	for i, line := range lines {
		if line.Mark != sameLine {
			for j := max(i-diffContext, 0); j <= min(i+diffContext, len(lines)-1); j++ {
				near[j] = true
			}
		}
	}
	out := 0
	flush := func() {
		if out > 0 {
			kept = append(kept, diffLine{leftOut, plural(out, "line that is", "lines that are") + " the same"})
			out = 0
		}
	}
	for i, line := range lines {
		if !near[i] {
			out++
			continue
		}
		flush()
		if len(kept) >= diffShown {
			return append(kept, diffLine{leftOut, plural(len(lines)-i, "further line", "further lines")})
		}
		line.Text = shorten(line.Text, diffWidth)
		kept = append(kept, line)
	}
	flush()
	return kept
}

// differences counts the lines that only one of both has.
func differences(lines []diffLine) (n int) {
	for _, line := range lines {
		if line.Mark == onlyFirst || line.Mark == onlySecond {
			n++
		}
	}
	return n
}

func textLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
