package subscription

import (
	"encoding/json"
	"errors"

	"bellhop"
	"bellhop/internal/event"
)

// readRequest decodes an object that a client sent.
func readRequest(body []byte, v any) error {
	clean, err := event.Clean(make([]byte, 0, len(body)), body)
	if err != nil {
		return invalidJSON(err)
	}
	if clean[0] != '{' {
		return bellhop.Errorf(bellhop.Invalid, "Validation failed: the body must be an object")
	}
	if err := json.Unmarshal(clean, v); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
			return bellhop.InvalidField(e.Field, "must not be %s", e.Value)
		}
		return invalidJSON(err)
	}
	return nil
}
