package chipchat

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
)

// decode is json.Unmarshal, but a field whose value has another type than expected is left zero instead of failing
// the whole: a server may know more forms of a field than this package, and Raw still has it.
func decode(data []byte, v any) error { return decodeWith(json.Unmarshal, data, v) }

// decodeExactly is decode, but numbers in maps are a json.Number, and so keep all their digits.
func decodeExactly(data []byte, v any) error {
	return decodeWith(func(data []byte, v any) error {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		return d.Decode(v)
	}, data, v)
}

func decodeWith(unmarshal func([]byte, any) error, data []byte, v any) error {
	err := unmarshal(data, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field != "" {
			return nil
		}
		return err
	}
	// A field that decodes itself, such as a time, has ended it all. The others are decoded one by one.
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return err
	}
	for name, raw := range fields {
		if one, err := json.Marshal(map[string]json.RawMessage{name: raw}); err == nil {
			_ = unmarshal(one, v)
		}
	}
	return nil
}

// isObject reports whether raw, which is valid JSON without leading blanks, is an object.
func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

func isArray(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '[' }

// falsy reports whether JavaScript would take v for false.
func falsy(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case float64:
		return v == 0 || math.IsNaN(v)
	}
	return false
}

// text is v as /set would store it: strings as they are, anything else as JSON without quotes around it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	encoded, err := plainJSON(v)
	if err != nil {
		return ""
	}
	var unquoted string
	if json.Unmarshal(encoded, &unquoted) == nil {
		return unquoted
	}
	return string(encoded)
}

// plainJSON is v as JSON in which <, > and & stand for themselves.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
