package bellhop

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A percentile is off by no more than a step is wide.
func TestDurationsTellPercentiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var h, half Durations
		var all []time.Duration
		for i := range 1 + rng.IntN(2000) {
			d := time.Duration(math.Exp(rng.Float64()*24)) * time.Nanosecond // up to 26 s
			all = append(all, d)
			if i%2 == 0 {
				h.Count(d)
			} else {
				half.Count(d)
			}
		}
		h.Merge(&half)
		slices.Sort(all)
		for _, p := range []int{1, 50, 95, 99, 100} {
			want := all[max((len(all)*p+99)/100, 1)-1]
			got, ok := h.Percentile(p)
			if off := math.Abs(float64(got - want)); !ok || off > 0.07*float64(want)+1000 {
				t.Fatalf("percentile %d of %d = %v, %v, want %v", p, len(all), got, ok, want)
			}
		}
		text, err := h.AppendBinary(nil)
		var back Durations
		if err2 := back.UnmarshalBinary(text); err != nil || err2 != nil || back != h {
			t.Fatalf("read back otherwise: %v, %v", err, err2)
		}
	}
}

func TestDurationsOfNothingAndOfTooMuch(t *testing.T) {
	var h Durations
	if d, ok := h.Percentile(50); ok {
		t.Errorf("the median of nothing is %v", d)
	}
	h.Count(-time.Second)
	if d, ok := h.Percentile(50); !ok || d != 0 {
		t.Errorf("the median of what took less than no time is %v", d)
	}
	h.Count(1000 * time.Hour)
	if d, _ := h.Percentile(100); d < time.Hour/2 {
		t.Errorf("the longest of what took very long is %v", d)
	}
}

func TestDurationsRefuseWhatIsNone(t *testing.T) {
	for _, text := range []string{"\x01", "\xff", "\xf0\x01\x01", "\x01\xff\xff\xff\xff\xff\x01", "\xef\x01\x01\x01\x01"} {
		var h Durations
		if err := h.UnmarshalBinary([]byte(text)); err == nil {
			t.Errorf("%q is taken for counts", text)
		}
	}
}
