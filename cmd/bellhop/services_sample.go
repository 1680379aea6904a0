package main

import (
	"context"
	"fmt"
	"time"

	"bellhop/chipchat"
)

const testAbout = `Sends a sample of an event to one service, whether it listens to that event or
not. Nothing in it exists, but for the service, its organization and you;
data.sample is true in it.`

// testService sends a sample.
func testService(ctx context.Context, args []string, env environment) error {
	r := env.request("services test", "SERVICE [EVENT]", testAbout)
	wait := r.Duration("wait", 5*time.Second, "how `long` to wait for the first attempt")
	words, err := r.parse(args, "SERVICE", "[EVENT]")
	if err != nil {
		return err
	}
	name := "message.create.contact.chat"
	if len(words) > 1 {
		name = words[1]
	}
	id, err := r.service(ctx, words[0])
	if err != nil {
		return err
	}
	d, err := r.sample(ctx, id, name)
	if err != nil {
		return err
	}
	return r.showOutcome(ctx, []chipchat.ID{d.ID}, *wait)
}

// sample sends a sample of an event to a service.
func (r *request) sample(ctx context.Context, service chipchat.ID, name string) (*chipchat.Delivery, error) {
	d, err := below[chipchat.Delivery](r.bot, "services", service, "test").Create(ctx, map[string]any{"event": name})
	if err != nil {
		return nil, fmt.Errorf("send a sample of %s: %w", name, hintEvent(err, name))
	}
	return d, nil
}
