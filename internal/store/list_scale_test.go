package store

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// many is how many documents and deliveries the store has in which the plans of lists are looked at.
func many() int {
	if raceEnabled {
		return 2_000 // SQLite is many times slower then
	}
	return 100_000
}

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

// hotList is a list that clients ask for often, and how it has to be read.
type hotList struct {
	kind    *bellhop.Kind
	query   string
	visible Visible
	index   string // by which the page is read
	sorts   bool   // what was found is sorted
	counted string // by what it is counted, if that is something else
}

// TestNoListReadsAWholeTable looks at the plans of the lists that clients ask for, in a store with 100,000 documents, and
// at what they find in it.
func TestNoListReadsAWholeTable(t *testing.T) {
	db := openForLists(t)
	fillMany(t, db, many())
	var (
		all    = Visible{All: true}
		top    = Visible{Roots: []string{someOrgs[0]}}
		middle = Visible{Roots: []string{somePaths[someOrgs[1]]}}
		leaf   = Visible{Roots: []string{somePaths[someOrgs[2]]}}
		bot    = Visible{Roots: []string{somePaths[someOrgs[2]]}, Organizations: []bellhop.ID{bellhop.ID(someOrgs[0]), bellhop.ID(someOrgs[3])}}
		one    = string(numberedID(5))
		busy   = string(numberedID(1000)) // takes part in everything
	)
	for _, list := range []hotList{
		{bellhop.Messages, "conversation=" + one, all, "SEARCH d USING COVERING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "conversation=" + one, leaf, "SEARCH d USING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "conversation=" + one + "&sort=-createdAt", bot, "SEARCH d USING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "conversation=" + one + "&text=~price&type=[chat,card]&sort=-createdAt", bot, "SEARCH d USING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "createdAt=>=2024-01-31", top, "SEARCH d USING COVERING INDEX messages_created (created_at>?)", false, ""},
		{bellhop.Messages, "organization=" + someOrgs[2], top, "SEARCH d USING COVERING INDEX messages_path (org_path=?)", false, ""},
		{bellhop.Messages, "organization=" + someOrgs[3] + "&createdAt=>2024-01-31&sort=-createdAt", bot, "SEARCH d USING INDEX messages_path (org_path=? AND created_at>?)", false, ""},

		{bellhop.Conversations, "participants.user=" + one, bot, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy, top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&status=active&sort=-createdAt", bot, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&name=Tour", leaf, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&participants.inbox=true", top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&participants.active=true", top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&participants.user=" + busy, top, "PRIMARY KEY (user=? AND created_at=? AND conversation=?)", false, ""},
		{bellhop.Conversations, "participants.user=[" + one + "," + busy + "]", bot, "SEARCH conversation_participants USING PRIMARY KEY (user=?)", true, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&id=" + one, bot, "SEARCH d USING INDEX sqlite_autoindex_conversations_1 (id=?)", false, ""},
		{bellhop.Conversations, "participants.inbox=true", top, "SCAN conversation_participants USING COVERING INDEX conversation_participants_inbox", true, ""},
		{bellhop.Conversations, "participants.active=true", all, "SCAN d USING COVERING INDEX conversations_created", false, "USING COVERING INDEX conversation_participants_active (conversation=?)"},
		{bellhop.Conversations, "participants.active=true", leaf, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&participants.active=true", top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},

		// Where something else finds less than what a user takes part in, it does.
		{bellhop.Conversations, "participants.user=" + one, leaf, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy, leaf, "SEARCH d USING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&participants.user=" + one, leaf, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&organization=" + someOrgs[2], top, "SEARCH d USING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=[" + one + "," + busy + "]", leaf, "SEARCH d USING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&updatedAt=>=2025-01-31", bot, "SEARCH d USING INDEX conversations_changed (updated_at>?)", true, ""},
		{bellhop.Conversations, "participants.user=" + one + "&updatedAt=>=2025-01-31", bot, "SEARCH p USING PRIMARY KEY (user=?)", true, ""},

		// What everybody has in common says of whom it is, too.
		{bellhop.Conversations, "status=closed", leaf, "SEARCH d USING COVERING INDEX conversations_status (<expr>=?)", false, ""},
		{bellhop.Conversations, "sort=-updatedAt", top, "SCAN d USING COVERING INDEX conversations_changed", false, "SCAN d USING COVERING INDEX conversations_created"},
		{bellhop.Conversations, "status=active", top, "SEARCH d USING INDEX conversations_status (<expr>=?)", false, ""},
		{bellhop.Conversations, "participants.name=Ada&status=active", bot, "SEARCH d USING INDEX conversations_status (<expr>=?)", false, ""},
		{bellhop.Conversations, "updatedAt=>=2025-01-31", top, "SEARCH d USING INDEX conversations_changed (updated_at>?)", true, ""},
		{bellhop.Conversations, "updatedAt=>=2024-01-31&sort=updatedAt", top, "SEARCH d USING INDEX conversations_changed (updated_at>?)", false, ""},
		{bellhop.Conversations, "", all, "SCAN d USING COVERING INDEX conversations_created", false, "SCAN conversations USING COVERING INDEX"},
		{bellhop.Conversations, "", top, "SCAN d USING COVERING INDEX conversations_created", false, ""},
		{bellhop.Conversations, "sort=-createdAt", top, "SCAN d USING COVERING INDEX conversations_created", false, ""},
		{bellhop.Conversations, "", middle, "SCAN d USING COVERING INDEX conversations_created", false, ""}, // for much lies below it
		{bellhop.Conversations, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]) + "&sort=-updatedAt", top, "SCAN d USING COVERING INDEX conversations_changed", false, "SCAN d USING COVERING INDEX conversations_created"},
		{bellhop.Conversations, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]) + "&sort=name", top, "SEARCH d USING INDEX conversations_path (org_path>? AND org_path<?)", true, ""},
		{bellhop.Conversations, "orgPath=^64b0f1a2c3d4e5f607182999", top, "SEARCH d USING COVERING INDEX conversations_path (org_path>? AND org_path<?)", true, ""},
		{bellhop.Messages, "createdAt=>=2024-01-31&sort=-createdAt&orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]), top, "SEARCH d USING COVERING INDEX messages_created (created_at>?)", false, ""},
		{bellhop.Conversations, "", leaf, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "sort=-createdAt", leaf, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "organization=" + someOrgs[2], all, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},

		{bellhop.Contacts, "profile.telephone=%2B445&organization=" + someOrgs[1], top, "SEARCH d USING INDEX contacts_telephone (<expr>=?)", false, ""},
		{bellhop.Contacts, "profile.email=c5@example.com", bot, "SEARCH d USING INDEX contacts_email (<expr>=?)", false, ""},
		{bellhop.Contacts, "conversation=" + one, bot, "SEARCH d USING INDEX contacts_conversation (<expr>=?)", false, ""},
		{bellhop.Contacts, "id=[" + one + "," + busy + "]", bot, "SEARCH d USING INDEX sqlite_autoindex_contacts_1 (id=?)", true, ""},
		{bellhop.Users, "email=u5@example.com", top, "SEARCH d USING INDEX users_email (<expr>=?)", false, ""},
		{bellhop.Services, "type=webhook", all, "SEARCH d USING INDEX services_type (<expr>=?)", false, ""},
		{bellhop.Services, "bot=" + one, all, "SEARCH d USING INDEX services_bot (<expr>=?)", false, ""},
		{bellhop.BotInstances, "organization=[" + strings.Join(someOrgs, ",") + "]&sort=orgPath&bot=" + one, bot, "SEARCH d USING INDEX botinstances_bot (<expr>=?)", true, ""},
		{bellhop.Organizations, "", top, "SCAN d USING COVERING INDEX organizations_created", false, ""},

		{bellhop.Deliveries, "service=" + one, all, "SEARCH d USING INDEX deliveries_service (service=?)", false, ""},
		{bellhop.Deliveries, "service=" + one + "&status=dead", all, "SEARCH d USING INDEX deliveries_service_status (service=? AND status=?)", false, ""},
		{bellhop.Deliveries, "service=" + one + "&status=pending", top, "SEARCH d USING INDEX deliveries_service_status (service=? AND status=?)", false, ""},
		{bellhop.Deliveries, "status=dead", top, "SEARCH d USING INDEX deliveries_status (status=?)", false, ""},
		{bellhop.Deliveries, "status=[pending,dead]", top, "SEARCH d USING INDEX deliveries_status (status=?)", true, ""},
		{bellhop.Deliveries, "createdAt=>=2024-01-31", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)", false, ""},
		{bellhop.Deliveries, "createdAt=<2024-01-31&createdAt=>2024-01-30", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", false, ""},
		{bellhop.Deliveries, "eventId=018f4a2b-7c1d-7e3f-8a5b-0123456789ab", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "eventId=018f4a2b-7c1d-7e3f-8a5b-0123456789ab&service=" + one, top, "SEARCH d USING INDEX deliveries_service (service=? AND seq=?)", false, ""},
		{bellhop.Deliveries, "key=" + one, top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "key=" + one, leaf, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "key=nobody&status=delivered", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "event=file.create", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "event=file.*&createdAt=>=2024-01-31", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]+"#64b0f1a2c3d4e5f607182999"), top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "event=order.created", top, "SCAN d", false, ""}, // which is met soon
		{bellhop.Events, "key=" + one, top, "SEARCH e USING INDEX events_key (key=? AND rowid=?)", false, ""},
		{bellhop.Events, "event=order.created", top, "SCAN e", false, ""},
		{bellhop.Events, "event=order.*", top, "SCAN e", false, ""},
		{bellhop.Events, "event=file.*", top, "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Events, "createdAt=>=2024-01-31", top, "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)", false, ""},
		{bellhop.AuditRecords, "", top, "SCAN a USING INDEX audit_id", false, "SCAN a USING INDEX audit_path"},
		{bellhop.AuditRecords, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]), top, "SCAN a USING INDEX audit_id", false, "SCAN a USING INDEX audit_path"},
		{bellhop.AuditRecords, "", leaf, "SEARCH a USING INDEX audit_path (org_path>? AND org_path<?)", true, ""}, // also of what was below it
		{bellhop.AuditRecords, "sort=createdAt", middle, "SCAN a USING INDEX audit_created", true, "SCAN a USING INDEX audit_path"},
		{bellhop.AuditRecords, "verb=create", top, "SEARCH a USING INDEX audit_verb (verb=?)", false, ""},
		{bellhop.AuditRecords, "kind=service", top, "SEARCH a USING INDEX audit_kind (kind=?)", false, ""},
		{bellhop.AuditRecords, "failed=true", top, "SEARCH a USING INDEX audit_failed (failed=?)", false, ""},
		{bellhop.AuditRecords, "verb=create&orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]), top, "SEARCH a USING INDEX audit_verb (verb=?)", false, ""},
	} {
		name := fmt.Sprintf("%s?%s for %d roots and %d organizations", list.kind.Plural, list.query, len(list.visible.Roots), len(list.visible.Organizations))
		page, counting := plansOf(t, db, list.kind, list.query, list.visible)
		if !strings.Contains(anyIndex(page), anyIndex(list.index)) || strings.Contains(page, "TEMP B-TREE") != list.sorts {
			t.Errorf("%s is read by\n%swant %s, sorting %v", name, page, list.index, list.sorts)
		}
		counted := list.counted
		if counted == "" {
			counted = list.index
		}
		if !strings.Contains(anyIndex(counting), anyIndex(counted)) {
			t.Errorf("%s is counted by\n%swant %s", name, counting, counted)
		}
		// What goes through everything may do so in an index that has all it takes.
		for line := range strings.Lines(page + counting) {
			if strings.HasPrefix(line, "SCAN d") && !strings.Contains(line, "COVERING INDEX") && list.index != "SCAN d" {
				t.Errorf("%s reads every row:\n%s%s", name, page, counting)
			}
		}
	}
}

