package tunnel

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/tunnel/wire"
)

// A request may arrive at another node than the one that somebody listens at. That one is asked,
// and answers with what became of it; on the way it tells when the request has its turn, and when it
// was received, for what ends then without an answer means something else.
//
//	this node ── question ──> the node of the link ══ WebSocket ══> bellhop listen
//	          <── begun ─────
//	          <── received ──
//	          <── answer ────

// relayPatience is how long a request of another node waits for its turn, and then for its answer,
// if that node forgets to end it.
const relayPatience = 35 * time.Second

// question is a request that is sent to the node of a link.
type question struct {
	ID     string
	Tunnel string
	Owner  string
	Frame  []byte // a wire.Request
}

// reply is what became of it: an answer, a refusal, or neither, if it was not waited for.
type reply struct {
	Frame    []byte // a wire.Response
	Status   int
	Message  string
	Away     bool
	Received bool
}

// What is told of a request on its way.
const (
	toldBegun    = 'b'
	toldReceived = 'r'
)

// journey is a request on its way to another node.
type journey struct {
	begun    chan struct{} // closed when it has its turn there
	begin    func()
	received atomic.Bool
}

// relay is pass by the link of another node.
func (t *Tunnels) relay(ctx context.Context, node roster.Node, id bellhop.ID, owner string, request wire.Request) (*wire.Response, error) {
	if t.config.Ask == nil {
		return nil, errNobody()
	}
	frame, err := wire.Encode(request)
	if err != nil {
		return nil, err
	}
	name, j := t.depart()
	defer t.arrive(name)
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(question{ID: name, Tunnel: string(id), Owner: owner, Frame: frame}); err != nil {
		return nil, err
	}
	type told struct {
		reply []byte
		err   error
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	answered := make(chan told, 1)
	go func() {
		b, err := t.config.Ask(asking, node, text.Bytes())
		answered <- told{b, err}
	}()
	begun := j.begun
	for {
		select {
		case <-begun:
			begun = nil
			if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
				trace.GotConn(httptrace.GotConnInfo{})
			}
		case a := <-answered:
			switch {
			case a.err == nil:
				return j.read(ctx, a.reply)
			case !j.received.Load():
				return nil, errNobody()
			case ctx.Err() != nil:
				return nil, ctx.Err()
			}
			return nil, errLeft() // its node is gone
		}
	}
}

// read returns what a reply says.
func (j *journey) read(ctx context.Context, text []byte) (*wire.Response, error) {
	var a reply
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&a); err != nil {
		return nil, errFailed("what its node says is no answer")
	}
	switch {
	case a.Status != 0:
		return nil, &refusal{a.Status, a.Message, a.Away}
	case a.Frame == nil && a.Received && ctx.Err() != nil:
		return nil, ctx.Err()
	case a.Frame == nil:
		return nil, errNobody()
	}
	f, err := wire.Decode(a.Frame)
	response, ok := f.(wire.Response)
	if err != nil || !ok {
		return nil, errFailed("what its node says is no answer")
	}
	return &response, nil
}

// depart begins a journey, until arrive is called.
func (t *Tunnels) depart() (name string, j *journey) {
	var raw [8]byte
	crand.Read(raw[:])
	name = hex.EncodeToString(raw[:])
	j = &journey{begun: make(chan struct{})}
	j.begin = sync.OnceFunc(func() { close(j.begun) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.away[name] = j
	return name, j
}

func (t *Tunnels) arrive(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.away, name)
}

// Told takes what another node tells of a request on its way. It does not block.
func (t *Tunnels) Told(news []byte) {
	if len(news) < 2 {
		return
	}
	t.mu.Lock()
	j := t.away[string(news[1:])]
	t.mu.Unlock()
	if j == nil {
		return // its answer was faster
	}
	if news[0] == toldReceived {
		j.received.Store(true)
	}
	j.begin()
}

// Answer sends a request of another node through the link that is here, and says what became of it.
func (t *Tunnels) Answer(ctx context.Context, from roster.Node, text []byte) ([]byte, error) {
	var q question
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&q); err != nil {
		return nil, bellhop.Errorf(bellhop.Invalid, "No request to a tunnel: %v", err)
	}
	f, err := wire.Decode(q.Frame)
	request, ok := f.(wire.Request)
	if err != nil || !ok {
		return nil, bellhop.Errorf(bellhop.Invalid, "No request to a tunnel")
	}
	tell := func(what byte) { t.config.Tell(from, append([]byte{what}, q.ID...)) }
	a, err := t.passFor(ctx, bellhop.ID(q.Tunnel), q.Owner, request, tell)
	if err != nil {
		return nil, err
	}
	var told bytes.Buffer
	err = gob.NewEncoder(&told).Encode(a)
	return told.Bytes(), err
}

// passFor sends a request through the link that is here.
func (t *Tunnels) passFor(ctx context.Context, id bellhop.ID, owner string, request wire.Request, tell func(byte)) (*reply, error) {
	refused := func(e *refusal) (*reply, error) {
		return &reply{Status: e.status, Message: e.message, Away: e.away}, nil
	}
	l := t.link(id)
	if l == nil {
		return refused(t.nobodyAt(id))
	}
	if owner == "" {
		if !l.letIn() {
			return refused(tooMany())
		}
		defer l.letOut()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.AfterFunc(relayPatience, cancel)
	defer patience.Stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		patience.Reset(relayPatience)
		tell(toldBegun)
	}})
	received := atomic.Bool{}
	response, err := l.pass(ctx, owner, request, func() {
		received.Store(true)
		tell(toldReceived)
	})
	if e, ok := errors.AsType[*refusal](err); ok {
		return refused(e)
	}
	if err != nil {
		return &reply{Received: received.Load()}, nil
	}
	frame, err := wire.Encode(*response)
	return &reply{Frame: frame}, err
}
