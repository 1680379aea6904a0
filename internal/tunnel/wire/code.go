package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Invalid is the error of a frame that is not in bounds.
type Invalid struct {
	Type   string // "" if not even that is known
	ID     int64  // of the request it is about; 0 if that is not known
	Reason string // for people; holds nothing of the frame's content
}

// Error says what is wrong.
func (e *Invalid) Error() string {
	if e.Type == "" {
		return "frame of a tunnel: " + e.Reason
	}
	return fmt.Sprintf("%s frame of a tunnel: %s", e.Type, e.Reason)
}

// Check returns what Encode would refuse a frame for, nil if nothing: an *[Invalid].
func Check(f Frame) error {
	if reason := f.check(); reason != "" {
		name, id := describe(f)
		return &Invalid{Type: name, ID: id, Reason: reason}
	}
	return nil
}

// Encode returns a frame as it is sent. What is out of bounds is an *[Invalid], and so is
// [Unknown].
func Encode(f Frame) ([]byte, error) {
	if err := Check(f); err != nil {
		return nil, err
	}
	name, id := describe(f)
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"type":%q,`, name)
	head := b.Len()
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("encode %s frame of a tunnel: %w", name, err)
	}
	// The members follow those that are written: their opening brace goes.
	frame := b.Bytes()
	frame = append(frame[:head], frame[head+1:]...)
	frame = bytes.TrimSuffix(frame, []byte("\n"))
	if len(frame) > MaxFrame {
		return nil, &Invalid{Type: name, ID: id, Reason: "the frame is too long"}
	}
	return frame, nil
}

// describe returns the type of a frame, and the id of the request that it is about.
func describe(f Frame) (name string, id int64) {
	switch f := f.(type) {
	case Ready:
		return typeReady, 0
	case Request:
		return typeRequest, f.ID
	case Cancel:
		return typeCancel, f.ID
	case Received:
		return typeReceived, f.ID
	case Response:
		return typeResponse, f.ID
	case Failure:
		return typeFailure, f.ID
	}
	return "unknown", 0
}

// Decode reads a frame. What is no frame, or one out of bounds, is an *[Invalid]; members that
// are not known are ignored, and a type that is not known is an [Unknown].
func Decode(b []byte) (Frame, error) {
	if len(b) > MaxFrame {
		return nil, &Invalid{Reason: "the frame is too long"}
	}
	var head struct {
		Type string          `json:"type"`
		ID   json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, &Invalid{Reason: "not a JSON object with a type"}
	}
	switch head.Type {
	case typeReady:
		return decode[Ready](b, head.Type)
	case typeRequest:
		return decode[Request](b, head.Type)
	case typeCancel:
		return decode[Cancel](b, head.Type)
	case typeReceived:
		return decode[Received](b, head.Type)
	case typeResponse:
		return decode[Response](b, head.Type)
	case typeFailure:
		return decode[Failure](b, head.Type)
	case "":
		return nil, &Invalid{Reason: "not a JSON object with a type"}
	}
	return Unknown{Type: head.Type}, nil
}

func decode[F Frame](b []byte, name string) (Frame, error) {
	var f F
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, &Invalid{Type: name, ID: idOf(b), Reason: "a member has the wrong form"}
	}
	if reason := f.check(); reason != "" {
		_, id := describe(f)
		return nil, &Invalid{Type: name, ID: id, Reason: reason}
	}
	return f, nil
}

// idOf returns the id in a frame of which something else is wrong, 0 if it has none.
func idOf(b []byte) int64 {
	var f struct {
		ID int64 `json:"id"`
	}
	if json.Unmarshal(b, &f) != nil {
		return 0
	}
	return f.ID
}
