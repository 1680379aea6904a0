package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

// delivery is what is sent: the body, and the headers that go with it.
type delivery struct {
	id, eventID string
	event       string
	attempt     int
	header      http.Header
	body        []byte
}

// limit is how much of the answer the server would read (docs/contract/delivery.md section 5).
func (d *delivery) limit() int64 {
	if strings.HasPrefix(d.event, "message.create.") {
		return messageLimit
	}
	return otherLimit
}

// sample is an event to be sent. The zero value is the plainest one.
type sample struct {
	event string    // "": what most checks send
	at    time.Time // when it happened; zero means now
	text  string    // of data.check, or of the message
	more  []event.Member
	bare  bool // data is empty
}

// delivery renders s as the server renders an event, and signs it.
func (r *receiver) delivery(s sample) *delivery {
	if s.event == "" {
		s.event = r.event
	}
	if s.at.IsZero() {
		s.at = time.Now()
	}
	if s.text == "" {
		s.text = "Is this thing on? Café, a/b, <ok> & more"
	}
	envelope := &event.Envelope{
		Timestamp: s.at, Event: s.event, Organization: string(r.organization),
		Activity: event.Activity{
			ActorID: api, ActorType: "Service", ObjectID: api + "/events/" + newUUID(), Summary: "Bellhop checked a receiver",
		},
		Links: []event.Link{{Name: "organization", URL: api + "/organizations/" + string(r.organization)}},
	}
	if !s.bare {
		envelope.Data = append(r.members(s), s.more...)
	}
	payload, err := envelope.Payload(event.Whole)
	if err != nil {
		panic(fmt.Sprintf("a sample of ours is no event: %v", err))
	}
	d := &delivery{id: newUUID(), eventID: newUUID(), event: s.event, attempt: 1}
	d.body = payload.AppendBody(nil, d.id, nil)
	if s.bare {
		before, _, _ := bytes.Cut(d.body, []byte(`"data":`))
		d.body = append(before, `"data":{}}`...)
	}
	return r.sign(d, r.signer, time.Now())
}

// api is where the resources of the samples would be. The name can never be reached.
const api = "https://bellhop.invalid/v2"

// sign gives d its headers.
func (r *receiver) sign(d *delivery, signer *event.Signer, at time.Time) *delivery {
	d.header = r.headers(d)
	signer.AddTo(d.header, d.id, bellhop.TimeOf(at), d.body)
	return d
}

func (r *receiver) headers(d *delivery) http.Header {
	return http.Header(event.Header(d.id, d.attempt, d.eventID))
}

// signedAs signs d anew, as s says.
func (r *receiver) signedAs(d *delivery, s event.Signing, at time.Time) *delivery {
	return r.sign(d, event.NewSigner(s), at)
}

// members are data of a sample: of an event of the server something that looks like it, and does not exist.
func (r *receiver) members(s sample) []event.Member {
	mark := event.Member{Name: "sample", Value: json.RawMessage("true")}
	check := member("check", map[string]any{"text": s.text})
	first, rest, _ := strings.Cut(s.event, ".")
	switch {
	case first == bellhop.Messages.Name:
		return append(r.message(s, rest), mark)
	case bellhop.KindNamed(first) != nil:
		return []event.Member{member(first, r.resource(map[string]any{"name": "Sample"})), check, mark}
	}
	return []event.Member{check, mark}
}

func (r *receiver) message(s sample, rest string) []event.Member {
	typ, role, in := "chat", "contact", "contact"
	if words := strings.Split(rest, "."); len(words) == 3 {
		in, typ = words[1], words[2]
	}
	conversation := r.resource(map[string]any{"name": "Jenny Jones", "type": in, "status": "active", "messages": []string{}})
	message := r.resource(map[string]any{"conversation": conversation["id"], "type": typ, "role": role, "text": s.text})
	return []event.Member{member("conversation", conversation), member("message", message)}
}

func (r *receiver) resource(fields map[string]any) map[string]any {
	fields["id"], fields["organization"] = madeUp(), r.organization
	fields["createdAt"] = bellhop.TimeOf(time.Now())
	return fields
}

func member(name string, value any) event.Member {
	text, err := event.AppendValue(nil, value)
	if err != nil {
		panic(fmt.Sprintf("a member of ours is no JSON: %v", err))
	}
	return event.Member{Name: name, Value: text}
}
