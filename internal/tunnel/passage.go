package tunnel

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"

	"bellhop"
	"bellhop/internal/tunnel/wire"
)

// passage is a request on its way through a link.
type passage struct {
	owner    string
	mayLeave func() error // of the sender; may be nil
	request  wire.Request
	begun    chan struct{} // closed when it is one of those under way
	received atomic.Bool
	acked    func()       // called when it is received; nil if nobody wants to know
	ended    chan outcome // gets one element at most

	// Of the link, whose lock is held:
	under bool // it is under way
	sent  bool // its request is on its way
}

// outcome is how a passage ends.
type outcome struct {
	response *wire.Response
	failure  string // if there is no response
	held     error  // if it was not sent, that of Sender.MayLeave
}

func (p *passage) receive() {
	if !p.received.Swap(true) && p.acked != nil {
		p.acked()
	}
}

func (p *passage) end(o outcome) {
	p.receive()
	select {
	case p.ended <- o:
	default: // it has one
	}
}

// leaves reports whether the request may be sent now, which ends the passage if it may not. The lock of the link is held.
func (p *passage) leaves() bool {
	if p.mayLeave != nil {
		if err := p.mayLeave(); err != nil {
			p.ended <- outcome{held: err} // there is no other one of what was not sent
			return false
		}
	}
	p.sent = true
	return true
}

// passage returns the one of that id, nil if nobody waits for it, or its request was not sent yet: what the other end says
// of that is made up.
func (l *link) passage(id int64) *passage {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.passages[id]; p != nil && p.sent {
		return p
	}
	return nil
}

// enter makes a passage, which begins at once or when it is its turn.
func (l *link) enter(by Sender, request wire.Request, acked func()) *passage {
	p := &passage{owner: by.Owner, mayLeave: by.MayLeave, request: request, acked: acked, begun: make(chan struct{}), ended: make(chan outcome, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting.add(p)
	l.begin()
	return p
}

// begin begins as many of the passages that wait as may be under way. The lock is held: requests are
// sent in the order in which they get their places.
func (l *link) begin() {
	for !l.over && len(l.passages) < wire.MaxUnderWay {
		p := l.waiting.next()
		if p == nil {
			return
		}
		l.last++
		p.request.ID, p.under = l.last, true
		l.passages[l.last] = p
		l.send(p.request)
		close(p.begun)
	}
}

// leave ends a passage. canceled says that nobody waits for its answer any more.
func (l *link) leave(p *passage, canceled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.under {
		l.waiting.remove(p)
		return
	}
	id := p.request.ID
	delete(l.passages, id)
	switch {
	case !p.sent:
		l.out = slices.DeleteFunc(l.out, func(f wire.Frame) bool {
			request, ok := f.(wire.Request)
			return ok && request.ID == id
		})
	case canceled:
		l.send(wire.Cancel{ID: id})
	}
	l.begin()
}

// refusal is why a request has no answer from the other end of a tunnel.
type refusal struct {
	status  int
	message string
	detail  string // what failed at the other end, which is no business of strangers; may be empty
	away    bool   // as ErrAway says
}

// tooMany says that too many strangers are let in.
func tooMany() *refusal {
	return &refusal{http.StatusTooManyRequests, "Too many requests to tunnels at once", "", false}
}

func (e *refusal) Error() string {
	if e.detail == "" {
		return e.message
	}
	return e.message + ": " + e.detail
}

func (e *refusal) Unwrap() error {
	if e.away {
		return ErrAway
	}
	return nil
}

func errNobody() *refusal {
	return &refusal{http.StatusServiceUnavailable, "Nobody listens at the other end of this tunnel", "", true}
}

func errLeft() *refusal {
	return &refusal{http.StatusBadGateway, "The other end of this tunnel left before it answered", "", true}
}

func errFailed(text string) *refusal {
	return &refusal{http.StatusBadGateway, "The other end of this tunnel has no answer", text, false}
}

// pass sends a request through a tunnel and returns the answer. All else is a *refusal, what ctx ended
// with after the request was received, or what by.MayLeave has said. An empty owner is all that ask from outside.
func (t *Tunnels) pass(ctx context.Context, id bellhop.ID, by Sender, request wire.Request) (*wire.Response, error) {
	request.ID = 1 // which it gets
	request.Query = visible(request.Query)
	if err := wire.Check(request); err != nil {
		return nil, &refusal{http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("This request does not fit through a tunnel: %v", err), "", false}
	}
	if l := t.link(id); l != nil {
		return l.pass(ctx, by, request, nil)
	}
	if node := t.config.Roster.Elsewhere(id); node != "" {
		return t.relay(ctx, node, id, by.Owner, request)
	}
	return nil, t.nobodyAt(id)
}

// nobodyAt says why nobody answers at a tunnel.
func (t *Tunnels) nobodyAt(id bellhop.ID) *refusal {
	if _, ok := t.config.Roster.Find(id); !ok {
		return &refusal{http.StatusNotFound, "Tunnel not found", "", false}
	}
	return errNobody()
}

// visible escapes what JSON could not carry as it is.
func visible(query string) string {
	b := make([]byte, 0, len(query))
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f {
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// pass sends a request. acked, unless it is nil, is called when it is received.
func (l *link) pass(ctx context.Context, by Sender, request wire.Request, acked func()) (*wire.Response, error) {
	p := l.enter(by, request, acked)
	canceled := false
	defer func() { l.leave(p, canceled) }()
	select {
	case <-p.begun:
	case <-l.lost:
		return nil, errNobody()
	case <-ctx.Done():
		return nil, errNobody() // it was never sent
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	select {
	case o := <-p.ended:
		return o.answer()
	case <-l.lost:
		return l.lostOn(p)
	case <-ctx.Done():
	}
	canceled = true
	if !p.received.Load() {
		return nil, errNobody()
	}
	return nil, ctx.Err()
}

func (o outcome) answer() (*wire.Response, error) {
	if o.held != nil {
		return nil, o.held
	}
	if o.response == nil {
		return nil, errFailed(o.failure)
	}
	return o.response, nil
}

// lostOn says what the loss of the link means for a passage.
func (l *link) lostOn(p *passage) (*wire.Response, error) {
	select {
	case o := <-p.ended: // just before
		return o.answer()
	default:
	}
	switch {
	case l.why.broke:
		return nil, errFailed("it broke the rules of tunnels: " + l.why.reason)
	case p.received.Load():
		return nil, errLeft()
	}
	return nil, errNobody()
}
