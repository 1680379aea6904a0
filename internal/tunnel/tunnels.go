package tunnel

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/trouble"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/web"
)

// ErrAway is wrapped by errors of what Inside returns, where nobody listens, or the listener
// left before he answered or acknowledged the request. Whether he has seen it is not known.
var ErrAway = errors.New("nobody listens at the other end of the tunnel")

// Config says what Tunnels work with.
type Config struct {
	Accounts *account.Accounts
	Roster   *roster.Roster

	// URL is the public one of the server, without a slash at its end.
	URL string

	// Limiter limits requests for tunnels, and to them; nil means that there is no limit.
	Limiter *web.Limiter

	// Ask brings something to the tunnels of another node, where Answer is called with it, and Tell
	// what Told is called with there. Nil means that there are no other nodes.
	Ask  func(ctx context.Context, node roster.Node, question []byte) ([]byte, error)
	Tell func(node roster.Node, news []byte)

	// Arrived, if it is not nil, is called when somebody listens at a tunnel, or when it is
	// deleted: what waits for it need not wait any more. It must not block.
	Arrived func(tunnel bellhop.ID)

	Log *slog.Logger
}

// Tunnels knows who listens at which tunnel. It is safe for concurrent use.
type Tunnels struct {
	config    Config
	base      *url.URL      // below which tunnels are
	strangers chan struct{} // an element for each request of theirs that is let in
	refusing  *trouble.Teller

	mu     sync.Mutex
	links  map[bellhop.ID]*link
	away   map[string]*journey // requests on their way to other nodes
	guests map[string]func()   // those of other nodes, and what cancels them
	ending chan struct{}       // closed when no more are taken
	open   sync.WaitGroup      // links, and requests of other nodes
}

// New returns tunnels that nobody listens at yet.
func New(config Config) (*Tunnels, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Arrived == nil {
		config.Arrived = func(bellhop.ID) {}
	}
	base, err := url.Parse(config.URL)
	if err != nil {
		return nil, err
	}
	t := &Tunnels{config: config, base: base, strangers: make(chan struct{}, maxStrangers),
		refusing: trouble.Shared(config.Log, slog.LevelWarn, "requests to a tunnel are refused"),
		links:    map[bellhop.ID]*link{}, away: map[string]*journey{}, guests: map[string]func(){}, ending: make(chan struct{})}
	config.Roster.OnChange(t.changed)
	return t, nil
}

// Run waits until ctx ends. Then it closes all links, whose listeners connect again to who
// serves next, and returns when they are closed.
func (t *Tunnels) Run(ctx context.Context) error {
	<-ctx.Done()
	t.mu.Lock()
	close(t.ending)
	t.mu.Unlock()
	t.open.Wait()
	return nil
}

// URL is the one of a tunnel, without a slash at its end.
func (t *Tunnels) URL(id bellhop.ID) string { return t.config.URL + "/tunnels/" + string(id) }

// Of returns the tunnel of this server that u leads to, "" if it leads anywhere else.
func (t *Tunnels) Of(u *url.URL) bellhop.ID {
	if u.Scheme != t.base.Scheme || !sameHost(u, t.base) {
		return ""
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), t.base.EscapedPath()+"/tunnels/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	if !bellhop.ID(id).Valid() {
		return ""
	}
	return bellhop.ID(id)
}

func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// Away reports whether nobody listens at a tunnel that there is, and since when.
func (t *Tunnels) Away(id bellhop.ID) (since bellhop.Time, away bool) {
	if t.connected(id) {
		return 0, false
	}
	tunnel, ok := t.config.Roster.Find(id)
	return tunnel.SeenAt, ok
}

// connected reports whether somebody listens at a tunnel, at whichever node.
func (t *Tunnels) connected(id bellhop.ID) bool {
	return t.link(id) != nil || t.config.Roster.Elsewhere(id) != ""
}

// Connected returns how many tunnels somebody listens at, at this node.
func (t *Tunnels) Connected() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.links)
}

// link returns the one of a tunnel, nil if nobody listens at this node.
func (t *Tunnels) link(id bellhop.ID) *link {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.links[id]; l != nil && !l.isLost() {
		return l
	}
	return nil
}

