package resource

import (
	"bytes"
	"encoding/json"

	"bellhop/internal/event"
	"bellhop/internal/query"
)

// branch is a part of the paths to populate: a field and where they go on in it.
type branch struct {
	name  string
	below []*branch
}

// branchesOf joins paths that begin alike.
func branchesOf(paths []query.Path) []*branch {
	root := new(branch)
	for _, path := range paths {
		at := root
		for _, name := range path {
			at = at.branch(name)
		}
	}
	return root.below
}

func (b *branch) branch(name string) *branch {
	for _, below := range b.below {
		if below.name == name {
			return below
		}
	}
	below := &branch{name: name}
	b.below = append(b.below, below)
	return below
}

// tree is a JSON object that is changed here and there. The value of a member is a json.RawMessage, or
// where paths lead a *tree or a []any of such values: all else keeps its bytes.
type tree struct{ members []member }

type member struct {
	name  string
	value any
}

// treeOf reads an object.
func treeOf(raw json.RawMessage) (*tree, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	t := new(tree)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // there is nothing else in this place
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		t.members = append(t.members, member{name, value})
	}
	return t, nil
}

// listOf reads an array.
func listOf(raw json.RawMessage) ([]any, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, err
	}
	list := make([]any, len(elements))
	for i, element := range elements {
		list[i] = element
	}
	return list, nil
}

// appendTree writes what treeOf and listOf have read, with what has changed.
func appendTree(dst []byte, value any) []byte {
	switch v := value.(type) {
	case json.RawMessage:
		return append(dst, v...)
	case []any:
		dst = append(dst, '[')
		for i, element := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendTree(dst, element)
		}
		return append(dst, ']')
	case *tree:
		dst = append(dst, '{')
		for i, m := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(event.AppendString(dst, m.name), ':')
			dst = appendTree(dst, m.value)
		}
		return append(dst, '}')
	}
	return dst
}
