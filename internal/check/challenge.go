package check

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"bellhop/internal/event"
)

func challengeChecks() []Check {
	const group = "Verification"
	strict := Advice{
		ChipChat: "bot.start() and bot.router() answer 403 by themselves; httpMiddleware() answers every GET: use the router.",
		Go:       "Bot.Handler answers 403 by itself; see that nothing in front of it answers GET.",
		Own:      "Answer 403 unless type is subscribe and challenge is there.",
	}
	return []Check{
		{
			Name: "challenge", Group: group, Severity: Must, learned: true,
			Title:  "it echoes the challenge",
			Reason: "So it shows that the URL belongs to who typed it: status 200, and the challenge as the body, byte for byte.",
			Advice: Advice{
				ChipChat: "bot.start() and bot.router() do so by themselves: see that the path is that of the option webhook, and that nothing in front answers GET.",
				Go:       "Bot.Handler does so by itself: see that it is mounted at this path, for GET too.",
				Own:      "Answer GET with status 200 and the value of the parameter challenge: no quotes, no JSON, no line break behind it.",
			},
			run: func(_ context.Context, r *receiver) finding { return r.echoed(r.challenge, r.asked) },
		},
		{
			Name: "challenge-no-type", Group: group, Severity: Should, needs: echoing,
			Title:  "it answers no challenge without type=subscribe",
			Reason: "What echoes anything to anybody verifies also what nobody asked for.",
			Advice: strict,
			run: func(ctx context.Context, r *receiver) finding {
				return strictly(r.get(ctx, r.with("challenge="+r.asked)))
			},
		},
		{
			Name: "challenge-wrong-type", Group: group, Severity: Should, needs: echoing,
			Title:  "it answers no challenge of another type",
			Reason: "Another type of request may mean the opposite, such as to unsubscribe.",
			Advice: strict,
			run: func(ctx context.Context, r *receiver) finding {
				return strictly(r.get(ctx, r.with("type=unsubscribe", "challenge="+r.asked)))
			},
		},
		{
			Name: "challenge-empty", Group: group, Severity: Should, needs: echoing,
			Title:  "without a challenge it says no",
			Reason: "Monitors and people ask so; an error of the server on each of them hides the real ones.",
			Advice: strict,
			run: func(ctx context.Context, r *receiver) finding {
				return strictly(r.get(ctx, r.with("type=subscribe")))
			},
		},
		{
			Name: "challenge-escapes", Group: group, Severity: Should, needs: echoing,
			Title:  "it decodes a challenge once, and echoes every character",
			Reason: "Bellhop asks with letters and digits; others do not, and decoding twice breaks more than challenges.",
			Advice: Advice{
				ChipChat: "See what in front of the bot rewrites the query.",
				Go:       "See what in front of the bot rewrites the query.",
				Own:      "Take the value that your framework has decoded, and write it as UTF-8: do not decode or escape it again.",
			},
			run: checkEscapes,
		},
		{
			Name: "challenge-html", Group: group, Severity: Should, needs: echoing,
			Title:  "it echoes a challenge as text, not as a page",
			Reason: "A link with <script> in its challenge else runs that script in a browser, as if it came from you.",
			Advice: Advice{
				ChipChat: "The package answers as text/html: set Content-Type text/plain in a middleware in front, or accept letters and digits alone, and do not serve pages with sessions from this host.",
				Go:       "Bot.Handler answers as text/plain: see what in front of it changes that.",
				Own:      "Set Content-Type: text/plain and X-Content-Type-Options: nosniff, or refuse challenges that have more than letters and digits.",
			},
			run: checkHTML,
		},
	}
}

// echoed judges the answer to a challenge as the server does (docs/contract/delivery.md section 1).
func (r *receiver) echoed(a answer, challenge string) finding {
	switch {
	case a.busy():
		return often(a)
	case a.status == 0:
		return failed(a.String())
	case a.status != http.StatusOK:
		return failed(a.String() + ", expected was 200")
	case !a.truncated && string(a.body) == challenge:
		return passed("echoed it")
	case strings.TrimSpace(string(a.body)) == challenge:
		return failed("blanks or a line break around the challenge: " + a.String())
	case strings.Contains(string(a.body), challenge):
		return failed("more than the challenge: " + a.String())
	}
	return failed("not the challenge: " + a.String())
}

// strictly judges the answer to a GET that is no challenge.
func strictly(a answer) finding {
	switch {
	case a.busy():
		return often(a)
	case a.status/100 == 4:
		return passed(a.String())
	case a.status/100 == 2:
		return warning("took it for one: " + a.String())
	}
	return failed(a.String())
}

func checkEscapes(ctx context.Context, r *receiver) finding {
	const challenge = `a+b c%41&d=e/?;é€😀"'` + "`"
	a := r.get(ctx, event.ChallengeQuery(r.url.RawQuery, url.QueryEscape(challenge)))
	if a.status/100 == 4 && !a.busy() {
		return passed("refused it: " + a.String())
	}
	return r.echoed(a, challenge)
}

func checkHTML(ctx context.Context, r *receiver) finding {
	const challenge = `<script>alert(1)</script>`
	a := r.get(ctx, event.ChallengeQuery(r.url.RawQuery, url.QueryEscape(challenge)))
	if a.status != http.StatusOK || !strings.Contains(string(a.body), challenge) {
		return a.orderly()
	}
	said := a.header.Get("Content-Type")
	typ, _, _ := mime.ParseMediaType(said)
	switch {
	case said == "" && !strings.EqualFold(a.header.Get("X-Content-Type-Options"), "nosniff"):
		return failed("echoed <script> without saying what it is: browsers guess that it is a page")
	case strings.Contains(typ, "html"), strings.Contains(typ, "xml"):
		return failed("echoed <script> as " + quoted(said))
	case said == "":
		return passed("echoed it, not to be sniffed")
	}
	return passed("echoed it as " + quoted(said))
}
