package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"bellhop/chipchat"
)

// TestGo plays the table on package chipchat. Its clock is virtual, so that what waits takes no time, but for scenarios
// with a server on a socket.
func TestGo(t *testing.T) {
	for _, s := range table(t) {
		if s.Only == "node" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			want := s.wanted(s.Go)
			if s.Serve == "start" {
				judge(t, want, playGo(t, s), equalInGo)
				return
			}
			synctest.Test(t, func(t *testing.T) { judge(t, want, playGo(t, s), equalInGo) })
		})
	}
}

// equalInGo is equal, but errors of package chipchat say in front of the text of the contract what was being done
// (docs/contract/sdk.md section 9).
func equalInGo(what string, got, want any) bool {
	if text, ok := want.(string); ok && what == "errors" {
		g, _ := got.(string)
		return says(g, text)
	}
	answered, isObject := want.(map[string]any)
	g, _ := got.(map[string]any)
	if what != "answers" || !isObject || g == nil {
		return equal(what, got, want)
	}
	if text, ok := answered["error"].(string); ok {
		has, _ := g["error"].(string)
		return says(has, text) && equal(what, merge(g, object{"error": text}), want)
	}
	if inner, ok := answered["body"].(map[string]any); ok && inner["error"] != nil {
		has, _ := g["body"].(map[string]any)
		return equalInGo(what, has, inner) && equal(what, merge(g, object{"body": inner}), want)
	}
	return equal(what, got, want)
}

// says reports whether an error has the text, with what was being done in front of it or behind the first part of it.
func says(got, text string) bool {
	first, cause, ok := strings.Cut(text, "processing error: ")
	if !ok {
		return strings.Contains(got, text)
	}
	return strings.HasPrefix(got, first) && strings.HasSuffix(got, cause)
}

// play is one scenario on package chipchat.
type play struct {
	t       *testing.T
	s       *scenario
	fake    *fake
	bot     *chipchat.Bot
	webhook http.Handler
	base    string // of a server on a socket; empty without
	stops   map[string]func()
	replies []func()

	mu            sync.Mutex
	calls, failed []any
}

func playGo(t *testing.T, s *scenario) played {
	p := &play{t: t, s: s, fake: newFake(s), stops: map[string]func(){}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var answers []any
	bot, err := chipchat.New(p.options())
	if err != nil {
		return played{Answers: []any{failure(err)}}
	}
	p.bot = bot
	bot.OnEvent("error", func(_ context.Context, e *chipchat.Event) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failed = append(p.failed, e.Err.Error())
		return nil
	})
	stop := p.serve(ctx)
	for _, step := range s.Steps {
		if answer, ok := p.step(ctx, step); ok {
			answers = append(answers, answer)
		}
	}
	p.settle()
	got := p.came(answers)
	cancel()
	_ = bot.Drain(ctx) // ends the contexts of what still waits
	stop()
	p.settle()
	return got
}

// settle waits until nothing goes on any more; a server on a socket has answered when it has.
func (p *play) settle() {
	if p.base == "" {
		synctest.Wait()
	}
}

func (p *play) came(answers []any) played {
	p.mu.Lock()
	defer p.mu.Unlock()
	return played{
		Calls: append([]any{}, p.calls...), Errors: append([]any{}, p.failed...), Answers: answers, Requests: p.fake.asked(),
	}
}

func (p *play) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, fmt.Sprintf(format, args...))
}

// serve puts up the webhook in the way that the scenario wants; stop ends what it has begun.
func (p *play) serve(ctx context.Context) (stop func()) {
	stop = func() {}
	switch serve := p.s.Serve.(type) {
	case map[string]any:
		prefix, _ := serve["pathPrefix"].(string)
		p.webhook = p.bot.Router(chipchat.RouterOptions{Prefix: prefix, AtOnce: serve["async"] != true})
	case string:
		switch serve {
		case "router":
			p.webhook = p.bot.Router(chipchat.RouterOptions{AtOnce: true})
		case "middleware":
			p.webhook = p.bot.HTTPMiddleware()
		case "start":
			return p.start(ctx)
		}
	}
	return stop
}

func (p *play) start(ctx context.Context) (stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.base = "http://" + listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- p.bot.Serve(ctx, listener) }()
	return func() {
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			p.t.Errorf("serve: %v", err)
		}
	}
}

// failure is an error as the outcome of a step.
func failure(err error) object {
	answer := object{"error": err.Error()}
	if e, ok := errors.AsType[*chipchat.Error](err); ok {
		answer["status"] = e.StatusCode
	}
	return answer
}
