package tunnel

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/coder/websocket"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/tunnel/wire"
	"bellhop/internal/web"
)

// tunnels opens the caller's tunnel, if he asks for a WebSocket, or else lists those he has.
func (t *Tunnels) tunnels(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	if names(r.Header, "Upgrade", "websocket") {
		return t.listen(w, r, caller)
	}
	if err := roster.MayListen(caller); err != nil {
		return err
	}
	type shown struct {
		ID        bellhop.ID   `json:"id"`
		Name      string       `json:"name"`
		URL       string       `json:"url"`
		Connected bool         `json:"connected"`
		CreatedAt bellhop.Time `json:"createdAt"`
		SeenAt    bellhop.Time `json:"seenAt"`
	}
	list := []shown{}
	for _, own := range t.config.Roster.List(caller) {
		list = append(list, shown{own.ID, own.Name, t.URL(own.ID), t.connected(own.ID), own.CreatedAt, own.SeenAt})
	}
	body, err := event.AppendValue(nil, list)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, body)
	return nil
}

// names reports whether a header has a value in one of its lists, in any case.
func names(h http.Header, name, value string) bool {
	for _, line := range h[name] {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), value) {
				return true
			}
		}
	}
	return false
}

func (t *Tunnels) remove(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	if err := t.delete(r.Context(), caller, bellhop.ID(r.PathValue("id"))); err != nil {
		return err
	}
	web.WriteNothing(w)
	return nil
}

// listen serves somebody who listens, until he leaves or the server ends.
func (t *Tunnels) listen(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	if !names(r.Header, "Sec-Websocket-Protocol", wire.Subprotocol) {
		return bellhop.Errorf(bellhop.Invalid, "The subprotocol must be %s", wire.Subprotocol)
	}
	name := wire.DefaultName
	if given := r.URL.Query()["name"]; len(given) > 0 {
		name = given[0]
	}
	if !t.enter() {
		return &bellhop.Error{Code: bellhop.Unavailable, Message: "The server ends", RetryAfter: retryAfter}
	}
	defer t.open.Done()
	ctx := context.WithoutCancel(r.Context()) // which ends with the server: there is somebody to be told
	tunnel, resumed, err := t.config.Roster.Open(ctx, caller, name)
	if err != nil {
		return err
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return nil // Accept has said so
	}
	l := newLink(tunnel.ID, conn)
	l.send(wire.Ready{Tunnel: string(tunnel.ID), URL: t.URL(tunnel.ID), Resumed: resumed})
	t.attach(ctx, l)
	defer t.detach(ctx, l)
	log := t.config.Log.With("tunnel", tunnel.ID, "user", caller.ID, "name", name)
	log.InfoContext(ctx, "tunnel opened", "resumed", resumed)
	t.config.Arrived(tunnel.ID)

	authorization := r.Header.Get("Authorization")
	why := l.run(ctx, t.ending, func(ctx context.Context) error {
		caller, err := t.config.Accounts.Authenticate(ctx, authorization)
		if err != nil {
			return err
		}
		t.confirm(ctx, l)
		return roster.MayListen(caller)
	})
	log.InfoContext(ctx, "tunnel closed", "reason", why.reason)
	return nil
}

// originWide are headers of an answer that would be about all that has our origin, not just
// about this tunnel; and one that is ours.
var originWide = []string{
	"Set-Cookie", "Clear-Site-Data", "Strict-Transport-Security", "Public-Key-Pins", "Alt-Svc", "Service-Worker-Allowed",
	"Report-To", "Nel", "Reporting-Endpoints", "Origin-Agent-Cluster", "Accept-Ch", "Critical-Ch", "Set-Login",
	"Use-As-Dictionary", "Secure-Session-Registration", "X-Request-Id",
}

// sandboxed keeps what a browser makes of an answer out of our origin, where the pages are.
const sandboxed = "sandbox allow-scripts allow-forms allow-popups allow-downloads"

// passedBack returns what passes of the headers of an answer to a stranger.
func passedBack(headers wire.Headers) http.Header {
	h := headers.Header()
	for name := range h {
		if slices.Contains(originWide, name) {
			delete(h, name)
		}
	}
	h.Add("Content-Security-Policy", sandboxed)
	return h
}
