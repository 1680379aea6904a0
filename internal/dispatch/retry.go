package dispatch

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

// verdict is what an attempt means for its delivery.
type verdict int

const (
	delivered verdict = iota
	failed            // is repeated
	refused           // failed for good
)

// judge applies docs/contract/delivery.md section 5 to the status of an answer; 0 means
// that no complete answer came.
func judge(status int) verdict {
	switch {
	case status >= 200 && status < 300:
		return delivered
	case status < 400 || status >= 500:
		return failed
	}
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests:
		return failed
	}
	return refused
}

const (
	firstWait    = 10 * time.Second
	doublings    = 8 // waits 10 s to 2560 s, then
	longestWait  = time.Hour
	jitterFactor = 0.1
)

// retryWait returns how long to wait after the given number of failed attempts. jitter
// is from -1 to 1 (docs/contract/delivery.md section 6).
func retryWait(attempts int, jitter float64) time.Duration {
	wait := longestWait
	if attempts-1 <= doublings {
		wait = firstWait << (attempts - 1)
	}
	return wait + time.Duration(jitterFactor*jitter*float64(wait))
}

// nextAttempt returns when a delivery that failed at now is attempted next, or false if
// that would be past its end.
func nextAttempt(d *bellhop.Delivery, attempts int, now bellhop.Time, retryAfter time.Duration, jitter float64) (bellhop.Time, bool) {
	due := now.Add(max(retryWait(attempts, jitter), retryAfter))
	return due, due <= d.Ends
}

// retryAfter reads the header of that name where it counts: on 429 and 503, in seconds
// or as a date. It is 0 if there is nothing to respect.
func retryAfter(status int, header http.Header, now time.Time) time.Duration {
	if !mayPostpone(status) {
		return 0
	}
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		// More than a delivery's life is all the same, and would overflow.
		return time.Duration(min(seconds, uint64(2*bellhop.DeliveryLife/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), 2*bellhop.DeliveryLife)
}

// mayPostpone reports whether Retry-After counts on an answer with that status.
func mayPostpone(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}
