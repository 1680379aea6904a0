package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"
	"time"

	"bellhop"
)

// Wrap is what every request passes through on its way to next: it gets an id, which the
// answer shows as X-Request-Id; it is logged when it is answered; a panic is answered with
// 500. Those that get 503 are told of as one trouble. A path with empty segments, or with dots
// for segments, is 404: a mux would redirect it, which no client of the API expects. Of proxies
// in the networks of trusted it is believed whom they forward requests of (ClientAddress,
// OverTLS).
func Wrap(next http.Handler, log *slog.Logger, trusted ...netip.Prefix) http.Handler {
	return &edge{next: next, log: log, outage: newOutage(log), proxies: trusted, buffers: &sync.Pool{New: func() any { return new([]byte) }}}
}

type edge struct {
	next    http.Handler
	log     *slog.Logger
	outage  *outage
	proxies proxies
	buffers *sync.Pool // of *[]byte, for bodies
}

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, id: newRequestID(), log: e.log, outage: e.outage, start: time.Now(), buffers: e.buffers, proxies: e.proxies}
	w.Header()["X-Request-Id"] = []string{x.id}
	// A copy that is ours: muxes further in note their pattern in it.
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	defer func() {
		cut := false
		if p := recover(); p != nil {
			cut = x.contain(r, p)
		} else {
			x.giveBack()
		}
		x.finished(r)
		if cut {
			panic(http.ErrAbortHandler)
		}
	}()
	if !isClean(r.URL.EscapedPath()) {
		WriteError(x, r, errNotFound())
		return
	}
	e.next.ServeHTTP(x, r)
}

func errNotFound() error { return bellhop.Errorf(bellhop.NotFound, "Not found") }

// isClean reports whether a path is its own shortest form, but for a slash at its end.
func isClean(p string) bool {
	if len(p) > 1 {
		p = strings.TrimSuffix(p, "/")
	}
	return strings.HasPrefix(p, "/") && path.Clean(p) == p
}
