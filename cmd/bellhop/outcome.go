package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"bellhop/chipchat"
)

// showOutcome waits until deliveries have had an attempt, but no longer than patience, and shows them. It is an error if
// one was not delivered.
func (r *request) showOutcome(ctx context.Context, ids []chipchat.ID, patience time.Duration) error {
	deliveries, err := r.outcome(ctx, ids, patience)
	if err != nil {
		return err
	}
	if err := r.print(r.env, rawOf(deliveries, func(d *chipchat.Delivery) json.RawMessage { return d.Raw }), func(w io.Writer) error {
		return r.deliveryTable(ctx, w, deliveries)
	}); err != nil {
		return err
	}
	failed := slices.DeleteFunc(deliveries, func(d chipchat.Delivery) bool { return d.Status == "delivered" })
	if len(failed) > 0 {
		return hinted(fmt.Errorf("%d of %s not delivered", len(failed), counted(len(ids), "delivery")), "bellhop deliveries get "+string(failed[0].ID)+" shows what was answered")
	}
	return nil
}

// outcomePause is how long to wait before a delivery is looked at again.
const outcomePause = 100 * time.Millisecond

// outcomeIDs is how many deliveries are looked at in one request: a query has an end.
const outcomeIDs = 500

// outcome returns deliveries once each has had an attempt, or patience is over.
func (r *request) outcome(ctx context.Context, ids []chipchat.ID, patience time.Duration) ([]chipchat.Delivery, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	end := time.Now().Add(patience)
	bar := r.env.progress("Waiting for the answer", len(ids))
	defer bar.close()
	for {
		var found []chipchat.Delivery
		for some := range slices.Chunk(ids, outcomeIDs) {
			page, err := r.bot.Deliveries.List(ctx, chipchat.Query{"id": some, "limit": len(some)})
			if err != nil {
				return nil, fmt.Errorf("get the deliveries: %w", err)
			}
			found = append(found, page.Items...)
		}
		waiting := 0
		for _, d := range found {
			if d.Status == "pending" && d.Attempts == 0 {
				waiting++
			}
		}
		bar.set(len(ids)-waiting, len(ids))
		if waiting == 0 || time.Now().After(end) {
			slices.SortFunc(found, func(a, b chipchat.Delivery) int {
				return slices.Index(ids, a.ID) - slices.Index(ids, b.ID)
			})
			return found, nil
		}
		if err := wait(ctx, outcomePause); err != nil {
			return nil, err
		}
	}
}

// wait waits; its error is that of the context.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readLine reads a line, without reading further, so that the next one gets what follows.
func readLine(ctx context.Context, from io.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	// A terminal is read until somebody types: who interrupts the command does not wait for that, and the process ends.
	go func() {
		line, err := bufio.NewReader(from).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
