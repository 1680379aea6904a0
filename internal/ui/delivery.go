package ui

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

type fullDelivery struct {
	deliveryFacts
	Attempts     []attempt       `json:"attempts"`
	Payload      json.RawMessage `json:"payload"`
	PayloadBytes int             `json:"payloadBytes"`
}

// attempt is one request of a delivery, with what came back.
type attempt struct {
	Number   int          `json:"number"`
	At       bellhop.Time `json:"at"`
	Duration timing       `json:"duration"`
	Status   int          `json:"status"`
	Error    string       `json:"error"`
	Request  struct {
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"request"`
	Response *struct {
		Headers   map[string]string `json:"headers"`
		Body      string            `json:"body"`
		Truncated bool              `json:"truncated"`
	} `json:"response"`
	NextAttemptAt bellhop.Time `json:"nextAttemptAt"`
}

// exactly is the layout of when an attempt was made.
const exactly = "15:04:05.000"

type deliveryPage struct {
	frame
	Answer   string
	Means    string
	Status   badge
	Facts    []fact
	Attempts []attemptView
	Payload  string
	Size     string
}

type attemptView struct {
	Number  int
	At      *moment
	Outcome badge
	Open    bool // the last one, which is what one comes for
	Bar     timingBar
	URL     string
	Request []header
	Answer  *answerView // nil if none came
	Next    *moment
}

type answerView struct {
	Status    int
	Headers   []header
	Body      string
	Truncated bool
}

type header struct{ Name, Value string }

func (*deliveryPage) template() string { return "delivery" }

func (ui *UI) delivery(v *visit) error {
	id, err := bellhop.ParseUUID(v.r.PathValue("id"))
	if err != nil {
		return bellhop.Deliveries.NotFound()
	}
	body, err := ui.subscriptions.Delivery(v.r.Context(), v.caller, id)
	if err != nil {
		return err
	}
	var d fullDelivery
	if err := decode(bellhop.Deliveries, body, &d); err != nil {
		return err
	}
	name, err := v.serviceName(d.Service)
	if err != nil {
		return err
	}
	p := &deliveryPage{
		frame:  frame{Title: d.Event, Section: inDeliveries, Trail: []link{{Text: "Deliveries", To: "/deliveries"}}},
		Status: deliveryBadge(d.Status), Facts: ui.deliveryFactsOf(&d, name),
		Payload: indentJSON(d.Payload), Size: bytesText(d.PayloadBytes),
	}
	if name != "" {
		p.Trail = append(p.Trail, link{Text: name, To: servicePath(d.Service)})
	}
	p.Answer, p.Means = deliveryAnswer(ui, &d)
	p.Attempts = attemptViews(d.Attempts)
	return v.show(p)
}

// serviceName returns "" for a service that was deleted.
func (v *visit) serviceName(id bellhop.ID) (string, error) {
	var s bellhop.Service
	err := v.get(bellhop.Services, id, &s)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return "", nil
	}
	return s.Name, err
}

// deliveryAnswer says whether it arrived, and if not, why.
func deliveryAnswer(ui *UI, d *fullDelivery) (answer, means string) {
	last := lastOf(&d.deliveryFacts)
	switch d.Status {
	case bellhop.Delivered.String():
		if len(d.Attempts) <= 1 {
			return "Delivered with the first attempt.", ""
		}
		return "Delivered on attempt " + number(len(d.Attempts)) + ".", ""
	case bellhop.Dead.String():
		if last == "" {
			return "Given up without an attempt: its 24 hours were over.", ""
		}
		return "Given up after " + plural(len(d.Attempts), "attempt", "attempts") + ": " + last + ".", meaning(last)
	}
	if last == "" {
		return "Pending: the first attempt has not been answered yet.", ""
	}
	answer = "Pending after " + plural(len(d.Attempts), "attempt", "attempts") + ": " + last
	if next := ui.due(d.NextAttemptAt); next != nil {
		answer += ". The next one is " + next.Text
	}
	return answer + ".", meaning(last)
}

func (ui *UI) deliveryFactsOf(d *fullDelivery, service string) []fact {
	to := fact{Name: "Service", Value: "deleted service"}
	if service != "" {
		to = fact{Name: "Service", Value: service, To: servicePath(d.Service)}
	}
	key := fact{Name: "Key", Value: d.Key, Code: true}
	if isConversation(d.Event, d.Key) {
		key = fact{Name: "Conversation", Value: d.Key, Code: true, To: conversationPath(bellhop.ID(d.Key))}
	}
	facts := []fact{
		to, {Name: "Organization", Value: string(d.Organization), Code: true, To: orgPath(d.Organization)},
		key, {Name: "Id", Value: d.ID.String(), Code: true}, {Name: "Event id", Value: d.EventID.String(), Code: true},
	}
	if !d.ReplayOf.IsZero() {
		facts = append(facts, fact{Name: "Replay of", Value: d.ReplayOf.String(), Code: true, To: deliveryPath(d.ReplayOf)})
	}
	facts = append(facts, fact{Name: "Happened", At: ui.moment(d.CreatedAt)})
	if d.DeliveredAt != 0 {
		facts = append(facts, fact{Name: "Delivered", At: ui.moment(d.DeliveredAt)})
	}
	return facts
}

// isConversation reports whether the key of an event is the id of a conversation.
func isConversation(event, key string) bool {
	return bellhop.ID(key).Valid() && (strings.HasPrefix(event, "message.") || strings.HasPrefix(event, "conversation."))
}

func attemptViews(attempts []attempt) []attemptView {
	longest := 0.0
	for _, a := range attempts {
		longest = max(longest, a.Duration.Total)
	}
	views := make([]attemptView, len(attempts))
	for i := range attempts {
		views[i] = attemptViewOf(&attempts[i], longest)
	}
	if len(views) > 0 {
		views[len(views)-1].Open = true
	}
	return views
}

func attemptViewOf(a *attempt, longest float64) attemptView {
	v := attemptView{
		Number: a.Number, At: momentAt(a.At, exactly), Outcome: outcomeOf(a), Bar: timingBarOf(a.Duration, longest),
		URL: a.Request.URL, Request: headersOf(a.Request.Headers), Next: momentAt(a.NextAttemptAt, exactly),
	}
	if a.Response != nil {
		v.Answer = &answerView{
			Status: a.Status, Headers: headersOf(a.Response.Headers),
			Body: indentJSON(json.RawMessage(a.Response.Body)), Truncated: a.Response.Truncated,
		}
	}
	return v
}

func outcomeOf(a *attempt) badge {
	switch {
	case a.Status/100 == 2:
		return badge{toneOK, "status " + strconv.Itoa(a.Status)}
	case a.Error != "":
		return badge{toneFail, a.Error}
	}
	return badge{toneFail, "status " + strconv.Itoa(a.Status)}
}

func headersOf(headers map[string]string) []header {
	list := make([]header, 0, len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		list = append(list, header{name, headers[name]})
	}
	return list
}
