package ui

import (
	"net/url"
	"strconv"
	"time"

	"bellhop"
)

// replaysShown is how many replays stand on a page.
const replaysShown = 25

// serviceReplaysPage is the list of the replays of a service.
type serviceReplaysPage struct {
	serviceHead
	Summary string
	New     string
	Rows    []replayRow
	Paging  *paging
}

type replayRow struct {
	link
	Anchor string
	State  badge
	Range  string
	Which  string
	At     *moment
}

func (*serviceReplaysPage) template() string { return "servicereplays" }

// replayFacts is a replay as the rules show it (docs/contract/extensions.md section 2.1).
type replayFacts struct {
	ID        bellhop.ID           `json:"id"`
	Service   bellhop.ID           `json:"service"`
	State     bellhop.ReplayState  `json:"state"`
	From      bellhop.Time         `json:"from"`
	To        bellhop.Time         `json:"to"`
	Events    []string             `json:"events"`
	Status    bellhop.ReplayStatus `json:"status"`
	Rate      float64              `json:"rate"`
	URL       string               `json:"url"`
	Total     int                  `json:"total"`
	Sent      int                  `json:"sent"`
	Failed    int                  `json:"failed"`
	Pending   int                  `json:"pending"`
	CreatedBy bellhop.ID           `json:"createdBy"`
	CreatedAt bellhop.Time         `json:"createdAt"`
	UpdatedAt bellhop.Time         `json:"updatedAt"`
}

func replayPath(id bellhop.ID) string { return "/replays/" + string(id) }

func (ui *UI) replays(v *visit) error {
	live := ui.deliveriesFromNow(url.Values{"service": {string(v.id())}})
	s, o, err := v.watchedService(v.id())
	if err != nil {
		return err
	}
	if s.Type != bellhop.WebhookType {
		return v.seeOther(servicePath(s.ID))
	}
	p := &serviceReplaysPage{New: replayFormPath(s.ID, nil)}
	if p.serviceHead, err = v.serviceHead(s, o, tabReplays); err != nil {
		return err
	}
	p.Live = live
	offset := offsetOf(v.r)
	found, err := ui.subscriptions.Replays(v.r.Context(), v.caller, url.Values{
		"service": {string(s.ID)}, "limit": {strconv.Itoa(replaysShown)}, "offset": {strconv.Itoa(offset)},
	}.Encode())
	if err != nil {
		return err
	}
	replays, err := decodeAll[replayFacts](bellhop.Replays, found.Items)
	if err != nil {
		return err
	}
	open := 0
	for i := range replays {
		p.Rows = append(p.Rows, ui.replayRow(&replays[i]))
		if !replays[i].State.Final() {
			open++
		}
	}
	p.Summary = "A replay sends events of a range of time again: those that died, or that this service never got."
	if open > 0 {
		p.Summary = plural(open, "replay is", "replays are") + " under way."
		p.Refresh = min(p.Refresh, 5)
	}
	p.Paging = pagingOf(v.r, offset, replaysShown, len(replays), found.Total, 0).byTime()
	return v.show(p)
}

func (ui *UI) replayRow(r *replayFacts) replayRow {
	return replayRow{
		link:   link{Text: r.progress(), To: replayPath(r.ID)},
		Anchor: "replay-" + string(r.ID), State: replayBadge(r.State), Range: ui.rangeWords(r), Which: which(r), At: ui.moment(r.CreatedAt),
	}
}

// progress is like: 700 of 1,200 delivered, 3 failed.
func (r *replayFacts) progress() string {
	text := number(r.Sent) + " of " + number(r.Total) + " delivered"
	if r.Failed > 0 {
		text += ", " + number(r.Failed) + " failed"
	}
	return text
}

// rangeWords writes a range, with seconds if it is a short one.
func (ui *UI) rangeWords(r *replayFacts) string {
	from, to := clock(r.From, ui.now()), clock(r.To, ui.now())
	if r.To.Time().Sub(r.From.Time()) < 10*time.Minute {
		from, to = from+r.From.Time().Format(":05"), to+r.To.Time().Format(":05")
	}
	return from + " to " + to + " UTC"
}

// which says which events a replay sends.
func which(r *replayFacts) string {
	words := map[bellhop.ReplayStatus]string{
		bellhop.ReplayDead: "what died", bellhop.ReplayDelivered: "what was delivered",
		bellhop.ReplayAny: "everything it got", bellhop.ReplayMissing: "what it never got",
	}[r.Status]
	if len(r.Events) > 0 {
		events, _ := eventsText(r.Events)
		words += " of " + events
	}
	if r.URL != "" {
		words += ", to another URL"
	}
	return words
}

func replayBadge(state bellhop.ReplayState) badge {
	switch state {
	case bellhop.ReplayRunning:
		return badge{toneWait, string(state)}
	case bellhop.ReplayDone:
		return badge{toneOK, string(state)}
	}
	return badge{toneOff, string(state)}
}
