package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

// newReplayPage asks which events are to be sent to a service again, says how many these
// are, and begins when that is confirmed.
type newReplayPage struct {
	frame
	Form   replayForm
	Answer string
	Off    string // why only another URL makes sense; "" if the service is on
	Ranges []link
	Back   string

	// Of what was counted, for the confirmation.
	Counted bool
	Send    string // "Send 1,200 again"; "" if there is nothing
	Facts   []fact
}

type replayForm struct {
	form
	From, To, Events, Rate, URL field
	Status                      string
	Statuses                    []choice
}

func (*newReplayPage) template() string { return "newreplay" }

// replayFormPath leads to the form with some of it filled in.
func replayFormPath(service bellhop.ID, filled url.Values) string {
	to := servicePath(service) + "/replays/new"
	if len(filled) > 0 {
		to += "?" + filled.Encode()
	}
	return to
}

// replayStatuses are what of a range can be sent.
var replayStatuses = []choice{
	{Value: string(bellhop.ReplayDead), Label: "What died", Text: "Deliveries that were given up."},
	{Value: string(bellhop.ReplayMissing), Label: "What it never got", Text: "Events that match what it listens to now, and happened while it was off, or before it listened to them."},
	{Value: string(bellhop.ReplayDelivered), Label: "What was delivered", Text: "If your bot lost it afterwards."},
	{Value: string(bellhop.ReplayAny), Label: "Everything it got", Text: "Whatever became of it."},
}

func (ui *UI) newReplayPage(v *visit, filled url.Values) (*newReplayPage, error) {
	s, o, err := v.serviceAndOwner()
	if err != nil {
		return nil, err
	}
	if s.Type != bellhop.WebhookType {
		return nil, bellhop.Errorf(bellhop.NotFound, "Nothing is sent to a service of type %s", s.Type)
	}
	p := &newReplayPage{frame: serviceFrame(s, o, "Replay"), Back: servicePath(s.ID) + "/replays", Off: offWords(s.Status)}
	p.Trail = append(p.Trail, link{Text: tabReplays, To: p.Back})
	p.Answer = "You see how many these are before anything is sent."
	if p.Off != "" {
		p.Off = strings.Replace(p.Off, ", so nothing would be sent", ": a replay to it is refused, one to another URL works", 1)
	}
	p.Form = replayForm{
		From: field{ID: "from", Label: "From", Required: true}, To: field{ID: "to", Label: "To"},
		Events: field{ID: "events", Label: "Events"}, Rate: field{ID: "rate", Label: "Rate"}, URL: field{ID: "url", Label: "Other URL"},
	}
	p.Form.read(filled)
	now := ui.now()
	if p.Form.From.Value == "" && len(filled) == 0 {
		p.Form.From.Value = inField(now.Add(-24 * time.Hour))
		p.Form.To.Value = inField(now.Add(time.Second))
	}
	for _, r := range chartRanges {
		p.Ranges = append(p.Ranges, link{Text: r.Words, To: replayFormPath(s.ID, url.Values{
			"from": {inField(now.Add(-r.Whole))}, "to": {inField(now.Add(time.Second))}, "status": {p.Form.Status},
		})})
	}
	return p, nil
}

func (f *replayForm) read(filled url.Values) {
	for _, input := range []*field{&f.From, &f.To, &f.Events, &f.Rate, &f.URL} {
		input.Value = strings.TrimSpace(filled.Get(input.ID))
	}
	f.Status = filled.Get("status")
	if f.Status == "" {
		f.Status = string(bellhop.ReplayDead)
	}
	for i, s := range replayStatuses {
		s.ID, s.Name, s.Chosen = "status-"+strconv.Itoa(i), "status", s.Value == f.Status
		f.Statuses = append(f.Statuses, s)
	}
}

