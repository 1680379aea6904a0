package store

import (
	"database/sql/driver"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"

	"bellhop/internal/event"
)

// isNamedLike returns the condition that an event has that name. One with a * is a pattern
// (docs/contract/extensions.md section 2): no event is called so. The index of names is not used: it does not have
// the order of lists, and what is rare is looked up in it before (see locateFew).
func isNamedLike(s *selection, value string) string {
	name := s.dialect.unindexed("e.name")
	if !strings.Contains(value, "*") {
		return name + " = " + s.add(value)
	}
	if _, err := event.ParsePatterns([]string{value}); err != nil {
		return ""
	}
	condition := s.dialect.matches(s, name, value)
	if literal, _, _ := strings.Cut(value, "*"); literal != "" {
		// Cheaper than to match. What follows the last dot, or nothing, comes before the slash.
		start := strings.TrimSuffix(literal, ".")
		condition = name + " >= " + s.add(start) + " AND " + name + " < " + s.add(start+"/") + " AND " + condition
	}
	return "(" + condition + ")"
}

// matchFunction tells in SQL whether the name of an event matches a pattern.
const matchFunction = "bellhop_match"

func (sqliteDialect) matches(s *selection, name, value string) string {
	return matchFunction + "(" + s.add(value) + ", " + name + ")"
}

// registerMatch gives all connections that are opened from now on the function that matches.
var registerMatch = sync.OnceValue(func() error {
	var last atomic.Pointer[matcher] // a list asks for one pattern again and again
	return sqlite.RegisterDeterministicScalarFunction(matchFunction, 2,
		func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			pattern, _ := args[0].(string)
			name, _ := args[1].(string)
			m := last.Load()
			if m == nil || m.text != pattern {
				parsed, err := event.ParsePatterns([]string{pattern})
				if err != nil {
					return nil, err
				}
				m = &matcher{pattern, parsed}
				last.Store(m)
			}
			return m.patterns.Match(name), nil
		})
})

// matcher is a pattern, and what became of it.
type matcher struct {
	text     string
	patterns event.Patterns
}
