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

// Members splits a canonical JSON object into its members, in order. The values are parts of object.
// Anything but a JSON object is an error that wraps ErrSyntax.
func Members(object json.RawMessage) ([]Member, error) {
	if len(object) < 2 || object[0] != '{' {
		return nil, fmt.Errorf("%w: an object is expected", ErrSyntax)
	}
	root, ok := parseNode(object)
	if !ok {
		return nil, fmt.Errorf("%w: an object is expected", ErrSyntax)
	}
	ms := make([]Member, len(root.kids))
	for i, kid := range root.kids {
		ms[i] = Member{Name: unquote(kid.key), Value: json.RawMessage(kid.raw)}
	}
	return ms, nil
}
