package query

import (
	"slices"
	"strings"

	"bellhop"
)

// Op says how a filter compares.
type Op int

// The operators of docs/contract/resources.md section 4, "Filter operators". OneOf and
// NoneOf take any number of values; equal and not equal are those with one. Exists and
// Missing take none, all others take one.
//
// A field that holds an array, or lies in an array of objects, meets a filter if one of
// its elements does; it meets NoneOf and Missing if no element meets OneOf and Exists.
const (
	OneOf    Op = iota // v, [a,b], name[]=a
	NoneOf             // !v, ![a,b]
	Contains           // ~v
	Prefix             // ^v
	Suffix             // $v
	Greater            // >v
	AtLeast            // >=v
	Less               // <v
	AtMost             // <=v
	Exists             // nothing
	Missing            // ! alone
)

// Filter is a condition on one field.
type Filter struct {
	Path   Path
	Op     Op
	Values []string // as the client wrote them, not yet of the field's type
}

// What a client may ask at most; so many filters are the contract's.
const (
	maxFilters = 100
	maxValues  = 1000 // of all filters together
)

// prefixes are what stands in front of the single value of an operator. A longer one comes
// before the one that it begins with.
var prefixes = []struct {
	text string
	op   Op
}{
	{"~", Contains}, {"^", Prefix}, {"$", Suffix},
	{">=", AtLeast}, {">", Greater}, {"<=", AtMost}, {"<", Less},
}

// parseFilter reads the value of a parameter.
func parseFilter(path Path, text string) Filter {
	if text == "" {
		return Filter{Path: path, Op: Exists}
	}
	if rest, negated := strings.CutPrefix(text, "!"); negated {
		if rest == "" {
			return Filter{Path: path, Op: Missing}
		}
		return Filter{Path: path, Op: NoneOf, Values: parseValues(rest)}
	}
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(text, prefix.text); ok {
			return Filter{Path: path, Op: prefix.op, Values: []string{rest}}
		}
	}
	return Filter{Path: path, Op: OneOf, Values: parseValues(text)}
}

// parseValues reads [a,b], whose elements are literal, or a single value.
func parseValues(text string) []string {
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return []string{text}
	}
	if text == "[]" {
		return nil
	}
	return strings.Split(text[1:len(text)-1], ",")
}

// text returns the value of a parameter that parseFilter reads as f, and false if f
// can only be written with brackets behind its name.
func (f Filter) text() (string, bool) {
	for _, text := range f.spellings() {
		again := parseFilter(f.Path, text)
		if again.Op == f.Op && slices.Equal(again.Values, f.Values) {
			return text, true
		}
	}
	return "", false
}

func (f Filter) spellings() []string {
	joined := strings.Join(f.Values, ",")
	switch f.Op {
	case Exists:
		return []string{""}
	case Missing:
		return []string{"!"}
	case OneOf:
		return []string{joined, "[" + joined + "]"}
	case NoneOf:
		return []string{"!" + joined, "![" + joined + "]"}
	}
	for _, prefix := range prefixes {
		if prefix.op == f.Op {
			return []string{prefix.text + joined}
		}
	}
	return nil
}

// readFilters takes everything that is not reserved. Values of one name with brackets
// are the values of one filter, values of one name without are filters of their own.
func (q *Query) readFilters(form []parameter) error {
	lists := map[string]int{} // name with brackets -> index in q.Filters
	values := 0
	for _, p := range form {
		if slices.Contains(reserved, p.name) {
			continue
		}
		f := parseFilter(pathOf(p.name), p.value)
		if p.list {
			f = Filter{Path: f.Path, Op: OneOf, Values: []string{p.value}}
		}
		if values += len(f.Values); values > maxValues {
			return bellhop.InvalidField(p.name, "is one value too many: at most %d are taken", maxValues)
		}
		i, again := lists[p.name]
		if p.list && again {
			q.Filters[i].Values = append(q.Filters[i].Values, p.value)
			continue
		}
		if p.list {
			lists[p.name] = len(q.Filters)
		}
		if len(q.Filters) == maxFilters {
			return bellhop.InvalidField(p.name, "is one filter too many: at most %d are taken", maxFilters)
		}
		q.Filters = append(q.Filters, f)
	}
	return nil
}
