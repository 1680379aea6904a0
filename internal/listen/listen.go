package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// drainTime is how long requests under way may take when the tunnel is left.
const drainTime = 5 * time.Second

// closeTime is how long the server may take to agree that the connection is closed.
const closeTime = time.Second

// Config says which tunnel to hold, and where its requests go.
type Config struct {
	Server string   // base URL of the server, without /v2
	Name   string   // of the tunnel; "" is "default"
	Target *url.URL // of the local process; the path of a request is joined to its path

	// Token returns what to log in with. It is asked before each connection, with refused empty, and once more with the
	// token that the server has refused; if it then returns the same one, or an error, Run ends with a [*RefusedError].
	Token func(ctx context.Context, refused string) (string, error)

	// Proxy returns the HTTP or SOCKS5 proxy that the server is reached through, nil for none. Without it none is used.
	Proxy func(*url.URL) (*url.URL, error)

	Connected func(Tunnel)                         // a connection is ready
	Lost      func(err error, again time.Duration) // it was lost, or could not be made; the next one is tried that much later
	Answered  func(Exchange)                       // a request has its answer, or failed
}

// Tunnel is what a server says of a tunnel when a connection is ready.
type Tunnel struct {
	ID      string
	URL     string // below which requests come here, without a slash at its end
	Resumed bool   // it was there before
}

// Listener holds a tunnel open. Pause and Resume may be called at any time; Run once.
type Listener struct {
	config Config
	local  *local
	memory *memory
	turns  turns

	dialer func(ctx context.Context, network, address string) (net.Conn, error)
	wall   func() time.Time // the clock on the wall, which goes on while the machine sleeps
	jitter func() float64   // from 0 to 1

	reporting sync.Mutex
	switches  pauseSwitch
	work      sync.WaitGroup // requests at the local process
}

// New checks the configuration. It starts nothing.
func New(c Config) (*Listener, error) {
	if c.Target == nil || c.Target.Scheme != "http" && c.Target.Scheme != "https" || c.Target.Host == "" {
		return nil, errors.New("listen: the target should be an http or https URL with a host")
	}
	if u, err := url.Parse(c.Server); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("listen: the server should be an http or https URL with a host")
	}
	if c.Token == nil {
		return nil, errors.New("listen: there is no token")
	}
	dialer := &net.Dialer{Timeout: dialTime}
	l := &Listener{
		config: c,
		memory: newMemory(),
		dialer: dialer.DialContext,
		wall:   time.Now,
		jitter: random,
	}
	l.local = newLocal(c.Target, func(ctx context.Context, network, address string) (net.Conn, error) {
		return l.dialer(ctx, network, address)
	})
	return l, nil
}

// Run holds the tunnel until ctx ends; then it lets requests under way end, for at most five seconds, and returns nil. It
// returns an error if the very first connection cannot be made, and when going on makes no sense: [ErrTakenOver],
// [ErrDeleted] or a [*RefusedError].
func (l *Listener) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer l.work.Wait()
	defer cancel()
	tries, everReady := 0, false
	for l.switches.open(ctx) {
		ready, err := l.once(ctx, work)
		if ready {
			tries, everReady = 0, true
		}
		switch {
		case err == nil: // paused, or ctx has ended
			continue
		case final(err) || !everReady && ctx.Err() == nil:
			return err
		}
		wait := l.backoff(tries, err)
		tries++
		l.report(func() {
			if l.config.Lost != nil && ctx.Err() == nil {
				l.config.Lost(err, wait)
			}
		})
		l.sleep(ctx, wait)
	}
	return nil
}

// once makes a connection and serves it to its end. A token that is refused is renewed once.
func (l *Listener) once(ctx, work context.Context) (ready bool, err error) {
	token, err := l.config.Token(ctx, "")
	if err != nil {
		return false, &RefusedError{Status: http.StatusUnauthorized, Message: err.Error()}
	}
	ready, err = l.attempt(ctx, work, token)
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok || refused.Status != http.StatusUnauthorized {
		return ready, err
	}
	renewed, failed := l.config.Token(ctx, token)
	if failed != nil || renewed == token {
		return ready, err
	}
	again, err := l.attempt(ctx, work, renewed)
	return ready || again, err
}

func (l *Listener) attempt(ctx, work context.Context, token string) (ready bool, err error) {
	conn, pulse, err := l.connect(ctx, token)
	if err != nil {
		if ctx.Err() != nil {
			return false, nil
		}
		return false, err
	}
	s := newSession(l, conn, pulse)
	err = s.run(ctx, work)
	return s.ready, err
}

// report calls a function of the configuration, one at a time.
func (l *Listener) report(f func()) {
	l.reporting.Lock()
	defer l.reporting.Unlock()
	f()
}

// Pause lets requests under way end, for at most five seconds, and leaves the tunnel, so that the server holds back what
// comes until Resume. It returns at once.
func (l *Listener) Pause() { l.switches.set(true) }

// Resume takes the tunnel up again after Pause.
func (l *Listener) Resume() { l.switches.set(false) }

// pauseSwitch is on while the listener is paused.
type pauseSwitch struct {
	mu      sync.Mutex
	paused  bool
	changed chan struct{} // closed at the next change
}

func (p *pauseSwitch) set(paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused == paused {
		return
	}
	p.paused = paused
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// state returns whether the switch is on, and a channel that is closed when that changes.
func (p *pauseSwitch) state() (paused bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.paused, p.changed
}

// open waits until nothing is paused, and reports whether ctx goes on.
func (p *pauseSwitch) open(ctx context.Context) bool {
	for {
		paused, changed := p.state()
		if ctx.Err() != nil || !paused {
			return ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// ErrTakenOver is the end of a listener whose tunnel another one has connected to.
var ErrTakenOver = errors.New("the tunnel was taken over by another listen")

// ErrDeleted is the end of a listener whose tunnel somebody has deleted.
var ErrDeleted = errors.New("the tunnel was deleted")

// RefusedError is an answer of the server, or of the proxy before it, that does not change by asking again.
type RefusedError struct {
	Status  int    // 401, 403, 404 and so on
	Message string // of the answer
}

func (e *RefusedError) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Message) }

// final reports whether going on makes no sense.
func final(err error) bool {
	_, refused := errors.AsType[*RefusedError](err)
	return refused || errors.Is(err, ErrTakenOver) || errors.Is(err, ErrDeleted)
}
