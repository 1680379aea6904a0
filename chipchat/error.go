package chipchat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Error is a refusal by the API (docs/contract/resources.md section 5). Take it from an error with
// errors.AsType[*chipchat.Error].
type Error struct {
	StatusCode int               // of the answer; below 300 if the body of a success carried an error
	Message    string            // error.message of the body, else the text of the status
	Name       string            // error.name of the body, such as NotFoundError; may be empty
	Fields     map[string]string // error.errors of a failed validation: field to reason; may be nil
	RetryAfter time.Duration     // what the server asked to wait; 0 if it did not say
}

func (e *Error) Error() string { return fmt.Sprintf("status %d: %s", e.StatusCode, e.Message) }

// failure is the error that an answer carries, or nil. An error in the body of a success is one too
// (docs/contract/sdk.md section 2).
func failure(status int, header http.Header, body []byte) error {
	raw := errorOf(body)
	if status < 300 && !truthy(raw) {
		return nil
	}
	e := &Error{StatusCode: status, Message: http.StatusText(status), RetryAfter: retryAfter(header)}
	var told struct {
		Message string            `json:"message"`
		Name    string            `json:"name"`
		Errors  map[string]string `json:"errors"`
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		e.Message = text
	} else if decode(raw, &told) == nil {
		e.Name, e.Fields = told.Name, told.Errors
		if told.Message != "" {
			e.Message = told.Message
		}
	}
	return e
}

// errorOf returns the top-level field error of a JSON object.
func errorOf(body []byte) json.RawMessage {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || !bytes.Contains(body, []byte(`"error"`)) {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil
	}
	return fields["error"]
}

// truthy reports whether JavaScript would take the JSON value for true.
func truthy(raw json.RawMessage) bool {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return false
	}
	return !falsy(v)
}

// retryAfter reads the header in both of its forms, seconds and date.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if n, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(n)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
