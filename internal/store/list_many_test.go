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
	hex, blob := "printf('%%024x', %s)", "CAST('{}' AS BLOB)"
	if _, ok := db.dialect().(postgresDialect); ok {
		hex, blob = "lpad(to_hex(%s), 24, '0')", "'{}'::bytea"
	}
	id := func(number string) string { return fmt.Sprintf(hex, number) }
	count := func(rows int) string {
		owners := ""
		for i, id := range someOrgs {
			owners += fmt.Sprintf(" WHEN %d THEN '%s'", i, somePaths[id])
		}
		return fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d),
			owned (n, id, path, owner, at) AS (SELECT n, %s, path, substr(path, length(path) - 23), 1706659200000 + 1000 * n
				FROM (SELECT n, CASE n %% 4%s END AS path FROM numbers) AS placed)`, rows, id("n"), owners)
	}
	documents := func(kind *bellhop.Kind, rows int, parent, text, args string) string {
		return "INSERT INTO " + kind.Plural + " (id, organization, org_path, parent, created_at, updated_at, doc) " + count(rows) +
			" SELECT id, owner, path, " + parent + `, at, at, format('{"id":"%s","organization":"%s","orgPath":"%s",` + text + `}',` +
			"id, owner, path, " + args + ") FROM owned"
	}
	scripts := []string{
		documents(bellhop.Messages, rows*4/10, id("n % 500"), `"type":"chat","text":"Hello number %s","role":"contact"`, "n"),
		documents(bellhop.Conversations, rows*2/10, "''",
			`"name":"Tour","contact":"%s","meta":{"n":%s},"participants":[{"user":"%s","active":%s,"inbox":%s},{"user":"%s"}],"status":"%s"`,
			"id, n, "+id("n % 100")+", CASE n % 3 WHEN 1 THEN 'true' ELSE 'false' END, CASE n % 300 WHEN 1 THEN 'true' ELSE 'false' END, "+id("1000")+
				", CASE n % 3 WHEN 0 THEN 'queued' WHEN 1 THEN 'active' ELSE 'closed' END"),
		documents(bellhop.Contacts, rows*2/10, "''", `"conversation":"%s","profile":{"telephone":"+44%s","email":"c%s@example.com"}`, "id, n, n"),
		documents(bellhop.Users, rows/10, "''", `"name":"User","email":"u%s@example.com","organizations":[]`, "n"),
		"INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries) " + count(rows/20) +
			" SELECT n, 0, 'order.created', owner, path, id, at, " + blob + ", 0, n, 1 FROM owned",
		"INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at) " + count(rows/20) +
			" SELECT n, 0, n, " + id("n % 10") + ", 0, CASE n % 50 WHEN 0 THEN 0 WHEN 1 THEN 2 ELSE 1 END, 0, 0, 1, 200, '', at, at FROM owned",
		`INSERT INTO audit (id, organization, org_path, object, "user", created_at, doc) ` + count(rows/20) +
			` SELECT id, owner, path, id, '', at, format('{"verb":"%s","kind":"user","failed":%s}', CASE n % 20 WHEN 0 THEN 'create' ELSE 'update' END, CASE n % 10 WHEN 0 THEN 'true' ELSE 'false' END) FROM owned`,
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
