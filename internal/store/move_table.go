package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"bellhop"
)

// movedTables are the tables whose rows are moved, beside those of the kinds. Which columns they have, and
// which of them are the key, the database says.
var movedTables = []string{
	"document_keys", "events", "event_ids", "deliveries", "attempts", "dropped_services", "deaths", "settings", "logins", "pauses",
	"replays", "service_states", "stats", "notifications", "delayed_messages", "loops", "audit", "tunnels", "failed_logins",
}

// derivedTables are kept by the database, which makes their rows from those of others. They are compared.
var derivedTables = []string{"conversation_participants"}

// ownTables are those that each store has for itself. What goes on from one store to the other is in setNumbers.
var ownTables = []string{
	"deferral", "removed", "moves", "tunnel_changes", // of both
	"schema_version", "nodes", "leases", "letters", "versions", "changes", "numbers", // of PostgreSQL
}

// moveTable is a table that is moved or compared.
type moveTable struct {
	name    string
	columns []string // without those that are made of others
	key     []string // those of columns by which its rows are told apart and ordered
	derived bool
}

func (t moveTable) quoted() string { return quote(t.name) }

// quote is a name as it stands in a statement: some are words of SQL.
func quote(names ...string) string { return `"` + strings.Join(names, `", "`) + `"` }

// selectRows is the statement that reads rows in the order of their keys, all or those after a key that is its parameters.
func (t moveTable) selectRows(after bool) string {
	text := "SELECT " + quote(t.columns...) + " FROM " + t.quoted()
	if after {
		text += " WHERE (" + quote(t.key...) + ") > (" + parameters(len(t.key)) + ")"
	}
	return text + " ORDER BY " + quote(t.key...)
}

// parameters are so many, with commas between them.
func parameters(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String()
}

// sameTables returns what is to be moved. Both stores have the newest schema, so they have the same columns.
func (m *mover) sameTables(ctx context.Context) (tables []moveTable, err error) {
	var names []string
	for _, kind := range bellhop.Kinds() {
		names = append(names, kind.Plural)
	}
	names = append(append(names, movedTables...), derivedTables...)
	for _, name := range names {
		from, err := m.from.table(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read the columns of %s: %w", name, err)
		}
		to, err := m.to.table(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read the columns of %s: %w", name, err)
		}
		if len(from.columns) == 0 || len(from.key) == 0 || !slices.Equal(from.columns, to.columns) || !slices.Equal(from.key, to.key) {
			return nil, fmt.Errorf("%s is not the same table in both stores: %v and %v", name, from, to)
		}
		from.derived = slices.Contains(derivedTables, name)
		tables = append(tables, from)
	}
	return tables, nil
}

// fingerprint names a store in the state that it is in, as far as it can be told without reading all of it.
func (m *mover) fingerprint(ctx context.Context) (string, error) {
	sum := sha256.New()
	for _, t := range m.tables {
		if t.derived {
			continue
		}
		text := "SELECT " + quote(t.key...) + " FROM " + t.quoted() + " ORDER BY " + strings.Join(quoteEach(t.key), " DESC, ") + " DESC LIMIT 1"
		if t.name == "settings" {
			text = t.selectRows(false) // they were sealed with random numbers: no other store has the same
		}
		fmt.Fprintf(sum, "%s\n", t.name)
		err := m.from.rows(ctx, text, nil, func(row []any) error {
			sum.Write(appendRow(nil, row))
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("read the newest of %s: %w", t.name, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func quoteEach(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return quoted
}
