package server

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/dispatch"
)

// An answer that is nobody's is not posted. If nobody can say whose it is, since the store is away, the delivery does
// not end before that is known.
//
// Contract: delivery.md Messages in the answer: Only one successful attempt
func TestAnswerWaitsForItsAuthor(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, err := New(t.Context(), Config{Data: t.TempDir(), WithoutPages: true, Unsafe: true}, listener, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	token := (&tunneled{T: t}).logIn(s.Accounts())
	c := &consequences{s.subscriptions, s.accounts, s.conversations, slog.New(slog.DiscardHandler)}
	const id = bellhop.ID("665f1f77bcf86cd799439011")
	answer := func(token string) *dispatch.Outcome {
		return &dispatch.Outcome{
			Service: id, Lane: id, Status: bellhop.Delivered, Delivery: bellhop.Delivery{Service: id, Lane: id},
			Event: &bellhop.Event{Name: "message.create.contact.chat", Key: string(id)},
			Body:  []byte(`{"token":"` + token + `","messages":[{"text":"hi"}]}`),
		}
	}
	if c.of(t.Context(), answer("wrong")) != nil {
		t.Error("an answer with a wrong token is posted")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	follows := c.of(t.Context(), answer(token))
	if follows == nil {
		t.Fatal("the delivery ends although nobody knows whose answer it has")
	}
	if follows(t.Context(), nil) == nil {
		t.Error("it is recorded although that is still not known")
	}
}

// docs/operations.md: the log tells of pauses and of their end.
//
// Contract: extensions.md 4: The target of a replay with url
func TestLogTellsOfPauses(t *testing.T) {
	const service, replay = bellhop.ID("665f1f77bcf86cd799439011"), bellhop.ID("665f1f77bcf86cd799439012")
	for _, test := range []struct {
		name   string
		change dispatch.Change
		lane   bellhop.ID
		want   string
	}{
		{"paused", dispatch.Paused, service, `level=WARN msg="webhook paused" service=` + string(service) + ` reason="status 503"`},
		{"resumed", dispatch.Resumed, service, `level=INFO msg="webhook resumed" service=` + string(service)},
		{"target of a replay", dispatch.Paused, replay,
			`level=WARN msg="webhook paused" service=` + string(service) + ` replay=` + string(replay) + ` reason="status 503"`},
		{"unchanged", dispatch.Unchanged, service, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			withoutTime := func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}
			c := &consequences{log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTime}))}
			follows := c.of(t.Context(), &dispatch.Outcome{Service: service, Lane: test.lane, Change: test.change, Status: bellhop.Pending, Reason: "status 503"})
			if got := strings.TrimSpace(log.String()); got != test.want {
				t.Errorf("the log says %q, want %q", got, test.want)
			}
			if told := follows != nil; told != (test.lane == service && test.change != dispatch.Unchanged) {
				t.Errorf("others are told: %t", told)
			}
		})
	}
}
