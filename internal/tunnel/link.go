package tunnel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"bellhop"
	"bellhop/internal/tunnel/wire"
)

// loss is why a link is over.
type loss struct {
	code   websocket.StatusCode // 0 where nobody is there to be told
	reason string
	broke  bool // by the other end, which is to blame for what was under way
}

var (
	silent    = loss{reason: "nothing was heard"}
	left      = loss{reason: "the listener left"}
	ending    = loss{code: wire.CloseGoingAway, reason: "the server ends"}
	replaced  = loss{code: wire.CloseReplaced, reason: "taken over by another listen"}
	deleted   = loss{code: wire.CloseDeleted, reason: "the tunnel was deleted"}
	forbidden = loss{code: wire.CloseUnauthorized, reason: "the token is not valid any more"}
)

func broken(reason string) loss {
	return loss{code: wire.CloseProtocol, reason: reason, broke: true}
}

// link is a connection of somebody who listens at a tunnel.
type link struct {
	tunnel    bellhop.ID
	number    int64 // of the connection, 0 if it has none yet; guarded by the lock of the tunnels
	conn      *websocket.Conn
	more      chan struct{} // gets an element when there is something to be sent
	lost      chan struct{} // closed when it is over
	heard     atomic.Int64  // when, as time.Time.UnixNano
	strangers atomic.Int64  // requests of theirs that are let in

	mu       sync.Mutex
	why      loss // once lost is closed
	over     bool
	last     int64        // the id of the newest request
	out      []wire.Frame // what is to be sent: the first frame, and of each passage one at most
	passages map[int64]*passage
	waiting  line
}

func newLink(tunnel bellhop.ID, conn *websocket.Conn) *link {
	conn.SetReadLimit(wire.MaxFrame)
	l := &link{
		tunnel: tunnel, conn: conn, more: make(chan struct{}, 1), lost: make(chan struct{}), passages: map[int64]*passage{},
	}
	l.hear()
	return l
}

func (l *link) hear() { l.heard.Store(time.Now().UnixNano()) }

func (l *link) quietFor() time.Duration { return time.Since(time.Unix(0, l.heard.Load())) }

// lose ends the link, whose passages learn of it. Only the first loss counts.
func (l *link) lose(why loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.over, l.why = true, why
		close(l.lost)
	}
}

func (l *link) isLost() bool {
	select {
	case <-l.lost:
		return true
	default:
		return false
	}
}

// run serves until the link is lost, and closes it. allowed returns an error when the listener
// may not be here any more.
func (l *link) run(ctx context.Context, ends <-chan struct{}, allowed func(context.Context) error) loss {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var parts sync.WaitGroup
	parts.Go(func() { l.lose(l.read(ctx)) })
	parts.Go(func() { l.lose(l.write(ctx)) })
	parts.Go(func() { l.lose(l.watch(watching, ends, allowed)) })
	<-l.lost
	stopWatching()
	if l.why.code != 0 {
		_ = l.conn.Close(l.why.code, l.why.reason) // it is over, whatever comes of it
	} else {
		_ = l.conn.CloseNow()
	}
	cancel()
	parts.Wait()
	return l.why
}

// watch pings, and looks whether the listener may still be here.
func (l *link) watch(ctx context.Context, ends <-chan struct{}, allowed func(context.Context) error) loss {
	tick := time.NewTicker(wire.PingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return left
		case <-ends:
			return ending
		case <-tick.C:
		}
		// A store that does not answer is no reason.
		if err := allowed(ctx); bellhop.HasCode(err, bellhop.Unauthenticated) || bellhop.HasCode(err, bellhop.Forbidden) {
			return forbidden
		}
		if !l.ping(ctx) && l.quietFor() >= wire.ServerPatience {
			return silent
		}
	}
}

// ping reports whether a pong came in time.
func (l *link) ping(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, wire.ServerPatience)
	defer cancel()
	if l.conn.Ping(ctx) != nil {
		return false
	}
	l.hear()
	return true
}

// write sends what is to be sent.
func (l *link) write(ctx context.Context) loss {
	for {
		f := l.nextOut()
		if f == nil {
			select {
			case <-l.lost:
				return left
			case <-l.more:
			}
			continue
		}
		b, err := wire.Encode(f)
		if err != nil {
			return loss{code: websocket.StatusInternalError, reason: "a frame could not be written"}
		}
		if l.conn.Write(ctx, websocket.MessageText, b) != nil {
			return left
		}
	}
}

// send queues a frame. The lock is held.
func (l *link) send(f wire.Frame) {
	l.out = append(l.out, f)
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// nextOut takes the next frame to be sent, nil if there is none.
func (l *link) nextOut() wire.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.out) > 0 && !l.over {
		f := l.out[0]
		l.out[0] = nil
		l.out = l.out[1:]
		if request, ok := f.(wire.Request); !ok || l.passages[request.ID].leaves() {
			return f
		}
	}
	return nil
}

// read takes what the other end sends.
func (l *link) read(ctx context.Context) loss {
	for {
		kind, b, err := l.next(ctx)
		switch {
		case errors.Is(err, websocket.ErrMessageTooBig):
			return broken("a frame is too long")
		case err != nil:
			return left
		case kind != websocket.MessageText:
			return broken("a frame is not text")
		}
		if why, ok := l.take(b); !ok {
			return why
		}
	}
}

// next reads a message. Each part of it is heard: a long answer on a slow line keeps pongs
// waiting behind it.
func (l *link) next(ctx context.Context) (websocket.MessageType, []byte, error) {
	kind, r, err := l.conn.Reader(ctx)
	if err != nil {
		return kind, nil, err
	}
	b, err := io.ReadAll(heard{r, l})
	return kind, b, err
}

type heard struct {
	io.Reader
	link *link
}

func (h heard) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	h.link.hear()
	return n, err
}

// take takes a frame. It reports false if that breaks the rules.
func (l *link) take(b []byte) (loss, bool) {
	f, err := wire.Decode(b)
	if invalid, ok := errors.AsType[*wire.Invalid](err); ok {
		// One bad answer is no reason to give up all others.
		if p := l.passage(invalid.ID); p != nil {
			p.end(outcome{failure: "the answer is no answer: " + invalid.Reason})
			return loss{}, true
		}
		return broken(invalid.Error()), false
	}
	switch f := f.(type) {
	case wire.Received:
		if p := l.passage(f.ID); p != nil {
			p.receive()
		}
	case wire.Response:
		if p := l.passage(f.ID); p != nil {
			p.end(outcome{response: &f})
		}
	case wire.Failure:
		if p := l.passage(f.ID); p != nil {
			p.end(outcome{failure: f.Error})
		}
	case wire.Ready, wire.Request, wire.Cancel:
		return broken(fmt.Sprintf("a %T is not for the listener to send", f)), false
	}
	return loss{}, true
}
