package store

import (
	"database/sql/driver"
	"sync"

	"modernc.org/sqlite"

	"bellhop"
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

// sqliteDialect is the dialect of SQLite. A jsonValue without a path is a row of json_each or of a walk.
type sqliteDialect struct{}

func (sqliteDialect) document(expr string) jsonValue { return jsonValue{expr: expr, path: "$"} }

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

func (d sqliteDialect) elements(v jsonValue, alias string) (from string, element jsonValue) {
	return "json_each(" + v.expr + ", '" + v.path + "') AS " + alias, jsonValue{expr: alias}
}

// walk has of each step what is left of the path, which is empty or begins with a dot.
func (d sqliteDialect) walk(s *selection, v jsonValue, path query.Path, alias string) (from string, found jsonValue) {
	rest := ""
	if len(path) > 0 {
		rest = "." + path.String()
	}
	return `(
		WITH RECURSIVE walk (rest, value, type) AS (
			SELECT ` + s.add(rest) + `, json_extract(` + v.arguments() + `), json_type(` + v.arguments() + `)
			UNION ALL
			SELECT CASE walk.type WHEN 'array' THEN walk.rest ELSE substr(walk.rest, length(e.key) + 2) END, e.value, e.type
			FROM walk, json_each(` + d.container(jsonValue{expr: "walk"}) + `) AS e
			WHERE walk.type = 'array' OR walk.rest = '.' || e.key
				OR substr(walk.rest, 1, length(e.key) + 2) = '.' || e.key || '.'
		) SELECT value, type FROM walk WHERE rest = '') AS ` + alias, jsonValue{expr: alias}
}

func (v jsonValue) arguments() string { return v.expr + ", '" + v.path + "'" }

// text extracts a declared text just so that an index on the expression serves.
func (sqliteDialect) text(v jsonValue) string {
	if v.path == "" {
		return "CASE " + v.expr + ".type WHEN 'text' THEN " + v.expr + ".value END"
	}
	return "json_extract(" + v.arguments() + ")"
}

func (d sqliteDialect) number(v jsonValue) string {
	value, typ := d.parts(v)
	return "CASE WHEN " + typ + " IN ('integer', 'real') THEN CAST(" + value + " AS REAL) END"
}

func (sqliteDialect) double(column string) string { return column }

func (d sqliteDialect) truth(v jsonValue) string {
	_, typ := d.parts(v)
	return "CASE " + typ + " WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
}

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

func (d sqliteDialect) ordered(v jsonValue) string {
	return "coalesce(" + d.truth(v) + ", " + d.number(v) + ", " + d.text(v) + ")"
}

func (sqliteDialect) orderedTruth(truth string) string { return truth }

// direction relies on what SQLite does with what is missing.
func (sqliteDialect) direction(descending, _ bool) string {
	if descending {
		return " DESC"
	}
	return ""
}

func (sqliteDialect) indexed(*bellhop.Kind, query.Place, jsonValue) string { return "" }

func (sqliteDialect) fold(text string) string { return foldFunction + "(" + text + ")" }

func (sqliteDialect) position(text, part string) string { return "instr(" + text + ", " + part + ")" }

func (sqliteDialect) unindexed(column string) string { return "+" + column }

func (sqliteDialect) among(number, statement string) string {
	return number + " IN (" + statement + ")"
}

func (sqliteDialect) thenJoin() string { return " CROSS JOIN " }

func (sqliteDialect) eachRow() string { return "" }

func (sqliteDialect) leads() bool { return false }

func (sqliteDialect) rows(array, alias string) (from, text string) {
	return "json_each(" + array + ") AS " + alias, alias + ".value"
}
