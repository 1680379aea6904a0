package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// fateView is what became of the deliveries that a message caused: a dot for each, and in
// words how many came to what.
type fateView struct {
	Dots    []dot
	Summary string
}

// dot is one delivery.
type dot struct {
	link
	Tone string
}

// addFate puts beside each message the deliveries that it caused, and beside each that came
// in an answer, what it answers.
func (ui *UI) addFate(v *visit, c *bellhop.Conversation, p *conversationPage, messages []bellhop.Message) error {
	p.Deliveries = "/deliveries?" + url.Values{"key": {string(c.ID)}}.Encode()
	if len(messages) == 0 {
		return nil
	}
	filter := url.Values{"limit": {strconv.Itoa(query.MaxLimit)}}
	for i := range messages {
		filter.Add("message[]", string(messages[i].ID))
	}
	found, err := v.someDeliveries(filter)
	if err != nil {
		return err
	}
	names, err := v.serviceNames(servicesOf(found))
	if err != nil {
		return err
	}
	byMessage := map[bellhop.ID][]listedDelivery{}
	byID := map[bellhop.UUID]*listedDelivery{}
	for i := range found {
		byMessage[found[i].Message] = append(byMessage[found[i].Message], found[i])
		byID[found[i].ID] = &found[i]
	}
	for i := range messages {
		p.Messages[i].Fate = fateOf(byMessage[messages[i].ID], names)
	}
	linkAnswers(p, messages, byID, names)
	p.Unheard = len(found) == 0
	return nil
}

// fateOf shows deliveries in the order in which they were made; nil if there are none.
func fateOf(deliveries []listedDelivery, names map[bellhop.ID]string) *fateView {
	if len(deliveries) == 0 {
		return nil
	}
	slices.SortFunc(deliveries, func(a, b listedDelivery) int { return cmp.Compare(a.ID.Seq(), b.ID.Seq()) })
	fate := new(fateView)
	counts := map[string]int{}
	for i := range deliveries {
		d := &deliveries[i]
		counts[d.Status]++
		fate.Dots = append(fate.Dots, dot{link: link{Text: dotText(d, names[d.Service]), To: deliveryPath(d.ID)}, Tone: deliveryBadge(d.Status).Tone})
	}
	var words []string
	for _, status := range []bellhop.DeliveryStatus{bellhop.Pending, bellhop.Dead, bellhop.Delivered} {
		if n := counts[status.String()]; n > 0 {
			words = append(words, number(n)+" "+status.String())
		}
	}
	fate.Summary = strings.Join(words, ", ")
	return fate
}

// dotText says of a delivery what the dot cannot.
func dotText(d *listedDelivery, service string) string {
	text := d.Event + " to " + serviceLink(d.Service, service).Text + ": " + d.Status
	if !d.ReplayOf.IsZero() {
		text = "Replay of " + text
	}
	if last := lastOf(&d.deliveryFacts); last != "" {
		text += ", " + last
	}
	return text
}

// linkAnswers leads from a message that came in the answer of a webhook to what it answers,
// and from that to it. What a bot posts by the API answers nobody knows what.
func linkAnswers(p *conversationPage, messages []bellhop.Message, deliveries map[bellhop.UUID]*listedDelivery, names map[bellhop.ID]string) {
	for i := range messages {
		if messages[i].Delivery.IsZero() {
			continue
		}
		view := &p.Messages[i]
		view.Answers = &answerOf{Delivery: link{Text: "delivery", To: deliveryPath(messages[i].Delivery)}}
		d := deliveries[messages[i].Delivery]
		if d == nil {
			continue // of a message on another page
		}
		view.Answers.Delivery.Text = serviceLink(d.Service, names[d.Service]).Text
		for j := range messages {
			if messages[j].ID != d.Message {
				continue
			}
			view.Answers.To = &link{Text: excerpt(&messages[j]), To: "#" + messageAnchor(messages[j].ID)}
			p.Messages[j].Answered = append(p.Messages[j].Answered, link{Text: excerpt(&messages[i]), To: "#" + messageAnchor(messages[i].ID)})
		}
	}
}

// answerOf says what a message answers.
type answerOf struct {
	Delivery link  // in whose answer it came
	To       *link // the message that was delivered; nil if it is on another page
}

// excerptLength is how much of a message stands where another one speaks of it.
const excerptLength = 40

func excerpt(m *bellhop.Message) string {
	text := strings.Join(strings.Fields(m.Text), " ")
	if text == "" {
		return string(m.Type)
	}
	if short := []rune(text); len(short) > excerptLength {
		return string(short[:excerptLength]) + "…"
	}
	return text
}
