package server

import (
	"context"
	"net/http"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
	"bellhop/internal/web"
)

// lastTraces is how long the end of the server waits for the collector of traces.
const lastTraces = 5 * time.Second

// hooks are where the tracer is told of what happens; all are nil if nothing is traced.
type hooks struct {
	commit func(context.Context) func(error)
	parent func(context.Context) string
	begin  func(context.Context, *store.Pending) (string, func(*bellhop.Attempt))
}

func (s *Server) hooks() hooks {
	if s.tracer == nil {
		return hooks{}
	}
	return hooks{s.tracer.Commit, s.tracer.Parent, s.tracer.Begin}
}

// watched is everything that is served, with those who watch it.
func (s *Server) watched() http.Handler {
	handler := web.Watch(s.mux, s.metrics.Answered)
	if s.tracer != nil {
		handler = s.tracer.Handler(handler)
	}
	return handler
}

type consequence = func(ctx context.Context, o *dispatch.Outcome) func(context.Context, *store.Tx) error

// traced lets what an outcome leads to go on in the trace of its event.
func (s *Server) traced(of consequence) consequence {
	if s.tracer == nil {
		return of
	}
	return func(ctx context.Context, o *dispatch.Outcome) func(context.Context, *store.Tx) error {
		if o.Event == nil || o.Event.Trace == "" {
			return of(ctx, o)
		}
		f := of(s.tracer.Continue(ctx, o.Event.Trace), o)
		if f == nil {
			return nil
		}
		return func(ctx context.Context, tx *store.Tx) error { return f(s.tracer.Continue(ctx, o.Event.Trace), tx) }
	}
}