// anyIndex leaves out whether an index has all that is read.
func anyIndex(plan string) string { return strings.ReplaceAll(plan, "COVERING INDEX", "INDEX") }

// plansOf returns how the statements for a list are carried out, that for the page and that which counts.
func plansOf(t *testing.T, db *DB, kind *bellhop.Kind, rawQuery string, v Visible) (page, counting string) {
	t.Helper()
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	src := documentSource(kind)
	switch kind {
	case bellhop.Deliveries:
		src = deliverySource
		q.SortByDefault(newestFirst)
	case bellhop.Events:
		src = eventSource
		q.SortByDefault(newestFirst)
	case bellhop.AuditRecords:
		src = auditSource
		q.SortByDefault(newestFirst)
	}
	err = db.View(t.Context(), func(tx *Tx) error {
		s := selection{source: src}
		text, _, err := s.page(t.Context(), tx, q, v)
		if err != nil {
			return err
		}
		if page, err = explain(t.Context(), tx, text, s.args); err != nil {
			return err
		}
		counting, err = explain(t.Context(), tx, s.counted, s.args[:s.filters])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return page, counting
}

func explain(ctx context.Context, tx *Tx, text string, args []any) (plan string, err error) {
	_, err = tx.scanRows(ctx, "EXPLAIN QUERY PLAN "+text, args, func(row scanner) error {
		var id, parent, unused int
		var detail string
		err := row.Scan(&id, &parent, &unused, &detail)
		plan += detail + "\n"
		return err
	})
	return plan, err
}
