package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/egress"
	"bellhop/internal/event"
)

// answer is what came back.
type answer struct {
	status    int // 0 if there was no answer
	header    http.Header
	body      []byte
	truncated bool
	took      time.Duration

	reason  string // why there is no answer
	timeout bool
}

// noAnswer is the answer that did not come because of err.
func noAnswer(err error, took time.Duration) answer {
	a := answer{reason: "connection failed", took: took}
	if e, ok := errors.AsType[*egress.Error](err); ok {
		a.reason, a.timeout = e.Reason, e.Timeout()
	}
	if a.timeout {
		a.reason = "none within " + rounded(took)
	}
	return a
}

// accepted reports whether the server would count the delivery as delivered, and the receiver does not
// say otherwise. Endpoints on the SDK in plain http mode answer 200 to what they drop
// (docs/contract/delivery.md section 4).
func (a answer) accepted() bool { return a.status/100 == 2 && !a.saysNo() }

// saysNo reports whether the body is that of a refusal, whatever the status.
func (a answer) saysNo() bool {
	var said struct {
		Status string          `json:"status"`
		Error  json.RawMessage `json:"error"`
	}
	if json.Unmarshal(a.body, &said) != nil {
		return false
	}
	switch string(said.Error) {
	case "", "null", "false", "0", `""`, "[]", "{}":
		return said.Status == "not ok"
	}
	return true
}

// busy reports whether the receiver only wants less of it, or later (docs/contract/delivery.md section 5).
func (a answer) busy() bool {
	return a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != ""
}

// often is what to say if the receiver is busy.
func often(a answer) finding {
	return untold(a.String() + ": it was asked too often, try again with --only")
}

// redirects reports whether the receiver points elsewhere.
func (a answer) redirects() bool { return a.status/100 == 3 }

const shownBody = 60

// String says what was answered, in one short line without control characters.
func (a answer) String() string {
	if a.status == 0 {
		return "no answer: " + a.reason
	}
	text := "answered " + strconv.Itoa(a.status)
	if location := a.header.Get("Location"); a.redirects() && location != "" {
		return text + " to " + quoted(location)
	}
	body := strings.TrimSpace(string(event.RedactToken(a.body)))
	switch {
	case body == "":
		return text
	case strings.HasPrefix(body, "<!"), strings.HasPrefix(body, "<html"):
		return text + " with a page"
	}
	return text + " " + quoted(body)
}

// quoted is text of a stranger, safe on a terminal and cut to what fits beside other words.
func quoted(text string) string {
	more := ""
	if len(text) > shownBody {
		text, more = strings.ToValidUTF8(text[:shownBody], ""), " ..."
	}
	if strings.ContainsAny(text, "`") || strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text) + more
	}
	return "`" + text + "`" + more
}

// must is what to say of an event that has to be accepted.
func (a answer) must() finding {
	switch {
	case a.accepted():
		return passed(a.String())
	case a.busy():
		return often(a)
	}
	return failed(a.String())
}

// mustNot is what to say of an event that has to be refused.
func (a answer) mustNot() finding {
	switch {
	case a.busy():
		return often(a)
	case a.accepted():
		return failed("accepted it: " + a.String())
	case a.status/100 == 2:
		return passed("refused it in words: " + a.String())
	case a.status/100 == 4:
		return passed("refused it: " + a.String())
	case a.status >= 500, a.redirects():
		return warning(a.String() + ": it is not accepted, but sent again for 24 hours")
	case a.status == 0 && !a.timeout:
		return warning(a.String() + ": it is not accepted, but sent again for 24 hours")
	}
	return failed(a.String())
}

// orderly is what to say of what may be accepted or refused, as long as the receiver knows which.
func (a answer) orderly() finding {
	switch {
	case a.busy():
		return often(a)
	case a.status/100 == 2, a.status/100 == 4:
		return passed(a.String())
	}
	return failed(a.String())
}

// worst returns the finding with the worst result; of equals the first.
func worst(all ...finding) finding {
	rank := map[Result]int{Passed: 0, Skipped: 0, Untold: 1, Warning: 2, Failed: 3}
	found := all[0]
	for _, f := range all[1:] {
		if rank[f.result] > rank[found.result] {
			found = f
		}
	}
	return found
}

// about puts in front of a finding which of several tries it is about.
func about(what string, f finding) finding {
	f.seen = what + ": " + f.seen
	return f
}

func rounded(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