// attach makes l the link of its tunnel. One that was there before, at whichever node, is replaced.
// It loses l if the tunnel is deleted, or a newer one is there already.
func (t *Tunnels) attach(ctx context.Context, l *link) {
	number, there, err := t.config.Roster.Claim(ctx, l.tunnel)
	if err != nil {
		// Who cannot write can still listen; the next ping tries again.
		t.config.Log.WarnContext(ctx, "note that a tunnel is listened at", "tunnel", l.tunnel, "err", err)
	}
	t.mu.Lock()
	l.number = number
	switch old := t.links[l.tunnel]; {
	case old == nil:
		t.links[l.tunnel] = l
	case number == 0 || old.number < number:
		old.lose(replaced) // before anything passes through the new one
		t.links[l.tunnel] = l
	default:
		l.lose(replaced)
	}
	t.mu.Unlock()
	// Whoever changes the roster looks for a link afterwards: one of both sees the other.
	now, known := t.config.Roster.Find(l.tunnel)
	switch {
	case err == nil && !(there && known):
		l.lose(deleted)
	case number != 0 && now.Link > number:
		l.lose(replaced)
	}
}

// confirm claims the tunnel of l again where the claim could not be written, or this node goes by
// another name than then.
func (t *Tunnels) confirm(ctx context.Context, l *link) {
	t.mu.Lock()
	number := l.number
	t.mu.Unlock()
	now, known := t.config.Roster.Find(l.tunnel)
	if !known || number != 0 && (now.Link != number || t.config.Roster.IsHere(now)) {
		return
	}
	if number != 0 {
		_ = t.config.Roster.Confirm(ctx, l.tunnel, number) // the next ping tries again
		return
	}
	claimed, there, err := t.config.Roster.Claim(ctx, l.tunnel)
	if err != nil || !there {
		return
	}
	t.mu.Lock()
	l.number = claimed
	t.mu.Unlock()
}

// changed is told that somebody else listens at a tunnel, or that it is deleted. Of who listens here
// listen tells.
func (t *Tunnels) changed(id bellhop.ID, now roster.Tunnel, there bool) {
	t.mu.Lock()
	l := t.links[id]
	newer := l != nil && l.number != 0 && now.Link > l.number && !t.config.Roster.IsHere(now)
	t.mu.Unlock()
	switch {
	case l != nil && !there:
		l.lose(deleted)
	case newer:
		l.lose(replaced)
	}
	if !there || now.Node != "" && !t.config.Roster.IsHere(now) {
		t.config.Arrived(id)
	}
}

func (t *Tunnels) detach(ctx context.Context, l *link) {
	t.mu.Lock()
	number := l.number
	if t.links[l.tunnel] == l {
		delete(t.links, l.tunnel)
	}
	t.mu.Unlock()
	if now, known := t.config.Roster.Find(l.tunnel); !known || now.Link != number {
		return // there is somebody else
	}
	if err := t.config.Roster.Leave(ctx, l.tunnel, number); err != nil {
		t.config.Log.WarnContext(ctx, "note that a tunnel was left", "tunnel", l.tunnel, "err", err)
	}
}

// enter counts a link that is about to be, or a request of another node. It reports false when the server ends.
func (t *Tunnels) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.ending:
		return false
	default:
	}
	t.open.Add(1)
	return true
}

// delete forgets a tunnel of caller, and closes its link.
func (t *Tunnels) delete(ctx context.Context, caller *account.Caller, id bellhop.ID) error {
	return t.config.Roster.Delete(ctx, caller, id) // which tells changed
}

// Routes enters the tunnels in a mux.
func (t *Tunnels) Routes(mux *http.ServeMux) {
	own := http.NewServeMux()
	own.Handle("GET /v2/tunnels", web.Handler(t.known(t.tunnels)))
	own.Handle("DELETE /v2/tunnels/{id}", web.Handler(t.known(t.remove)))
	api := t.limited(web.NewRouter(own))
	mux.Handle("/v2/tunnels", api)
	mux.Handle("/v2/tunnels/", api)
	strangers := t.limited(web.Handler(t.stranger))
	mux.Handle("/tunnels/{tunnel}", strangers)
	mux.Handle("/tunnels/{tunnel}/", strangers)
}

func (t *Tunnels) limited(next http.Handler) http.Handler {
	return web.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if err := t.config.Limiter.Address(web.ClientAddress(r)); err != nil {
			return err
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

type callerHandler = func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error

// known finds out who is asking before f does anything.
func (t *Tunnels) known(f callerHandler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := t.config.Accounts.Authenticate(r.Context(), r.Header.Get("Authorization"))
		if err != nil {
			return err
		}
		if err := t.config.Limiter.User(caller.ID); err != nil {
			return err
		}
		return f(w, r, caller)
	}
}
