package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/event"
)

const triggerAbout = `Makes an event happen, for a bot to hear of. For message.* a real message is
posted, changed or deleted, in a new conversation unless --conversation names
one. An event of your own, such as order.created, is published. All others are
made by what happens in the server alone: of these a sample goes to the
webhooks that listen to them, as bellhop services test sends it to one. With
--service a sample of any event goes to that service.

--data is JSON, @FILE, or - for standard input: fields of the message, or the
data of an event of your own. bellhop trigger --list lists the events.`

// triggering is what the flags of trigger say.
type triggering struct {
	*request
	data         string
	conversation string
	service      string
	key          string
	wait         time.Duration
}

// triggered is what has happened.
type triggered struct {
	Event        string            `json:"event"`
	ID           chipchat.ID       `json:"id,omitempty"` // of a published event
	Conversation chipchat.ID       `json:"conversation,omitempty"`
	Message      chipchat.ID       `json:"message,omitempty"`
	Sample       bool              `json:"sample"`
	Deliveries   []json.RawMessage `json:"deliveries"`
}

// trigger makes an event happen.
func trigger(ctx context.Context, args []string, env environment) error {
	t := &triggering{request: env.request("trigger", "EVENT", triggerAbout)}
	all := t.Bool("list", false, "list the events that there are")
	t.StringVar(&t.data, "data", "", "`JSON` of the message or event; @FILE and - are read")
	t.StringVar(&t.conversation, "conversation", "", "the `conversation` of the message, last for the newest (default: a new one)")
	t.StringVar(&t.service, "service", "", "send a sample to this `service` alone")
	t.StringVar(&t.key, "key", "", "what an event of your own keeps its order by, such as order-17")
	t.DurationVar(&t.wait, "wait", 5*time.Second, "how `long` to wait for the first attempts")
	t.connection.flags(t.FlagSet)
	t.output.flags(t.FlagSet)
	words, err := parseWords(t.FlagSet, args, env.getenv, "[EVENT]")
	if err != nil {
		return err
	}
	if *all {
		return t.listKnown(words)
	}
	if len(words) == 0 {
		return hinted(wrongUsage("trigger needs EVENT"), "bellhop trigger --list lists the events")
	}
	name := words[0]
	data, err := t.readData()
	if err != nil {
		return err
	}
	if t.bot, err = t.client(env); err != nil {
		return err
	}
	done, err := t.trigger(ctx, name, data)
	if err != nil {
		return err
	}
	return t.tell(ctx, done)
}

// listKnown lists the events that the server makes happen, those that begin with a word.
func (t *triggering) listKnown(words []string) error {
	return printKnown(t.env, &t.output, func(name string) bool {
		return len(words) == 0 || strings.HasPrefix(name, words[0])
	})
}

// maxData is how much data is read: an event has at most 100 KiB.
const maxData = 1 << 20

// readData reads what --data says.
func (t *triggering) readData() (map[string]any, error) {
	text := []byte(t.data)
	var err error
	switch {
	case t.data == "":
		return nil, nil
	case t.data == "-":
		text, err = io.ReadAll(io.LimitReader(t.env.stdin, maxData))
	case strings.HasPrefix(t.data, "@"):
		var file *os.File
		if file, err = os.Open(t.data[1:]); err == nil {
			defer file.Close()
			text, err = io.ReadAll(io.LimitReader(file, maxData))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read --data: %w", err)
	}
	var data map[string]any
	if err := json.Unmarshal(text, &data); err != nil {
		return nil, hinted(wrongUsage("--data is no JSON object: %v", err), `for example --data '{"text":"Hello"}'`)
	}
	return data, nil
}

// trigger makes the event happen in the way that its name asks for.
func (t *triggering) trigger(ctx context.Context, name string, data map[string]any) (*triggered, error) {
	parts := strings.Split(name, ".")
	if !isOwn(name) && !slices.Contains(catalogueNames(), name) {
		err := noSuch("there is no event %q, and its first word is for those of the server", name)
		if near := closest(name, catalogueNames()); near != "" {
			return nil, hinted(err, "did you mean "+near+"?")
		}
		return nil, hinted(err, "bellhop trigger --list lists the events; one of your own begins with another word")
	}
	switch {
	case t.service != "":
		if data != nil && !isOwn(name) {
			return nil, wrongUsage("--data does not go with a sample of %s", name)
		}
		service, err := t.request.service(ctx, t.service)
		if err != nil {
			return nil, err
		}
		return t.samples(ctx, name, data, []chipchat.ID{service})
	case isOwn(name):
		return t.publish(ctx, name, data)
	case isPosted(parts, data != nil):
		return t.message(ctx, name, data)
	case data != nil:
		return nil, wrongUsage("--data does not go with a sample of %s", name)
	}
	services, err := t.listeners(ctx, name)
	if err != nil {
		return nil, err
	}
	return t.samples(ctx, name, nil, services)
}

// publish publishes an event of one's own (docs/contract/extensions.md section 1).
func (t *triggering) publish(ctx context.Context, name string, data map[string]any) (*triggered, error) {
	body := map[string]any{"event": name}
	if data == nil {
		data = map[string]any{"example": true}
	}
	body["data"] = data
	if t.key != "" {
		body["key"] = t.key
	}
	e, err := t.bot.Events.Create(ctx, body)
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", name, hintEvent(err, name))
	}
	return &triggered{Event: name, ID: e.ID}, nil
}

