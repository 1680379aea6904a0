package api

import (
	"net/http"
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/live"
	"bellhop/internal/web"
)

// What is seen of deliveries as they happen (docs/contract/extensions.md section 2).

func (a *API) serviceStats(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.stats.Of(r.Context(), caller, idOf(r), r.URL.RawQuery)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}

// allStats counts the attempts of all services (docs/contract/extensions.md section 2).
func (a *API) allStats(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.stats.OfAll(r.Context(), caller, r.URL.RawQuery)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}

// snapshot counts what was created in a span of time (docs/contract/resources.md section 1).
func (a *API) snapshot(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.stats.Snapshot(r.Context(), caller, r.URL.RawQuery)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}

const (
	// heartbeat is how often a stream says that it is alive, and whether it still may be.
	heartbeat = 15 * time.Second

	// reconnectAfter is how long a client waits before he opens a broken stream again.
	reconnectAfter = 2 * time.Second
)

// streamDeliveries shows attempts as they happen, until the client leaves, his token ends,
// he cannot keep up, or the server ends.
func (a *API) streamDeliveries(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	stream, err := a.live.Open(r.Context(), caller, r.URL.RawQuery, r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	defer stream.Close()
	out, err := web.NewEventStream(w)
	if err != nil {
		return err
	}
	out.Field("retry", strconv.FormatInt(reconnectAfter.Milliseconds(), 10))
	out.Field("id", stream.ID())
	if stream.Gap() {
		out.Field("event", "gap")
		out.Field("data", `{"reason":"Attempts may be missing: reload"}`)
	}
	out.End()
	if r.Method != http.MethodHead {
		a.follow(out, r, stream)
	}
	return nil
}

// follow sends what a stream has. The answer has begun, so that there is nobody to tell
// of an error: the client comes back and hears of what lasts.
func (a *API) follow(out *web.EventStream, r *http.Request, stream *live.Stream) {
	ctx := r.Context()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for out.Flush() == nil {
		// What holds now decides: the token may have ended, and its user may have less rights.
		caller, err := a.accounts.Authenticate(ctx, r.Header.Get("Authorization"))
		if err != nil || caller.MayList(bellhop.Deliveries) != nil {
			return
		}
		wait := stream.More()
		items, more, err := stream.Read(ctx, caller)
		if err != nil {
			return
		}
		for _, item := range items {
			out.Field("id", item.ID)
			out.Field("event", "attempt")
			out.Field("data", string(item.Data))
			out.End()
		}
		if more || len(items) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-web.Ending(ctx):
			return
		case <-wait:
		case <-beat.C:
			// With the id the client keeps up also where others' attempts are not for him.
			out.Field("", "alive")
			out.Field("id", stream.ID())
			out.End()
		}
	}
}
