package ui

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// replayPage is how far a replay has come.
type replayPage struct {
	frame
	ID       bellhop.ID
	Service  bellhop.ID
	Answer   string
	Trouble  string // why it does not get on
	State    badge
	Progress progress
	Facts    []fact
	Events   []string
	Pause    bool // may be paused
	Continue bool
	Stop     string // what stopping it would drop; "" if it is at its end
	Again    string // where the same range can be sent again
	deliveriesOf
	Live    string // what tells of its deliveries; "" if nothing changes any more
	Refresh int    // seconds until the page is read again; 0 if nothing changes any more
}

// progress is a bar of parts, in thousandths of its width, and the same in words.
type progress struct {
	Now, Most int
	Words     string
	Parts     []timingPart
	Keys      []progressKey
}

// progressKey says what a part of the bar stands for.
type progressKey struct{ Class, Value, Name string }

func (*replayPage) template() string { return "replay" }

func (ui *UI) replay(v *visit) error {
	from := ui.live.ID()
	body, err := ui.subscriptions.Replay(v.r.Context(), v.caller, v.id())
	if err != nil {
		return err
	}
	var r replayFacts
	if err := decode(bellhop.Replays, body, &r); err != nil {
		return err
	}
	p := &replayPage{ID: r.ID, Service: r.Service, State: replayBadge(r.State), Progress: progressOf(&r), Events: r.Events, Facts: ui.replayFacts(&r)}
	p.Answer = replayAnswer(&r)
	if !r.State.Final() {
		p.Pause, p.Continue = r.State == bellhop.ReplayRunning, r.State == bellhop.ReplayPaused
		p.Stop = "Stopping is for good."
		if r.Pending > 0 {
			p.Stop = "Stopping is for good, and drops the " + number(r.Pending) + " that are pending."
		}
		p.Live, p.Refresh = deliveriesFrom(from, url.Values{"service": {string(r.Service)}}), 5
	}
	if err := ui.replayOwner(v, p, &r); err != nil {
		return err
	}
	p.Notice = replayNotice(v.noticed(string(r.ID)))
	if p.deliveriesOf, err = v.deliveriesOf(url.Values{"replay": {string(r.ID)}}); err != nil {
		return err
	}
	return v.show(p)
}

// replayOwner fills in what a replay has of its service, which may be deleted.
func (ui *UI) replayOwner(v *visit, p *replayPage, r *replayFacts) error {
	s, o, err := v.watchedService(r.Service)
	if bellhop.HasCode(err, bellhop.NotFound) {
		p.frame = frame{Title: "Replay", Section: inSettings, Trail: []link{{Text: "Settings", To: "/settings"}}}
		p.Trouble = "Its service was deleted."
		return nil
	}
	if err != nil {
		return err
	}
	p.frame = serviceFrame(&s.Service, o, "Replay")
	p.Trail = append(p.Trail, link{Text: tabReplays, To: servicePath(s.ID) + "/replays"})
	filled := url.Values{"from": {inField(r.From.Time())}, "to": {inField(r.To.Time())}, "status": {string(r.Status)}, "events": {strings.Join(r.Events, "\n")}}
	p.Again = replayFormPath(s.ID, filled)
	switch {
	case r.State.Final() || r.URL != "":
	case s.Status != bellhop.ServiceActive:
		p.Trouble = strings.Replace(offWords(s.Status), "so nothing would be sent", "so what is pending waits", 1)
	case s.Health.State == healthAway:
		p.Trouble = "Its service is waiting for bellhop listen: " + deliveriesWait(s.Health.Pending) + "."
	case s.Health.State == healthPaused:
		p.Trouble = "Its service is paused: " + why(s.Health.Reason) + ", " + ui.nextProbe(&s.Health) + "."
	}
	return nil
}

func replayAnswer(r *replayFacts) string {
	rest := ""
	if r.Pending > 0 {
		rest = ", " + number(r.Pending) + " pending"
	}
	switch r.State {
	case bellhop.ReplayPaused:
		return "Paused at " + r.progress() + rest + ". No more are sent until you let it go on."
	case bellhop.ReplayStopped:
		return "Stopped: " + r.progress() + "."
	case bellhop.ReplayDone:
		if r.Total == 0 {
			return "Done: there was nothing to send."
		}
		return "Done: " + r.progress() + "."
	}
	return "Under way: " + r.progress() + rest + "."
}

func progressOf(r *replayFacts) progress {
	p := progress{Now: r.Sent + r.Failed, Most: max(r.Total, 1), Words: r.progress()}
	share := func(n int) int { return int(math.Round(barWidth * float64(n) / float64(p.Most))) }
	at := 0
	for _, part := range []struct {
		class, name string
		n           int
	}{{"sent", "delivered", r.Sent}, {"failed", "failed", r.Failed}, {"pending", "pending", r.Pending}} {
		if part.n > 0 {
			p.Parts = append(p.Parts, timingPart{part.class, share(at), max(share(at+part.n)-share(at), 2)})
		}
		at += part.n
		p.Keys = append(p.Keys, progressKey{part.class, number(part.n), part.name})
	}
	p.Keys = append(p.Keys, progressKey{"rest", number(max(r.Total-at, 0)), "still to be sent"})
	p.Words += " (" + percent(p.Now, p.Most) + ")"
	return p
}

func (ui *UI) replayFacts(r *replayFacts) []fact {
	rate := "as fast as the service takes them"
	if r.Rate > 0 {
		rate = strconv.FormatFloat(r.Rate, 'f', -1, 64) + " a second"
	}
	facts := []fact{
		{Name: "Range", Value: ui.rangeWords(r)}, {Name: "Which", Value: which(r)}, {Name: "Rate", Value: rate},
	}
	if r.URL != "" {
		facts = append(facts, fact{Name: "To", Value: webhookURL(r.URL).hidden(), Code: true})
	}
	return append(facts, fact{Name: "Id", Value: string(r.ID), Code: true}, fact{Name: "Begun", At: ui.moment(r.CreatedAt)}, fact{Name: "Changed", At: ui.moment(r.UpdatedAt)})
}

// steerReplay pauses a replay, lets it go on, or stops it.
func (ui *UI) steerReplay(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	state := v.r.PostFormValue("state")
	body, err := json.Marshal(struct {
		State string `json:"state"`
	}{state})
	if err != nil {
		return err
	}
	_, err = ui.subscriptions.PatchReplay(v.r.Context(), v.caller, v.id(), body)
	if bellhop.HasCode(err, bellhop.Conflict) {
		state = "" // it had ended before
	} else if err != nil {
		return err
	}
	v.leave(notice{What: steered, About: string(v.id()), Reason: state})
	return v.seeOther(replayPath(v.id()))
}

func replayNotice(n *notice) *noticeOf {
	if n == nil || n.What != steered {
		return nil
	}
	switch bellhop.ReplayState(n.Reason) {
	case bellhop.ReplayPaused:
		return &noticeOf{Tone: toneOff, Text: "Paused. What is pending goes on; no more are added to it."}
	case bellhop.ReplayRunning:
		return &noticeOf{Tone: toneOK, Text: "It goes on where it was."}
	case bellhop.ReplayStopped:
		return &noticeOf{Tone: toneOff, Text: "Stopped. What was pending was dropped."}
	}
	return &noticeOf{Tone: toneWait, Text: "It had come to its end before: nothing was changed."}
}
