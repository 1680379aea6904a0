// Package query is the list dialect of docs/contract/resources.md section 4: which
// resources a client wants, in what order, which part of them, and what each looks
// like.
//
// [Parse] reads the query of a URL and checks it. What comes out is plain data: filters
// that are all to be met, keys to sort by, a page, a selection of fields. The store
// compiles filters, order and page to SQL, with [Locate] to find the field that a path
// means and [Number], [Bool] and [Date] to convert what the client wrote to the type of
// that field. [Project] applies the selection to a document, [LinkHeader] leads to the
// other pages.
//
// Nothing that a client writes makes this package panic, and all that it returns is
// bounded: the number of filters, of values, of names, and the depth of paths.
package query

import (
	"slices"
	"strings"

	"bellhop"
)

// The page of a client who asks for none, and the largest.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Query is what a client asks of a list.
type Query struct {
	Filters  []Filter // all have to match
	Sort     []Key    // never empty in what Parse and New return
	Limit    int
	Offset   int
	Select   Select
	Populate []Path

	Uncounted bool // how many there are on all pages is not asked
	CountMost int  // where counting them ends; 0 means where that of the list does

	unsorted bool  // the client named no order
	fallback []Key // what Sort is then
}

// Path is the name of a field, cut at the dots.
type Path []string

// String returns the name as the client writes it.
func (p Path) String() string { return strings.Join(p, ".") }

// Key is a field to sort by. Resources that are equal in all keys come in the order of
// their ids, in the direction of the last key.
type Key struct {
	Path       Path
	Descending bool
}

// New returns the query without filters: the first page, the oldest first.
func New() *Query {
	q := &Query{Limit: DefaultLimit, unsorted: true}
	q.SortByDefault(Key{Path: Path{"createdAt"}})
	return q
}

// SortByDefault sorts by keys unless the client named an order himself. Without it a
// list begins with what was created first.
func (q *Query) SortByDefault(keys ...Key) {
	if q.unsorted {
		q.Sort, q.fallback = keys, keys
	}
}

// Where adds a filter and returns q. The path is dotted; how many values an operator
// takes stands at [Op].
func (q *Query) Where(path string, op Op, values ...string) *Query {
	q.Filters = append(q.Filters, Filter{Path: pathOf(path), Op: op, Values: values})
	return q
}

func pathOf(name string) Path { return strings.Split(name, ".") }

// Parse reads the query of a request that lists resources of kind, as it stands in the
// URL behind the question mark. The kind need not be a registered one; only its name and
// the mandatory filters of messages and conversations matter.
//
// The error is a *bellhop.Error with the code Invalid.
func Parse(kind *bellhop.Kind, rawQuery string) (*Query, error) {
	form, err := decodeForm(rawQuery)
	if err != nil {
		return nil, err
	}
	q := New()
	if err := q.readView(form); err != nil {
		return nil, err
	}
	if err := q.readFilters(form); err != nil {
		return nil, err
	}
	if err := q.readPage(form); err != nil {
		return nil, err
	}
	if !q.hasMandatory(kind) {
		return nil, bellhop.Errorf(bellhop.Invalid, "Missing mandatory query parameter")
	}
	return q, nil
}

// ParseSingle reads the query of a request for one resource, where only select and
// populate mean something (docs/contract/resources.md section 3). Errors are those of
// Parse.
func ParseSingle(rawQuery string) (*Query, error) {
	form, err := decodeForm(rawQuery)
	if err != nil {
		return nil, err
	}
	q := New()
	return q, q.readView(form)
}

// Mandatory returns the filters of which a list of that kind needs one: of messages always,
// of conversations if it is filtered by meta (docs/contract/resources.md section 4,
// "Mandatory filters"). It is nil for all other kinds.
func Mandatory(kind *bellhop.Kind) []string {
	switch kind.Name {
	case bellhop.Messages.Name:
		return []string{"id", "organization", "conversation", "type", "role", "createdAt"}
	case bellhop.Conversations.Name:
		return []string{
			"id", "type", "participants.user", "status", "createdAt",
			"categoryIndex", "category", "organization", "updatedAt",
		}
	}
	return nil
}

func (q *Query) hasMandatory(kind *bellhop.Kind) bool {
	names := Mandatory(kind)
	if names == nil || kind.Name == bellhop.Conversations.Name && !q.filtersMeta() {
		return true
	}
	return slices.ContainsFunc(q.Filters, func(f Filter) bool { return slices.Contains(names, f.Path.String()) })
}

func (q *Query) filtersMeta() bool {
	return slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Path[0] == "meta" && len(f.Path) > 1 })
}
