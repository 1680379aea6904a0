package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
)

func deliveryCommands() []command {
	return []command{
		{"list", "list deliveries, the newest first; --follow shows them as they happen", listDeliveries, nil},
		{"get", "show a delivery: its attempts, and what was sent and answered", getDelivery, nil},
	}
}

const deliveriesAbout = `Lists deliveries, the newest first: one event on its way to one service each.
With --follow it shows attempts as they happen, until it is interrupted; a
connection that breaks is made again, and goes on where it was.`

// deliveryFilter is which deliveries are meant.
type deliveryFilter struct {
	service, status, event, conversation string
	since                                pastTime
	limit                                atMost
	follow                               bool
}

func (f *deliveryFilter) flags(r *request) {
	r.StringVar(&f.service, "service", "", "only those to this `service`")
	r.StringVar(&f.status, "status", "", "only those with this `status`: pending, delivered or dead")
	r.StringVar(&f.event, "event", "", "only of this `event`, or of those that match a pattern, such as message.create.**")
	r.StringVar(&f.conversation, "conversation", "", "only of this `conversation`, or another key")
	r.Var(&f.since, "since", "only of events from this `time` on, as 2026-05-06T12:30, or not older than 90m or 7d")
	f.limit = 20
	r.Var(&f.limit, "limit", "`number` of deliveries at most")
	r.BoolVar(&f.follow, "follow", false, "show attempts as they happen")
}

// listDeliveries lists deliveries, or follows them.
func listDeliveries(ctx context.Context, args []string, env environment) error {
	r := env.request("deliveries list", "", deliveriesAbout)
	var f deliveryFilter
	f.flags(r)
	if _, err := r.parse(args); err != nil {
		return err
	}
	if f.status != "" && !slices.Contains([]string{"pending", "delivered", "dead"}, f.status) {
		return wrongUsage("--status is pending, delivered or dead, not %q", f.status)
	}
	if f.follow && !f.since.IsZero() {
		return wrongUsage("--follow shows what happens from now on, without --since")
	}
	var err error
	var service chipchat.ID
	if f.service != "" {
		if service, err = r.service(ctx, f.service); err != nil {
			return err
		}
	}
	if f.follow {
		return r.follow(ctx, &f, service)
	}
	q := chipchat.Query{"sort": "-createdAt"}
	for name, value := range map[string]string{"service": string(service), "status": f.status, "event": f.event, "key": f.conversation} {
		if value != "" {
			q[name] = value
		}
	}
	if !f.since.IsZero() {
		q["createdAt"] = ">=" + f.since.at()
	}
	deliveries, err := listUpTo(ctx, r, r.bot.Deliveries, q, f.limit, "delivery")
	if err != nil {
		return fmt.Errorf("list the deliveries: %w", err)
	}
	return r.print(env, rawOf(deliveries, func(d *chipchat.Delivery) json.RawMessage { return d.Raw }), func(w io.Writer) error {
		if len(deliveries) == 0 {
			fmt.Fprintln(env.stderr, "There are no such deliveries.")
			return nil
		}
		return r.deliveryTable(ctx, w, deliveries)
	})
}

// deliveryTable writes deliveries for people.
func (r *request) deliveryTable(ctx context.Context, w io.Writer, deliveries []chipchat.Delivery) error {
	names, err := r.serviceNames(ctx)
	if err != nil {
		return err
	}
	t := r.env.table("id!", "at?", "event<", "service?", "result!", "tries?")
	for i := range deliveries {
		d := &deliveries[i]
		t.row(d.ID, moment(d.CreatedAt, time.Now()), d.Event, names.of(d.Service), t.paint.result(d), d.Attempts)
	}
	return t.write(w)
}

// result is what became of a delivery, in a word or two.
func (p paint) result(d *chipchat.Delivery) cell {
	c := p.status(d.Status)
	switch {
	case d.Status == "delivered" && d.LastStatus > 0:
		c.text = fmt.Sprint(d.LastStatus)
	case d.Attempts > 0:
		c.text += " " + reason(d.LastStatus, d.LastError)
	}
	return c
}

// reason is what was wrong with an attempt.
func reason(status int, text string) string {
	if status > 0 {
		return fmt.Sprint(status)
	}
	return text
}

// serviceNames are the names of the services, by id.
type serviceNames map[chipchat.ID]string

func (r *request) serviceNames(ctx context.Context) (serviceNames, error) {
	services, err := r.bot.Services.All(ctx, chipchat.Query{"select": []string{"id", "name"}, "limit": 1000}, chipchat.Paging{CountLimit: 10_000, Backoff: -1})
	if err != nil {
		return nil, fmt.Errorf("list the services: %w", err)
	}
	names := serviceNames{}
	for _, s := range services {
		names[s.ID] = s.Name
	}
	return names, nil
}

// of is the name of a service, or its id where it is gone.
func (n serviceNames) of(id chipchat.ID) string {
	if name := n[id]; name != "" {
		return name
	}
	return string(id)
}

const deliveryAbout = `Shows a delivery: what was sent, each attempt with its times, and what was
answered. Secrets are masked. last is the newest delivery of all.`

