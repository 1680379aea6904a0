package server

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/dispatch"
)

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
