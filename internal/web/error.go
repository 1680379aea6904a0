package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

// gone is the outcome of a request whose client did not wait for it. It is sent all the
// same: should somebody be there after all, he must not take silence for success.
var gone = outcome{499, "CanceledError"}

// WriteError answers a request that has failed. What a caller can act on, a
// *bellhop.Error, is shown to him; of everything else he learns no more than that it is
// an internal error. That a request was given up by its client is no error of ours.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	x := exchangeOf(r)
	e, ok := errors.AsType[*bellhop.Error](err)
	o := outcomeOf(e)
	if !ok && r.Context().Err() != nil {
		o, e = gone, bellhop.Errorf(bellhop.Unavailable, "Request canceled")
	}
	switch {
	case o == gone:
		x.log.DebugContext(r.Context(), "the client is gone", "request", x.id, "err", err)
	case o.status >= http.StatusInternalServerError:
		x.failed(r, o.status, err)
	}
	if x.status != 0 {
		return // too late: a part of the answer is out
	}
	writeFailure(w, o, e)
}

// failure is the body of an error.
type failure struct {
	Error struct {
		Message string            `json:"message"`
		Status  int               `json:"status"`
		Name    string            `json:"name"`
		Errors  map[string]string `json:"errors,omitempty"`
	} `json:"error"`
}

// writeFailure shows e, which is nil for most internal errors.
func writeFailure(w http.ResponseWriter, o outcome, e *bellhop.Error) {
	var f failure
	f.Error.Status, f.Error.Name = o.status, o.name
	f.Error.Message = "Internal error"
	if o.status != http.StatusInternalServerError {
		f.Error.Message, f.Error.Errors = e.Message, e.Fields
		if e.Code == bellhop.TooMany || e.RetryAfter > 0 {
			w.Header().Set("Retry-After", wholeSeconds(e.RetryAfter))
		}
	}
	if o.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	body, err := event.AppendValue(nil, f)
	if err != nil { // strings and a number always have a JSON form
		body = json.RawMessage(`{"error":{"message":"Internal error"}}`)
	}
	WriteJSON(w, o.status, body)
}

// wholeSeconds says when to come again: later rather than in vain, and never at once.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}
