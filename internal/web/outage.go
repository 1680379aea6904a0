package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"bellhop/internal/trouble"
)

// outage tells of requests that the server cannot serve now, since its store is away: many of them are one trouble.
type outage struct {
	requests *trouble.Teller

	mu     sync.Mutex // somebody meets it, or says that it is over
	routes sync.Map   // that have met it since it began: what others answer does not say that it is over
}

// Unavailable tells the log why the server cannot serve r now. It is for who answers with 503 by himself; WriteError does it.
func Unavailable(r *http.Request, err error) {
	exchangeOf(r).failed(r, http.StatusServiceUnavailable, err)
}

func newOutage(log *slog.Logger) *outage {
	return &outage{requests: trouble.Shared(log, slog.LevelWarn, "request failed")}
}

func (o *outage) failed(ctx context.Context, route string, err error, attributes ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.routes.Store(route, true)
	// A client that does not wait any more has met it all the same.
	o.requests.Failed(context.WithoutCancel(ctx), "", err, attributes...)
}

func (o *outage) passed(route string) {
	if _, met := o.routes.Load(route); !met {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.requests.Passed("") {
		o.routes.Clear()
	}
}
