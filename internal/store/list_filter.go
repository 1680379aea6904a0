package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// filter returns the condition that f puts, which is never NULL where it is negated.
func (s *selection) filter(f query.Filter) string {
	op, negated := f.Op, false
	switch f.Op {
	case query.NoneOf:
		op, negated = query.OneOf, true
	case query.Missing:
		op, negated = query.Exists, true
	}
	if condition := s.indexed(f); condition != "" {
		return condition
	}
	condition := s.positive(query.Filter{Path: f.Path, Op: op, Values: f.Values})
	switch {
	case condition == "" && negated:
		return "TRUE"
	case condition == "":
		return "FALSE"
	case negated:
		return "(" + condition + ") IS NOT TRUE"
	}
	return condition
}

// positive returns the condition of a filter whose operator is not a negated one, "" if
// nothing can meet it.
func (s *selection) positive(f query.Filter) string {
	if c, ok := s.column(s.dialect, f.Path); ok {
		return s.columnFilter(c, f)
	}
	if s.document == "" {
		return ""
	}
	place := query.Locate(s.kind, storedPath(s.kind, f.Path))
	var from []string
	var value operand
	if place.Declared {
		// The array exists if it is empty, too.
		whole := f.Op == query.Exists
		from, value = s.declared(place, whole)
	} else {
		from, value = s.undeclared(place)
	}
	condition := s.meets(value, f)
	if len(from) == 0 || condition == "" {
		return condition
	}
	return "EXISTS (SELECT 1 FROM " + strings.Join(from, ", ") + " WHERE " + condition + ")"
}

// declared returns the value at a declared place, and tables with a row for each element of
// the arrays on the way to it. A whole array is taken for itself where the place ends in one.
func (s *selection) declared(place query.Place, whole bool) (from []string, _ operand) {
	value := s.dialect.document(s.document)
	for i, step := range place.Steps {
		value = s.dialect.member(value, step.Name)
		if last := i == len(place.Steps)-1; step.List && !(last && whole) {
			var elements string
			elements, value = s.dialect.elements(value, "e"+string(rune('0'+i)))
			from = append(from, elements)
		}
	}
	o := s.operandOf(value, place.Type)
	if len(from) == 0 && o.text != "" {
		o.indexed = s.dialect.indexed(s.kind, place, value)
	}
	return from, o
}

// undeclared returns the values to which the rest of a place leads by any reading of its dots,
// and the table that has them.
func (s *selection) undeclared(place query.Place) (from []string, _ operand) {
	value := s.dialect.document(s.document)
	for _, step := range place.Steps {
		value = s.dialect.member(value, step.Name)
	}
	found, value := s.dialect.walk(s, value, place.Rest, "w")
	return []string{found}, s.operandOf(value, bellhop.Any)
}

// operand is a value by the types that it may have: each expression is NULL if it is of
// another type, and empty if it never is of that type.
type operand struct {
	text, number, truth string
	date                string // in milliseconds, or as text
	dateIsText          bool
	exists              string // a condition
	indexed             string // the begin of text, by which an index finds it; may be empty
	ordered             string // by which values of any type have an order, if it may have any
}

func (s *selection) operandOf(v jsonValue, typ bellhop.Type) operand {
	o := operand{exists: s.dialect.exists(v)}
	switch typ {
	case bellhop.String, bellhop.Ref:
		o.text = s.dialect.text(v)
	case bellhop.Number:
		o.number = s.dialect.number(v)
	case bellhop.Bool:
		o.truth = s.dialect.truth(v)
	case bellhop.Date:
		o.date, o.dateIsText = s.dialect.text(v), true
	default:
		o.text, o.number, o.truth = s.dialect.text(v), s.dialect.number(v), s.dialect.truth(v)
		o.ordered = s.dialect.ordered(v)
	}
	return o
}

// meets returns the condition for one value, "" if none can meet it.
func (s *selection) meets(o operand, f query.Filter) string {
	switch f.Op {
	case query.Exists:
		return o.exists
	case query.OneOf:
		return either(
			s.isText(o, f.Values),
			s.isOneOf(o.number, o.numbers(f.Values)),
			s.isOneOf(o.truth, o.truths(f.Values)),
			s.isOneOf(o.date, o.dates(f.Values)),
		)
	case query.Contains, query.Prefix, query.Suffix:
		if o.text == "" {
			return ""
		}
		return s.resembles(o.text, f.Op, f.Values[0])
	}
	compare := func(expr string, values []any) string {
		if len(values) == 0 {
			return ""
		}
		return expr + comparisons[f.Op] + s.add(values[0])
	}
	return either(
		compare(o.text, o.texts(f.Values)),
		compare(o.number, o.numbers(f.Values)),
		compare(o.date, o.dates(f.Values)),
	)
}

// isText returns the condition that the text of o is one of values, "" if it never is. Of long ones an index has only
// how they begin.
func (s *selection) isText(o operand, values []string) string {
	texts := o.texts(values)
	if o.indexed == "" || len(values) == 0 {
		return s.isOneOf(o.text, texts)
	}
	long := false
	starts := make([]any, len(values))
	for i, value := range values {
		start := []rune(value)
		long = long || len(start) >= maxIndexed
		starts[i] = string(start[:min(len(start), maxIndexed)])
	}
	condition := s.isOneOf(o.indexed, starts)
	if long {
		condition = "(" + condition + " AND " + s.isOneOf(o.text, texts) + ")"
	}
	return condition
}

