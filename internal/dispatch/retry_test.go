package dispatch

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Contract: delivery.md 5: Non-recoverable: all 4xx
// Contract: delivery.md 5: 2xx
// Contract: delivery.md 5: non-recoverable status
func TestJudge(t *testing.T) {
	for status := range 700 {
		want := failed
		switch {
		case status >= 200 && status <= 299:
			want = delivered
		case status >= 400 && status <= 499:
			want = refused
		}
		switch status {
		case 408, 409, 423, 425, 429:
			want = failed
		}
		if got := judge(status); got != want {
			t.Errorf("judge(%d) = %d, want %d", status, got, want)
		}
	}
}

func TestRetryWait(t *testing.T) {
	want := []time.Duration{10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600}
	for i, seconds := range want {
		for _, jitter := range []float64{-1, 0, 1} {
			want := seconds*time.Second + time.Duration(jitter*float64(seconds)*float64(time.Second)/10)
			if got := retryWait(i+1, jitter); got != want {
				t.Errorf("retryWait(%d, %v) = %v, want %v", i+1, jitter, got, want)
			}
		}
	}
	if got := retryWait(1_000_000, 0); got != time.Hour {
		t.Errorf("retryWait(1000000) = %v", got)
	}
}

func TestNextAttempt(t *testing.T) {
	d := &bellhop.Delivery{Ends: 100_000}
	for _, c := range []struct {
		now   bellhop.Time
		after time.Duration
		want  bellhop.Time
		again bool
	}{
		{0, 0, 10_000, true},
		{0, 5 * time.Second, 10_000, true},
		{0, 50 * time.Second, 50_000, true},
		{90_000, 0, 100_000, true}, // no attempt starts later than the end, but then it may
		{90_001, 0, 100_001, false},
		{0, 101 * time.Second, 101_000, false},
	} {
		if got, again := nextAttempt(d, 1, c.now, c.after, 0); got != c.want || again != c.again {
			t.Errorf("nextAttempt at %d after %v = %d, %t, want %d, %t", c.now, c.after, got, again, c.want, c.again)
		}
	}
}

// Contract: delivery.md 5: 429 and 503 with Retry-After
func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 5, 26, 10, 0, 0, 500, time.UTC)
	for _, c := range []struct {
		status int
		value  string
		want   time.Duration
	}{
		{429, "120", 2 * time.Minute},
		{503, " 0 ", 0},
		{503, "", 0},
		{503, "-5", 0},
		{503, "1.5", 0},
		{500, "120", 0},
		{200, "120", 0},
		{429, "Sun, 26 May 2024 10:01:00 GMT", time.Minute - 500},
		{429, "Sun, 26 May 2024 09:01:00 GMT", 0},
		{429, "Sun, 26 May 2030 09:01:00 GMT", 48 * time.Hour},
		{429, "Sunday, 26-May-24 10:01:00 GMT", time.Minute - 500},
		{503, "Sun May 26 10:01:00 2024", time.Minute - 500},
		{503, "26 May 2024 10:01:00", 0},
		{408, "120", 0},
		{302, "120", 0},
		{503, "9223372036854775807", 48 * time.Hour},
		{503, "18446744073709551616", 48 * time.Hour},
	} {
		if got := retryAfter(c.status, http.Header{"Retry-After": {c.value}}, now); got != c.want {
			t.Errorf("retryAfter(%d, %q) = %v, want %v", c.status, c.value, got, c.want)
		}
	}
}

// TestWholeSchedule goes through all attempts of deliveries that always fail: the waits are those
// of docs/contract/delivery.md section 6, within 10 %, and nothing is attempted after the end.
//
// Contract: delivery.md 6: Schedule (chosen)
func TestWholeSchedule(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		first := bellhop.Time(1_000_000_000)
		took := time.Duration(chance.IntN(20_000)) * time.Millisecond
		d := &bellhop.Delivery{Ends: first.Add(bellhop.DeliveryLife)}
		starts := []bellhop.Time{first}
		for {
			attempts, last := len(starts), starts[len(starts)-1].Add(took)
			due, again := nextAttempt(d, attempts, last, 0, 2*chance.Float64()-1)
			plain := 3600 * time.Second
			if attempts <= 9 {
				plain = 10 * time.Second << (attempts - 1)
			}
			if waited := due.Sub(last); waited < plain*9/10-time.Millisecond || waited > plain*11/10+time.Millisecond {
				t.Fatalf("%v after attempt %d, want %v", waited, attempts, plain)
			}
			if !again {
				if due <= d.Ends {
					t.Fatalf("given up although the next attempt would be in time")
				}
				break
			}
			if starts = append(starts, due); due.Sub(first) > 24*time.Hour {
				t.Fatalf("an attempt %v after the first", due.Sub(first))
			}
		}
		if n := len(starts); n < 29 || n > 36 || starts[n-1].Sub(first) < 22*time.Hour+40*time.Minute {
			t.Fatalf("%d attempts, the last after %v", n, starts[n-1].Sub(first))
		}
	}
}

// What an endpoint wishes never shortens the schedule, and beyond the end it kills at once.
func TestRetryAfterAndSchedule(t *testing.T) {
	d := &bellhop.Delivery{Ends: bellhop.Time(0).Add(bellhop.DeliveryLife)}
	for attempts := 1; attempts < 40; attempts++ {
		for _, wish := range []time.Duration{0, time.Second, 30 * time.Second, 2 * time.Hour, 24 * time.Hour, 24*time.Hour + time.Millisecond} {
			due, again := nextAttempt(d, attempts, 0, wish, 0)
			if want := max(retryWait(attempts, 0), wish); due != bellhop.Time(0).Add(want) || again != (want <= 24*time.Hour) {
				t.Errorf("attempt %d after a wish of %v: due %v, %t", attempts, wish, due, again)
			}
		}
	}
}

// Thousands of records may wait for the store, and must not hold a whole answer each.
func TestRecordKeepsLittle(t *testing.T) {
	j := &job{Pending: store.Pending{Event: &bellhop.Event{}}}
	target := &Target{Signer: event.NewSigner(event.Signing{Secret: "s"})}
	response := &egress.Response{Status: 200, Header: http.Header{}, Body: make([]byte, 1<<20)}
	a := record(j, &egress.Request{URL: &url.URL{}}, target, response, nil, 0)
	if len(a.ResponseBody) != keptBody || cap(a.ResponseBody) > 2*keptBody || !a.Truncated {
		t.Errorf("the record keeps %d bytes of room for %d, truncated: %t", cap(a.ResponseBody), len(a.ResponseBody), a.Truncated)
	}
}
