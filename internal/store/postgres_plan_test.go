package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
)

// TestPlansOnPostgreSQL runs what runs for every event on a store with nearly nothing in it, and then looks at the plans that the server
// has kept: they must be good for many rows. So must be those that it makes whatever its statistics say.
func TestPlansOnPostgreSQL(t *testing.T) {
	db := openPostgresForLists(t)
	admin := db.writer.pg
	run := func(text string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []struct{ name, begins, goesOn string }{
		{"new, never looked at", "", ""},
		{"looked at while empty", analyze, ""},
		{"many are done, none waits", "", manyDeliveries + "; UPDATE deliveries SET status = 1; " + analyze},
		{"many waited, none does", "", manyDeliveries + "; " + analyze + "; UPDATE deliveries SET status = 1"},
		{"many wait, none did", "", analyze + "; " + manyDeliveries},
	} {
		run("TRUNCATE deliveries, events, event_ids, attempts")
		if state.begins != "" {
			run(state.begins)
		}
		db.eachSession(func(s *session, _ bool) {
			if _, err := s.pg.Exec(t.Context(), forgetPlans); err != nil {
				t.Fatal(err)
			}
		})
		deliverSome(t, db)
		isLarge := state.goesOn != ""
		if isLarge {
			for text := range strings.SplitSeq(state.goesOn, "; ") {
				run(text)
			}
		}
		statements := 0
		leading := leadingColumns(t, db.writer)
		db.eachSession(func(s *session, reads bool) {
			for text, plan := range keptPlans(t, s, reads, isLarge) {
				statements++
				if fault := plan.fault(leading, false); fault != "" {
					t.Errorf("%s: %s: %s", state.name, fault, text)
				}
				if reads && isWaiting(text) && plan.has("Aggregate", "Sort", "Incremental Sort") {
					t.Errorf("%s: all that waits is read for one answer: %s", state.name, text)
				}
			}
		})
		if statements < 25 {
			t.Errorf("%s: only %d statements have plans", state.name, statements)
		}
	}
}

const analyze = "VACUUM ANALYZE deliveries, events"

const manyDeliveries = `INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries)
		SELECT g, 1, 'a', 'o', 'o', 'k', 0, '', -1, g, 1 FROM generate_series(1000, 4000) AS g; ` +
	`INSERT INTO deliveries (seq, salt, event, service, lane, key, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at)
		SELECT g, 1, g, 's' || g % 100, 's' || g % 100, 'k' || g % 1000, g % 256, 0, g, g, 0, 0, '', g, 0 FROM generate_series(1000, 4000) AS g`

// eachSession calls f with the sessions of a store that are connected, and whether it is one that only reads. Nobody uses them meanwhile.
func (db *DB) eachSession(f func(s *session, reads bool)) {
	follower := db.engine.(*postgresEngine).follower
	for _, pool := range []chan *session{db.writers, db.readers, follower} {
		for range cap(pool) {
			s := <-pool
			if s.pg != nil {
				f(s, pool == db.readers)
			}
			pool <- s
		}
	}
}

// deliverSome appends some events and does all that is done with their deliveries.
func deliverSome(t *testing.T, db *DB) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const service = bellhop.ID("service")
	lane, now := ServiceLane(service), bellhop.TimeOf(time.Now())
	var first int64
	for range writerCount { // each writer has its turn
		var event bellhop.Event
		must(db.Update(ctx, func(tx *Tx) error {
			event = bellhop.Event{Name: "order.created", Organization: "o", OrgPath: "o", Key: "k", CreatedAt: now, Payload: []byte("{}")}
			deliveries := make([]bellhop.Delivery, 5)
			for i := range deliveries {
				deliveries[i].Service = service
			}
			return tx.Append(ctx, &event, deliveries)
		}))
		must(db.View(ctx, func(tx *Tx) error {
			_, err := tx.Event(ctx, event.ID)
			return err
		}))
		last := db.lastDelivery
		first = last - 4
		attempt := func(delivery int64, number int, status bellhop.DeliveryStatus) Result {
			return Result{Delivery: delivery, Status: status, Due: now + 1, At: now, Attempt: &bellhop.Attempt{Number: number, At: now, Status: 500}}
		}
		for _, results := range [][]Result{
			{attempt(first, 1, bellhop.Delivered), attempt(first+1, 1, bellhop.Pending)},
			{attempt(first+1, 2, bellhop.Pending)},
			{{Delivery: first + 2, Status: bellhop.Dead, At: now}},
		} {
			must(db.Update(ctx, func(tx *Tx) error {
				_, err := tx.RecordAll(ctx, results)
				return err
			}))
		}
	}
	for range readerCount {
		must(db.ViewWaiting(ctx, "", func(tx *Tx) error {
			_, err := tx.WaitingIn(ctx, []int{1, PartitionOf(service)})
			return err
		}))
		must(db.ViewWaiting(ctx, service, func(tx *Tx) error {
			if due, err := tx.Due(ctx, lane, now, Cursor{}, []string{"other"}, 10); err != nil || len(due) == 0 {
				return fmt.Errorf("%d are due: %w", len(due), err)
			}
			if _, err := tx.Due(ctx, lane, now, Cursor{}, nil, 10); err != nil {
				return err
			}
			if _, err := tx.DueOfKey(ctx, lane, "k", now, Cursor{}, 10); err != nil {
				return err
			}
			if _, err := tx.Oldest(ctx, lane); err != nil {
				return err
			}
			if _, err := tx.NextDue(ctx, lane, now); err != nil {
				return err
			}
			_, err := tx.Ended(ctx, lane, now, Cursor{}, 10)
			return err
		}))
	}
	_, err := db.Appended(ctx, []Gap{{first - 2, first - 1}, {first, first + 10}}, []int{PartitionOf(service)}, 10)
	must(err)
	must(db.Update(ctx, func(tx *Tx) error { return tx.DropDeliveries(ctx, service) }))
	must(db.removeDropped(ctx))
	r := &retention{db: db, log: slog.New(slog.NewTextHandler(io.Discard, nil)), pace: pace{n: 10, least: 8, most: 1024}, reopened: never}
	_, err = r.step(ctx, limit{before: never, now: now, n: 10})
	must(err)
}

