package store

import (
	"bellhop"
	"bellhop/internal/query"
)

// dialect is what lists need and engines say each in their own way: JSON, case, the position of a text in another, what is
// in arrays, and how an index is kept from being used.
type dialect interface {
	// document returns the whole document of a table, of whose column doc it is given the name.
	document(expr string) jsonValue

	// member returns what an object has under a declared name. It is never given what a client wrote.
	member(v jsonValue, name string) jsonValue

	// elements returns a table with a row for each element of an array.
	elements(v jsonValue, alias string) (from string, element jsonValue)

	// walk returns a table of what the path rest, which a client wrote, leads to from v on. Each step takes one key
	// off it, whatever dots the key has itself, or goes into the elements of an array; keys are compared as values.
	walk(s *selection, v jsonValue, rest query.Path, alias string) (from string, found jsonValue)

	// text, number and truth return v if it is of that type, else NULL. Numbers are those of ECMAScript: of a
	// large integer the digits in the document stand for the nearest double.
	text(v jsonValue) string
	number(v jsonValue) string
	truth(v jsonValue) string

	// double returns the value of a column of numbers so that it can be compared with any number.
	double(column string) string

	// exists returns the condition that v is there and not null.
	exists(v jsonValue) string

	// ordered returns an expression by which values of any type have an order: booleans, which are 0 and
	// 1, and numbers before texts. orderedTruth does so for booleans alone.
	ordered(v jsonValue) string
	orderedTruth(truth string) string

	// direction returns what follows an expression in ORDER BY: what is missing, if it may be, comes before
	// all others.
	direction(descending, nullable bool) string

	// indexed returns the expression for the first maxIndexed characters of a text for which there is an index, "" if the
	// index has the whole text, or there is none.
	indexed(kind *bellhop.Kind, place query.Place, v jsonValue) string

	// fold returns the text with query.Fold applied.
	fold(text string) string

	// position returns where part begins in text, 0 if it does not occur.
	position(text, part string) string

	// matches returns the condition that a name matches the pattern of names in value.
	matches(s *selection, name, value string) string

	// unindexed returns an expression with the value of a column, for which no index is used if the engine
	// would misjudge it.
	unindexed(column string) string

	// among returns the condition that a number is one of those, few, that a statement finds.
	among(number, statement string) string

	// thenJoin joins a table to one that is read before it.
	thenJoin() string

	// eachRow ends a subquery that is to be asked of each row, by an index: what else a list is read by finds less.
	eachRow() string

	// leads reports whether the engine may go through everything in the order of a list, since it takes it that what
	// is looked for lies evenly among it. See lead.
	leads() bool

	// rows returns a table of the strings in a JSON array.
	rows(array, alias string) (from, text string)
}

// jsonValue is a place in a JSON document: a path below an expression, or, if path is empty, what the engine has for
// the expression itself, or for a row of that alias.
type jsonValue struct{ expr, path string }

// maxIndexed is how many characters of a text an index has at least; what an entry of an index may take has a bound.
const maxIndexed = 200

// dialect returns what the engine of this store says in its own way.
func (db *DB) dialect() dialect {
	if _, ok := db.engine.(*postgresEngine); ok {
		return postgresDialect{}
	}
	return sqliteDialect{}
}

// selection begins a statement that reads src.
func (tx *Tx) selection(src source) selection {
	return selection{source: src, dialect: tx.db.dialect()}
}
