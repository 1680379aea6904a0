package store

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// typeOf returns the declared type of a field, bellhop.Any if it has none, or is what holds fields.
func typeOf(kind *bellhop.Kind, path query.Path) bellhop.Type {
	fields := kind.Fields
	for i, name := range path {
		at := slices.IndexFunc(fields, func(f bellhop.Field) bool { return f.Name == name })
		switch {
		case at < 0:
			return bellhop.Any
		case i == len(path)-1 && fields[at].Type != bellhop.Object:
			return fields[at].Type
		}
		fields = fields[at].Fields
	}
	return bellhop.Any
}

// namesOf returns the paths of all declared fields below prefix.
func namesOf(fields []bellhop.Field, prefix string) (names []string) {
	for _, f := range fields {
		names = append(append(names, prefix+f.Name), namesOf(f.Fields, prefix+f.Name+".")...)
	}
	return names
}

// values returns all that a path leads to in a document; an array is followed by its elements.
func values(kind *bellhop.Kind, doc map[string]any, path query.Path) []any {
	if kind.Name == "user" && len(path) == 1 && slices.Contains([]string{"organization", "orgPath", "role"}, path[0]) {
		return follow(doc["organizations"], path, false)
	}
	if typeOf(kind, path) != bellhop.Any {
		return follow(doc, path, false)
	}
	if kind.Field(path[0]) == nil {
		return follow(doc, path, true)
	}
	first, found := doc[path[0]]
	if !found {
		return nil
	}
	return follow(first, path[1:], true)
}

// follow goes down a path; if keys may have dots then by all readings of it.
func follow(v any, path query.Path, dots bool) (all []any) {
	if array, ok := v.([]any); ok {
		if len(path) == 0 {
			all = append(all, v)
		}
		for _, e := range array {
			all = append(all, follow(e, path, dots)...)
		}
		return all
	}
	if len(path) == 0 {
		return []any{v}
	}
	object, _ := v.(map[string]any)
	for n := 1; n <= len(path) && (dots || n == 1); n++ {
		if member, ok := object[path[:n].String()]; ok {
			all = append(all, follow(member, path[n:], dots)...)
		}
	}
	return all
}

func evaluate(kind *bellhop.Kind, doc map[string]any, f query.Filter) bool {
	positive := f
	switch f.Op {
	case query.NoneOf:
		positive.Op = query.OneOf
		return !evaluate(kind, doc, positive)
	case query.Missing:
		positive.Op = query.Exists
		return !evaluate(kind, doc, positive)
	}
	typ := typeOf(kind, f.Path)
	return slices.ContainsFunc(values(kind, doc, f.Path), func(v any) bool {
		if f.Op == query.Exists {
			return v != nil
		}
		return slices.ContainsFunc(f.Values, func(text string) bool { return fulfils(v, typ, f.Op, text) })
	})
}

var decimal = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

func fulfils(v any, typ bellhop.Type, op query.Op, text string) bool {
	switch v := v.(type) {
	case string:
		if typ == bellhop.Date {
			date, err := bellhop.ParseTime(text)
			return err == nil && compares(op, cmp.Compare(v, date.String()))
		}
		if typ == bellhop.Number || typ == bellhop.Bool {
			return false
		}
		switch op {
		case query.Contains, query.Prefix, query.Suffix:
			return resembles(v, text, op)
		}
		return compares(op, cmp.Compare(v, text))
	case float64:
		n, err := strconv.ParseFloat(text, 64)
		ok := err == nil && decimal.MatchString(text) && (typ == bellhop.Number || typ == bellhop.Any)
		return ok && compares(op, cmp.Compare(v, n))
	case bool:
		return op == query.OneOf && strconv.FormatBool(v) == text && (typ == bellhop.Bool || typ == bellhop.Any)
	}
	return false
}

func compares(op query.Op, c int) bool {
	switch op {
	case query.OneOf:
		return c == 0
	case query.Greater:
		return c > 0
	case query.AtLeast:
		return c >= 0
	case query.Less:
		return c < 0
	case query.AtMost:
		return c <= 0
	}
	return false
}

func resembles(v, part string, op query.Op) bool {
	text, n := []rune(v), len([]rune(part))
	for i := 0; i+n <= len(text); i++ {
		atRightPlace := op == query.Contains || op == query.Prefix && i == 0 || op == query.Suffix && i+n == len(text)
		if atRightPlace && strings.EqualFold(string(text[i:i+n]), part) {
			return true
		}
	}
	return false
}

// orderOf compares documents as a list sorts them.
func orderOf(kind *bellhop.Kind, keys []query.Key) func(a, b map[string]any) int {
	return func(a, b map[string]any) int {
		for _, key := range keys {
			c := compareRanks(decisive(kind, a, key), decisive(kind, b, key))
			if key.Descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		c := strings.Compare(a["id"].(string), b["id"].(string))
		if keys[len(keys)-1].Descending {
			return -c
		}
		return c
	}
}

// decisive returns the value by which a document is sorted, nil if it has none.
func decisive(kind *bellhop.Kind, doc map[string]any, key query.Key) (best any) {
	for _, v := range values(kind, doc, key.Path) {
		if b, ok := v.(bool); ok {
			v = map[bool]float64{true: 1}[b]
		}
		switch v.(type) {
		case string, float64:
		default:
			continue
		}
		c := compareRanks(v, best)
		if best == nil || key.Descending && c > 0 || !key.Descending && c < 0 {
			best = v
		}
	}
	return best
}

func compareRanks(a, b any) int {
	x, xIsText := a.(string)
	y, yIsText := b.(string)
	m, xIsNumber := a.(float64)
	n, yIsNumber := b.(float64)
	rank := func(text, number bool) int { return map[bool]int{true: 2}[text] + map[bool]int{true: 1}[number] }
	return cmp.Or(
		cmp.Compare(rank(xIsText, xIsNumber), rank(yIsText, yIsNumber)),
		cmp.Compare(m, n), strings.Compare(x, y),
	)
}

// visibleTo is Visible as its comment says it.
func visibleTo(kind *bellhop.Kind, doc map[string]any, v Visible) bool {
	owned := func(owner map[string]any) bool {
		path, _ := owner["orgPath"].(string)
		id, _ := owner["organization"].(string)
		return slices.ContainsFunc(v.Roots, func(root string) bool { return bellhop.Within(path, root) }) ||
			slices.Contains(v.Organizations, bellhop.ID(id))
	}
	if v.All || slices.Contains(v.IDs, bellhop.ID(doc["id"].(string))) {
		return true
	}
	if kind.Name != "user" {
		return owned(doc)
	}
	entries, _ := doc["organizations"].([]any)
	return slices.ContainsFunc(entries, func(e any) bool { return owned(e.(map[string]any)) })
}

func TestOracle(t *testing.T) {
	doc := map[string]any{"id": "1", "meta": map[string]any{"a.b": "x", "n": 5.0}, "tags": []any{"Red", "blue"}}
	for text, want := range map[string]bool{
		"meta.a.b=x": true, "meta.n=5": true, "meta.n=>4": true, "tags=~RE": true, "tags=!blue": false, "tags=!green": true, "name=!": true,
	} {
		q, err := query.Parse(bellhop.Contacts, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := evaluate(bellhop.Conversations, doc, q.Filters[0]); got != want {
			t.Errorf("evaluate(%s) = %v, want %v", text, got, want)
		}
	}
}
