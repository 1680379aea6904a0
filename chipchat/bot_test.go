package chipchat

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestWhatGoesWrongInHandlersOfOwnEventsIsAnError(t *testing.T) {
	b := newBot(t, answers(500), nil)
	var errs []string
	b.OnEvent("ready token", func(ctx context.Context, e *Event) error {
		_, err := b.Send(ctx, testConversation, "I am "+e.Name)
		if err == nil {
			t.Error("Send = nil, want an error")
		}
		return errors.New("broken")
	})
	b.OnEvent("error", func(ctx context.Context, e *Event) error {
		errs = append(errs, e.Err.Error())
		_, _ = b.Send(ctx, testConversation, "oh") // fails, too, and comes to no end if that is told
		b.refreshed(ctx)
		return errors.New("worse")
	})
	for _, name := range []string{"ready", "token"} {
		errs = nil
		b.announce(t.Context(), &Event{Name: name})
		want := []string{"middleware send processing error: ", "handle event " + name + ": broken"}
		if len(errs) != len(want) || !strings.HasPrefix(errs[0], want[0]) || errs[1] != want[1] {
			t.Errorf("%s: errors %q, want %q", name, errs, want)
		}
	}
}
