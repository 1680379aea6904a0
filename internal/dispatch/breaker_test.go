package dispatch

import (
	"testing"
	"time"

	"bellhop"
)

// TestBreaker goes through docs/contract/extensions.md section 4, "What counts as down".
//
// Contract: extensions.md 4: What counts as down
// Contract: extensions.md 4: A bot whose handlers wait
func TestBreaker(t *testing.T) {
	type seen struct {
		response
		times int
		every time.Duration
	}
	for _, test := range []struct {
		name string
		seen []seen
		down bool
	}{
		{"nine failures in a row", []seen{{broken, 9, time.Second}}, false},
		{"ten failures in a row", []seen{{broken, 10, time.Second}}, true},
		{"ten failures, far apart", []seen{{broken, 10, time.Hour}}, true},
		{"an answer ends the series", []seen{{broken, 9, time.Second}, {answered, 1, 0}, {broken, 9, time.Minute}}, false},
		{"ten timeouts and no answer", []seen{{timedOut, 10, time.Second}}, true},
		{"timeouts of handlers that wait", []seen{{answered, 1, 0}, {timedOut, 30, time.Second}}, false},
		{"timeouts long after the last answer", []seen{{answered, 1, 0}, {timedOut, 11, time.Minute}}, true},
		{"half of a minute's attempts", []seen{{answered, 10, time.Second}, {broken, 9, time.Second}, {answered, 1, 0}, {broken, 1, 0}}, false},
		{"more than half of a minute's attempts", []seen{
			{answered, 5, time.Second}, {broken, 9, time.Second}, {answered, 4, time.Second}, {broken, 2, time.Second}}, true},
		{"more than half, but few", []seen{{answered, 8, time.Second}, {broken, 9, time.Second}}, false},
		{"more than half, but of two minutes", []seen{
			{answered, 4, time.Second}, {broken, 9, time.Second}, {answered, 1, 2 * time.Minute}, {broken, 9, time.Second}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b breaker
			now := bellhop.TimeOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			got := false
			for _, s := range test.seen {
				for range s.times {
					if got {
						t.Fatal("down too early")
					}
					got = b.observe(now, s.response) == down
					now = now.Add(s.every)
				}
			}
			if got != test.down {
				t.Errorf("down = %v, want %v", got, test.down)
			}
		})
	}
}

func TestBreakerSince(t *testing.T) {
	var b breaker
	for _, step := range []struct {
		at       bellhop.Time
		response response
		failures int
		since    bellhop.Time
	}{
		{1000, answered, 0, 1000}, {2000, answered, 0, 1000}, {3000, broken, 1, 3000}, {4000, broken, 2, 3000}, {5000, answered, 0, 5000},
	} {
		b.observe(step.at, step.response)
		if b.failures != step.failures || b.since != step.since {
			t.Errorf("at %d: %d failures since %d, want %d since %d", step.at, b.failures, b.since, step.failures, step.since)
		}
	}
}

func TestResponseOf(t *testing.T) {
	for _, test := range []struct {
		status  int
		timeout bool
		want    response
	}{
		{0, false, broken}, {500, false, broken}, {503, false, broken}, {429, false, broken}, {0, true, timedOut},
		{200, false, answered}, {302, false, answered}, {400, false, answered}, {401, false, answered}, {404, false, answered},
		{408, false, answered}, {410, false, answered},
	} {
		if got := responseOf(test.status, test.timeout); got != test.want {
			t.Errorf("responseOf(%d, %v) = %d, want %d", test.status, test.timeout, got, test.want)
		}
	}
}

func TestProbeWait(t *testing.T) {
	var got []time.Duration
	for wait := time.Duration(0); len(got) < 9; got = append(got, wait) {
		wait = probeWait(wait)
	}
	for i, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300, 300} {
		if got[i] != want*time.Second {
			t.Errorf("probe %d waits %v, want %v", i+1, got[i], want*time.Second)
		}
	}
}
