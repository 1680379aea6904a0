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

// A request may arrive at another node than the one that somebody listens at. It is brought there,
// and the reply is brought back; between them that node tells when the request has its turn, and
// when it was received, for what ends then without a reply means something else. What is told may be
// lost, which makes the request one that was not received.
//
//	this node ── request ───> the node of the link ══ WebSocket ══> bellhop listen
//	          <── begun ─────
//	          <── received ──
//	          ── cancel ────>                       (if nobody waits any more)
//	          <── reply ─────

const (
	// relayPatience is how long a request of another node waits for its turn, and then for its
	// answer, if that node forgets to cancel it.
	relayPatience = 35 * time.Second

	// replyPatience is how long a node tries to bring a reply, and replyAgain when it does so again.
	replyPatience = 10 * time.Second
	replyAgain    = 500 * time.Millisecond

	// lookEvery is how often it is looked whether the node of a link is still there.
	lookEvery = time.Second
)

// letter is what nodes bring each other: a request or a reply to one.
type letter struct {
	ID      string // of the request, which its node has made
	Request *relayed
	Reply   *reply
}

type relayed struct {
	Tunnel string
	Owner  string
	Frame  []byte // a wire.Request
}

// reply is what became of a request: an answer, a refusal, or neither, if it was canceled.
type reply struct {
	Frame   []byte // a wire.Response
	Status  int
	Message string
	Detail  string
	Away    bool
}

// What is told of a request on its way, before its id.
const (
	toldBegun    = 'b'
	toldReceived = 'r'
	toldCancel   = 'c'
)

// journey is a request on its way to another node.
type journey struct {
	begin    func()
	begun    chan struct{} // closed when it has its turn there
	received atomic.Bool
	ended    chan *reply // gets one element at most
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
	if err := t.bring(ctx, node, letter{ID: name, Request: &relayed{Tunnel: string(id), Owner: owner, Frame: frame}}); err != nil {
		t.config.Tell(node, tell(toldCancel, name))
		return nil, errNobody()
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	begun := j.begun
	for {
		select {
		case <-begun:
			begun = nil
			if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
				trace.GotConn(httptrace.GotConnInfo{})
			}
		case r := <-j.ended:
			return r.answer()
		case <-look.C:
			if !t.config.Roster.Present(node) {
				return j.lost(errLeft())
			}
		case <-ctx.Done():
			t.config.Tell(node, tell(toldCancel, name))
			return j.lost(ctx.Err())
		}
	}
}

// lost says what it means for a request that nobody waits for its reply any more.
func (j *journey) lost(why error) (*wire.Response, error) {
	if !j.received.Load() {
		return nil, errNobody()
	}
	return nil, why
}

// answer returns what a reply says.
func (r *reply) answer() (*wire.Response, error) {
	switch {
	case r.Status != 0:
		return nil, &refusal{r.Status, r.Message, r.Detail, r.Away}
	case r.Frame == nil:
		return nil, errNobody()
	}
	f, err := wire.Decode(r.Frame)
	response, ok := f.(wire.Response)
	if err != nil || !ok {
		return nil, errFailed("what its node says is no answer")
	}
	return &response, nil
}

// bring brings a letter to another node. Without an error it has arrived.
func (t *Tunnels) bring(ctx context.Context, node roster.Node, l letter) error {
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(l); err != nil {
		return err
	}
	_, err := t.config.Ask(ctx, node, text.Bytes())
	return err
}

func tell(what byte, id string) []byte { return append([]byte{what}, id...) }

// depart begins a journey, until arrive is called.
func (t *Tunnels) depart() (name string, j *journey) {
	var raw [8]byte
	crand.Read(raw[:])
	name = hex.EncodeToString(raw[:])
	j = &journey{begun: make(chan struct{}), ended: make(chan *reply, 1)}
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

// journey returns the one of that name, nil if it is over.
func (t *Tunnels) journey(name string) *journey {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.away[name]
}

// Told takes what another node tells of a request. It does not block.
func (t *Tunnels) Told(news []byte) {
	if len(news) == 0 {
		return
	}
	what, name := news[0], string(news[1:])
	if what == toldCancel {
		t.mu.Lock()
		cancel := t.guests[name]
		t.mu.Unlock()
		if cancel != nil {
			cancel()
		}
		return
	}
	j := t.journey(name)
	if j == nil {
		return // its reply was faster
	}
	if what == toldReceived {
		j.received.Store(true)
	}
	j.begin()
}

// Answer takes a letter of another node. What becomes of a request in it is brought there later.
func (t *Tunnels) Answer(ctx context.Context, from roster.Node, text []byte) ([]byte, error) {
	var l letter
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&l); err != nil {
		return nil, bellhop.Errorf(bellhop.Invalid, "No letter of a node: %v", err)
	}
	if l.Reply != nil {
		if j := t.journey(l.ID); j != nil {
			select {
			case j.ended <- l.Reply:
			default: // it was brought twice
			}
		}
		return nil, nil
	}
	if l.Request == nil {
		return nil, bellhop.Errorf(bellhop.Invalid, "The letter is empty")
	}
	f, err := wire.Decode(l.Request.Frame)
	request, ok := f.(wire.Request)
	if err != nil || !ok {
		return nil, bellhop.Errorf(bellhop.Invalid, "No request to a tunnel")
	}
	if !t.enter() {
		return nil, bellhop.Errorf(bellhop.Unavailable, "The server ends")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t.mu.Lock()
	t.guests[l.ID] = cancel
	t.mu.Unlock()
	go func() {
		defer t.open.Done()
		defer cancel()
		r := t.passFor(ctx, from, l.ID, l.Request, request)
		t.mu.Lock()
		delete(t.guests, l.ID)
		t.mu.Unlock()
		t.replyTo(context.WithoutCancel(ctx), from, letter{ID: l.ID, Reply: r})
	}()
	return nil, nil
}

// replyTo brings a reply to the node that waits for it.
func (t *Tunnels) replyTo(ctx context.Context, node roster.Node, l letter) {
	ctx, cancel := context.WithTimeout(ctx, replyPatience)
	defer cancel()
	for t.bring(ctx, node, l) != nil && t.config.Roster.Present(node) && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(replyAgain):
		}
	}
}

// passFor sends a request of another node through the link that is here.
func (t *Tunnels) passFor(ctx context.Context, from roster.Node, name string, relayed *relayed, request wire.Request) *reply {
	id := bellhop.ID(relayed.Tunnel)
	l := t.link(id)
	if l == nil {
		return t.nobodyAt(id).reply()
	}
	if relayed.Owner == "" {
		if !l.letIn() {
			return tooMany().reply()
		}
		defer l.letOut()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.AfterFunc(relayPatience, cancel)
	defer patience.Stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		patience.Reset(relayPatience)
		t.config.Tell(from, tell(toldBegun, name))
	}})
	by := Sender{Owner: relayed.Owner}
	if t.config.Roster.Present(from) { // if not, it has come just now
		by.MayLeave = func() error {
			if !t.config.Roster.Present(from) {
				return errNobody()
			}
			return nil
		}
	}
	response, err := l.pass(ctx, by, request, func() { t.config.Tell(from, tell(toldReceived, name)) })
	if e, ok := errors.AsType[*refusal](err); ok {
		return e.reply()
	}
	if err != nil {
		return new(reply)
	}
	frame, err := wire.Encode(*response)
	if err != nil {
		return errFailed("it does not fit into a frame").reply()
	}
	return &reply{Frame: frame}
}

func (e *refusal) reply() *reply {
	return &reply{Status: e.status, Message: e.message, Detail: e.detail, Away: e.away}
}
