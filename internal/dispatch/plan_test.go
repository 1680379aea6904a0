package dispatch_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

func TestPlan(t *testing.T) {
	plan := dispatch.Plan(dispatch.Trouble{Status: 500})
	for i, p := range plan[1:] {
		before, wait := plan[i], schedule(i+1)
		if p.Number != i+2 || p.At-before.At != wait || p.Earliest-before.Earliest != wait*9/10 || p.Latest-before.Latest != wait*11/10 {
			t.Errorf("attempt %d: %+v after %+v, want %v ± 10%%", i+2, p, before, wait)
		}
	}
	if last := plan[len(plan)-1]; last.Number != 35 || last.Earliest > bellhop.DeliveryLife || last.Earliest+54*time.Minute <= bellhop.DeliveryLife {
		t.Errorf("the last one is %+v", last)
	}
	slow := dispatch.Plan(dispatch.Trouble{Timeout: true, Took: 20 * time.Second})
	if got := slow[3]; got.At != 130*time.Second || got.Earliest != 123*time.Second {
		t.Errorf("the fourth attempt where each takes 20 s: %+v", got)
	}
	if got := dispatch.Plan(dispatch.Trouble{Status: 503, RetryAfter: time.Minute})[3]; got.At != 3*time.Minute {
		t.Errorf("the fourth attempt where Retry-After says a minute: %+v", got)
	}
	if got := dispatch.Plan(dispatch.Trouble{Status: 500, RetryAfter: time.Minute})[3]; got.At != 70*time.Second {
		t.Errorf("the fourth attempt where Retry-After has no say: %+v", got)
	}
	if got := dispatch.Plan(dispatch.Trouble{Status: 429, RetryAfter: 25 * time.Hour}); len(got) != 1 {
		t.Errorf("%d attempts where Retry-After leads beyond the end, want 1", len(got))
	}
}

// Whatever jitter does lies within what CatchBy says, and comes close to its ends.
func TestCatchBy(t *testing.T) {
	for _, trouble := range []dispatch.Trouble{{Status: 302}, {Timeout: true, Took: 20 * time.Second}, {Status: 503, RetryAfter: 10 * time.Minute}} {
		plan := dispatch.Plan(trouble)
		for back := range 2000 {
			back := time.Duration(back) * 45 * time.Second
			c := dispatch.CatchBy(trouble, back)
			for range 50 {
				at, n := time.Duration(0), 1
				for at < back && at <= bellhop.DeliveryLife {
					jitter := 2*rand.Float64() - 1
					if rand.IntN(2) == 0 {
						jitter = float64(rand.IntN(2)*2 - 1) // far out
					}
					wait := 3600 * time.Second
					if n <= 9 {
						wait = schedule(n)
					}
					wait += time.Duration(jitter * .1 * float64(wait))
					if trouble.RetryAfter > 0 {
						wait = max(wait, trouble.RetryAfter)
					}
					at += trouble.Took + wait
					n++
				}
				dead := at > bellhop.DeliveryLife
				if dead && c.Always || !dead && (c.Never || at < c.Earliest || at > c.Latest || n < c.Fewest || n > c.Most) {
					t.Fatalf("%+v, back after %v: attempt %d at %v, dead %v, want %+v", trouble, back, n, at, dead, c)
				}
			}
			for _, p := range plan {
				if p.At >= back && p.At <= bellhop.DeliveryLife {
					if c.Number != p.Number || c.At != p.At {
						t.Fatalf("%+v, back after %v: %+v, want attempt %+v without jitter", trouble, back, c, p)
					}
					break
				}
			}
		}
	}
	for _, test := range []struct {
		back                 time.Duration
		number, fewest, most int
		earliest, latest     time.Duration
		never, always        bool
	}{
		{0, 1, 1, 1, 0, 0, false, true},
		{5 * time.Second, 2, 2, 2, 9 * time.Second, 11 * time.Second, false, true},
		{10 * time.Second, 2, 2, 3, 10 * time.Second, 32 * time.Second, false, true},
		{2 * time.Hour, 11, 11, 11, 7839 * time.Second, 9581 * time.Second, false, true},
		{24 * time.Hour, 0, 31, 35, 24 * time.Hour, 24 * time.Hour, false, false},
		{25 * time.Hour, 0, 0, 0, 0, 0, true, false},
	} {
		c := dispatch.CatchBy(dispatch.Trouble{Status: 302}, test.back)
		if c.Number != test.number || c.Never != test.never || c.Always != test.always ||
			!c.Never && (c.Fewest != test.fewest || c.Most != test.most || c.Earliest != test.earliest || c.Latest != test.latest) {
			t.Errorf("back after %v: %+v, want %+v", test.back, c, test)
		}
	}
}
