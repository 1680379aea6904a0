package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/listen"
)

// delivered is a request as it is shown.
type delivered struct {
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	Delivery string    `json:"delivery,omitempty"`
	Event    string    `json:"event,omitempty"`
	Key      string    `json:"key,omitempty"` // the conversation, else the resource
	Attempt  string    `json:"attempt,omitempty"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status,omitempty"`
	Error    string    `json:"error,omitempty"`
	Duration float64   `json:"durationMs"`
	Repeated bool      `json:"repeated,omitempty"`

	Request  *shownBody `json:"request,omitempty"`
	Response *shownBody `json:"response,omitempty"`
}

type shownBody struct {
	Headers map[string][]string `json:"headers,omitempty"`
	Body    string              `json:"body"`
}

// asShown picks what people look for out of a request.
func asShown(e listen.Exchange) delivered {
	v := delivered{
		Type: "request", At: e.At.UTC(), Method: e.Method, Path: e.Path, Status: e.Status, Error: e.Failure,
		Duration: float64(e.Took.Microseconds()) / 1000, Repeated: e.Repeated,
	}
	id := e.Header.Get("X-Delivery-Id")
	if _, err := bellhop.ParseUUID(id); err != nil {
		return v // anybody may send a header
	}
	v.Type, v.Delivery, v.Attempt = "delivery", id, e.Header.Get("X-Delivery-Attempt")
	var envelope struct {
		Event    string `json:"event"`
		Activity struct {
			Object struct {
				ID string `json:"id"`
			} `json:"object"`
		} `json:"activity"`
		Data struct {
			Links struct {
				Conversation string `json:"conversation"`
			} `json:"links"`
		} `json:"data"`
	}
	_ = json.Unmarshal(e.Body, &envelope) // what does not fit has no event and no key
	v.Event, v.Key = envelope.Event, envelope.Data.Links.Conversation
	if v.Key == "" {
		v.Key = envelope.Activity.Object.ID
	}
	v.Key = v.Key[strings.LastIndexByte(v.Key, '/')+1:]
	return v
}

// failed reports whether a delivery with this outcome comes again, or is dead.
func (v *delivered) failed() bool { return v.Status < 200 || v.Status > 299 }

// maskedHeaders is the headers without what logs somebody in.
func maskedHeaders(header map[string][]string) map[string][]string {
	shown := make(map[string][]string, len(header))
	for name, values := range header {
		if name == "Authorization" || name == "Cookie" {
			values = []string{"•••"}
		}
		shown[name] = values
	}
	return shown
}

// line is a delivery in one line: time, event, whose it is, status, how long it took, and which attempt it was.
func (d *display) line(v delivered, columns int) string {
	what := v.Event
	if what == "" {
		path, query, _ := strings.Cut(v.Path, "?")
		what = v.Method + " " + path
		if strings.Contains(query, "type=subscribe") {
			what += " (challenge)"
		}
	}
	what = clean(what, "")
	d.eventWidth = max(d.eventWidth, min(cells(what), 40))
	status, paint := fmt.Sprint(v.Status), d.paint.green
	switch {
	case v.Status == 0:
		status, paint = "---", d.paint.red
	case v.Status >= 400:
		paint = d.paint.red
	case v.Status >= 300:
		paint = d.paint.yellow
	}
	note := ""
	if v.Attempt != "" && v.Attempt != "1" {
		note = "attempt " + clean(v.Attempt, "")
	}
	if v.Repeated {
		note = strings.TrimPrefix(note+", answered before", ", ")
	}
	took := fmt.Sprintf("%.0f ms", v.Duration)
	if v.Duration >= 10_000 {
		took = fmt.Sprintf("%.1f s", v.Duration/1000)
	}
	key := shortID(clean(v.Key, ""))
	// On a narrow terminal the event gives way, then what stands at the end.
	width := d.eventWidth
	fixed := len("15:04:05") + len("  ")*4 + 8 + 3 + 8
	if columns > 0 {
		width = max(8, min(width, columns-fixed))
	}
	what = cut(what, width)
	head := v.At.Local().Format(time.TimeOnly) + "  "
	tail := fmt.Sprintf("  %8s  ", took)
	if columns > 0 {
		note = cut(note, max(1, columns-fixed-width))
		if columns <= fixed+width {
			note = ""
		}
	}
	text := d.paint.dim(head) + what + strings.Repeat(" ", max(0, width-cells(what))) + "  " +
		d.paint.dim(fmt.Sprintf("%-8s", key)) + "  " + paint(status) + tail + d.paint.yellow(note)
	return strings.TrimRight(text, " ")
}

// shortID is the part of an id that tells it from others: the end of a UUID, and the middle of an id of 24 digits, which
// ends like all of its process.
func shortID(id string) string {
	switch {
	case len(id) <= 8:
		return id
	case len(id) == 24:
		return id[8:16]
	}
	return id[len(id)-8:]
}

// details are the reason of a failure, and what may be done about it.
func (d *display) details(w io.Writer, v delivered, e listen.Exchange, columns int) {
	why := v.Error
	if why == "" {
		body, _, _ := bytes.Cut(bytes.TrimSpace(event.RedactToken(e.Answer)), []byte("\n"))
		why = string(body[:min(len(body), 500)])
	}
	if why = clean(why, ""); why != "" {
		fmt.Fprintln(w, strings.Repeat(" ", 10)+d.paint.red(cut(why, max(0, columns-11))))
	}
	advice := ""
	switch {
	case v.Error == listen.ConnectionRefused:
		advice = "nothing listens at " + d.listening.target.Host + ": start your bot"
		if v.Delivery != "" {
			advice += "; the delivery comes again"
		}
	case v.Error == listen.ConnectionClosed && v.Delivery != "":
		advice = "the bot has stopped or crashed: see what it printed; the delivery comes again"
	case v.Status == 401 && v.Delivery != "":
		advice = "the bot refused the signature: give it the secret of this webhook (--print-secret), and have it check the bytes as they came"
	case v.Status == 404:
		advice = "nothing answers at this path: give it with --path, or with the URL, as in bellhop listen " +
			d.listening.target.Scheme + "://" + d.listening.target.Host + "/webhook"
	}
	if advice == "" || d.told[advice] {
		return
	}
	d.told[advice] = true
	fmt.Fprintln(w, strings.Repeat(" ", 10)+d.paint.yellow("hint:")+" "+advice)
}

// bodies are all of a request and its answer.
func (d *display) bodies(w io.Writer, v delivered) {
	indent := strings.Repeat(" ", 10)
	for _, name := range slices.Sorted(maps.Keys(v.Request.Headers)) {
		fmt.Fprintln(w, indent+d.paint.dim(clean(name+": "+strings.Join(v.Request.Headers[name], ", "), "")))
	}
	for _, body := range []string{v.Request.Body, v.Response.Body} {
		if body != "" {
			fmt.Fprintln(w, indent+clean(body, ""))
		}
	}
}
