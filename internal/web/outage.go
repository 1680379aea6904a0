package web

import (
	"context"
	"log/slog"
	"sync"

	"bellhop/internal/trouble"
)

// outage tells of requests that the server cannot serve now, since its store is away: many of them are one trouble.
type outage struct {
	requests *trouble.Teller
	routes   sync.Map // that have met it: what others answer does not say that it is over
}

func newOutage(log *slog.Logger) *outage {
	return &outage{requests: trouble.Shared(log, slog.LevelWarn, "request failed")}
}

func (o *outage) failed(ctx context.Context, route string, err error, attributes ...any) {
	if _, known := o.routes.Load(route); !known {
		o.routes.Store(route, true)
	}
	// A client that does not wait any more has met it all the same.
	o.requests.Failed(context.WithoutCancel(ctx), "", err, attributes...)
}

func (o *outage) passed(route string) {
	if _, met := o.routes.Load(route); met {
		o.requests.Passed("")
	}
}
