package ui

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

type fullDelivery struct {
	deliveryFacts
	Attempts     []attempt       `json:"attempts"`
	Payload      json.RawMessage `json:"payload"`
	PayloadBytes int             `json:"payloadBytes"`
	Replay       bellhop.ID      `json:"replay"`
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

type deliveryPage struct {
	frame
	Live     string // the stream that tells of its attempts
	Event    link   // where the event is, and who else heard of it
	Service  *link
	Status   badge
	Answer   string
	Means    string
	Next     *moment // when the next attempt is due, in the same sentence
	About    []fact  // the line below: whose, when, how large
	Again    string  // where a replay is asked for
	Why      string  // why the service got it or not
	Attempts attemptList
	Tabs     []link
	View     deliveryView
	Facts    []fact
	Replays  []deliveryRow // what replays of it have made
}

type header struct{ Name, Value string }

func (*deliveryPage) template() string { return "delivery" }

// readDelivery reads the delivery of the path.
func (v *visit) readDelivery() (*fullDelivery, error) {
	id, err := bellhop.ParseUUID(v.r.PathValue("id"))
	if err != nil {
		return nil, bellhop.Deliveries.NotFound()
	}
	body, err := v.ui.subscriptions.Delivery(v.r.Context(), v.caller, id)
	if err != nil {
		return nil, err
	}
	d := new(fullDelivery)
	return d, decode(bellhop.Deliveries, body, d)
}

func (ui *UI) delivery(v *visit) error {
	live := ui.deliveriesFromNow(url.Values{"id": {v.r.PathValue("id")}})
	d, err := v.readDelivery()
	if err != nil {
		return err
	}
	service, err := v.serviceOrNil(d.Service)
	if err != nil {
		return err
	}
	p := &deliveryPage{
		frame:  frame{Title: d.Event, Section: inDeliveries, Trail: []link{{Text: "Deliveries", To: "/deliveries"}}},
		Live:   live,
		Event:  link{Text: d.Event, To: eventPath(d.EventID)},
		Status: deliveryOutcome(d), Again: deliveryPath(d.ID) + "/replay",
		Facts: ui.deliveryFactsOf(d),
	}
	p.Service = &link{Text: "deleted service"}
	if service != nil {
		p.Service = serviceLink(service.ID, service.Name)
		p.Trail = append(p.Trail, *p.Service)
		p.Title += " to " + p.Service.Text
		p.Why = explainPath(service.ID, d.EventID)
	}
	p.Notice = resentNotice(v.noticed(d.ID.String()))
	p.Answer, p.Means = deliveryAnswer(d)
	if d.Status == bellhop.Pending.String() {
		if ui.isAway(service) {
			p.Answer = awayAnswer(d)
		} else if paused, _ := ui.subscriptions.Unhealthy(); slices.Contains(paused, d.Service) {
			p.Answer += " It waits, because the service is paused."
		} else if len(d.Attempts) > 0 {
			p.Next = ui.exactMoment(d.NextAttemptAt)
		}
	}
	if p.About, err = v.aboutDelivery(d); err != nil {
		return err
	}
	if p.Replays, err = v.replaysOf(d); err != nil {
		return err
	}
	ui.addView(v, p, d, service)
	return v.show(p)
}

// addView adds the list of attempts, the tabs, and what is behind the chosen one.
func (ui *UI) addView(v *visit, p *deliveryPage, d *fullDelivery, service *bellhop.Service) {
	q := v.r.URL.Query()
	chosen, number := chosenAttempt(d.Attempts, q.Get("attempt")), 0
	if chosen != nil {
		number = chosen.Number
	}
	p.Attempts = attemptListOf(v.r.URL, d.Attempts, number)
	tab := chosenTab(q.Get("tab"), d)
	p.Tabs = tabsOf(v.r.URL, tab, d)
	p.View = ui.viewOf(v.r.URL, tab, d, chosen, service)
}

// serviceOrNil returns nil for a service that was deleted.
func (v *visit) serviceOrNil(id bellhop.ID) (*bellhop.Service, error) {
	var s bellhop.Service
	err := v.get(bellhop.Services, id, &s)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	return &s, err
}

// deliveryOutcome is the status in the words that stand behind event and service.
func deliveryOutcome(d *fullDelivery) badge {
	b := deliveryBadge(d.Status)
	if d.Status == bellhop.Delivered.String() && len(d.Attempts) > 1 {
		b.Word += " on attempt " + number(len(d.Attempts))
	}
	return b
}

// deliveryAnswer says whether it arrived, and if not, why.
func deliveryAnswer(d *fullDelivery) (answer, means string) {
	last := lastOf(&d.deliveryFacts)
	switch d.Status {
	case bellhop.Delivered.String():
		if len(d.Attempts) <= 1 {
			return "Delivered with the first attempt.", ""
		}
		answer = "Delivered on attempt " + number(len(d.Attempts))
		if took := d.DeliveredAt.Time().Sub(d.CreatedAt.Time()); d.CreatedAt != 0 && took >= time.Second {
			answer += ", " + span(took) + " after it was accepted"
		}
		return answer + ".", ""
	case bellhop.Dead.String():
		if last == "" {
			return "Given up without an attempt: its 24 hours were over.", ""
		}
		return "Given up after " + plural(len(d.Attempts), "attempt", "attempts") + ": " + last + ".", meaning(last)
	}
	if last == "" {
		return "Pending: the first attempt has not been answered yet.", ""
	}
	return "Pending after " + plural(len(d.Attempts), "attempt", "attempts") + ": " + last + ".", meaning(last)
}

// isAway reports whether nobody listens at the other end of a service's tunnel.
func (ui *UI) isAway(s *bellhop.Service) bool {
	params := webhookParamsOrNil(s)
	if params == nil {
		return false
	}
	_, away := ui.subscriptions.AwayAt(params.URL)
	return away
}

// awayAnswer says of a delivery that is pending that nothing is attempted.
func awayAnswer(d *fullDelivery) string {
	answer := "Pending: it waits for bellhop listen, at the other end of the tunnel."
	if n := len(d.Attempts); n > 0 {
		answer += " " + plural(n, "attempt was", "attempts were") + " made before."
	}
	return answer
}

// aboutDelivery is whose it is, when it came and went, and how large it is. A conversation is called by its name.
func (v *visit) aboutDelivery(d *fullDelivery) ([]fact, error) {
	var facts []fact
	if isConversation(d.Event, d.Key) {
		var c bellhop.Conversation
		name := d.Key
		err := v.get(bellhop.Conversations, bellhop.ID(d.Key), &c)
		switch {
		case err == nil:
			name = conversationName(&c)
		case !bellhop.HasCode(err, bellhop.NotFound) && !bellhop.HasCode(err, bellhop.Forbidden):
			return nil, err
		}
		if err == nil {
			facts = append(facts, fact{Name: "Conversation", Value: name, To: conversationPath(bellhop.ID(d.Key))})
		}
	}
	if slug := messageSlug(d.Payload); slug != "" && strings.HasPrefix(d.Event, "message.") {
		facts = append(facts, fact{Name: "Message", Value: "show it", To: "/m/" + url.PathEscape(slug)})
	}
	facts = append(facts, fact{Name: "key", Value: d.Key, Code: true, To: "/deliveries?" + url.Values{"key": {d.Key}}.Encode()})
	facts = append(facts, fact{Name: "accepted", At: v.ui.exactMoment(d.CreatedAt)})
	if d.DeliveredAt != 0 {
		facts = append(facts, fact{Name: "delivered", At: v.ui.exactMoment(d.DeliveredAt)})
	}
	return append(facts, fact{Name: "size", Value: bytesText(d.PayloadBytes)}), nil
}

func messageSlug(payload json.RawMessage) string {
	var body struct {
		Data struct{ Message struct{ Slug string } }
	}
	if json.Unmarshal(payload, &body) != nil || !slugPattern.MatchString(body.Data.Message.Slug) {
		return ""
	}
	return body.Data.Message.Slug
}

func (ui *UI) deliveryFactsOf(d *fullDelivery) []fact {
	facts := []fact{
		{Name: "Id", Value: d.ID.String(), Code: true}, {Name: "Event id", Value: d.EventID.String(), Code: true, To: eventPath(d.EventID)},
		{Name: "Organization", Value: string(d.Organization), Code: true, To: orgPath(d.Organization)},
		{Name: "Service", Value: string(d.Service), Code: true},
	}
	if !d.ReplayOf.IsZero() {
		facts = append(facts, fact{Name: "Replay of", Value: d.ReplayOf.String(), Code: true, To: deliveryPath(d.ReplayOf)})
	}
	if d.Replay != "" {
		facts = append(facts, fact{Name: "Made by the replay", Value: string(d.Replay), Code: true})
	}
	return append(facts, fact{Name: "Happened", At: ui.moment(d.CreatedAt)})
}

// isConversation reports whether the key of an event is the id of a conversation.
func isConversation(event, key string) bool {
	return bellhop.ID(key).Valid() && (strings.HasPrefix(event, "message.") || strings.HasPrefix(event, "conversation."))
}

// resentShown is how many replays of a delivery stand on its page.
const resentShown = 10

func (v *visit) replaysOf(d *fullDelivery) ([]deliveryRow, error) {
	found, err := v.someDeliveries(url.Values{
		"eventId": {d.EventID.String()}, "service": {string(d.Service)}, "replayOf": {d.ID.String()}, "limit": {strconv.Itoa(resentShown)},
	})
	return v.ui.deliveryRows(found, nil), err
}

func headersOf(headers map[string]string) []header {
	list := make([]header, 0, len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		list = append(list, header{name, headers[name]})
	}
	return list
}

// deliveryPayload is the body that is sent, byte for byte.
func (ui *UI) deliveryPayload(v *visit) error {
	d, err := v.readDelivery()
	if err != nil {
		return err
	}
	return v.plainText(string(d.Payload))
}

// deliveryResponse is the body of an answer as far as it is kept.
func (ui *UI) deliveryResponse(v *visit) error {
	d, err := v.readDelivery()
	if err != nil {
		return err
	}
	a := attemptNumbered(d.Attempts, v.r.PathValue("n"))
	if a == nil || a.Response == nil {
		return errNoPage()
	}
	return v.plainText(a.Response.Body)
}

// deliveryCurl is an attempt as a command, alone.
func (ui *UI) deliveryCurl(v *visit) error {
	d, err := v.readDelivery()
	if err != nil {
		return err
	}
	a := attemptNumbered(d.Attempts, v.r.PathValue("n"))
	if a == nil {
		return errNoPage()
	}
	return v.plainText(curlOf(a, string(d.Payload)).Text + "\n")
}

// plainText answers with text that no browser takes for anything else.
func (v *visit) plainText(text string) error {
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write([]byte(text)) // the visitor has gone
	return nil
}