// listeners are the active webhooks that listen to an event.
func (t *triggering) listeners(ctx context.Context, name string) ([]chipchat.ID, error) {
	services, err := t.bot.Services.All(ctx, chipchat.Query{"type": "webhook", "status": "active", "limit": 1000}, chipchat.Paging{CountLimit: 10_000, Backoff: -1})
	if err != nil {
		return nil, fmt.Errorf("list the services: %w", err)
	}
	var ids []chipchat.ID
	for _, s := range services {
		patterns, err := event.ParsePatterns(patternsOf(&s))
		if err == nil && (len(patternsOf(&s)) == 0 || patterns.Match(name)) {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil, hinted(plainly(fmt.Errorf("no active webhook listens to %s", name)), "--service sends a sample to one that does not listen")
	}
	return ids, nil
}

// samples sends samples to services.
func (t *triggering) samples(ctx context.Context, name string, data map[string]any, services []chipchat.ID) (*triggered, error) {
	done := &triggered{Event: name, Sample: true}
	for _, service := range services {
		body := map[string]any{"event": name}
		if data != nil {
			body["data"] = data
		}
		d, err := below[chipchat.Delivery](t.bot, "services", service, "test").Create(ctx, body)
		if err != nil {
			return nil, fmt.Errorf("send a sample of %s: %w", name, hintEvent(err, name))
		}
		done.Deliveries = append(done.Deliveries, d.Raw)
	}
	return done, nil
}

// tell shows what has happened, and what became of the deliveries.
func (t *triggering) tell(ctx context.Context, done *triggered) error {
	deliveries, err := t.made(ctx, done)
	if e, ok := errors.AsType[*chipchat.Error](err); ok && e.StatusCode == http.StatusForbidden {
		deliveries, err = nil, nil // a bot may make events happen, and not see who gets them
	}
	if err != nil {
		return err
	}
	done.Deliveries = rawOf(deliveries, func(d *chipchat.Delivery) json.RawMessage { return d.Raw })
	return t.print(t.env, done, func(w io.Writer) error {
		switch {
		case done.Message != "":
			t.say("%s: the message %s in the conversation %s", done.Event, done.Message, done.Conversation)
		case done.Sample:
			t.say("%s: a sample", done.Event)
		default:
			t.say("%s: the event %s", done.Event, done.ID)
		}
		if len(deliveries) == 0 {
			fmt.Fprintln(t.env.stderr, "No webhook gets it, as far as you may see.")
			if near := closest(done.Event, catalogueNames()); near != "" && isOwn(done.Event) {
				fmt.Fprintf(t.env.stderr, "It is an event of your own; did you mean %s?\n", near)
			}
			return nil
		}
		return t.deliveryTable(ctx, w, deliveries)
	})
}

// made are the deliveries that the event led to, after their first attempt. They are made with the event, so that none
// comes later.
func (t *triggering) made(ctx context.Context, done *triggered) ([]chipchat.Delivery, error) {
	var ids []chipchat.ID
	for _, raw := range done.Deliveries {
		var d chipchat.Delivery
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("read a delivery: %w", err)
		}
		ids = append(ids, d.ID)
	}
	if !done.Sample {
		q := chipchat.Query{"event": done.Event}
		if done.Message != "" {
			q["message"] = done.Message
		} else {
			q["eventId"] = done.ID
		}
		all, err := t.bot.Deliveries.All(ctx, q, chipchat.Paging{Limit: 1000, CountLimit: 10_000, Backoff: -1})
		if err != nil {
			return nil, fmt.Errorf("list the deliveries: %w", err)
		}
		for _, d := range all {
			ids = append(ids, d.ID)
		}
	}
	return t.outcome(ctx, ids, t.wait)
}
