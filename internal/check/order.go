package check

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"bellhop/internal/event"
)

func orderChecks() []Check {
	const group = "Repeats and order"
	return []Check{
		{
			Name: "repeat", Group: group, Severity: Must, needs: accepting,
			Title:  "it accepts an event that comes a second time",
			Reason: "Delivery is at least once: if your answer got lost, the event comes again, with the same id. Refused, it counts as failed for good.",
			Advice: Advice{
				ChipChat: "Answer as if it were new.",
				Go:       "Answer as if it were new.",
				Own:      "Answer 2xx to an id that you have seen, and do nothing.",
			},
			run: func(ctx context.Context, r *receiver) finding { _, second := r.twice(ctx); return second.must() },
		},
		{
			Name: "repeat-noticed", Group: group, Severity: Should, needs: accepting,
			Title:  "it acts once on an event that comes twice",
			Reason: "A contact who gets the same answer twice notices.",
			Advice: Advice{
				ChipChat: "The package does not look for repeats: keep the ids of the last day in receive middleware, and stop at one that you know.",
				Go:       "Give the bot a store for what it has handled: Options.Dedupe.",
				Own:      "Keep the id of the body, the same in all attempts, with what you did, in one transaction. Answer what you answered before, or 200 with the word duplicate, and this check can tell.",
			},
			run: checkRepeatNoticed,
		},
		{
			Name: "out-of-order", Group: group, Severity: Must, needs: accepting,
			Title:  "it accepts events in another order than they happened",
			Reason: "A failed event comes again after those behind it.",
			Advice: Advice{
				ChipChat: "Let handlers not drop events by their timestamp.",
				Go:       "Let handlers not drop events by their timestamp.",
				Own:      "Accept it. Compare updatedAt of the resource with what you have, and keep the newer one.",
			},
			run: checkOutOfOrder,
		},
	}
}

// twice sends an event and then the same bytes again, as a second attempt: the first event that was asked for, since one
// that is acted upon shows more, unless that is not accepted even once.
func (r *receiver) twice(ctx context.Context) (first, second answer) {
	for _, name := range append(slices.Clone(r.config.Events[:min(1, len(r.config.Events))]), r.event) {
		d := r.delivery(sample{event: name})
		first = r.send(ctx, d)
		if !first.accepted() && name != r.event {
			continue
		}
		d.attempt = 2
		second = r.send(ctx, r.sign(d, r.signer, time.Now()))
		break
	}
	return first, second
}

// noticed finds words with which receivers say that they know an event.
var noticed = regexp.MustCompile(`(?i)duplicate|repeat|already|seen before|\bknown`)

func checkRepeatNoticed(ctx context.Context, r *receiver) finding {
	first, second := r.twice(ctx)
	if !first.accepted() || !second.accepted() {
		return untold(second.String())
	}
	posted := func(a answer) []json.RawMessage {
		said, _ := event.ParseAnswer(a.body)
		return said.Messages
	}
	messages := func(a answer) string {
		text, _ := event.AppendValue(nil, posted(a))
		return string(text)
	}
	switch {
	case noticed.Match(second.body) && !noticed.Match(first.body):
		return passed("says so: " + second.String())
	case len(posted(first)) > 0 && len(posted(second)) == 0:
		return warning("answers with messages the first time alone: whoever did not get that answer never gets them")
	case messages(first) != messages(second):
		return failed("answers with other messages the second time: " + second.String())
	}
	return untold("it answers the same both times: from outside that shows nothing")
}

func checkOutOfOrder(ctx context.Context, r *receiver) finding {
	now := time.Now()
	found := passed("accepts the later one first, and the earlier ones after it")
	for _, ago := range []time.Duration{0, time.Minute, time.Hour} {
		if f := r.send(ctx, r.delivery(sample{at: now.Add(-ago)})).must(); f.result != Passed {
			found = worst(found, about("an event of "+ago.String()+" before", f))
		}
	}
	return found
}
