package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/event"
	"bellhop/internal/listen"
)

// display shows what comes through a tunnel: a line a delivery on standard output, all else on standard error; as JSON
// everything on standard output. It is safe for concurrent use.
type display struct {
	listening       *listening
	filter          event.Patterns
	out, err        io.Writer
	paint, errPaint paint
	columns         func() int // how wide standard output is; 0: any
	keys            bool       // there is a keyboard

	mu           sync.Mutex
	failuresOnly bool
	away         bool            // a connection was lost, and it was told
	connections  int             // how many there were
	told         map[string]bool // hints, until the next success
	last         string          // id of the delivery that was shown last
	deliveries   int
	failures     int
	eventWidth   int
}

func newDisplay(env environment, l *listening, keys *keyboard) *display {
	filter, _ := event.ParsePatterns(l.filter) // checked with the flags
	return &display{
		listening: l, filter: filter, out: keys.writer(env.stdout), err: keys.writer(env.stderr), keys: keys != nil,
		paint: env.paint(env.stdout), errPaint: env.paint(env.stderr),
		columns: func() int { return columns(env.stdout) }, told: make(map[string]bool), eventWidth: 27,
	}
}

// notice is something that happened beside deliveries, as JSON.
type notice struct {
	Type    string `json:"type"`
	Name    string `json:"name,omitempty"`
	ID      string `json:"id,omitempty"`
	URL     string `json:"url,omitempty"`
	Target  string `json:"target,omitempty"`
	Resumed bool   `json:"resumed,omitempty"`
	Status  string `json:"status,omitempty"`
	Secret  string `json:"secret,omitempty"`
	Error   string `json:"error,omitempty"`
	Again   int64  `json:"againMs,omitempty"`
}

// say writes a line for people, or the notice for scripts. It is called with the lock held.
func (d *display) say(n notice, format string, args ...any) {
	if d.listening.json {
		_ = printLine(d.out, n) // who does not read any more has his reasons
		return
	}
	fmt.Fprintf(d.err, format+"\n", args...)
}

// connected tells of a connection, and reports whether it is the first one.
func (d *display) connected(t listen.Tunnel) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.connections++
	target := d.listening.target.Redacted()
	n := notice{Type: "ready", Name: d.listening.name, ID: t.ID, URL: t.URL, Target: target, Resumed: t.Resumed}
	if d.connections > 1 {
		d.say(n, "%s", d.errPaint.green("Connected again."))
		d.away = false
		return false
	}
	how := "New tunnel"
	if t.Resumed {
		how = "Tunnel"
	}
	d.say(n, "%s %s: %s goes to %s", how, d.listening.name, d.errPaint.bold(clean(t.URL, "")), target)
	return true
}

// lost tells that the connection is gone, once until it is there again.
func (d *display) lost(err error, again time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := notice{Type: "lost", Error: err.Error(), Again: again.Milliseconds()}
	if d.away && !d.listening.json && !d.listening.verbose {
		return
	}
	d.away = true
	d.say(n, "%s %s. What comes meanwhile waits at the server; trying again.", d.errPaint.yellow("Not connected:"), clean(err.Error(), ""))
}

// advise is a sentence for people alone.
func (d *display) advise(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listening.json {
		return
	}
	fmt.Fprintln(d.err, d.errPaint.dim(text))
	d.help(false)
}

// webhook tells of the service, and its secret if that was asked for.
func (d *display) webhook(s *chipchat.Service, secret bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	hook, _ := s.Params["url"].(string)
	n := notice{Type: "webhook", ID: string(s.ID), Name: s.Name, URL: hook, Status: s.Status}
	text := "--print-secret shows it"
	if secret {
		n.Secret, _ = s.Params["secret"].(string)
		text = clean(n.Secret, "")
	}
	events := strings.Join(patternsOf(s), ", ")
	if events == "" {
		events = "all events"
	}
	d.say(n, "Webhook %s (%s) for %s\nSecret  %s", clean(n.ID, ""), clean(s.Name, ""), clean(events, ""), text)
	d.help(false)
}

func (d *display) verified() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.say(notice{Type: "verified", Status: "active"}, "%s The webhook is active, and gets events from now on.", d.errPaint.green("Verified."))
}

func (d *display) unverified(why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.say(notice{Type: "unverified", Status: "unverified", Error: why},
		"%s %s. Events come once it has answered the challenge; it is asked again by itself.",
		d.errPaint.yellow("Not verified:"), clean(strings.TrimPrefix(why, "Webhook could not be verified: "), ""))
}

// end says what there was.
func (d *display) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listening.json {
		return
	}
	fmt.Fprintf(d.err, "%s\n", d.errPaint.dim(fmt.Sprintf("%d requests, %d of them failed.", d.deliveries, d.failures)))
}

// help shows the keys; all says what each does.
func (d *display) help(all bool) {
	if !d.keys {
		return
	}
	text := "Keys: r replay, p pause, f failures only, ? help, q quit"
	if all {
		text = "r  replays the last delivery that was shown\np  pauses: deliveries wait at the server, in order, until p is pressed again\n" +
			"f  shows failures only, or all again\nq  quits, as Ctrl-C does; the tunnel keeps its URL"
	}
	fmt.Fprintln(d.err, d.errPaint.dim(text))
}

// answered shows a request, unless the filter or the key f hides it.
func (d *display) answered(e listen.Exchange) {
	v := asShown(e)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deliveries++
	if v.failed() {
		d.failures++
	} else {
		clear(d.told)
	}
	if len(d.listening.filter) > 0 && !d.filter.Match(v.Event) || d.failuresOnly && !v.failed() {
		return
	}
	if v.Delivery != "" {
		d.last = v.Delivery
	}
	if d.listening.verbose {
		v.Request = &shownBody{Headers: maskedHeaders(e.Header), Body: string(event.RedactToken(e.Body))}
		v.Response = &shownBody{Body: string(event.RedactToken(e.Answer))}
	}
	if d.listening.json {
		_ = printLine(d.out, v)
		return
	}
	width := d.columns()
	var b bytes.Buffer
	fmt.Fprintln(&b, d.line(v, width))
	if v.failed() {
		d.details(&b, v, e, width)
	}
	if d.listening.verbose {
		d.bodies(&b, v)
	}
	d.out.Write(b.Bytes())
}

// note tells of what a key did.
func (d *display) note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.err, d.errPaint.dim(text))
}

// toggleFailures shows failures only, or all again, and reports which.
func (d *display) toggleFailures() (only bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failuresOnly = !d.failuresOnly
	return d.failuresOnly
}

// lastDelivery returns the id of the delivery that was shown last, "" if there was none.
func (d *display) lastDelivery() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}
