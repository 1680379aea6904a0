package ui

import (
	"bytes"
	"encoding/json"
)

// deepest is how deep JSON may be nested that gets a line for each member: each level moves its
// lines further to the right, so that a short text that is nothing but brackets would fill the memory.
const deepest = 100

// indentJSON returns JSON with a line for each member, its strings as they were sent;
// what is no JSON stays as it is.
func indentJSON(text json.RawMessage) string {
	indented, ok := indented(text)
	if !ok {
		return string(text)
	}
	return indented
}

func indented(text []byte) (string, bool) {
	var out bytes.Buffer
	if jsonDepth(text) > deepest || json.Indent(&out, text, "", "  ") != nil {
		return "", false
	}
	return out.String(), true
}

// jsonDepth returns how deep brackets are nested, those in strings left out.
func jsonDepth(text []byte) (deep int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deep = max(deep, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deep
}
