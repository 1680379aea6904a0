package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
)

const replayAbout = `Sends events again: single deliveries by their ids (last is the newest), or
all events of a service in a range of time, in their order. A range is counted
first, and wants to be confirmed; then a bar shows how far it is. Ctrl-C stops
it where it is.

An event counts by its newest delivery: --status dead, the default, is what
never arrived, delivered what did, any all of it, and missing what the service
would get by its present patterns and never got.`

// replayRange is a range of events of a service (docs/contract/extensions.md section 2.1).
type replayRange struct {
	service      string
	since, until pastTime
	status, to   string
	events       list
	rate         float64
	yes, dryRun  bool
	detach       bool
}

func (p *replayRange) flags(r *request) {
	r.StringVar(&p.service, "service", "", "the `service` whose events are sent again")
	r.Var(&p.since, "since", "events from this `time` on, as 2026-05-06T12:30, or not older than 90m or 7d")
	r.Var(&p.until, "until", "events before this `time` (default: now)")
	r.StringVar(&p.status, "status", "dead", "what became of them: dead, delivered, any or missing")
	r.Var(&p.events, "event", "`PATTERN,...` of the events (default: all)")
	r.Float64Var(&p.rate, "rate", 0, "`number` of deliveries a second at most; 0 is as fast as the service takes them")
	r.StringVar(&p.to, "to", "", "`URL` to send them to instead of the service's; messages in its answers are ignored")
	r.BoolVar(&p.dryRun, "dry-run", false, "only count")
	r.BoolVar(&p.yes, "yes", false, "do not ask")
	r.BoolVar(&p.detach, "detach", false, "do not wait until all is sent")
}

// replay sends events again.
func replay(ctx context.Context, args []string, env environment) error {
	r := env.request("replay", "[DELIVERY ...]", replayAbout)
	var p replayRange
	p.flags(r)
	words, err := r.parse(args, "[DELIVERY...]")
	if err != nil {
		return err
	}
	switch {
	case len(words) > 0 && (p.service != "" || !p.since.IsZero()):
		return wrongUsage("replay needs ids of deliveries, or --service and --since, not both")
	case len(words) > 0 && p.to != "":
		return wrongUsage("--to is for a range: --service and --since say which")
	case len(words) > 0:
		return r.replayOnes(ctx, words)
	case p.service == "" || p.since.IsZero():
		return hinted(wrongUsage("replay needs ids of deliveries, or --service and --since"), "bellhop deliveries --status dead lists what never arrived")
	case !slices.Contains([]string{"dead", "delivered", "any", "missing"}, p.status):
		return wrongUsage("--status is dead, delivered, any or missing, not %q", p.status)
	}
	return r.replayRange(ctx, &p)
}

// replayOnes sends single deliveries again.
func (r *request) replayOnes(ctx context.Context, words []string) error {
	ids := make([]chipchat.ID, len(words))
	for i, word := range words { // first of all: a replay is the last delivery itself
		var err error
		if ids[i], err = r.delivery(ctx, word); err != nil {
			return err
		}
	}
	bar := r.env.progress("Replaying", len(words))
	defer bar.close()
	for i, id := range ids {
		d, err := below[chipchat.Delivery](r.bot, "deliveries", id, "replay").Create(ctx, nil)
		if err != nil {
			return fmt.Errorf("replay the delivery %s: %w", words[i], err)
		}
		ids[i] = d.ID
		bar.add(1)
	}
	bar.close()
	return r.showOutcome(ctx, ids, 5*time.Second)
}

// replayed is a replay as the server tells of it.
type replayed struct {
	ID      chipchat.ID `json:"id"`
	State   string      `json:"state"`
	Total   int         `json:"total"`
	Sent    int         `json:"sent"`
	Failed  int         `json:"failed"`
	Pending int         `json:"pending"`
}

func (r *request) replayRange(ctx context.Context, p *replayRange) error {
	service, err := r.service(ctx, p.service)
	if err != nil {
		return err
	}
	body := map[string]any{"from": p.since.at(), "status": p.status, "dryRun": true}
	if p.until.IsZero() {
		p.until.Time = time.Now() // what is counted is what is sent
	}
	body["to"] = p.until.at()
	if len(p.events) > 0 {
		body["events"] = p.events
	}
	if p.rate > 0 {
		body["rate"] = p.rate
	}
	if p.to != "" {
		body["url"] = p.to
	}
	replays := below[json.RawMessage](r.bot, "services", service, "replays")
	raw, count, err := replayAnswer(replays.Create(ctx, body))
	if err != nil {
		return fmt.Errorf("count what to replay: %w", err)
	}
	if p.dryRun {
		return r.print(r.env, raw, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s would be sent.\n", counted(count.Total, "event"))
			return err
		})
	}
	if count.Total == 0 {
		return r.done(raw, "There is nothing to replay.")
	}
	target := p.service
	if p.to != "" {
		target = p.to
	}
	if err := r.confirm(ctx, p.yes, fmt.Sprintf("Send %s to %s again?", counted(count.Total, "event"), target)); err != nil {
		return err
	}
	body["dryRun"] = false
	raw, made, err := replayAnswer(replays.Create(ctx, body))
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if p.detach {
		return r.done(raw, "The replay %s has begun.", made.ID)
	}
	return r.watchReplay(ctx, made)
}

func replayAnswer(raw *json.RawMessage, err error) (*json.RawMessage, *replayed, error) {
	if err != nil {
		return nil, nil, err
	}
	var a replayed
	if err := json.Unmarshal(*raw, &a); err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	return raw, &a, nil
}

// watchReplay shows how far a replay is, until it is done. If it is interrupted, so is the replay.
func (r *request) watchReplay(ctx context.Context, a *replayed) error {
	replays := chipchat.ResourceOf[json.RawMessage](r.bot, "replays")
	bar := r.env.progress("Replaying", a.Total)
	defer bar.close()
	var raw *json.RawMessage
	for {
		var err error
		id := a.ID
		if raw, a, err = replayAnswer(replays.Get(ctx, id, nil)); err != nil {
			if ctx.Err() != nil {
				bar.close()
				return r.stopReplay(ctx, id)
			}
			return fmt.Errorf("look at the replay %s: %w", id, err)
		}
		bar.set(a.Sent+a.Failed, a.Total)
		if a.State == "done" || a.State == "stopped" {
			break
		}
		if wait(ctx, 200*time.Millisecond) != nil {
			bar.close()
			return r.stopReplay(ctx, id)
		}
	}
	bar.close()
	err := r.print(r.env, raw, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s %s: %d delivered, %d failed.\n", counted(a.Sent+a.Failed, "event"), clean(a.State, ""), a.Sent, a.Failed)
		return err
	})
	if err == nil && a.Failed > 0 {
		err = fmt.Errorf("%s could not be delivered", counted(a.Failed, "event"))
	}
	return err
}

// stopReplay stops a replay whose watcher was interrupted.
func (r *request) stopReplay(ctx context.Context, id chipchat.ID) error {
	cause := ctx.Err()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := chipchat.ResourceOf[json.RawMessage](r.bot, "replays").Update(ctx, id, map[string]any{"state": "stopped"})
	if e, ok := errors.AsType[*chipchat.Error](err); ok && e.StatusCode == http.StatusConflict {
		return cause // it was done
	}
	if err != nil {
		return fmt.Errorf("stop the replay %s: %w", id, err)
	}
	_ = r.say("The replay %s is stopped.", id) // it is, whether or not that can be told
	return cause
}

// counted is a number of things, in words.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if stem, ok := strings.CutSuffix(one, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, one)
}
