package event

import (
	"bytes"
	"encoding/json"
)

// node is one value of a canonical JSON text, taken apart.
type node struct {
	key   []byte // in an object: with its quotes
	raw   []byte // as it was read
	kids  []node // of an array or object
	class class  // which cuts concern it (fit.go)
	keep  bool   // its object may not lose it (fit.go)
}

func (n *node) kind() byte { return n.raw[0] }

// kid is the member of an object called name, or nil.
func (n *node) kid(name string) *node {
	for i := range n.kids {
		if k := n.kids[i].key; len(k) == len(name)+2 && string(k[1:len(k)-1]) == name {
			return &n.kids[i]
		}
	}
	return nil
}

func (n *node) keySize() int {
	if n.key == nil {
		return 0
	}
	return len(n.key) + len(":")
}

// append writes n with what is left of it.
func (n *node) append(dst []byte) []byte {
	if kind := n.kind(); kind != '{' && kind != '[' {
		return append(dst, n.raw...)
	}
	dst = append(dst, n.kind())
	for i := range n.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		if key := n.kids[i].key; key != nil {
			dst = append(append(dst, key...), ':')
		}
		dst = n.kids[i].append(dst)
	}
	return append(dst, n.kind()+2) // '}' and ']' are two after '{' and '['
}

// parseNode takes canonical text apart. It is not ok if text is not JSON; that it is canonical is not
// checked beyond what reading needs.
func parseNode(text []byte) (node, bool) {
	n, rest, ok := readNode(text, 2*MaxDepth)
	return n, ok && len(rest) == 0
}

func readNode(text []byte, depth int) (n node, rest []byte, ok bool) {
	if len(text) == 0 || depth == 0 {
		return n, text, false
	}
	switch text[0] {
	case '{', '[':
		n.kids, rest, ok = readKids(text, depth)
	case '"':
		rest, ok = afterString(text)
	default:
		rest = text[scalarLen(text):]
		ok = bytes.IndexByte([]byte("-0123456789tfn"), text[0]) >= 0
	}
	n.raw = text[:len(text)-len(rest)]
	return n, rest, ok
}

func readKids(text []byte, depth int) (kids []node, rest []byte, ok bool) {
	named, end := text[0] == '{', text[0]+2 // '}' and ']' are two after '{' and '['
	rest = text[1:]
	for len(rest) > 0 && rest[0] != end {
		if kids != nil {
			if rest[0] != ',' {
				return kids, rest, false
			}
			rest = rest[1:]
		}
		var key []byte
		if named {
			after, ok := afterString(rest)
			if !ok || len(after) == 0 || after[0] != ':' {
				return kids, rest, false
			}
			key, rest = rest[:len(rest)-len(after)], after[1:]
		}
		var kid node
		if kid, rest, ok = readNode(rest, depth-1); !ok {
			return kids, rest, false
		}
		kid.key = key
		kids = append(kids, kid)
	}
	if len(rest) == 0 {
		return kids, rest, false
	}
	return kids, rest[1:], true
}

// afterString is what follows the string at the start of text.
func afterString(text []byte) ([]byte, bool) {
	if len(text) == 0 || text[0] != '"' {
		return text, false
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return text[i+1:], true
		case '\\':
			i++
		}
	}
	return text, false
}

// scalarLen is the length of the number or literal at the start of text.
func scalarLen(text []byte) int {
	if i := bytes.IndexAny(text, ",]}"); i >= 0 {
		return i
	}
	return len(text)
}

// Text returns the text of a canonical JSON string, and false for anything else.
func Text(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	return unquote(raw), true
}

// unquote is the text of a JSON string; of anything else it is empty.
func unquote(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
