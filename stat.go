package bellhop

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"
)

// Stat is what became of the attempts of a service in a span of time.
type Stat struct {
	Service   ID
	At        Time // begin of the span
	Delivered int64
	Failed    int64
	Durations Durations
}

// Add adds what happened in another span.
func (s *Stat) Add(other *Stat) {
	s.Delivered += other.Delivered
	s.Failed += other.Failed
	s.Durations.Merge(&other.Durations)
}

// Durations counts durations on a logarithmic scale, from which it tells percentiles to
// within 7 %. The zero value counts nothing yet.
type Durations struct {
	counts [durationSteps]uint32
	total  uint64
}

// A power of two of microseconds has eighths steps; the longest step is above an hour.
const (
	eighths       = 8
	durationSteps = 30 * eighths
)

// stepOf returns the step that a duration falls in: below 8 µs one for each microsecond,
// from there on eight for each power of two.
func stepOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < eighths {
		return int(us)
	}
	power := bits.Len64(us) - 1 // 3 or more
	step := (power-2)*eighths + int(us>>(power-3))&(eighths-1)
	return min(step, durationSteps-1)
}

// middle returns the duration in the middle of a step.
func middle(step int) time.Duration {
	if step < eighths {
		return time.Duration(step) * time.Microsecond
	}
	power := step/eighths + 2
	width := time.Duration(1) << (power - 3)
	start := width * time.Duration(eighths+step%eighths)
	return (start + width/2) * time.Microsecond
}

// Count counts d.
func (h *Durations) Count(d time.Duration) {
	h.counts[stepOf(d)]++
	h.total++
}

// Merge counts all that other has counted.
func (h *Durations) Merge(other *Durations) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// Percentile returns the duration that p percent of those counted do not exceed; false if
// none is counted.
func (h *Durations) Percentile(p int) (time.Duration, bool) {
	if h.total == 0 {
		return 0, false
	}
	rank := max((h.total*uint64(p)+99)/100, 1)
	var below uint64
	for i, n := range h.counts {
		if below += uint64(n); below >= rank {
			return middle(i), true
		}
	}
	return middle(durationSteps - 1), true
}

// AppendBinary appends the counts that are not 0: pairs of how many steps come between,
// and the count.
func (h *Durations) AppendBinary(b []byte) ([]byte, error) {
	last := 0
	for i, n := range h.counts {
		if n > 0 {
			b = binary.AppendUvarint(b, uint64(i-last))
			b = binary.AppendUvarint(b, uint64(n))
			last = i
		}
	}
	return b, nil
}

// UnmarshalBinary reads what AppendBinary has written.
func (h *Durations) UnmarshalBinary(b []byte) error {
	*h = Durations{}
	step := uint64(0)
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		count, m := uint64(0), 0
		if n > 0 {
			count, m = binary.Uvarint(b[n:])
		}
		if n <= 0 || m <= 0 || gap >= durationSteps || step+gap >= durationSteps || count > 1<<32-1 {
			return fmt.Errorf("%d bytes are no counts of durations", len(b))
		}
		step += gap
		h.counts[step] = uint32(count)
		h.total += count
		b = b[n+m:]
	}
	return nil
}
