package listen

import (
	"context"
	"errors"
	"net/http"
	"time"

	"bellhop/internal/tunnel/wire"
)

// errGivenUp is the cause of a request's end when its sender does not wait any more.
var errGivenUp = errors.New("the sender has given up")

// Exchange is a request that came through the tunnel, and what became of it. Its slices and maps are shared, and not to
// be changed.
type Exchange struct {
	At     time.Time // when it was handed to the local process
	Method string
	Path   string // below the tunnel's URL, with its query
	Header http.Header
	Body   []byte

	Status  int // of the answer; 0 if there is none
	Answer  []byte
	Failure string // why there is none, such as [ConnectionRefused]
	Took    time.Duration

	// Repeated is true if the same attempt of the same delivery had been handed to the local process before: it was
	// answered with what that said then.
	Repeated bool
}

// begun returns the handling of a request: the one that there is, or a new one, whose turn among those of its order is
// taken when this returns.
func (l *Listener) begun(work context.Context, r wire.Request) (h *handling, known bool) {
	id := identity(r)
	if h, known = l.memory.find(id); known {
		return h, true
	}
	ctx, cancel := context.WithCancelCause(work)
	h.cancel = func() { cancel(errGivenUp) }
	turn := l.turns.take(r.Order)
	l.work.Go(func() {
		defer cancel(nil)
		turn.start(ctx)
		began := time.Now()
		a := l.local.hand(ctx, r)
		took := time.Since(began)
		turn.end()
		l.memory.finish(id, h, a)
		l.tell(r, a, began, took, false)
	})
	return h, false
}

// tell reports an exchange.
func (l *Listener) tell(r wire.Request, a answer, at time.Time, took time.Duration, repeated bool) {
	l.report(func() {
		if l.config.Answered == nil {
			return
		}
		path := r.Path
		if r.Query != "" {
			path += "?" + r.Query
		}
		l.config.Answered(Exchange{At: at, Method: r.Method, Path: path, Header: r.Headers.Header(), Body: r.Body,
			Status: a.status, Answer: a.body, Failure: a.failure, Took: took, Repeated: repeated})
	})
}

// frame is what is sent of an answer.
func (a answer) frame(id int64) wire.Frame {
	if a.failure != "" {
		return wire.Fail(id, a.failure)
	}
	return wire.Response{ID: id, Status: a.status, Headers: a.header, Body: a.body}
}
