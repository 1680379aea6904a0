package web

import (
	"context"
	"net/http"
	"time"
)

// Answer is what became of a request.
type Answer struct {
	Method   string // "other" for what is no method
	Route    string // the pattern that led to the handler, "none" if no pattern did
	Status   int
	Duration time.Duration
}

// OnAnswer has f called when r, a request behind Wrap, is answered, also if its handler
// panics.
func OnAnswer(r *http.Request, f func(Answer)) {
	x := exchangeOf(r)
	x.watch = append(x.watch, f)
}

// Watch has f called for every request to next when it is answered.
func Watch(next http.Handler, f func(Answer)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		OnAnswer(r, f)
		next.ServeHTTP(w, r)
	})
}

// tell tells those who watch.
func (x *exchange) tell(r *http.Request) {
	if len(x.watch) == 0 {
		return
	}
	a := Answer{Method: methodOf(r), Route: routeOf(r), Status: x.status, Duration: time.Since(x.start)}
	for _, f := range x.watch {
		f(a)
	}
}

type endingKey struct{}

// Ending returns a channel that is closed when the server that ctx, of a request, belongs
// to begins to end. Answers without an end have to end then. It is nil outside of Serve.
func Ending(ctx context.Context) <-chan struct{} {
	ending, _ := ctx.Value(endingKey{}).(<-chan struct{})
	return ending
}
