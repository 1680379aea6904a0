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

	"bellhop"
	"bellhop/chipchat"
	"bellhop/internal/event"
)

func eventCommands() []command {
	return []command{
		{"list", "list events, the newest first", listEvents, nil},
		{"get", "show an event with its payload", getEvent, nil},
		{"match", "show which events of the server patterns cover", matchEvents, nil},
	}
}

const eventsAbout = `Lists events, the newest first, whether or not a service got them. What became of
one on its way to each service is in bellhop deliveries.`

// listEvents lists events.
func listEvents(ctx context.Context, args []string, env environment) error {
	r := env.request("events list", "", eventsAbout)
	name := r.String("event", "", "only this `event`, or those that match a pattern, such as message.create.**")
	var since pastTime
	r.Var(&since, "since", "only from this `time` on, as 2026-05-06T12:30, or not older than 90m or 7d")
	limit := atMost(20)
	r.Var(&limit, "limit", "`number` of events at most")
	if _, err := r.parse(args); err != nil {
		return err
	}
	q := chipchat.Query{}
	if *name != "" {
		q["event"] = *name
	}
	if !since.IsZero() {
		q["createdAt"] = ">=" + since.at()
	}
	events, err := listUpTo(ctx, r, r.bot.Events, q, limit, "event")
	if err != nil {
		return fmt.Errorf("list the events: %w", err)
	}
	return r.print(env, rawOf(events, func(e *chipchat.EventRecord) json.RawMessage { return e.Raw }), func(w io.Writer) error {
		if len(events) == 0 {
			fmt.Fprintln(env.stderr, "There are no such events.")
			return nil
		}
		t := env.table("id!", "at?", "event<", "key?", "deliveries?")
		for i := range events {
			e := &events[i]
			t.row(e.ID, moment(e.CreatedAt, time.Now()), e.Event, e.Key, e.Deliveries)
		}
		return t.write(w)
	})
}

// getEvent shows one.
func getEvent(ctx context.Context, args []string, env environment) error {
	r := env.request("events get", "ID", "Shows an event with its payload. The id is that of the header X-Event-Id.")
	words, err := r.parse(args, "ID")
	if err != nil {
		return err
	}
	e, err := r.bot.Events.Get(ctx, chipchat.ID(words[0]), nil)
	if err != nil {
		return fmt.Errorf("get the event %s: %w", words[0], err)
	}
	return r.print(env, e.Raw, func(w io.Writer) error {
		if err := env.pairs(w, [][2]string{
			{"Id", string(e.ID)}, {"Event", e.Event}, {"Organization", string(e.Organization)}, {"Key", e.Key},
			{"Created", moment(e.CreatedAt, time.Now())}, {"Deliveries", fmt.Sprint(e.Deliveries)},
		}...); err != nil {
			return err
		}
		return writePayload(w, env.paint(env.stdout), e.Payload, len(e.Payload))
	})
}

const matchAbout = `Shows which events of the server patterns cover, as the setting events of a webhook
has them: * is one part of a name, ** any number of them. It asks no server.`

// matchEvents shows what patterns cover.
func matchEvents(_ context.Context, args []string, env environment) error {
	var out output
	fs := env.flagSet("events match", "PATTERN...", matchAbout)
	out.flags(fs)
	words, err := parseWords(fs, args, env.getenv, "PATTERN...")
	if err != nil {
		return err
	}
	patterns, err := event.ParsePatterns(words)
	if err != nil {
		return hinted(wrongUsage("%v", err), "for example message.create.contact.* or conversation.**")
	}
	return printKnown(env, &out, patterns.Match)
}

// printKnown prints the events of the server that keep says.
func printKnown(env environment, out *output, keep func(name string) bool) error {
	type known struct {
		Event       string `json:"event"`
		Description string `json:"description"`
	}
	list := []known{}
	for _, k := range event.Catalogue() {
		if keep(k.Name) {
			list = append(list, known{k.Name, k.Text})
		}
	}
	return out.print(env, list, func(w io.Writer) error {
		table := env.table("event!", "happens when")
		for _, k := range list {
			table.row(k.Event, k.Description)
		}
		return table.write(w)
	})
}

// hintEvent adds to an error about an event which one was probably meant.
func hintEvent(err error, name string) error {
	e, ok := errors.AsType[*chipchat.Error](err)
	if !ok || e.StatusCode != http.StatusBadRequest {
		return err
	}
	if near := closest(name, catalogueNames()); near != "" && near != name {
		return hinted(err, "did you mean "+near+"?")
	}
	return hinted(err, "bellhop trigger --list lists the events")
}

func catalogueNames() (names []string) {
	for _, k := range event.Catalogue() {
		names = append(names, k.Name)
	}
	return names
}

// uncovered is which of patterns cover no event of the server, although none of one's own could be meant: their first word
// is one of the server's.
func uncovered(patterns []string) (none []string) {
	for _, text := range patterns {
		pattern, err := event.ParsePatterns([]string{text})
		if err == nil && !isOwn(text) && !slices.ContainsFunc(catalogueNames(), pattern.Match) {
			none = append(none, text)
		}
	}
	return none
}

// isOwn reports whether an event of this name may be published: its first word is none of ours
// (docs/contract/extensions.md section 1).
func isOwn(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return !bellhop.ReservedName(first)
}
