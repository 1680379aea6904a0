package check

import (
	"bytes"
	"context"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

func signatureChecks() []Check {
	const group = "Signatures"
	express := "Version 0.7.4 processes what is signed wrongly, and only reports it: verify the raw body in a middleware in front, and put user and password into the URL."
	raw := Advice{
		ChipChat: "The package verifies JSON.stringify(JSON.parse(body)). Nothing gets in by that, but a middleware in front that verifies the raw body is stricter.",
		Go:       "Bot.Handler verifies the raw body: see what in front of it rewrites bodies.",
		Own:      "Verify the bytes as they came, before anything parses them: express.raw(), request.get_data(), io.ReadAll.",
	}
	return []Check{
		{
			Name: "unsigned", Group: group, Severity: Must, needs: accepting | secret, when: risky, learned: true,
			Title:  "it refuses an event without a signature",
			Reason: "Otherwise whoever knows the URL speaks as any contact.",
			Advice: Advice{
				ChipChat: "Give the bot the secret: option secret, or the environment variable SECRET.",
				Go:       "Give the bot the secret: Options.Secret.",
				Own:      "Answer 401 if the header is absent or empty. Do not take that as a reason to skip the check.",
			},
			run: checkUnsigned,
		},
		{
			Name: "other-secret", Group: group, Severity: Must, needs: accepting | secret,
			Title:  "it refuses the signature of another secret",
			Reason: "A signature that anybody can make shows nothing. This is also what a secret of before a rotation looks like.",
			Advice: Advice{
				ChipChat: express,
				Go:       "Give the bot the secret: Options.Secret.",
				Own:      "Compute the HMAC of the body with your secret, compare in constant time, and answer 401 if they differ.",
			},
			run: func(ctx context.Context, r *receiver) finding {
				return r.send(ctx, r.signedAs(r.delivery(sample{}), event.Signing{Secret: r.wrong}, time.Now())).mustNot()
			},
		},
		{
			Name: "malformed", Group: group, Severity: Must, needs: accepting | secret, when: risky,
			Title:  "it refuses what is no signature, without stumbling",
			Reason: "Comparisons of different lengths, and prefixes that are cut off unseen, are where checks of signatures break.",
			Advice: Advice{
				ChipChat: express,
				Go:       "Bot.Handler does so: see what is in front of it.",
				Own:      "Compare the whole value with the whole of what you compute; crypto.timingSafeEqual of Node throws if lengths differ, so compare these first.",
			},
			run: checkMalformed,
		},
		tampered("changed-byte", "it refuses a body with one letter changed", Must,
			"That is what a signature is for.",
			Advice{
				ChipChat: express,
				Go:       "Bot.Handler does so: see that Options.Secret is set.",
				Own:      "Compute the HMAC over the body of this request, all of it.",
			},
			func(body []byte) []byte { return bytes.Replace(body, []byte("thing"), []byte("think"), 1) }),
		tampered("whitespace", "it refuses a body with a blank more", Should,
			"Who verifies what he has parsed and written again refuses good events as soon as two libraries write them differently.",
			raw, func(body []byte) []byte { return bytes.Replace(body, []byte(`":`), []byte(`": `), 1) }),
		tampered("key-order", "it refuses a body with its keys in another order", Should,
			"As above: a body is bytes, not what a parser makes of them.",
			raw, reorder),
		tampered("escapes", "it refuses a body with é written as \\u00e9", Should,
			"As above. Python and PHP write it so, Go and JavaScript do not.",
			raw, func(body []byte) []byte { return bytes.Replace(body, []byte("é"), []byte(`\u00e9`), 1) }),
		tampered("slashes", "it refuses a body with / written as \\/", Should,
			"As above. PHP writes it so.",
			raw, func(body []byte) []byte { return bytes.Replace(body, []byte("a/b"), []byte(`a\/b`), 1) }),
		tampered("newline", "it refuses a body with a line break more at its end", Should,
			"As above. Templates, files and echo add one.",
			raw, func(body []byte) []byte { return append(bytes.Clone(body), '\n') }),
		{
			Name: "duplicate-key", Group: group, Severity: Must, needs: accepting | secret,
			Title:  "it refuses a body with a second value for a key put in front",
			Reason: "Parsers take one of the two. Who verifies what one of them took, and uses what the other did, is told anything.",
			Advice: raw,
			run: tamper(func(body []byte) []byte {
				return append([]byte(`{"event":"bellhop.forged",`), body[1:]...)
			}),
		},
		{
			Name: "schemes", Group: group, Severity: Should, needs: accepting | secret, when: risky,
			Title:  "it goes by one signature alone",
			Reason: "A webhook may be set to send one of the three (params.signatures), and who needs all of them then gets nothing.",
			Advice: Advice{
				ChipChat: "Version 0.7.4 goes by X-Hub-Signature.",
				Go:       "See what in front of the bot takes headers away.",
				Own:      "Best is Webhook-Signature (Standard Webhooks): it covers id and time. X-Hub-Signature-256 is next; X-Hub-Signature is SHA-1, which still holds as an HMAC.",
			},
			run: checkSchemes,
		},
		{
			Name: "old-timestamp", Group: group, Severity: Should, needs: accepting | secret | standard, when: risky,
			Title:  "it refuses a Standard Webhooks signature of an hour ago",
			Reason: "Who records a delivery could send it again at any time. A retry of the server has a new time, so nothing is lost.",
			Advice: Advice{
				Go:  "Update the package: it allows 5 minutes.",
				Own: "Refuse a Webhook-Timestamp that is more than 5 minutes from now, before or after; libraries of standardwebhooks.com do.",
			},
			run: func(ctx context.Context, r *receiver) finding {
				return worst(
					about("an hour ago", r.standardAt(ctx, -time.Hour).mustNot()),
					about("in an hour", r.standardAt(ctx, time.Hour).mustNot()))
			},
		},
		{
			Name: "clock", Group: group, Severity: Should, needs: accepting | secret | standard, when: risky,
			Title:  "it accepts a timestamp that is a minute off",
			Reason: "Clocks differ, and requests take their time.",
			Advice: Advice{
				Go:  "See that the clock of the machine is set by NTP.",
				Own: "Allow 5 minutes before and after, and have the clock set by NTP.",
			},
			run: func(ctx context.Context, r *receiver) finding {
				return worst(
					about("a minute ago", r.standardAt(ctx, -time.Minute).must()),
					about("in a minute", r.standardAt(ctx, time.Minute).must()))
			},
		},
		{
			Name: "rotation", Group: group, Severity: Should, needs: accepting | secret | standard, when: risky,
			Title:  "it accepts one good signature among several",
			Reason: "While a secret is changed, Webhook-Signature has that of the new one first, and that of the old one behind it.",
			Advice: Advice{
				Go:  "Update the package.",
				Own: "Split Webhook-Signature at blanks, and accept if any of its parts that begin with v1, is right.",
			},
			run: checkRotation,
		},
	}
}

// tampered is a check with a body that was changed after it was signed.
func tampered(name, title string, severity Severity, reason string, advice Advice, change func([]byte) []byte) Check {
	return Check{
		Name: name, Group: "Signatures", Severity: severity, needs: accepting | secret,
		Title: title, Reason: reason, Advice: advice, run: tamper(change),
	}
}

func tamper(change func([]byte) []byte) func(context.Context, *receiver) finding {
	return func(ctx context.Context, r *receiver) finding {
		d := r.delivery(sample{})
		d.body = change(d.body)
		return r.send(ctx, d).mustNot()
	}
}

// reorder puts the id of a body at its end.
func reorder(body []byte) []byte {
	id, rest, _ := bytes.Cut(body, []byte(","))
	return append(append(append([]byte("{"), rest[:len(rest)-1]...), ','), append(bytes.Clone(id[1:]), '}')...)
}

func checkUnsigned(_ context.Context, r *receiver) finding { return r.unsigned.mustNot() }

func checkMalformed(ctx context.Context, r *receiver) finding {
	found := passed("refuses empty values, a prefix alone, other lengths and other letters")
	for _, value := range []string{"", "sha1=", "v1,", "sha1=0", "zz"} {
		d := r.delivery(sample{})
		for _, name := range []string{event.HeaderSHA1, event.HeaderSHA256, event.HeaderStandard} {
			d.header.Set(name, value)
		}
		a := r.send(ctx, d)
		f := a.mustNot()
		if f.result == Warning && !a.redirects() {
			f.result = Failed // an error of the server is a comparison that broke
		}
		if f.result != Passed {
			found = worst(found, about(quoted(value), f))
		}
	}
	return found
}

func checkSchemes(_ context.Context, r *receiver) finding {
	switch {
	case r.unsigned.accepted():
		return failed("it goes by none: it accepts what is not signed")
	case r.looksAt == 0:
		return failed("it accepts none of the three alone")
	}
	return passed("it goes by " + r.signatures())
}

// standardAt sends an event with a Standard Webhooks signature only, made at another time.
func (r *receiver) standardAt(ctx context.Context, off time.Duration) answer {
	d := r.delivery(sample{})
	return r.send(ctx, r.signedAs(d, event.Signing{Secret: r.secret, Signatures: event.Standard}, time.Now().Add(off)))
}

func checkRotation(ctx context.Context, r *receiver) finding {
	now := time.Now()
	s := event.Signing{Secret: r.wrong, Previous: r.secret, PreviousUntil: bellhop.TimeOf(now.Add(time.Hour)), Signatures: event.Standard}
	return r.send(ctx, r.signedAs(r.delivery(sample{}), s, now)).must()
}
