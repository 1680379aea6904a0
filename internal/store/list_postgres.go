package store

import (
	"slices"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// postgresDialect is the dialect of PostgreSQL. What a document says is asked of its column fields, which is the text in doc
// once more, as JSONB. Texts are always in the order of their bytes, whatever the database sorts by otherwise. In a jsonValue
// expr is JSONB, and path, if it is not empty, the literal of a key in it.
//
// The functions whose names begin with bellhop_ are those of 0007_lists.sql.
type postgresDialect struct{}

// auditDocument has no column that is parsed: few ask for more of audit records than has its own columns.
const auditDocument = "a.doc"

func (postgresDialect) document(expr string) jsonValue {
	if expr == auditDocument {
		return jsonValue{expr: expr + "::jsonb"}
	}
	return jsonValue{expr: strings.TrimSuffix(expr, "doc") + "fields"}
}

func (v jsonValue) value() string {
	if v.path == "" {
		return v.expr
	}
	return "(" + v.expr + " -> " + v.path + ")"
}

func (postgresDialect) member(v jsonValue, name string) jsonValue {
	return jsonValue{expr: v.value(), path: "'" + name + "'"}
}

func (postgresDialect) elements(v jsonValue, alias string) (from string, element jsonValue) {
	value := v.value()
	return "jsonb_array_elements(CASE jsonb_typeof(" + value + ") WHEN 'array' THEN " + value + " END) AS " + alias + " (value)",
		jsonValue{expr: alias + ".value"}
}

// walk calls the function for what has arrays on the way or several readings alone, since it takes longer.
func (postgresDialect) walk(s *selection, v jsonValue, rest query.Path, alias string) (from string, found jsonValue) {
	value := v.value()
	isPlain, plain, keys := "jsonb_typeof("+value+") <> 'array'", value, "'{}'"
	switch len(rest) {
	case 0:
	case 1:
		key := s.add(rest.String()) + "::text"
		plain, keys = "("+value+" -> "+key+")", "ARRAY["+key+"]"
		isPlain += " AND jsonb_typeof(" + plain + ") IS DISTINCT FROM 'array'"
	default:
		isPlain, keys = "FALSE", "(string_to_array("+s.add("."+rest.String())+", '.'))[2:]"
	}
	return "unnest(CASE WHEN " + isPlain + " THEN ARRAY[" + plain + "] ELSE bellhop_walk(" + value + ", " + keys + ") END) AS " + alias + " (value)",
		jsonValue{expr: alias + ".value"}
}

// text extracts a declared text just so that an index on the expression serves.
func (postgresDialect) text(v jsonValue) string {
	if v.path == "" {
		return "(CASE jsonb_typeof(" + v.expr + ") WHEN 'string' THEN " + v.expr + " #>> '{}' END COLLATE \"C\")"
	}
	return "((" + v.expr + " ->> " + v.path + ") COLLATE \"C\")"
}

// number relies on the range of numbers in documents, which is that of doubles (docs/contract/resources.md section 3).
func (postgresDialect) number(v jsonValue) string {
	return "CASE jsonb_typeof(" + v.value() + ") WHEN 'number' THEN " + v.value() + "::float8 END"
}

func (postgresDialect) double(column string) string { return "(" + column + ")::float8" }

func (postgresDialect) truth(v jsonValue) string {
	return "CASE jsonb_typeof(" + v.value() + ") WHEN 'boolean' THEN " + v.value() + "::boolean END"
}

func (postgresDialect) exists(v jsonValue) string {
	return "jsonb_typeof(" + v.value() + ") <> 'null'"
}

func (postgresDialect) ordered(v jsonValue) string {
	return "bellhop_ordered(" + v.value() + ") COLLATE \"C\""
}

func (postgresDialect) orderedTruth(truth string) string { return "(" + truth + ")::int" }

func (postgresDialect) direction(descending, nullable bool) string {
	switch {
	case descending && nullable:
		return " DESC NULLS LAST"
	case descending:
		return " DESC"
	case nullable:
		return " NULLS FIRST"
	}
	return ""
}

// indexed knows the indexes of 0007_lists.sql.
func (postgresDialect) indexed(kind *bellhop.Kind, place query.Place, v jsonValue) string {
	var path query.Path
	for _, step := range place.Steps {
		path = append(path, step.Name)
	}
	indexes := map[*bellhop.Kind][]string{
		bellhop.Conversations: {"status"},
		bellhop.Contacts:      {"conversation", "profile.telephone", "profile.email"},
		bellhop.Users:         {"email"},
		bellhop.Services:      {"type", "bot"},
		bellhop.BotInstances:  {"bot"},
	}
	if !slices.Contains(indexes[kind], path.String()) {
		return ""
	}
	return "(left(" + v.expr + " ->> " + v.path + ", " + strconv.Itoa(maxIndexed) + ") COLLATE \"C\")"
}

func (postgresDialect) fold(text string) string { return "bellhop_fold(" + text + ")" }

func (postgresDialect) position(text, part string) string {
	return "strpos(" + text + ", " + part + ")"
}

// matches makes a regular expression of the pattern, which is valid: its segments have no character that says something
// else in one.
func (postgresDialect) matches(s *selection, name, value string) string {
	segments := strings.Split(value, ".")
	begin := 0
	for begin < len(segments) && segments[begin] == "**" {
		begin++
	}
	if begin == len(segments) {
		return "TRUE"
	}
	expression := "^"
	if begin > 0 {
		expression += `(?:[^.]*\.)*`
	}
	for i, segment := range segments[begin:] {
		if segment == "**" {
			expression += `(?:\.[^.]*)*`
			continue
		}
		if i > 0 {
			expression += `\.`
		}
		if segment == "*" {
			segment = "[^.]*"
		}
		expression += segment
	}
	return name + " ~ " + s.add(expression+"$")
}

// unindexed leaves it to the engine, which knows how many rows have the value.
func (postgresDialect) unindexed(column string) string { return column }

// among hands over an array, for which an index is used whatever else finds more.
func (postgresDialect) among(number, statement string) string {
	return number + " = ANY (ARRAY(" + statement + "))"
}

func (postgresDialect) thenJoin() string { return " JOIN " }

// eachRow keeps the subquery from being joined.
func (postgresDialect) eachRow() string { return " OFFSET 0" }

func (postgresDialect) leads() bool { return true }

func (postgresDialect) rows(array, alias string) (from, text string) {
	return "jsonb_array_elements_text(CASE jsonb_typeof((" + array + ")::jsonb) WHEN 'array' THEN (" + array + ")::jsonb END) AS " + alias + " (value)",
		"(" + alias + ".value COLLATE \"C\")"
}
