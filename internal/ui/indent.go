package ui

import (
	"bytes"
	"encoding/json"
)

// indentJSON returns JSON with a line for each member, its strings as they were sent;
// what is no JSON stays as it is.
func indentJSON(text json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return string(text)
	}
	return out.String()
}
