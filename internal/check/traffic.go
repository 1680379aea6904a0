package check

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	atOnce = 20

	quick = time.Second // after that the next event of the conversation is sent (docs/contract/delivery.md section 7)
	tardy = 10 * time.Second
)

func trafficChecks() []Check {
	const group = "Traffic"
	proxy := "See the time limits and the keep-alive of the proxy in front."
	return []Check{
		{
			Name: "answer-time", Group: group, Severity: Should, needs: accepting, learned: true,
			Title:  "it answers within a second",
			Reason: "After 20 s an attempt has failed. After 1 s the next event of the conversation is sent as well, so that order is not certain any more.",
			Advice: Advice{
				ChipChat: "bot.router({async: false}) answers before the handlers run; start() waits for them.",
				Go:       "Let handlers begin what takes long in a goroutine of their own.",
				Own:      "Note the event, answer, and work after that.",
			},
			run: checkTime,
		},
		{
			Name: "answer-size", Group: group, Severity: Should, needs: accepting, learned: true,
			Title:  "its answer is not longer than what is read of it",
			Reason: "Of answers 16 KiB are read, to message.create 1 MiB; messages in longer ones are not posted, and the connection is closed.",
			Advice: Advice{
				ChipChat: "See what in front of the bot writes the page.",
				Go:       "See what in front of the bot writes the page.",
				Own:      "Answer with nothing, or with what is to be posted.",
			},
			run: checkSize,
		},
		{
			Name: "method", Group: group, Severity: Should, when: risky,
			Title:  "it refuses methods other than GET and POST",
			Reason: "Scanners try them, and errors of the server are noise.",
			Advice: Advice{
				ChipChat: "httpMiddleware() answers 200 to all: use bot.router().",
				Go:       "Bot.Handler answers 405: see what is in front of it.",
				Own:      "Answer 405 with the header Allow.",
			},
			run: checkMethod,
		},
		{
			Name: "header", Group: group, Severity: Should, needs: accepting, when: risky,
			Title:  "it survives a header of 32 KiB",
			Reason: "It may be refused, but in order: with 4xx.",
			Advice: Advice{
				ChipChat: "Update Node; it answers 431 by itself.",
				Go:       "Leave http.Server.MaxHeaderBytes as it is.",
				Own:      "Leave the limit to your server, and see that it answers 431.",
			},
			run: checkHeader,
		},
		{
			Name: "slow-sending", Group: group, Severity: Should, needs: accepting, when: patient,
			Title:  "it reads a body that comes in small pieces",
			Reason: "The server sends each body in one piece, but networks and proxies cut it anywhere, also within a character.",
			Advice: Advice{
				ChipChat: "httpMiddleware() decodes each piece by itself, and destroys what is cut: use bot.router(), or express.raw() in front.",
				Go:       proxy,
				Own:      "Join the bytes of all pieces, and decode them then.",
			},
			run: checkSlowSending,
		},
		{
			Name: "slow-reading", Group: group, Severity: Should, needs: accepting, when: patient,
			Title:  "its answer arrives also where it is read slowly",
			Reason: "Who closes before the other has read cuts off his own answer.",
			Advice: Advice{
				ChipChat: proxy,
				Go:       proxy,
				Own:      "Read the whole request before you close, and do not set SO_LINGER to 0.",
			},
			run: checkSlowReading,
		},
		{
			Name: "keep-alive", Group: group, Severity: Should, needs: accepting,
			Title:  "it takes several events over one connection",
			Reason: "A connection for each event costs time, with TLS a lot.",
			Advice: Advice{
				ChipChat: proxy,
				Go:       "Leave http.Server.SetKeepAlivesEnabled as it is.",
				Own:      "Speak HTTP/1.1 with Content-Length or chunks, and do not close after each answer; if you do, say Connection: close.",
			},
			run: checkKeepAlive,
		},
		{
			Name: "idle", Group: group, Severity: Should, needs: accepting, when: patient,
			Title:  "it keeps an idle connection for 4 seconds",
			Reason: "The server uses connections again for less than that. One that was closed is opened anew; one that is dead but not closed costs the whole 20 s.",
			Advice: Advice{
				ChipChat: "Leave server.keepAliveTimeout at its 5 s or above. " + proxy,
				Go:       "Leave http.Server.IdleTimeout at a minute or so. " + proxy,
				Own:      "Keep idle connections for at least 5 s, and close them properly. " + proxy,
			},
			run: checkIdle,
		},
		{
			Name: "parallel", Group: group, Severity: Must, needs: accepting, when: alone,
			Title:  fmt.Sprintf("it takes %d events at once", atOnce),
			Reason: "The server sends up to 64 at once (params.concurrency), and a bot that waits for a contact in its handler needs them.",
			Advice: Advice{
				ChipChat: "See what in front of the bot limits connections.",
				Go:       "See what in front of the bot limits connections, and what its handlers lock.",
				Own:      "Use a server with more than one worker; or set params.concurrency to what you can take, and answer 503 with Retry-After beyond it.",
			},
			run: checkParallel,
		},
		{
			Name: "survives", Group: group, Severity: Must, needs: accepting, when: last,
			Title:  "after all of this it still works",
			Reason: "One event must not keep the others from being heard.",
			Advice: Advice{
				ChipChat: "See the log: an exception in a handler of onText ends the process. Catch it there, and let a supervisor start the bot again.",
				Go:       "See the log: something outside of the handlers ended the process, or holds a lock.",
				Own:      "See your log for the first error; let a supervisor start the process again.",
			},
			run: func(ctx context.Context, r *receiver) finding { return r.send(ctx, r.delivery(sample{})).must() },
		},
	}
}

