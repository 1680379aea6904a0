package check

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

// eventCheck begins the names of checks of events that were asked for.
const eventCheck = "event"

const (
	large   = 90 << 10
	largest = event.MaxBody - 1 // docs/contract/delivery.md section 3
)

func eventChecks() []Check {
	const group = "Events"
	return []Check{
		{
			Name: eventCheck, Group: group, Severity: Must, learned: true,
			Title:  "it accepts an event that is signed rightly",
			Reason: "Without that there is nothing.",
			Advice: Advice{
				ChipChat: "401: the secret differs, or the request has no Content-Type on its way. No answer: the path is another one (option webhook).",
				Go:       "401: Options.Secret differs. 404: the path is another one (Options.Webhook).",
				Own:      "401: see bellhop verify, which says why a signature does not match. 400: if it accepts known events only, name one with --events. Answer any 2xx.",
			},
			run: func(_ context.Context, r *receiver) finding {
				if r.config.Secret == "" && (r.first.status == 401 || r.first.status == 403) {
					return untold(r.first.String() + ": no secret was given, so the signature is a wrong one; add --secret")
				}
				return r.first.must()
			},
		},
		{
			Name: "unicode", Group: group, Severity: Must, needs: accepting,
			Title:  "it accepts every character that a contact may type",
			Reason: "Who verifies what he has written again refuses exactly the messages with accents, emoji or <.",
			Advice: Advice{
				ChipChat: "Do not put a body parser with a charset of its own in front.",
				Go:       "See what in front of the bot rewrites bodies.",
				Own:      "Verify the raw bytes, and read them as UTF-8.",
			},
			run: checkUnicode,
		},
		{
			Name: "large", Group: group, Severity: Must, needs: accepting,
			Title:  "it accepts a body of 90 KiB, and the largest that there is",
			Reason: "Bodies stay below 100 KiB, and long messages come near it.",
			Advice: Advice{
				ChipChat: "Raise the limit of the body parser and of the proxy in front: express.json({limit: '200kb'}), client_max_body_size.",
				Go:       "Raise the limit of the proxy in front: client_max_body_size.",
				Own:      "Allow bodies of at least 128 KiB, in the framework and in the proxy in front.",
			},
			run: checkLarge,
		},
		{
			Name: "unknown-event", Group: group, Severity: Should, needs: accepting,
			Title:  "it accepts an event that it does not know",
			Reason: "A webhook without params.events gets all events, also those that are invented next year. Refused ones are reported as failures.",
			Advice: Advice{
				ChipChat: "Let handlers of wildcards ignore what they do not know.",
				Go:       "Let handlers of wildcards ignore what they do not know.",
				Own:      "Answer 2xx to events that you have no use for, or narrow params.events.",
			},
			run: func(ctx context.Context, r *receiver) finding {
				return r.send(ctx, r.delivery(sample{event: "bellhop.unheard-of"})).must()
			},
		},
		{
			Name: "unknown-fields", Group: group, Severity: Must, needs: accepting,
			Title:  "it accepts fields that it does not know",
			Reason: "Resources get new fields; meta has any at all.",
			Advice: Advice{
				ChipChat: "Let handlers not check payloads against a closed schema.",
				Go:       "Do not decode payloads with DisallowUnknownFields.",
				Own:      "Ignore fields that you do not know: no additionalProperties: false, no DisallowUnknownFields.",
			},
			run: checkUnknownFields,
		},
		{
			Name: "empty-data", Group: group, Severity: Should, needs: accepting,
			Title:  "it survives an event without data",
			Reason: "Events of your own may have none. It may be refused, but not with an error of the server.",
			Advice: Advice{
				ChipChat: "Let handlers look before they take data.conversation.",
				Go:       "Let handlers look before they use Event.Conversation: it may be nil.",
				Own:      "Look before you take anything out of data.",
			},
			run: checkEmptyData,
		},
		{
			Name: "late", Group: group, Severity: Must, needs: accepting,
			Title:  "it accepts an event that happened 23 hours ago",
			Reason: "After an outage events come up to 24 hours late, with the time at which they happened.",
			Advice: Advice{
				ChipChat: "Let handlers not drop events by their timestamp.",
				Go:       "Let handlers not drop events by their timestamp.",
				Own:      "Against repeated requests look at Webhook-Timestamp, which is that of the attempt, and not at timestamp in the body.",
			},
			run: func(ctx context.Context, r *receiver) finding {
				return r.send(ctx, r.delivery(sample{at: time.Now().Add(-23 * time.Hour)})).must()
			},
		},
		{
			Name: "invalid-json", Group: group, Severity: Should, needs: accepting, when: risky,
			Title:  "it survives a body that is no JSON",
			Reason: "It should say 400 or so. With an error of the server or no answer, a stranger can fill your alarms.",
			Advice: Advice{
				ChipChat: "Put an error handler behind bot.router() that answers 400.",
				Go:       "Bot.Handler does so: see what is in front of it.",
				Own:      "Catch what your parser throws, and answer 400.",
			},
			run: checkInvalidJSON,
		},
	}
}