// getDelivery shows one.
func getDelivery(ctx context.Context, args []string, env environment) error {
	r := env.request("deliveries get", "DELIVERY", deliveryAbout)
	words, err := r.parse(args, "DELIVERY")
	if err != nil {
		return err
	}
	id, err := r.delivery(ctx, words[0])
	if err != nil {
		return err
	}
	d, err := r.bot.Deliveries.Get(ctx, id, nil)
	if err != nil {
		return fmt.Errorf("get the delivery %s: %w", words[0], err)
	}
	return r.print(env, d.Raw, func(w io.Writer) error { return r.showDelivery(ctx, w, d) })
}

// delivery is the id of a delivery; last is that of the newest.
func (r *request) delivery(ctx context.Context, word string) (chipchat.ID, error) {
	if word != "last" {
		return chipchat.ID(word), nil
	}
	page, err := r.bot.Deliveries.List(ctx, chipchat.Query{"limit": 1, "select": "id"})
	if err != nil {
		return "", fmt.Errorf("find the last delivery: %w", err)
	}
	if len(page.Items) == 0 {
		return "", noSuch("there is no delivery yet")
	}
	return page.Items[0].ID, nil
}

func (r *request) showDelivery(ctx context.Context, w io.Writer, d *chipchat.Delivery) error {
	names, err := r.serviceNames(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	next := ""
	if d.Status == "pending" {
		next = moment(d.NextAttempt, now)
	}
	if err := r.env.pairs(w, [][2]string{
		{"Id", string(d.ID)}, {"Event", d.Event + "  " + string(d.EventID)}, {"Service", names.of(d.Service) + "  " + string(d.Service)},
		{"Key", d.Key}, {"Status", d.Status}, {"Created", moment(d.CreatedAt, now)}, {"Delivered", moment(d.DeliveredAt, now)},
		{"Next attempt", next}, {"Replay of", string(d.ReplayOf)},
	}...); err != nil {
		return err
	}
	p := r.env.paint(r.env.stdout)
	for i := range d.Log {
		if err := writeAttempt(w, p, &d.Log[i], now); err != nil {
			return err
		}
	}
	return writePayload(w, p, d.Payload, d.PayloadBytes)
}

// writePayload writes the body of a delivery, indented.
func writePayload(w io.Writer, p paint, payload json.RawMessage, size int) error {
	if len(payload) == 0 {
		return nil
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(payload); err != nil {
		return fmt.Errorf("print the payload: %w", err)
	}
	_, err := fmt.Fprintf(w, "\n%s\n%s", p.bold(fmt.Sprintf("Payload, %d bytes", size)), clean(b.String(), "\n"))
	return err
}

// writeAttempt writes an attempt as the pages show it: what was asked, how long each part took, what came back.
func writeAttempt(w io.Writer, p paint, a *chipchat.Attempt, now time.Time) error {
	paint, outcome := p.green, fmt.Sprintf("status %d", a.Status)
	if a.Status < 200 || a.Status > 299 || a.Error != "" {
		paint = p.red
		if a.Status == 0 {
			outcome = a.Error
		}
	}
	if _, err := fmt.Fprintf(w, "\n%s  %s  %s  %s\n", p.bold(fmt.Sprintf("Attempt %d", a.Number)), moment(a.At, now),
		paint(clean(outcome, "")), p.dim(timesOf(a.Duration))); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "  POST %s\n", clean(a.Request.URL, "")); err != nil {
		return err
	}
	if err := writeHeaders(w, p, "> ", a.Request.Headers); err != nil || a.Response == nil {
		return err
	}
	if err := writeHeaders(w, p, "< ", a.Response.Headers); err != nil || a.Response.Body == "" {
		return err
	}
	for line := range strings.SplitSeq(strings.TrimRight(a.Response.Body, "\n"), "\n") {
		if _, err := fmt.Fprintln(w, "    "+clean(line, "\t")); err != nil {
			return err
		}
	}
	if a.Response.Truncated {
		_, err := fmt.Fprintln(w, p.dim("    (and more)"))
		return err
	}
	return nil
}

func writeHeaders(w io.Writer, p paint, mark string, headers map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		var values []string
		var one string
		if json.Unmarshal(headers[name], &one) == nil {
			values = []string{one}
		} else if json.Unmarshal(headers[name], &values) != nil {
			values = []string{string(headers[name])}
		}
		for _, value := range values {
			if _, err := fmt.Fprintln(w, "  "+p.dim(mark+clean(name, "")+": ")+clean(value, "")); err != nil {
				return err
			}
		}
	}
	return nil
}

// timesOf says where the time of an attempt went.
func timesOf(d chipchat.AttemptDuration) string {
	text := milliseconds(&d.Total)
	var parts []string
	for _, part := range []struct {
		name string
		ms   float64
	}{{"dns", d.DNS}, {"connect", d.Connect}, {"tls", d.TLS}, {"first byte", d.FirstByte}} {
		if part.ms > 0 {
			parts = append(parts, part.name+" "+milliseconds(&part.ms))
		}
	}
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}