var comparisons = map[query.Op]string{
	query.Greater: " > ", query.AtLeast: " >= ", query.Less: " < ", query.AtMost: " <= ",
}

// resembles compares texts without regard to case. Folding keeps their length.
func (s *selection) resembles(text string, op query.Op, value string) string {
	part := s.add(query.Fold(value))
	folded := s.dialect.fold(text)
	switch op {
	case query.Contains:
		return s.dialect.position(folded, part) + " > 0"
	case query.Prefix:
		return "substr(" + folded + ", 1, length(" + part + ")) = " + part
	default:
		return "substr(" + folded + ", length(" + text + ") - length(" + part + ") + 1) = " + part
	}
}

// The values that can be converted to a type that the operand may have.

func (o operand) texts(values []string) []any {
	return converted(o.text, values, func(v string) (any, bool) { return v, true })
}

func (o operand) numbers(values []string) []any {
	return converted(o.number, values, func(v string) (any, bool) { n, ok := query.Number(v); return n, ok })
}

func (o operand) truths(values []string) []any {
	return converted(o.truth, values, func(v string) (any, bool) { b, ok := query.Bool(v); return b, ok })
}

func (o operand) dates(values []string) []any {
	return converted(o.date, values, func(v string) (any, bool) {
		t, ok := query.Date(v)
		if o.dateIsText {
			return t.String(), ok
		}
		return int64(t), ok
	})
}

func converted(expr string, values []string, convert func(string) (any, bool)) []any {
	var all []any
	for _, value := range values {
		if v, ok := convert(value); ok && expr != "" {
			all = append(all, v)
		}
	}
	return all
}

// columnFilter is positive for a field that has a column.
func (s *selection) columnFilter(c column, f query.Filter) string {
	switch {
	case c.rows != "" && !c.elements && f.Op == query.Exists:
		return cmp.Or(c.exists, "TRUE")
	case c.anyOf != nil && f.Op == query.OneOf && (c.equal == nil || len(f.Values) > 1):
		return c.anyOf(s, f.Values)
	case c.equal != nil && f.Op == query.OneOf:
		var conditions []string
		for _, value := range f.Values {
			conditions = append(conditions, c.equal(s, value))
		}
		return either(conditions...)
	case c.opaque && f.Op != query.Exists:
		return ""
	}
	condition := s.columnMeets(c, f)
	switch {
	case condition == "":
		return ""
	case c.rows != "":
		return "EXISTS (SELECT 1 FROM " + s.readableRows(c) + " AND " + condition + ")"
	case c.missing != "" && f.Op != query.Exists:
		return "(" + condition + " AND " + c.expr + " <> " + c.missing + ")"
	}
	return condition
}

func (s *selection) columnMeets(c column, f query.Filter) string {
	if f.Op == query.Exists {
		if c.missing != "" {
			return c.expr + " <> " + c.missing
		}
		return c.expr + " IS NOT NULL"
	}
	if c.names != nil {
		return c.isNamed(f)
	}
	if c.hex && f.Op == query.Prefix {
		// g follows on all characters of such texts.
		start := query.Fold(f.Values[0])
		expr := c.expr
		if expr == s.path {
			expr = s.ownedBelow(expr, start)
		}
		return "(" + expr + " >= " + s.add(start) + " AND " + expr + " < " + s.add(start+"g") + ")"
	}
	var o operand
	switch c.typ {
	case bellhop.Number:
		o.number = s.dialect.double(c.expr)
	case bellhop.Bool:
		o.truth = c.expr
	case bellhop.Date:
		o.date = c.expr
	default:
		o.text = c.expr
	}
	return s.meets(o, f)
}

// isNamed returns the condition that the name meets f, "" if none does. The numbers stand in the text, so
// that indexes of the rare ones serve.
func (c column) isNamed(f query.Filter) string {
	var numbers []string
	rare := c.rare != ""
	for i, name := range c.names {
		if nameMeets(name, f) {
			numbers = append(numbers, strconv.Itoa(i))
			rare = rare && i != c.common
		}
	}
	condition := ""
	switch len(numbers) {
	case 0:
		return ""
	case 1:
		condition = c.expr + " = " + numbers[0]
	default:
		condition = c.expr + " IN (" + strings.Join(numbers, ", ") + ")"
	}
	if rare {
		condition = "(" + condition + " AND " + c.rare + ")"
	}
	return condition
}

// nameMeets is what meets is in SQL, for a text that the statement does not see.
func nameMeets(name string, f query.Filter) bool {
	switch f.Op {
	case query.OneOf:
		return slices.Contains(f.Values, name)
	case query.Contains:
		return strings.Contains(query.Fold(name), query.Fold(f.Values[0]))
	case query.Prefix:
		return strings.HasPrefix(query.Fold(name), query.Fold(f.Values[0]))
	case query.Suffix:
		return strings.HasSuffix(query.Fold(name), query.Fold(f.Values[0]))
	case query.Greater:
		return name > f.Values[0]
	case query.AtLeast:
		return name >= f.Values[0]
	case query.Less:
		return name < f.Values[0]
	case query.AtMost:
		return name <= f.Values[0]
	}
	return false
}
