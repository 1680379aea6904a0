package trace

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/web"
)

// Handler makes a span of each request to next, which continues the trace that the client
// names. It stands behind web.Wrap.
func (t *Tracer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		web.OnAnswer(r, func(a web.Answer) { endRequest(span, a) })
		// In place: what muxes note in the request is read when it is answered.
		*r = *r.WithContext(ctx)
		next.ServeHTTP(w, r)
	})
}

func endRequest(span trace.Span, a web.Answer) {
	name := a.Route
	if !strings.HasPrefix(name, a.Method+" ") {
		name = a.Method + " " + name
	}
	span.SetName(name)
	span.SetAttributes(attribute.String("http.request.method", a.Method), attribute.String("http.route", a.Route),
		attribute.Int("http.response.status_code", a.Status))
	if a.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Commit begins the span of an update that somebody waits for. What nobody has asked for is
// not traced.
func (t *Tracer) Commit(ctx context.Context) (end func(error)) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return func(error) {}
	}
	_, span := t.tracer.Start(ctx, "commit")
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "") // the cause may be a refusal that quotes what was sent
		}
		span.End()
	}
}

// Begin begins the span of an attempt, in the trace of the request that caused its event.
// It returns the header traceparent, and the end of the span.
func (t *Tracer) Begin(ctx context.Context, p *store.Pending) (traceparent string, end func(*bellhop.Attempt)) {
	ctx, span := t.tracer.Start(t.Continue(ctx, p.Event.Trace), "attempt", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("bellhop.delivery", p.Delivery.ID.String()),
		attribute.String("bellhop.service", string(p.Delivery.Service)),
		attribute.String("bellhop.event", p.Event.Name),
		attribute.Int("bellhop.attempt", p.Delivery.Attempts+1),
	))
	return t.Parent(ctx), func(a *bellhop.Attempt) {
		switch {
		case a == nil:
			span.SetStatus(codes.Error, "abandoned")
		case a.Error != "":
			span.SetStatus(codes.Error, a.Error)
		}
		if a != nil && a.Status != 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", a.Status))
		}
		span.End()
	}
}
