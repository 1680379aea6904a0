package dispatch

import (
	"context"
	"errors"
	"log/slog"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/store"
	"bellhop/internal/trouble"
)

// troubles are those that lanes have with this machine and the store, as the log tells of them.
type troubles struct{ read, probe, attempt, settle, record, end, take, follow *trouble.Teller }

func newTroubles(log *slog.Logger) troubles {
	return troubles{
		read:    trouble.Shared(log, slog.LevelError, "read due deliveries"),
		probe:   trouble.Shared(log, slog.LevelError, "read the oldest delivery"),
		attempt: trouble.Shared(log, slog.LevelError, "attempt a delivery"),
		settle:  trouble.Shared(log, slog.LevelWarn, "settle a delivery"),
		record:  trouble.Shared(log, slog.LevelError, "record attempts"),
		end:     trouble.Shared(log, slog.LevelError, "end waiting deliveries"),
		take:    trouble.New(log, slog.LevelError, "take over partitions"),
		follow:  trouble.New(log, slog.LevelError, "read what other nodes have committed"),
	}
}

// failed tells of an error of the lane: of one that all have at once as one trouble, and else of one of its service.
func (l *lane) failed(ctx context.Context, doing *trouble.Teller, err error, attributes ...any) {
	key := string(l.id.Service)
	if isOfAll(err) {
		key = ""
	}
	doing.Failed(ctx, key, err, append([]any{"service", l.id.Service}, attributes...)...)
}

func (l *lane) passed(doing *trouble.Teller) { doing.Passed(string(l.id.Service)) }

// isOfAll reports whether an error is not about what one lane has asked for.
func isOfAll(err error) bool {
	return bellhop.HasCode(err, bellhop.Unavailable) || bellhop.HasCode(err, bellhop.TooMany) ||
		errors.Is(err, store.ErrClosed) || errors.Is(err, store.ErrFenced) || errors.Is(err, egress.ErrNoSocket)
}
