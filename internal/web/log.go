package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// finished logs an answered request: by its route, since paths and queries may hold what
// nobody else may read. What went well is only of interest to who looks for it.
func (x *exchange) finished(r *http.Request) {
	if x.status == 0 {
		x.status = http.StatusOK // what net/http sends for a handler that wrote nothing
	}
	x.tell(r)
	if x.status < http.StatusBadRequest {
		x.outage.passed(routeOf(r))
	}
	level := slog.LevelDebug
	switch {
	case x.quiet:
	case x.status == http.StatusServiceUnavailable: // that is told of, with all that it is the reason of
	case x.status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case x.status >= http.StatusBadRequest && x.status != gone.status:
		level = slog.LevelInfo
	}
	ctx := r.Context()
	if !x.log.Enabled(ctx, level) {
		return
	}
	x.log.LogAttrs(ctx, level, "request",
		slog.String("request", x.id),
		slog.String("method", methodOf(r)),
		slog.String("route", routeOf(r)),
		slog.Int("status", x.status),
		slog.Int("bytes", x.bytes),
		slog.Duration("duration", time.Since(x.start)),
		slog.String("client", ClientAddress(r)),
	)
}

// failed logs why the server cannot do what it was asked: now, or because of a fault.
func (x *exchange) failed(r *http.Request, status int, err error) {
	if status != http.StatusServiceUnavailable {
		x.log.LogAttrs(r.Context(), slog.LevelError, "request failed",
			slog.String("request", x.id), slog.String("route", routeOf(r)), slog.Int("status", status), slog.Any("err", err))
	} else if !x.quiet {
		x.outage.failed(r.Context(), routeOf(r), err, "request", x.id, "route", routeOf(r), "status", status)
	}
}

// contain answers a request whose handler panicked with p. It reports whether the answer
// could not be made whole, so that the connection has to be cut.
func (x *exchange) contain(r *http.Request, p any) (cut bool) {
	if p == http.ErrAbortHandler {
		return true
	}
	x.log.LogAttrs(r.Context(), slog.LevelError, "panic in a handler",
		slog.String("request", x.id), slog.String("route", routeOf(r)),
		slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
	if x.status != 0 {
		return true
	}
	writeFailure(x, outcomeOf(nil), nil)
	return false
}

// routeOf is the pattern that led to the handler.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

// methodOf keeps what is no method out of the log.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return r.Method
	}
	return "other"
}
