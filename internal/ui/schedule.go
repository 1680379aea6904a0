package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"bellhop"
)

// schedulePage says what becomes of an event in an outage: by which attempt it arrives, and
// when (docs/contract/delivery.md section 6, extensions.md section 4).
type schedulePage struct {
	frame
	form
	Status  badge
	Answer  string
	Why     []string
	Lost    *scheduleLost // nil if nothing of the outage is lost
	Real    *scheduleReal // nil if it is about no service
	Ask     scheduleForm
	Presets []link
	Picture *schedulePicture
	Rows    []scheduleRow
}

// scheduleForm is what can be asked.
type scheduleForm struct {
	At, From, For, Later field
	Fails, Others        []option
	Service              string
}

// scheduleLost is what of a long outage dies, and how it is brought back.
type scheduleLost struct {
	Text    string
	Replays *link
	Command string
}

// scheduleReal is the service that the outage is of, and how it is now.
type scheduleReal struct {
	Service link
	Status  badge
	Text    string
}

type scheduleRow struct {
	Number      int
	Wait, After string
	At, Between string
	Becomes     badge
}

func (*schedulePage) template() string { return "schedule" }

// schedule shows what an outage does. It is for everybody: it tells of no service, unless
// that is asked for by who may read it.
func (ui *UI) schedule(v *visit) error {
	a := usualAsk(ui.now())
	p := &schedulePage{frame: frame{Title: "Retry schedule", Section: inDeliveries}}
	if id := v.r.URL.Query().Get("service"); id != "" {
		if err := ui.realOutage(v, bellhop.ID(id), &a, p); err != nil {
			return err
		}
	}
	p.ask(v.r.URL.Query(), &a)
	f := foresee(a)
	p.Status, p.Answer, p.Why, p.Lost = f.status(), f.answer(), f.why(), f.lost()
	p.Picture, p.Rows = f.picture(), f.rows()
	if len(p.Errors) > 0 {
		return v.showAs(http.StatusBadRequest, p)
	}
	return v.show(p)
}

// ask reads the question, and fills the form with it.
func (p *schedulePage) ask(q url.Values, a *ask) {
	p.Ask = scheduleForm{
		At: field{ID: "at", Label: "The event happens"}, From: field{ID: "from", Label: "The outage begins"},
		For: field{ID: "for", Label: "It lasts"}, Later: field{ID: "later", Label: "Retry-After"}, Service: string(a.Service),
	}
	a.read(q, &p.Ask)
	for _, f := range []struct {
		*field
		value string
	}{{&p.Ask.At, inField(a.At)}, {&p.Ask.From, inField(a.From)}, {&p.Ask.For, stretch(a.For)}, {&p.Ask.Later, stretch(a.Later)}} {
		if f.Error != "" {
			p.Errors = append(p.Errors, formError{Text: f.Error, For: f.ID})
			continue
		}
		f.Value = f.value
	}
	for _, t := range troubles {
		p.Ask.Fails = append(p.Ask.Fails, option{t.ID, t.Text, t.ID == a.Fails})
	}
	p.Ask.Others = []option{
		{"many", "many: about one a second", a.Busy}, {"none", "none: only this one", !a.Busy},
	}
	for _, preset := range []struct {
		text string
		long time.Duration
	}{{"a restart, 20 s", 20 * time.Second}, {"a deployment, 5 min", 5 * time.Minute}, {"a lunch, 1 h", time.Hour}, {"a night, 10 h", 10 * time.Hour}, {"a weekend, 60 h", 60 * time.Hour}} {
		other := *a
		other.For = preset.long
		if !other.At.Before(other.end()) || other.At.Before(other.From) {
			other.At = other.From.Add(preset.long / 4).Truncate(time.Second)
		}
		p.Presets = append(p.Presets, link{Text: preset.text, To: other.address(), Current: a.For == preset.long})
	}
}

