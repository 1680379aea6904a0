package dispatch

import (
	"net/http"
	"net/textproto"
	"testing"
	"time"

	"bellhop"
)

// What an endpoint wishes is never in the past and never beyond bounds, and moves no attempt before the
// one of the schedule.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "120", "-1", "+5", "1.5", "1e9", "0x10", " 7 ", "\t7", "7, 8", "9223372036854775807", "9223372036854775808", "18446744073709551615",
		"18446744073709551616", "99999999999999999999999999", "00000000000000000000000000000000001", "\u0661", "1_000", "Inf", "NaN",
		"Sun, 26 May 2024 10:01:00 GMT", "Sunday, 26-May-24 10:01:00 GMT", "Sun May 26 10:01:00 2024", "Sun, 26 May 9999 23:59:59 GMT",
		"Mon, 01 Jan 0001 00:00:00 GMT", "Sun, 26 May 2024 10:01:00 +0200", "Sun, 31 Feb 2024 10:01:00 GMT", "2024-05-26T10:01:00Z",
	} {
		f.Add(429, value, int64(1716717600))
		f.Add(503, value, int64(-62135596800)) // the year 1
		f.Add(500, value, int64(253402300799)) // the year 9999
	}
	f.Fuzz(func(t *testing.T, status int, value string, seconds int64) {
		now := time.Unix(seconds%253402300800, 0)
		wait := retryAfter(status, http.Header{"Retry-After": {value}}, now)
		if wait < 0 || wait > 2*bellhop.DeliveryLife || wait > 0 && status != 429 && status != 503 {
			t.Fatalf("retryAfter(%d, %q) = %v", status, value, wait)
		}
		if trimmed := textproto.TrimString(value); retryAfter(status, http.Header{"Retry-After": {trimmed}}, now) != wait {
			t.Fatalf("retryAfter(%d, %q) = %v, but differs without blanks", status, value, wait)
		}
		start := bellhop.Time(1_000_000)
		d := &bellhop.Delivery{Ends: start.Add(bellhop.DeliveryLife)}
		due, again := nextAttempt(d, 1, start, wait, 0)
		if due < start.Add(firstWait) || due < start.Add(wait) || again != (due <= d.Ends) {
			t.Fatalf("nextAttempt after %v = %d, %t", wait, due, again)
		}
	})
}
