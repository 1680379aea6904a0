package ui

import (
	"fmt"
	"math"
	"strings"
)

// timing is how long the parts of an attempt took, in milliseconds.
type timing struct {
	DNS       float64 `json:"dns"`
	Connect   float64 `json:"connect"`
	TLS       float64 `json:"tls"`
	FirstByte float64 `json:"firstByte"`
	Total     float64 `json:"total"`
}

// timingBar is the time of an attempt as a bar, and the same in words.
type timingBar struct {
	Parts []timingPart
	Text  string // "dns 0.4, connect 1.2, first byte 12, in all 14 ms"
}

// timingPart is a stretch of the bar, in thousandths of its whole width.
type timingPart struct {
	Name        string
	From, Width int
}

// barWidth is the whole width, which stands for the longest of the attempts beside it.
const barWidth = 1000

func timingBarOf(t timing, longest float64) timingBar {
	rest := max(t.Total-t.DNS-t.Connect-t.TLS-t.FirstByte, 0)
	var bar timingBar
	var words []string
	at := 0.0
	for _, part := range []struct {
		name, words string
		took        float64
	}{
		{"dns", "DNS", t.DNS}, {"connect", "connect", t.Connect}, {"tls", "TLS", t.TLS},
		{"wait", "first byte", t.FirstByte}, {"rest", "rest", rest},
	} {
		if part.took <= 0 {
			continue
		}
		words = append(words, part.words+" "+milliseconds(part.took))
		if longest > 0 {
			from, to := scaled(at, longest), scaled(at+part.took, longest)
			bar.Parts = append(bar.Parts, timingPart{part.name, from, max(to-from, 2)})
		}
		at += part.took
	}
	words = append(words, "in all "+milliseconds(t.Total)+" ms")
	bar.Text = strings.Join(words, ", ")
	return bar
}

func scaled(took, longest float64) int {
	return int(math.Round(min(took/longest, 1) * barWidth))
}

func milliseconds(ms float64) string {
	switch {
	case ms < 1:
		return fmt.Sprintf("%.2f", ms)
	case ms < 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return number(int(math.Round(ms)))
}
