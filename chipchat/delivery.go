package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// Delivery is one event on its way to one service (docs/contract/extensions.md section 2). Lists have the number
// of attempts only; Get has Log and Payload too.
type Delivery struct {
	ID           ID        `json:"id,omitempty"`
	Service      ID        `json:"service,omitempty"`
	Organization ID        `json:"organization,omitempty"`
	OrgPath      string    `json:"orgPath,omitempty"`
	Event        string    `json:"event,omitempty"`
	EventID      ID        `json:"eventId,omitempty"`
	Key          string    `json:"key,omitempty"`
	Status       string    `json:"status,omitempty"` // pending, delivered or dead
	NextAttempt  time.Time `json:"nextAttemptAt,omitzero"`
	LastStatus   int       `json:"lastStatus,omitempty"`
	LastError    string    `json:"lastError,omitempty"`
	CreatedAt    time.Time `json:"createdAt,omitzero"`
	DeliveredAt  time.Time `json:"deliveredAt,omitzero"`
	ReplayOf     ID        `json:"replayOf,omitempty"`

	Payload      json.RawMessage `json:"payload,omitempty"`
	PayloadBytes int             `json:"payloadBytes,omitempty"`

	Attempts int             `json:"-"` // how many there were
	Log      []Attempt       `json:"-"` // oldest first
	Raw      json.RawMessage `json:"-"`
}

// Attempt is one request of a delivery, with what came back.
type Attempt struct {
	Number      int              `json:"number"`
	At          time.Time        `json:"at"`
	Duration    AttemptDuration  `json:"duration"`
	Status      int              `json:"status"`
	Error       string           `json:"error"`
	Request     AttemptRequest   `json:"request"`
	Response    *AttemptResponse `json:"response"` // nil if none came
	NextAttempt time.Time        `json:"nextAttemptAt"`
}

// AttemptDuration says where the time of an attempt went, in milliseconds.
type AttemptDuration struct {
	DNS       float64 `json:"dns"`
	Connect   float64 `json:"connect"`
	TLS       float64 `json:"tls"`
	FirstByte float64 `json:"firstByte"`
	Total     float64 `json:"total"`
}

// AttemptRequest is what was sent; nothing secret is in it.
type AttemptRequest struct {
	URL     string                     `json:"url"`
	Headers map[string]json.RawMessage `json:"headers"`
}

// AttemptResponse is what came back.
type AttemptResponse struct {
	Headers   map[string]json.RawMessage `json:"headers"`
	Body      string                     `json:"body"` // first 16 KiB
	Truncated bool                       `json:"truncated"`
}

// UnmarshalJSON keeps the document in Raw. The field attempts is a number in lists and an array in a single get.
func (d *Delivery) UnmarshalJSON(b []byte) error {
	type fields Delivery
	*d = Delivery{}
	if err := decode(b, (*fields)(d)); err != nil {
		return err
	}
	var made struct {
		Attempts json.RawMessage `json:"attempts"`
	}
	if err := decode(b, &made); err != nil {
		return err
	}
	if isArray(made.Attempts) {
		if err := decode(made.Attempts, &d.Log); err != nil {
			return err
		}
		d.Attempts = len(d.Log)
	} else if len(made.Attempts) > 0 {
		if err := decode(made.Attempts, &d.Attempts); err != nil {
			return err
		}
	}
	d.Raw = bytes.Clone(b)
	return nil
}

// EventRecord is an event as the server keeps it (docs/contract/extensions.md section 1). To publish one, create a
// record with Event, Data, and perhaps Organization, Key and ID; the answer has the first four fields only.
type EventRecord struct {
	ID           ID              `json:"id,omitempty"`
	Event        string          `json:"event,omitempty"`
	Organization ID              `json:"organization,omitempty"`
	Deliveries   int             `json:"deliveries,omitempty"` // number of services that get it
	OrgPath      string          `json:"orgPath,omitempty"`
	Key          string          `json:"key,omitempty"`
	Data         map[string]any  `json:"data,omitzero"`
	Payload      json.RawMessage `json:"payload,omitempty"`
	CreatedAt    time.Time       `json:"createdAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the document in Raw.
func (r *EventRecord) UnmarshalJSON(b []byte) error {
	type fields EventRecord
	*r = EventRecord{}
	if err := decode(b, (*fields)(r)); err != nil {
		return err
	}
	r.Raw = bytes.Clone(b)
	return nil
}