// body is what the form asks of the rules; dry only has it counted.
func (f *replayForm) body(dry bool) ([]byte, error) {
	asked := struct {
		From   string   `json:"from,omitempty"`
		To     string   `json:"to,omitempty"`
		Events []string `json:"events,omitempty"`
		Status string   `json:"status"`
		Rate   float64  `json:"rate"`
		URL    string   `json:"url,omitempty"`
		DryRun bool     `json:"dryRun"`
	}{f.From.Value, f.To.Value, patternsOf(f.Events.Value), f.Status, 0, f.URL.Value, dry}
	if f.Rate.Value != "" {
		rate, err := strconv.ParseFloat(f.Rate.Value, 64)
		if err != nil {
			return nil, bellhop.InvalidField("rate", "must be a number, such as 50 or 0.5")
		}
		asked.Rate = rate
	}
	return json.Marshal(asked)
}

func (ui *UI) newReplay(v *visit) error {
	p, err := ui.newReplayPage(v, v.r.URL.Query())
	if err != nil {
		return err
	}
	return v.show(p)
}

// createReplay counts what a form asks for, and asks; when that is confirmed, it begins.
func (ui *UI) createReplay(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	p, err := ui.newReplayPage(v, v.r.PostForm)
	if err != nil {
		return err
	}
	if v.r.PostFormValue("change") != "" {
		return v.show(p)
	}
	dry := v.r.PostFormValue("confirmed") == ""
	body, err := p.Form.body(dry)
	if err != nil {
		return p.refused(v, err)
	}
	shown, _, err := ui.subscriptions.CreateReplay(v.r.Context(), v.caller, v.id(), body)
	if err != nil {
		return p.refused(v, err)
	}
	var r replayFacts
	if err := decode(bellhop.Replays, shown, &r); err != nil {
		return err
	}
	if !dry {
		return v.seeOther(replayPath(r.ID))
	}
	p.count(r.Total)
	return v.show(p)
}

// count shows how many events there are, and asks whether they are to be sent.
func (p *newReplayPage) count(total int) {
	p.Counted = true
	f := &p.Form
	to := f.To.Value
	if to == "" {
		to = "now"
	}
	events := commas(patternsOf(f.Events.Value))
	if events == "" {
		events = "all events"
	}
	rate := "as fast as the service takes them"
	if f.Rate.Value != "" && f.Rate.Value != "0" {
		rate = f.Rate.Value + " a second"
	}
	target := "the service"
	if f.URL.Value != "" {
		target = webhookURL(f.URL.Value).hidden() + " instead of the service. Messages in its answers are ignored."
	}
	p.Facts = []fact{
		{Name: "Range", Value: strings.Replace(f.From.Value, "T", " ", 1) + " to " + strings.Replace(to, "T", " ", 1) + ", UTC"},
		{Name: "Which", Value: f.chosen()}, {Name: "Events", Value: events, Code: true}, {Name: "Rate", Value: rate}, {Name: "To", Value: target},
	}
	again := " again"
	if f.Status == string(bellhop.ReplayMissing) {
		again = ""
	}
	p.Answer = plural(total, "delivery", "deliveries") + " would be sent" + again + "."
	switch {
	case total == 0:
		p.Answer = "Nothing in that range would be sent."
	case p.Off != "" && f.URL.Value == "":
		p.Answer += " " + p.Off
	default:
		p.Send = "Send " + number(total) + again
	}
}

func (f *replayForm) chosen() string {
	for _, s := range f.Statuses {
		if s.Chosen {
			return s.Label
		}
	}
	return f.Status
}

// refused shows the form again with the reasons of the rules, if err is about them.
func (p *newReplayPage) refused(v *visit, err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	f := &p.Form
	switch {
	case ok && e.Code == bellhop.Conflict:
		text := sentence(e.Message)
		if p.Off == "" { // it has too many of them
			text += " Stop one, or wait until one is done."
		}
		f.Errors = []formError{{Text: text}}
		return v.showAs(http.StatusConflict, p)
	case ok && e.Code == bellhop.Invalid:
		f.refuse(e, map[string]*field{"from": &f.From, "to": &f.To, "events": &f.Events, "rate": &f.Rate, "url": &f.URL})
		return v.showAs(http.StatusBadRequest, p)
	}
	return err
}
