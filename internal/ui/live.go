package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/live"
	"bellhop/internal/web"
)

// A page that is looked at stays true: its element with data-live names one of the streams
// below, and whenever that says "change" the page is read again, and what differs is
// exchanged in place (static/live.js). So there is one way to render, with and without
// JavaScript.

const (
	// calm is how long a stream rests between two looks: all are woken by whatever happens, also to others.
	calm = 500 * time.Millisecond

	// heartbeat is how often a stream says that it is alive, and whether it still may be.
	heartbeat = 15 * time.Second

	// reconnectAfter is how long a browser waits before it opens a broken stream again.
	reconnectAfter = 2 * time.Second
)

// afterParam names from where on a stream tells of changes: else those would be missed that are made
// while a page is on its way.
const afterParam = "after"

// deliveriesFromNow is the address of a stream of what is in q, from now on. It is made before the page
// reads what it shows.
func (ui *UI) deliveriesFromNow(q url.Values) string {
	return deliveriesFrom(ui.live.ID(), q)
}

// deliveriesFrom is for a page that must read what its stream is of: it takes from first.
func deliveriesFrom(from string, q url.Values) string {
	q.Set(afterParam, from)
	return "/live/deliveries?" + q.Encode()
}

// liveFrom is from where a stream goes on: a broken one from what it told last, another from
// where its page was read.
func (v *visit) liveFrom() string {
	return cmp.Or(v.r.Header.Get("Last-Event-ID"), v.r.URL.Query().Get(afterParam))
}

// liveDeliveries tells when there was an attempt of the deliveries that the query names, by
// service, event and status as in docs/contract/extensions.md section 2.
func (ui *UI) liveDeliveries(v *visit) error {
	stream, err := ui.live.Open(v.r.Context(), v.caller, v.r.URL.RawQuery, v.liveFrom())
	if err != nil {
		return err
	}
	defer stream.Close()
	missed := stream.Gap()
	return v.stream(bellhop.Deliveries, stream.More, func() (id string, changed bool, err error) {
		changed, missed = missed, false
		for more := true; more; {
			var items []live.Item
			if items, more, err = stream.Read(v.r.Context(), v.caller); err != nil {
				return "", false, err
			}
			changed = changed || len(items) > 0
		}
		return stream.ID(), changed, nil
	})
}

// stream sends a change whenever look finds one, until the visitor leaves, logs out, or may
// no longer list that kind, look fails, or the server ends. wake returns a channel that is
// closed when it is time to look again; id, if there is one, is from where a broken stream
// goes on.
func (v *visit) stream(kind *bellhop.Kind, wake func() <-chan struct{}, look func() (id string, changed bool, err error)) error {
	if err := v.caller.MayList(kind); err != nil {
		return err
	}
	out, err := web.NewEventStream(v.w)
	if err != nil {
		return err
	}
	out.Field("retry", strconv.FormatInt(reconnectAfter.Milliseconds(), 10))
	out.End()
	if v.r.Method == http.MethodHead {
		return nil
	}
	ctx := v.r.Context()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for out.Flush() == nil {
		woken, looked := wake(), time.Now() // before the look, so that nothing comes in between
		// What holds now decides: the session may have ended, and its user may have less rights.
		caller, err := v.ui.session(v.r)
		if err != nil || caller == nil || caller.MayList(kind) != nil {
			return nil
		}
		v.caller = caller
		id, changed, err := look()
		if err != nil {
			return nil // the answer has begun; the browser comes back and hears of what lasts
		}
		if changed {
			if id != "" {
				out.Field("id", id)
			}
			out.Field("event", "change")
			out.Field("data", "")
			out.End()
			if out.Flush() != nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-web.Ending(ctx):
			return nil
		case <-woken:
			select {
			case <-ctx.Done():
				return nil
			case <-web.Ending(ctx):
				return nil
			case <-time.After(time.Until(looked.Add(calm))):
			}
		case <-beat.C:
			out.Field("", "alive")
			out.End()
		}
	}
	return nil
}