func checkTime(_ context.Context, r *receiver) finding {
	slowest := slices.Max(r.times)
	seen := fmt.Sprintf("the slowest of %d answers took %s", len(r.times), rounded(slowest))
	switch {
	case slowest < quick:
		return passed(seen)
	case slowest < tardy:
		return warning(seen)
	}
	return failed(seen)
}

func checkSize(_ context.Context, r *receiver) finding {
	if r.first.truncated {
		return failed(fmt.Sprintf("its answer has more than %d bytes", len(r.first.body)))
	}
	return passed(fmt.Sprintf("%d bytes", len(r.first.body)))
}

func checkMethod(ctx context.Context, r *receiver) finding {
	d := r.delivery(sample{})
	switch a := r.do(ctx, r.url, http.MethodPut, d.header, d.body, d.limit()); {
	case a.busy():
		return often(a)
	case a.status/100 == 4, a.status == http.StatusNotImplemented: // as of servers that know GET and POST alone
		return passed(a.String() + " to PUT")
	case a.status/100 == 2:
		return warning(a.String() + " to PUT")
	default:
		return failed(a.String() + " to PUT")
	}
}

func checkHeader(ctx context.Context, r *receiver) finding {
	d := r.delivery(sample{})
	d.header.Set("X-Large", strings.Repeat("a", 32<<10))
	a := r.send(ctx, d)
	if a.status == 0 && !a.timeout {
		return warning(a.String() + ": it closed without saying why")
	}
	return a.orderly()
}

func checkParallel(ctx context.Context, r *receiver) finding {
	answers := make([]answer, atOnce)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = r.send(ctx, r.delivery(sample{})) })
	}
	wg.Wait()
	took := time.Since(start)
	var off, refused []answer
	for _, a := range answers {
		switch {
		case a.busy():
			off = append(off, a)
		case !a.accepted():
			refused = append(refused, a)
		}
	}
	switch {
	case len(refused) > 0:
		return failed(fmt.Sprintf("%d of %d not accepted, one of them: %s", len(refused), atOnce, refused[0]))
	case len(off) > 0:
		return warning(fmt.Sprintf("put %d of %d off: %s. They come later", len(off), atOnce, off[0]))
	}
	return passed(fmt.Sprintf("all within %s", rounded(took)))
}
