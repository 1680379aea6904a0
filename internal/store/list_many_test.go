package store

import (
	"fmt"
	"testing"

	"bellhop"
)

// fillMany stores that many rows, made by the database itself so that it takes seconds. The owners are the four
// organizations of someOrgs in turn.
func fillMany(t testing.TB, db *DB, rows int) {
	t.Helper()
	insert(t, db, bellhop.Organizations, func(add func(*bellhop.Document)) {
		for _, id := range someOrgs {
			add(&bellhop.Document{ID: bellhop.ID(id), Organization: bellhop.ID(id), OrgPath: somePaths[id], Body: []byte(`{}`)})
		}
	})
	count := func(rows int) string {
		owners := ""
		for i, id := range someOrgs {
			owners += fmt.Sprintf(" WHEN %d THEN '%s'", i, somePaths[id])
		}
		return fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d),
			owned (n, id, path, at) AS (SELECT n, printf('%%024x', n), CASE n %% 4%s END, 1706659200000 + 1000 * n FROM numbers)`, rows, owners)
	}
	documents := func(kind *bellhop.Kind, rows int, parent, format, args string) string {
		return "INSERT INTO " + kind.Plural + " (id, organization, org_path, parent, created_at, updated_at, doc) " + count(rows) +
			" SELECT id, substr(path, -24), path, " + parent + `, at, at, printf('{"id":"%s","organization":"%s","orgPath":"%s",` + format + `}',` +
			"id, substr(path, -24), path, " + args + ") FROM owned"
	}
	scripts := []string{
		documents(bellhop.Messages, rows*4/10, "printf('%024x', n % 500)", `"type":"chat","text":"Hello number %d","role":"contact"`, "n"),
		documents(bellhop.Conversations, rows*2/10, "''",
			`"name":"Tour","contact":"%s","meta":{"n":%d},"participants":[{"user":"%024x","active":%s,"inbox":%s},{"user":"%024x"}],"status":"%s"`,
			"id, n, n % 100, iif(n % 3 = 1, 'true', 'false'), iif(n % 300 = 1, 'true', 'false'), 1000, CASE n % 3 WHEN 0 THEN 'queued' WHEN 1 THEN 'active' ELSE 'closed' END"),
		documents(bellhop.Contacts, rows*2/10, "''", `"conversation":"%s","profile":{"telephone":"+44%d","email":"c%d@example.com"}`, "id, n, n"),
		documents(bellhop.Users, rows/10, "''", `"name":"User","email":"u%d@example.com","organizations":[]`, "n"),
		"INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries) " + count(rows/20) +
			" SELECT n, 0, 'order.created', substr(path, -24), path, id, at, x'7b7d', 0, n, 1 FROM owned",
		"INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at) " + count(rows/20) +
			" SELECT n, 0, n, printf('%024x', n % 10), 0, iif(n % 50 < 2, 2 * (n % 50), 1), 0, 0, 1, 200, '', at, at FROM owned",
		"INSERT INTO audit (id, organization, org_path, object, user, created_at, doc) " + count(rows/20) +
			` SELECT id, substr(path, -24), path, id, '', at, printf('{"verb":"%s","kind":"user","failed":%s}', iif(n % 20, 'update', 'create'), iif(n % 10, 'false', 'true')) FROM owned`,
	}
	err := db.Update(t.Context(), func(tx *Tx) error {
		for _, script := range scripts {
			if _, err := tx.session.conn.ExecContext(t.Context(), script); err != nil {
				return fmt.Errorf("%.60s: %w", script, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
