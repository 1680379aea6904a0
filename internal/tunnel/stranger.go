package tunnel

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/tunnel/wire"
	"bellhop/internal/web"
)

const (
	// maxStrangers is how many requests of strangers are let in at once, of all tunnels.
	maxStrangers = 256

	// maxStrangersOf is how many of one tunnel are. Deliveries have room beside them.
	maxStrangersOf = wire.MaxUnderWay * 3 / 4

	// strangerBody is how long one may take to send his body, strangerWait how long he waits
	// for an answer, and strangerTake how long he may take to read it.
	strangerBody = 30 * time.Second
	strangerWait = 30 * time.Second
	strangerTake = 30 * time.Second

	// retryAfter is when to try again where nobody listens.
	retryAfter = 5 * time.Second
)

// stranger answers a request to a tunnel's URL by what is at its other end.
func (t *Tunnels) stranger(w http.ResponseWriter, r *http.Request) error {
	web.Quiet(r) // whoever knows the URL may ask as often as he likes
	id := bellhop.ID(r.PathValue("tunnel"))
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/tunnels/"+string(id))
	if _, known := t.config.Roster.Find(id); !ok || !known {
		return bellhop.Errorf(bellhop.NotFound, "Tunnel not found")
	}
	if loadedByPage(r) {
		return bellhop.Errorf(bellhop.Forbidden, "No page of this server loads anything from a tunnel")
	}
	leave, why := t.letIn(id)
	if why != nil {
		return t.refuse(w, r, id, why)
	}
	defer leave()
	deadlines := http.NewResponseController(w)
	if err := deadlines.SetReadDeadline(time.Now().Add(strangerBody)); err != nil {
		return err
	}
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	// The server reads on, to see whether the client leaves.
	if err := deadlines.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), strangerWait)
	defer cancel()
	response, err := t.pass(ctx, id, Sender{}, wire.Request{
		Method: r.Method, Path: rooted(path), Query: r.URL.RawQuery,
		Headers: wire.HeadersOf(r.Header, t.ofOurPages(r)...),
		Body:    bytes.Clone(body), // which may be on its way when this returns
	})
	if refused, ok := errors.AsType[*refusal](err); ok {
		return t.refuse(w, r, id, refused)
	}
	if err != nil && r.Context().Err() == nil {
		return t.refuse(w, r, id, &refusal{http.StatusGatewayTimeout, "The other end of this tunnel did not answer in time", "", false})
	}
	if err != nil {
		return err
	}
	if err := deadlines.SetWriteDeadline(time.Now().Add(strangerTake)); err != nil {
		return err
	}
	t.refusing.Passed(string(id))
	h := w.Header()
	maps.Copy(h, passedBack(response.Headers))
	if r.Method != http.MethodHead && len(response.Body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(response.Body)))
	}
	w.WriteHeader(response.Status)
	// A client who does not take the answer cannot be told so, and some statuses have none.
	_, _ = w.Write(response.Body)
	return nil
}

// loadedByPage reports whether a browser asks on behalf of a page of our own, other than to
// show what it gets: a script from a tunnel would be one of ours there. What came through a
// tunnel is in a sandbox, and has no site.
func loadedByPage(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "same-origin" &&
		(r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Method != http.MethodGet && r.Method != http.MethodHead)
}

// ofOurPages returns the headers of a request that are about our own pages: their cookies, and
// the address of the one that somebody came from.
func (t *Tunnels) ofOurPages(r *http.Request) []string {
	without := []string{"Cookie"}
	from, err := url.Parse(r.Header.Get("Referer"))
	if err == nil && strings.EqualFold(from.Scheme, t.base.Scheme) && sameHost(from, t.base) && t.Of(from) == "" {
		without = append(without, "Referer")
	}
	return without
}

// rooted returns the path that a listener is asked for: what follows the tunnel's URL.
func rooted(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// letIn lets a request of a stranger in, until leave is called. Those to a tunnel whose listener is
// at another node that node counts, too.
func (t *Tunnels) letIn(id bellhop.ID) (leave func(), why *refusal) {
	leaveLink := func() {}
	if l := t.link(id); l != nil {
		if !l.letIn() {
			return nil, tooMany()
		}
		leaveLink = l.letOut
	} else if t.config.Roster.Elsewhere(id) == "" {
		return nil, errNobody()
	}
	select {
	case t.strangers <- struct{}{}:
	default:
		leaveLink()
		return nil, tooMany()
	}
	return func() {
		<-t.strangers
		leaveLink()
	}, nil
}

// letIn counts one more request of a stranger, unless there are too many.
func (l *link) letIn() bool {
	if l.strangers.Add(1) > maxStrangersOf {
		l.letOut()
		return false
	}
	return true
}

func (l *link) letOut() { l.strangers.Add(-1) }

// statusNames are the names of errors that nothing but a tunnel answers with; the others are
// those of docs/contract/resources.md section 5.
var statusNames = map[int]string{
	http.StatusNotFound:                    "NotFoundError",
	http.StatusRequestHeaderFieldsTooLarge: "TooLargeError",
	http.StatusBadGateway:                  "BadGatewayError",
	http.StatusServiceUnavailable:          "UnavailableError",
	http.StatusGatewayTimeout:              "GatewayTimeoutError",
}

// body is a refusal as JSON, in the form of all errors, with that message.
func (e *refusal) body(message string) []byte {
	var f struct {
		Error struct {
			Message string `json:"message"`
			Status  int    `json:"status"`
			Name    string `json:"name"`
		} `json:"error"`
	}
	f.Error.Message, f.Error.Status, f.Error.Name = message, e.status, statusNames[e.status]
	body, err := event.AppendValue(nil, f)
	if err != nil { // strings and a number always have a JSON form
		return []byte(`{"error":{"message":"Internal error"}}`)
	}
	return body
}

// refuse answers a stranger with a refusal, or returns it as an error that everything answers alike. He does not learn what
// has failed at the other end: its texts name what is on somebody's laptop.
func (t *Tunnels) refuse(w http.ResponseWriter, r *http.Request, id bellhop.ID, e *refusal) error {
	t.refusing.Failed(r.Context(), string(id), errors.New(e.message), "tunnel", id, "status", e.status)
	if e.status == http.StatusTooManyRequests {
		return &bellhop.Error{Code: bellhop.TooMany, Message: e.message, RetryAfter: time.Second}
	}
	if e.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
	}
	web.WriteJSON(w, e.status, e.body(e.message))
	return nil
}