// planNode is a step of a plan.
type planNode struct {
	Node  string     `json:"Node Type"`
	Table string     `json:"Relation Name"`
	Index string     `json:"Index Name"`
	Cond  string     `json:"Index Cond"`
	Plans []planNode `json:"Plans"`
}

// fault says what of p would read much of a table that is large; "" if nothing does. leading has what each index is ordered by first.
func (p *planNode) fault(leading map[string]string, first bool) string {
	switch p.Table {
	case "deliveries", "events":
		switch {
		case p.Node == "Seq Scan":
			return "all of " + p.Table + " is read"
		case p.Index != "" && !first && !regexp.MustCompile(`\b`+leading[p.Index]+`\b`).MatchString(p.Cond):
			return "all of " + p.Index + " is read"
		}
	}
	for i := range p.Plans {
		// The first row that an index has is found at once.
		if fault := p.Plans[i].fault(leading, p.Node == "Limit" && p.Plans[i].Cond == ""); fault != "" {
			return fault
		}
	}
	return ""
}

// has reports whether one of the steps of p is one of these.
func (p *planNode) has(steps ...string) bool {
	return slices.Contains(steps, p.Node) || slices.ContainsFunc(p.Plans, func(under planNode) bool { return under.has(steps...) })
}

// isWaiting reports whether text, which a session that reads has prepared, is of ViewWaiting.
func isWaiting(text string) bool { return strings.Contains(text, "status = 0") }

// keptPlans returns the plans of the statements that are prepared on s: of one that reads also of those which are not of ViewWaiting,
// and may read all of a table while it is small, if all is to be there.
func keptPlans(t *testing.T, s *session, reads, all bool) map[string]*planNode {
	t.Helper()
	ctx := t.Context()
	type statement struct {
		name, text string
		params     int
	}
	var statements []statement
	rows, err := s.pg.Query(ctx, `SELECT name, statement, cardinality(parameter_types) FROM pg_prepared_statements
		WHERE statement ~ '^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)'`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var one statement
		if err := rows.Scan(&one.name, &one.text, &one.params); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	found := map[string]*planNode{}
	for _, one := range statements {
		text := `EXPLAIN (FORMAT JSON) EXECUTE "` + one.name + `"`
		if one.params > 0 {
			text += "(NULL" + strings.Repeat(", NULL", one.params-1) + ")"
		}
		setting := "SELECT set_config('enable_sort', 'on', $1)"
		if reads {
			setting = waitingPlans
			if !isWaiting(one.text) {
				if !all {
					continue
				}
				setting = "SELECT set_config('plan_cache_mode', 'force_generic_plan', $1)"
			}
		}
		found[one.text] = explainKept(ctx, t, s, setting, text)
	}
	return found
}

func explainKept(ctx context.Context, t *testing.T, s *session, setting, text string) *planNode {
	t.Helper()
	tx, err := s.pg.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, setting, true); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan planNode }
	var answer string
	if err := tx.QueryRow(ctx, text).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if err := json.Unmarshal([]byte(answer), &plans); err != nil {
		t.Fatal(err)
	}
	return &plans[0].Plan
}

func leadingColumns(t *testing.T, s *session) map[string]string {
	t.Helper()
	leading := map[string]string{}
	rows, err := s.pg.Query(t.Context(), "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true) FROM pg_index")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var index, column string
		if err := rows.Scan(&index, &column); err != nil {
			t.Fatal(err)
		}
		leading[index] = column
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return leading
}

// A role or a database may have another isolation than PostgreSQL's own, for others: to make plans anew gets on with it.
func TestPlansGetOldInAnyIsolation(t *testing.T) {
	db := openPostgresForLists(t)
	for _, isolation := range []string{"serializable", "repeatable read"} {
		db.eachSession(func(s *session, _ bool) {
			if _, err := s.pg.Exec(t.Context(), "SELECT set_config('default_transaction_isolation', $1, false)", isolation); err != nil {
				t.Fatal(err)
			}
			s.plans.until = time.Unix(1, 0)
		})
		deliverSome(t, db)
	}
}

// Plans of a connection are made anew after 1, 2, 4 ... seconds, and then each minute.
func TestPlansGetOld(t *testing.T) {
	var p plans
	begin := time.Unix(0, 0)
	var old []int
	for second := range 250 {
		if p.areOld(begin.Add(time.Duration(second) * time.Second)) {
			old = append(old, second)
		}
	}
	if want := []int{1, 3, 7, 15, 31, 63, 123, 183, 243}; !slices.Equal(old, want) {
		t.Errorf("made anew after %v seconds, want %v", old, want)
	}
}