// rows are the attempts of the schedule, as a table.
func (f *foreseen) rows() []scheduleRow {
	var rows []scheduleRow
	for i, planned := range f.plan {
		at := f.At.Add(planned.At)
		row := scheduleRow{Number: planned.Number, After: stretch(planned.At), At: f.clock(at), Wait: "–", Between: "–"}
		if i > 0 {
			row.Wait = stretch(planned.At - f.plan[i-1].At)
			row.Between = f.clock(f.At.Add(planned.Earliest)) + " – " + f.clock(f.At.Add(min(planned.Latest, bellhop.DeliveryLife)))
		}
		switch kind := f.markOf(planned); {
		case planned.At > bellhop.DeliveryLife:
			row.At, row.After, row.Becomes = "past its end", "–", badge{toneOff, "only after short waits"}
		case kind == markFails:
			row.Becomes = badge{toneFail, "fails"}
		case kind == markArrives:
			row.Becomes = badge{toneOK, "arrives"}
		default:
			row.Becomes = badge{toneOff, "not needed"}
		}
		rows = append(rows, row)
	}
	return rows
}

// lost says what of an outage that is longer than a life dies.
func (f *foreseen) lost() *scheduleLost {
	over := f.For - bellhop.DeliveryLife
	if over <= 0 && f.mayArrive && !f.mayDie {
		return nil
	}
	text := "What dies is kept as dead, with its bytes, and a replay sends it again as soon as the endpoint is back: in the order of the events, with another 24 hours each."
	if over > 0 {
		text = fmt.Sprintf("Of this outage what happens in the first %s, until %s, dies; later events still have time when the endpoint is back. ", stretch(over), f.clock(f.From.Add(over))) + text
	}
	l := &scheduleLost{Text: text}
	service := "<id>"
	if f.Service != "" {
		service = string(f.Service)
		l.Replays = &link{Text: "Replays of this service", To: servicePath(f.Service)}
	}
	l.Command = fmt.Sprintf("POST /v2/services/%s/replays\n{\"from\": %q, \"to\": %q, \"status\": \"dead\"}", service,
		f.From.UTC().Format(time.RFC3339), f.end().UTC().Format(time.RFC3339))
	return l
}

// realOutage takes the outage that a service is in: its begin, the oldest event that waits,
// and how it fails. How long it will last nobody knows; half an hour from now is a guess
// to begin with.
func (ui *UI) realOutage(v *visit, id bellhop.ID, a *ask, p *schedulePage) error {
	var s watchedService
	if err := v.get(bellhop.Services, id, &s); err != nil {
		return err
	}
	a.Service = s.ID
	p.Real = &scheduleReal{Service: link{Text: s.Name, To: servicePath(s.ID)}, Status: badge{toneOK, "not paused"},
		Text: "Its endpoint answers, so this is an example."}
	p.Trail = []link{{Text: s.Name, To: servicePath(s.ID)}}
	if s.Health.State != healthPaused && s.Health.State != healthFailing || s.Health.Since == 0 {
		return nil
	}
	reason := s.Health.Reason
	now := ui.now().UTC().Truncate(time.Second)
	a.From = s.Health.Since.Time().UTC().Truncate(time.Second)
	a.For = max(now.Sub(a.From), 0).Truncate(time.Minute) + 30*time.Minute
	a.At, a.Busy = a.From, s.Health.Pending >= 10
	oldest := s.Health.OldestPendingAt.Time().UTC().Truncate(time.Second)
	// What has waited since before the outage was first seen waits for the same.
	if s.Health.OldestPendingAt > 0 && oldest.After(a.From) && oldest.Sub(a.From) <= furthestEvent {
		a.At = oldest
	}
	a.For = min(a.For, longestOutage)
	if s.Health.State == healthPaused {
		a.Paused, a.Busy = a.From, true
	}
	if reason == "timeout" {
		a.Fails = failsSilent
	}
	p.Real.Status = badge{toneWait, s.Health.State}
	p.Real.Text = fmt.Sprintf("It has been %s since %s", s.Health.State, a.From.Format(clockOnDay))
	if reason != "" {
		p.Real.Text += ": " + reason
	}
	p.Real.Text += "."
	if s.Health.Pending > 0 && s.Health.OldestPendingAt > 0 {
		p.Real.Text += fmt.Sprintf(" %s: the oldest event is of %s, and dies if the endpoint is not back by %s.",
			waits(s.Health.Pending), oldest.Format(clockOnDay), oldest.Add(bellhop.DeliveryLife).Format(clockOnDay))
	}
	return nil
}

const clockOnDay = "15:04 UTC on Mon 2 Jan"

// waits says how many deliveries wait.
func waits(n int) string {
	if n == 1 {
		return "1 delivery waits"
	}
	return number(n) + " deliveries wait"
}
