package chipchat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Event is one thing that happened, as the webhook brought it (docs/contract/delivery.md section 3), or one of the
// bot's own: ready, error, activity and token.
type Event struct {
	// Emitted is the name under which the handler is called; an event is emitted under several.
	Emitted string `json:"-"`

	ID           ID                         `json:"id"` // the same when it is delivered again
	Timestamp    time.Time                  `json:"timestamp"`
	Name         string                     `json:"event"` // full name, such as message.create.contact.chat
	Organization ID                         `json:"organization"`
	Activity     *Activity                  `json:"activity"`
	Data         map[string]json.RawMessage `json:"data"`

	Message      *Message      `json:"-"` // of message events; else nil
	Conversation *Conversation `json:"-"` // nil if the event has none; can speak
	Err          error         `json:"-"` // of the event "error"

	// Late tells of an event that a later one of its conversation was handled before; only with Options.Order.
	Late bool `json:"-"`

	Raw json.RawMessage `json:"-"` // the body of the delivery

	facts *facts
}

// Activity says who did what to which object, in terms of ActivityStreams.
type Activity struct {
	Type      string        `json:"type"` // Create, Update, Delete or Activity
	Actor     ActivityParty `json:"actor"`
	Object    ActivityParty `json:"object"`
	Published time.Time     `json:"published"`
	Summary   string        `json:"summary"` // an English sentence

	Raw json.RawMessage `json:"-"`
}

// ActivityParty is the actor or the object of an activity; its ID is a URL of the API.
type ActivityParty struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// UnmarshalJSON keeps the document in Raw.
func (a *Activity) UnmarshalJSON(b []byte) error {
	type fields Activity
	*a = Activity{}
	if err := decode(b, (*fields)(a)); err != nil && isObject(b) {
		return err
	}
	a.Raw = bytes.Clone(b)
	return nil
}

// Decode reads the resource that the event carries under its singular name, such as "user" or "botinstance".
func (e *Event) Decode(singular string, v any) error {
	raw, ok := e.Data[singular]
	if !ok {
		return fmt.Errorf("event %s carries no %s", e.Name, singular)
	}
	if err := decode(raw, v); err != nil {
		return fmt.Errorf("decode %s of event %s: %w", singular, e.Name, err)
	}
	return nil
}

// parseEvent reads the body of a delivery.
func parseEvent(body []byte) (*Event, error) {
	e := &Event{Raw: body}
	if err := decode(body, e); err != nil {
		return nil, err
	}
	if raw := e.Data["conversation"]; isObject(raw) {
		e.Conversation = &Conversation{}
		if err := decode(raw, e.Conversation); err != nil {
			return nil, err
		}
	}
	if raw := e.Data["message"]; isObject(raw) && e.isMessage() {
		e.Message = &Message{}
		if err := decode(raw, e.Message); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// check finds what sdk.md section 6 calls an invalid payload.
func (e *Event) check() error {
	switch {
	case e.Name == "":
		return errMissingEvent
	case e.isMessage() && (e.Conversation == nil || e.Conversation.ID == ""):
		return errMissingConversation
	case e.isMessage() && e.Message == nil:
		return errMissingMessage
	case !e.isMessage() && e.Activity == nil:
		return fmt.Errorf("unknown event: %s", e.Name)
	}
	return nil
}

// isMessage reports whether the event goes the way of messages, as message.update and message.delete do too.
func (e *Event) isMessage() bool {
	return e.Name == "message" || strings.HasPrefix(e.Name, "message.")
}

// as is the event under the name that it is emitted with.
func (e *Event) as(name string) *Event {
	named := *e
	named.Emitted = name
	if named.facts == nil {
		named.facts = &facts{}
	}
	return &named
}