// namedEvent is the check of an event that was asked for. A bot that acts on it finds that what it tells of does not
// exist, and may say so with 4xx: that shows no more than that its handler failed.
func namedEvent(name string) Check {
	handler := "See the log of the bot: a handler failed. Calls for what a sample tells of are 404; a handler that survives that keeps the event from counting as failed."
	return Check{
		Name: eventCheck + ":" + name, Group: "Events", Severity: Should, needs: accepting,
		Title:  "it accepts " + name,
		Reason: "It was asked for with --events. What it tells of does not exist, and data.sample is true.",
		Advice: Advice{ChipChat: handler, Go: handler, Own: handler},
		run: func(ctx context.Context, r *receiver) finding {
			a := r.send(ctx, r.delivery(sample{event: name}))
			if f := a.must(); f.result != Failed || a.status/100 != 4 {
				return f
			}
			return warning("refused it, maybe because it is a sample: " + a.String())
		},
	}
}

// difficult is what is often written in two ways, or cut in the wrong place.
const difficult = "é e\u0301 ñ ß 漢字 👍 🏳️‍🌈 עברית \u202e \u2028\u2029\u007f\ufeff\ufffd \u0001\t\r\n \"quoted\" \\ / </script> & 'x'"

func checkUnicode(ctx context.Context, r *receiver) finding {
	a := r.send(ctx, r.delivery(sample{text: difficult, more: []event.Member{
		{Name: "numbers", Value: json.RawMessage(`[1e+21,0.1,-5,12345678901234567000,1e-7]`)},
		{Name: "meta", Value: json.RawMessage(`{"2":"two","10":"ten","ключ":"\u0000","":null}`)},
	}}))
	if f := a.must(); f.result != Failed {
		return f
	}
	return failed("accepts plain text, but not this: " + a.String())
}

func checkLarge(ctx context.Context, r *receiver) finding {
	plain := len(r.delivery(sample{text: "a"}).body) - 1
	found := passed(fmt.Sprintf("accepts %d bytes", largest))
	for _, size := range []int{large, largest} {
		d := r.delivery(sample{text: strings.Repeat("a", size-plain)})
		if f := r.send(ctx, d).must(); f.result != Passed {
			return about(fmt.Sprintf("%d bytes", len(d.body)), f)
		}
	}
	return found
}

func checkUnknownFields(ctx context.Context, r *receiver) finding {
	d := r.delivery(sample{more: []event.Member{{Name: "invented", Value: json.RawMessage(`{"next":["year",{"deep":true}]}`)}}})
	d.body = append(d.body[:len(d.body)-1], `,"invented":{"at":"the end"}}`...)
	return r.send(ctx, r.sign(d, r.signer, time.Now())).must()
}

// checkEmptyData sends an event that the receiver takes otherwise. One of the server's always has data.
func checkEmptyData(ctx context.Context, r *receiver) finding {
	if first, _, _ := strings.Cut(r.event, "."); bellhop.KindNamed(first) != nil {
		return skipped("it takes no event that it does not know (see unknown-event)")
	}
	return r.send(ctx, r.delivery(sample{bare: true})).orderly()
}

func checkInvalidJSON(ctx context.Context, r *receiver) finding {
	for _, body := range []string{`{"event":`, `<xml/>`, `[]`, `null`, ``} {
		d := r.delivery(sample{})
		d.body = []byte(body)
		if f := r.send(ctx, r.sign(d, r.signer, time.Now())).orderly(); f.result != Passed {
			return about(quoted(body), f)
		}
	}
	return passed("answers half an object, XML, an array, null and nothing at all")
}
