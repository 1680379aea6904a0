package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// member is where a member of an object lies in the written text: its key with quotes is
// [start:colon], the colon follows, and the value ends before end.
type member struct {
	start, colon, end int
}

func (m member) key(text []byte) []byte { return text[m.start+1 : m.colon-1] }

// inOrder reports whether ECMAScript would keep the members where they are: no key twice, and array
// indexes ascending before all others.
func inOrder(text []byte, ms []member) bool {
	return indexesFirst(text, ms) && !repeats(text, ms)
}

func indexesFirst(text []byte, ms []member) bool {
	last := int64(-1)
	names := false
	for _, m := range ms {
		index, ok := arrayIndex(m.key(text))
		if !ok {
			names = true
			continue
		}
		if names || index <= last {
			return false
		}
		last = index
	}
	return true
}

// repeats reports whether two members have the same key. Small objects, the usual ones, are compared in
// place: a key is looked for only if an earlier one left the same mark.
func repeats(text []byte, ms []member) bool {
	if len(ms) > 64 {
		seen := make(map[string]struct{}, len(ms))
		for _, m := range ms {
			seen[string(m.key(text))] = struct{}{}
		}
		return len(seen) < len(ms)
	}
	var marks uint64
	for i, m := range ms {
		key := m.key(text)
		mark := uint64(1) << keyHash(key)
		if marks&mark == 0 {
			marks |= mark
			continue
		}
		for _, earlier := range ms[:i] {
			if bytes.Equal(earlier.key(text), key) {
				return true
			}
		}
	}
	return false
}

func keyHash(key []byte) uint {
	if len(key) == 0 {
		return 0
	}
	return (uint(len(key))*7 + uint(key[0]) + uint(key[len(key)/2])*3 + uint(key[len(key)-1])*5) % 64
}

// arrayIndex reads a key that is a canonical array index, "0" to "4294967294".
func arrayIndex[T ~string | ~[]byte](key T) (int64, bool) {
	if len(key) == 0 || len(key) > 10 || key[0] == '0' && len(key) > 1 {
		return 0, false
	}
	var n int64
	for i := range len(key) {
		if !isDigit(key[i]) {
			return 0, false
		}
		n = n*10 + int64(key[i]-'0')
	}
	return n, n < 1<<32-1
}

// reorder writes the object at text[start:] again as ECMAScript orders it. A repeated key keeps its
// first place and its last value.
func reorder(text []byte, start int, ms []member) []byte {
	old := slices.Clone(text[start:])
	at := make(map[string]int, len(ms)) // key to place in kept
	kept := make([]member, 0, len(ms))
	for _, m := range ms {
		m = member{m.start - start, m.colon - start, m.end - start}
		if i, ok := at[string(m.key(old))]; ok {
			kept[i] = m
			continue
		}
		at[string(m.key(old))] = len(kept)
		kept = append(kept, m)
	}
	slices.SortStableFunc(kept, func(a, b member) int { return compareKeys(a.key(old), b.key(old)) })

	text = append(text[:start], '{')
	for i, m := range kept {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, old[m.start:m.end]...)
	}
	return append(text, '}')
}

// compareKeys puts array indexes first, ascending, and leaves all other keys in their order.
func compareKeys[T ~string | ~[]byte](a, b T) int {
	i, aIndex := arrayIndex(a)
	j, bIndex := arrayIndex(b)
	switch {
	case aIndex && bIndex:
		return cmp.Compare(i, j)
	case aIndex:
		return -1
	case bIndex:
		return 1
	}
	return 0
}

// Members splits a canonical JSON object into its members, in order. The values are parts of object,
// and are not looked into. Anything but a JSON object is an error that wraps ErrSyntax.
func Members(object json.RawMessage) ([]Member, error) {
	if len(object) < 2 || object[0] != '{' {
		return nil, fmt.Errorf("%w: an object is expected", ErrSyntax)
	}
	var ms []Member
	ok := split(object, func(key, value []byte) {
		ms = append(ms, Member{Name: unquote(key), Value: json.RawMessage(value)})
	})
	if !ok {
		return nil, fmt.Errorf("%w: an object is expected", ErrSyntax)
	}
	return ms, nil
}

// Elements is Members for an array.
func Elements(array json.RawMessage) ([]json.RawMessage, error) {
	if len(array) < 2 || array[0] != '[' {
		return nil, fmt.Errorf("%w: an array is expected", ErrSyntax)
	}
	var elements []json.RawMessage
	if !split(array, func(_, value []byte) { elements = append(elements, value) }) {
		return nil, fmt.Errorf("%w: an array is expected", ErrSyntax)
	}
	return elements, nil
}

// split calls each for the members of a canonical object, with their keys in quotes, or for the
// elements of an array. It reports whether text ends where the object or array does.
func split(text []byte, each func(key, value []byte)) bool {
	named, end := text[0] == '{', text[0]+2 // '}' and ']' are two after '{' and '['
	rest := text[1:]
	for first := true; len(rest) > 0 && rest[0] != end; first = false {
		if !first {
			if rest[0] != ',' {
				return false
			}
			rest = rest[1:]
		}
		var key []byte
		if named {
			after, ok := afterString(rest)
			if !ok || len(after) == 0 || after[0] != ':' {
				return false
			}
			key, rest = rest[:len(rest)-len(after)], after[1:]
		}
		after, ok := afterValue(rest)
		if !ok {
			return false
		}
		each(key, rest[:len(rest)-len(after)])
		rest = after
	}
	return len(rest) == 1
}

// afterValue is what follows the value at the start of text.
func afterValue(text []byte) ([]byte, bool) {
	depth := 0
	for rest := text; len(rest) > 0; {
		switch rest[0] {
		case '"':
			after, ok := afterString(rest)
			if !ok {
				return text, false
			}
			rest = after
		case '{', '[':
			depth++
			rest = rest[1:]
			continue
		case '}', ']':
			depth--
			rest = rest[1:]
		case ',', ':':
			rest = rest[1:]
			continue
		default:
			n := scalarLen(rest)
			if i := bytes.IndexByte(rest[:n], ':'); n == 0 || i >= 0 {
				return text, false
			}
			rest = rest[n:]
		}
		if depth == 0 {
			return rest, true
		}
		if depth < 0 {
			return text, false
		}
	}
	return text, false
}
