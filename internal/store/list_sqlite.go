package store

import (
	"database/sql/driver"
	"sync"

	"modernc.org/sqlite"

	"bellhop/internal/query"
)

// foldFunction is query.Fold as SQL knows it.
const foldFunction = "bellhop_fold"

// registerFold gives all connections that are opened from now on the function that the
// filters ~ ^ $ need. The driver keeps it for the whole process.
var registerFold = sync.OnceValue(func() error {
	return sqlite.RegisterDeterministicScalarFunction(foldFunction, 1,
		func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			if text, ok := args[0].(string); ok {
				return query.Fold(text), nil
			}
			return nil, nil
		})
})

// sqliteDialect is what the list dialect needs and engines do each in their own way: JSON, case,
// and the position of a text in another.
type sqliteDialect struct{}

// jsonValue is a place in a JSON document: a path below an expression, or, if path is empty,
// a row of json_each or of a walk, of that alias.
type jsonValue struct{ expr, path string }

// document returns the whole document.
func (sqliteDialect) document(expr string) jsonValue { return jsonValue{expr: expr, path: "$"} }

// member returns what an object has under a declared name. It is never given what a client
// wrote.
func (d sqliteDialect) member(v jsonValue, name string) jsonValue {
	if v.path == "" {
		v = jsonValue{expr: d.container(v), path: "$"}
	}
	return jsonValue{expr: v.expr, path: v.path + "." + name}
}

// container returns the JSON text of a row that is an object or an array, else NULL. The
// JSON functions refuse texts that are no JSON, as the values of other rows are.
func (sqliteDialect) container(row jsonValue) string {
	return "CASE WHEN " + row.expr + ".type IN ('object', 'array') THEN " + row.expr + ".value END"
}

// elements returns a table with a row for each element of an array.
func (d sqliteDialect) elements(v jsonValue, alias string) (from string, element jsonValue) {
	return "json_each(" + v.expr + ", '" + v.path + "') AS " + alias, jsonValue{expr: alias}
}

// walk returns a table of what the path in rest, an argument, leads to from v on. A path is empty
// or begins with a dot. Each step takes one key off it, whatever dots the key has itself, or goes into
// the elements of an array; keys are compared as values.
func (d sqliteDialect) walk(v jsonValue, rest, alias string) (from string, found jsonValue) {
	return `(
		WITH RECURSIVE walk (rest, value, type) AS (
			SELECT ` + rest + `, json_extract(` + v.arguments() + `), json_type(` + v.arguments() + `)
			UNION ALL
			SELECT CASE walk.type WHEN 'array' THEN walk.rest ELSE substr(walk.rest, length(e.key) + 2) END, e.value, e.type
			FROM walk, json_each(` + d.container(jsonValue{expr: "walk"}) + `) AS e
			WHERE walk.type = 'array' OR walk.rest = '.' || e.key
				OR substr(walk.rest, 1, length(e.key) + 2) = '.' || e.key || '.'
		) SELECT value, type FROM walk WHERE rest = '') AS ` + alias, jsonValue{expr: alias}
}

func (v jsonValue) arguments() string { return v.expr + ", '" + v.path + "'" }

// text returns v if it is a text. A declared text is extracted just so, that an index on the
// expression serves.
func (sqliteDialect) text(v jsonValue) string {
	if v.path == "" {
		return "CASE " + v.expr + ".type WHEN 'text' THEN " + v.expr + ".value END"
	}
	return "json_extract(" + v.arguments() + ")"
}

// number returns v if it is a number. Numbers are those of ECMAScript: of a large integer the
// digits in the document stand for the nearest double.
func (d sqliteDialect) number(v jsonValue) string {
	value, typ := d.parts(v)
	return "CASE WHEN " + typ + " IN ('integer', 'real') THEN CAST(" + value + " AS REAL) END"
}

// truth returns v if it is true or false.
func (d sqliteDialect) truth(v jsonValue) string {
	_, typ := d.parts(v)
	return "CASE " + typ + " WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
}

// exists returns the condition that v is there and not null.
func (d sqliteDialect) exists(v jsonValue) string {
	_, typ := d.parts(v)
	return typ + " <> 'null'"
}

func (sqliteDialect) parts(v jsonValue) (value, typ string) {
	if v.path == "" {
		return v.expr + ".value", v.expr + ".type"
	}
	return "json_extract(" + v.arguments() + ")", "json_type(" + v.arguments() + ")"
}

// ordered returns an expression by which values of any type have an order: booleans, which are 0 and
// 1, and numbers before texts.
func (sqliteDialect) ordered(o operand) string {
	return "coalesce(" + o.truth + ", " + o.number + ", " + o.text + ")"
}

// fold returns the text with query.Fold applied.
func (sqliteDialect) fold(text string) string { return foldFunction + "(" + text + ")" }

// position returns where part begins in text, 0 if it does not occur.
func (sqliteDialect) position(text, part string) string { return "instr(" + text + ", " + part + ")" }

// unindexed returns an expression with the value of a column, for which no index is used.
func (sqliteDialect) unindexed(column string) string { return "+" + column }

// rows returns a table of the strings in a JSON array.
func (sqliteDialect) rows(array, alias string) (from, text string) {
	return "json_each(" + array + ") AS " + alias, alias + ".value"
}
