package dispatch

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	p := pace{limit: firstConcurrency, ceiling: firstConcurrency}
	want := func(what string, limit int) {
		t.Helper()
		if p.limit != limit {
			t.Errorf("%s: limit = %d, want %d", what, p.limit, limit)
		}
	}
	p.allow(64)
	want("the service is known", 64)
	p.failed()
	want("a failure", 32)
	for range 10 {
		p.failed()
	}
	want("many failures", 1)
	p.answered()
	want("an answer", 2)
	p.allow(100)
	want("more is allowed while there is trouble", 2)
	for range 200 {
		p.answered()
	}
	want("many answers", 100)
	p.allow(10)
	want("less is allowed", 10)
	p.restart()
	want("a restart", 1)
}

// TestRate starts whenever it may, at random moments. In any window there are no more starts
// than the rate allows, but for those of the slack and one, and over a long time no less.
func TestRate(t *testing.T) {
	for _, perSecond := range []float64{0.1, 1, 7, 50, 333, 5000} {
		var r rate
		r.set(perSecond)
		chance := rand.New(rand.NewPCG(1, uint64(perSecond)))
		now := time.Unix(1_700_000_000, 0)
		begin := now
		var starts []time.Time
		for len(starts) < 3000 {
			if wait := r.wait(now); wait > 0 {
				now = now.Add(wait + time.Duration(chance.IntN(3))*time.Millisecond)
				continue
			}
			r.start(now)
			starts = append(starts, now)
		}
		longest := time.Duration(float64(len(starts))/perSecond*float64(time.Second)) + 10*time.Duration(len(starts))*time.Millisecond
		if took := now.Sub(begin); took > longest {
			t.Errorf("rate %v: %d starts took %v", perSecond, len(starts), took)
		}
		for _, window := range []time.Duration{time.Second, 20 * time.Second} {
			most := int((window+rateSlack).Seconds()*perSecond) + 2
			from := 0
			for to := range starts {
				for starts[to].Sub(starts[from]) >= window {
					from++
				}
				if got := to - from + 1; got > most {
					t.Fatalf("rate %v: %d starts within %v, want at most %d", perSecond, got, window, most)
				}
			}
		}
	}
	var r rate
	if r.start(time.Now()); r.wait(time.Now()) != 0 {
		t.Error("without a rate something waits")
	}
}
