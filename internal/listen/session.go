package listen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"bellhop/internal/tunnel/wire"
)

var (
	errSilent = fmt.Errorf("nothing was heard from the server for %v", wire.ListenerPatience)
	errSlept  = errors.New("this machine or process was asleep")
	errDone   = errors.New("the connection is not needed any more")
)

// writeChunk is how much of a frame is written at a time: pongs go between, however slow the line is.
const writeChunk = 16 << 10

// session is the life of one connection.
type session struct {
	*Listener
	conn  *websocket.Conn
	pulse *pulse
	ready bool // the server has said so

	ticks *pulse // beats every second while this process runs

	mu       sync.Mutex
	open     map[int64]*handling // by the ids of this connection
	draining bool                // requests that come are not taken any more
	group    sync.WaitGroup      // the requests that are
}

func newSession(l *Listener, conn *websocket.Conn, p *pulse) *session {
	return &session{Listener: l, conn: conn, pulse: p, ticks: newPulse(l.wall), open: make(map[int64]*handling)}
}

// run serves the connection until it is lost, or until ctx ends or somebody pauses, and then returns nil. Requests live
// as long as work.
func (s *session) run(ctx, work context.Context) error {
	paused, changed := s.switches.state()
	if paused {
		changed = closedChannel()
	}
	life, end := context.WithCancelCause(context.WithoutCancel(ctx)) // what is under way may end after ctx
	defer end(errDone)
	defer s.conn.CloseNow()

	reading := make(chan error, 1)
	go func() { reading <- s.read(life, work, end) }()
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		s.watch(life, end)
	}()
	var err error
	select {
	case err = <-reading:
		end(errDone)
	case <-ctx.Done():
		s.leave(reading, end)
		end(errDone)
		<-reading
	case <-changed:
		s.leave(reading, end)
		end(errDone)
		<-reading
	}
	<-watching
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	s.group.Wait()
	return err
}

func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// leave ends what is under way, for a bounded time, and closes the connection as one does.
func (s *session) leave(reading chan error, end context.CancelCauseFunc) {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		s.group.Wait()
		close(finished)
	}()
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-finished:
	case <-timer.C:
	case err := <-reading:
		reading <- err // for run, which waits for it
	}
	// Who is not there any more says no good-bye.
	defer time.AfterFunc(closeTime, func() { end(errDone) }).Stop()
	s.conn.Close(websocket.StatusNormalClosure, "")
}

// watch ends the connection when nothing is heard any more, and at once when the machine wakes up.
func (s *session) watch(life context.Context, end context.CancelCauseFunc) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-life.Done():
			return
		case <-ticker.C:
		}
		if s.ticks.beat(); s.ticks.stopped() || s.pulse.stopped() {
			end(errSlept)
		} else if s.pulse.silence() > wire.ListenerPatience {
			end(errSilent)
		}
	}
}

// read takes the frames of the server.
func (s *session) read(life, work context.Context, end context.CancelCauseFunc) error {
	for {
		frame, err := s.next(life)
		if err == nil {
			err = s.take(life, work, frame)
		}
		if err == nil {
			continue
		}
		if cause := context.Cause(life); cause != nil {
			err = cause
		}
		end(errDone)
		switch websocket.CloseStatus(err) {
		case wire.CloseReplaced:
			return ErrTakenOver
		case wire.CloseDeleted:
			return ErrDeleted
		case wire.CloseUnauthorized:
			return &RefusedError{Status: 401, Message: "the token is no longer valid"}
		case wire.CloseGoingAway:
			return errors.New("the server has ended the connection")
		}
		return fmt.Errorf("connection lost: %w", err)
	}
}

// next reads a frame. What comes after a silence in which the server may have given the connection up is not read: it
// comes again, in order, on the next connection.
func (s *session) next(life context.Context) ([]byte, error) {
	_, r, err := s.conn.Reader(life)
	if err != nil {
		return nil, err
	}
	var frame []byte
	chunk := make([]byte, 32<<10)
	for {
		n, err := r.Read(chunk)
		frame = append(frame, chunk[:n]...)
		if s.pulse.beat(); s.pulse.stopped() {
			return nil, errSlept
		}
		if errors.Is(err, io.EOF) {
			return frame, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// take acts on a frame. Its error ends the connection.
func (s *session) take(life, work context.Context, text []byte) error {
	frame, err := wire.Decode(text)
	if err != nil {
		return err
	}
	if _, ok := frame.(wire.Ready); ok == s.ready {
		return errors.New("the server sent ready twice, or something else before it")
	}
	switch f := frame.(type) {
	case wire.Ready:
		s.begin(f)
	case wire.Request:
		return s.accept(life, work, f)
	case wire.Cancel:
		s.giveUp(f.ID)
	}
	return nil
}

func (s *session) begin(r wire.Ready) {
	s.ready = true
	s.report(func() {
		if s.config.Connected != nil {
			s.config.Connected(Tunnel{ID: r.Tunnel, URL: strings.TrimSuffix(r.URL, "/"), Resumed: r.Resumed})
		}
	})
}

// accept starts a request, in the order of the frames, and goes on at once.
func (s *session) accept(life, work context.Context, r wire.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return nil // not acknowledged, so it comes again
	case len(s.open) >= 2*wire.MaxUnderWay:
		return errors.New("the server sent more requests at once than it may")
	case s.open[r.ID] != nil:
		return errors.New("the server sent two requests with one id")
	}
	h, known := s.begun(work, r)
	s.open[r.ID] = h
	s.group.Go(func() { s.answer(life, r, h, known) })
	return nil
}

// giveUp ends a request whose sender does not wait any more.
func (s *session) giveUp(id int64) {
	s.mu.Lock()
	h := s.open[id]
	s.mu.Unlock()
	if h != nil {
		h.cancel()
	}
}

// answer acknowledges a request, and sends what becomes of it.
func (s *session) answer(life context.Context, r wire.Request, h *handling, known bool) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, r.ID)
	}()
	_ = s.write(life, wire.Received{ID: r.ID}) // an error ends the connection, which the reader notices
	select {
	case <-h.done:
	case <-life.Done():
		if !h.remembered {
			h.cancel() // its sender has been told that the connection is gone
		}
		return
	}
	if known {
		s.tell(r, h.answer, time.Now(), 0, true)
	}
	_ = s.write(life, h.answer.frame(r.ID))
}

// write sends a frame. A frame out of bounds becomes a failure.
func (s *session) write(life context.Context, frame wire.Frame) error {
	text, err := wire.Encode(frame)
	if invalid, ok := errors.AsType[*wire.Invalid](err); ok {
		text, err = wire.Encode(wire.Fail(invalid.ID, "the local process answered with what no tunnel carries: "+invalid.Reason))
	}
	if err != nil {
		return err
	}
	w, err := s.conn.Writer(life, websocket.MessageText)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(text, writeChunk) {
		if _, err := w.Write(chunk); err != nil {
			return err
		}
	}
	return w.Close()
}
