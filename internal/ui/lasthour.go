package ui

import (
	"strconv"
	"strings"

	"bellhop/internal/stats"
)

// lastHour is what a webhook had in the last hour: a picture of its twelve parts, and the
// same in words.
type lastHour struct {
	Delivered, Failed string // paths of bars, in a box of 70 by 20
	Count             string // "1,204 delivered"
	Failures          string // "3 failed"; "" if none did
}

// The picture of an hour.
const (
	hourStep   = 6
	hourBar    = 4
	hourHeight = 20
)

func lastHourOf(h *stats.Hour) *lastHour {
	if h == nil {
		return nil
	}
	var delivered, failed, most int64
	for i := range h.Delivered {
		delivered += h.Delivered[i]
		failed += h.Failed[i]
		most = max(most, h.Delivered[i]+h.Failed[i])
	}
	if most == 0 {
		return nil
	}
	l := &lastHour{Count: number(int(delivered)) + " delivered"}
	if failed > 0 {
		l.Failures = number(int(failed)) + " failed"
	}
	var good, bad strings.Builder
	for i := range h.Delivered {
		up := barOf(&good, i, 0, h.Delivered[i], most)
		barOf(&bad, i, up, h.Failed[i], most)
	}
	l.Delivered, l.Failed = good.String(), bad.String()
	return l
}

// barOf draws a bar, for which n of most are its whole height, above what is up to there
// already, and returns how far it is up then. What is there at all can be seen.
func barOf(to *strings.Builder, i, up int, n, most int64) int {
	if n == 0 {
		return up
	}
	height := min(max(int(n*hourHeight/most), 1), hourHeight-up)
	to.WriteString("M" + strconv.Itoa(i*hourStep) + " " + strconv.Itoa(hourHeight-up) + "v-" + strconv.Itoa(height) +
		"h" + strconv.Itoa(hourBar) + "v" + strconv.Itoa(height) + "z")
	return up + height
}
