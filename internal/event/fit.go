package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"
)

const truncatedMember = `,"truncated":true`

// class says which cuts concern a node; fixed nodes are never cut.
type class uint8

const (
	inMeta      class = 1 << iota // a string of data.*.meta
	messageText                   // data.message.text
	people                        // data.conversation.participants
	ordinary                      // anything else
	fixed       class = 0
	anything          = inMeta | messageText | people | ordinary
)

// cut is one way of making data smaller: all nodes of one kind and some classes get the same limit,
// so that it is the longest that lose. The limit is the largest that makes data fit, and at least
// least; if even that does not, floor is what they keep while later cuts are tried.
type cut struct {
	kind         byte // '"': bytes of strings, '[': elements of arrays, '{': members of objects
	class        class
	least, floor int
}

// cuts are in the order of docs/contract/delivery.md section 3. What comes after the arrays there are
// objects, for data may be too large by keys alone. 64 bytes keep ids, times and words whole.
var cuts = []cut{
	{'"', inMeta, 0, 256},
	{'"', messageText, 0, 1024},
	{'"', anything, 64, 64},
	{'[', ordinary, 0, 16},
	{'[', people, 0, 16},
	{'{', anything, 16, 16},
	{'[', anything, 0, 0},
	{'{', anything, 0, 0},
}

// cut makes the members smaller by over bytes, and more for the mark that says so.
func (c contents) cut(over int) (contents, error) {
	out := contents{links: c.links, truncated: true}
	budget := -over - len(truncatedMember)
	var roots []node
	for _, m := range c.members {
		if m.Name == "truncated" {
			continue
		}
		if len(m.Value) == 0 {
			m.Value = json.RawMessage("null")
		}
		budget += len(m.Value)
		root, ok := parseNode(m.Value)
		if !ok {
			return c, fmt.Errorf("%w: data.%s", ErrSyntax, m.Name)
		}
		classify(m.Name, &root)
		out.members = append(out.members, m)
		roots = append(roots, root)
	}
	if !shrink(roots, budget) {
		return c, ErrTooLarge
	}
	for i := range roots {
		out.members[i].Value = roots[i].append(nil)
	}
	return out, nil
}

// FitInstance returns instance, cut like data so that it fits into [InstanceRoom] as
// data.message.instance. instance must be a canonical JSON object; it is not changed.
func FitInstance(instance json.RawMessage) (json.RawMessage, error) {
	budget := InstanceRoom - len(",") - len(instanceKey)
	if len(instance) <= budget {
		return instance, nil
	}
	root, ok := parseNode(instance)
	if !ok {
		return nil, fmt.Errorf("cutting an instance: %w", ErrSyntax)
	}
	classify("botinstance", &root)
	roots := []node{root}
	if !shrink(roots, budget) {
		return nil, fmt.Errorf("cutting an instance: %w", ErrTooLarge)
	}
	return roots[0].append(nil), nil
}

// shrink applies cuts to roots until they take at most budget bytes, and says whether they do.
func shrink(roots []node, budget int) bool {
	fits := func(c cut, limit int) bool {
		size := 0
		for i := range roots {
			size += c.size(&roots[i], limit)
		}
		return size <= budget
	}
	for _, c := range cuts {
		limit, done := c.floor, fits(c, c.least)
		if done {
			most := 0
			for i := range roots {
				most = max(most, len(roots[i].raw))
			}
			// The smallest limit above least that is too large, less one.
			limit = c.least + sort.Search(most, func(i int) bool { return !fits(c, c.least+1+i) })
		}
		for i := range roots {
			c.apply(&roots[i], limit)
		}
		if done {
			return true
		}
	}
	return false
}

// concerns reports whether n is cut by c.
func (c cut) concerns(n *node) bool { return n.kind() == c.kind && n.class&c.class != 0 }

// size is how many bytes n would take if c were applied with limit.
func (c cut) size(n *node, limit int) int {
	cuts := c.concerns(n)
	switch n.kind() {
	case '"':
		if cuts && len(n.raw)-2 > limit {
			return 2 + cutEscaped(n.raw[1:len(n.raw)-1], limit)
		}
		return len(n.raw)
	case '[', '{':
		size, free, kept := 2, 0, 0
		for i := range n.kids {
			kid := &n.kids[i]
			if cuts && !kid.keep {
				if free == limit {
					continue
				}
				free++
			}
			kept++
			size += kid.keySize() + c.size(kid, limit)
		}
		return size + max(0, kept-1)
	}
	return len(n.raw)
}

// apply cuts n to limit.
func (c cut) apply(n *node, limit int) {
	cuts := c.concerns(n)
	if n.kind() == '"' {
		if cuts && len(n.raw)-2 > limit {
			end := 1 + cutEscaped(n.raw[1:len(n.raw)-1], limit)
			n.raw = append(slices.Clone(n.raw[:end]), '"')
		}
		return
	}
	if cuts {
		free := 0
		n.kids = slices.DeleteFunc(n.kids, func(kid node) bool {
			if !kid.keep {
				free++
			}
			return !kid.keep && free > limit
		})
	}
	for i := range n.kids {
		c.apply(&n.kids[i], limit)
	}
}

// cutEscaped is the length of the longest part of the escaped text s, from its start, that has at most
// n bytes and ends between two characters.
func cutEscaped(s []byte, n int) int {
	if n >= len(s) {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	for i := max(0, n-5); i < n; i++ { // an escape has up to six bytes: \u001f
		if s[i] != '\\' || !startsEscape(s, i) {
			continue
		}
		size := 2
		if s[i+1] == 'u' {
			size = 6
		}
		if i+size > n {
			return i
		}
	}
	return n
}

// startsEscape reports whether the backslash at i is not itself the escaped one.
func startsEscape(s []byte, i int) bool {
	before := 0
	for before < i && s[i-before-1] == '\\' {
		before++
	}
	return before%2 == 0
}
