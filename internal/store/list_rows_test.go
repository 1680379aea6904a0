package store

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// TestRowListsAreWhatTheDialectSays is TestListIsWhatTheDialectSays for the lists of what is no resource. What each
// row shows is written down here again (docs/contract/extensions.md sections 1, 2 and 8).
//
// Contract: resources.md Filter operators: Of the ids of events and deliveries
// Contract: resources.md Filter operators: The value is converted
func TestRowListsAreWhatTheDialectSays(t *testing.T) {
	forEngines(t, testRowListsAreWhatTheDialectSays)
}

func testRowListsAreWhatTheDialectSays(t *testing.T, db *DB) {
	rows, queries := 40, 500
	if raceEnabled {
		rows, queries = 20, 30
	}
	queries = forEngine(db, queries)
	r := rolls{rand.New(rand.NewPCG(9, 9))}
	bodies := map[*bellhop.Kind][]map[string]any{}
	err := db.Update(t.Context(), func(tx *Tx) error {
		for n := 1; n <= rows; n++ {
			bodies[bellhop.Replays] = append(bodies[bellhop.Replays], nil)
			replay := r.replay(n)
			if err := tx.InsertReplay(t.Context(), replay); err != nil {
				return err
			}
			event, err := r.eventRow(t, tx, n)
			if err != nil {
				return err
			}
			delivery, err := r.deliveryRow(t, tx, n, event, string(replay.ID))
			if err != nil {
				return err
			}
			record := r.auditRow(n)
			if err := tx.Audit(t.Context(), record); err != nil {
				return err
			}
			bodies[bellhop.AuditRecords] = append(bodies[bellhop.AuditRecords], shownRecord(t, record))
			bodies[bellhop.Events] = append(bodies[bellhop.Events], event)
			bodies[bellhop.Deliveries] = append(bodies[bellhop.Deliveries], delivery)
			bodies[bellhop.Replays][n-1] = shownReplay(replay, delivery)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind, bodies := range bodies {
		for i := range bodies { // numbers as they are read
			var decoded map[string]any
			if err := json.Unmarshal(encode(bodies[i]), &decoded); err != nil {
				t.Fatal(err)
			}
			bodies[i] = decoded
		}
		for range queries {
			compareRows(t, db, kind, bodies, r.rowQuery(kind, bodies))
			if t.Failed() {
				return
			}
		}
	}
}

// at is when the row with that number was made: time and numbers ascend together.
func at(n int) bellhop.Time { return bellhop.Time(1706659200000 + 500*n) }

func (r rolls) replay(n int) *bellhop.Replay {
	owner := pick(r, someOrgs...)
	return &bellhop.Replay{
		ID: numberedID(n), Service: bellhop.ID(r.owner().(string)), Organization: bellhop.ID(owner), OrgPath: somePaths[owner],
		State: pick(r, bellhop.ReplayRunning, bellhop.ReplayPaused, bellhop.ReplayStopped, bellhop.ReplayDone),
		From:  r.date(), To: r.date(), Events: pick(r, nil, []string{"order.*"}, []string{"a.b", "order.*"}),
		Status: pick(r, bellhop.ReplayDead, bellhop.ReplayAny), Rate: pick(r, 0, 0.5, 5), URL: pick(r, "", "https://example.com/a"),
		CreatedBy: pick(r, "", bellhop.ID(someOrgs[0])), CreatedAt: at(n), UpdatedAt: r.date(),
		Total: r.IntN(5), Made: r.IntN(5), Sent: r.IntN(3), Failed: r.IntN(3),
	}
}

func (r rolls) auditRow(n int) *bellhop.AuditRecord {
	owner := pick(r, someOrgs...)
	return &bellhop.AuditRecord{
		Organization: bellhop.ID(owner), OrgPath: somePaths[owner], CreatedAt: at(n),
		Verb: pick(r, bellhop.AuditCreate, bellhop.AuditLogin), Kind: pick(r, "user", "service"), Object: pick(r, "", someOrgs[0]), Name: pick(r, "", "Ada", "ada b"),
		User: pick(r, "", bellhop.ID(someOrgs[0])), Via: pick(r, bellhop.ViaPage, bellhop.ViaAPI), Failed: r.IntN(2) == 0, More: r.IntN(3),
		Changes: pick(r, nil, []bellhop.AuditChange{{Field: "name", Old: []byte(`"a"`), New: []byte("5")}, {Field: "b", Secret: true}}),
	}
}

// shownRecord is how an audit record is shown.
func shownRecord(t *testing.T, record *bellhop.AuditRecord) (body map[string]any) {
	t.Helper()
	if err := json.Unmarshal(encode(record), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// shownReplay is how a replay is shown whose one delivery this may be.
func shownReplay(p *bellhop.Replay, delivery map[string]any) map[string]any {
	pending := 0
	if delivery["replay"] == string(p.ID) && delivery["status"] == "pending" && !p.State.Final() {
		pending = 1
	}
	return without(map[string]any{
		"id": p.ID, "service": p.Service, "organization": p.Organization, "orgPath": p.OrgPath, "state": p.State,
		"from": p.From.String(), "to": p.To.String(), "events": p.Events, "status": p.Status, "rate": p.Rate, "url": p.URL,
		"total": max(p.Total, p.Made), "sent": p.Sent, "failed": p.Failed, "pending": pending,
		"createdBy": p.CreatedBy, "createdAt": p.CreatedAt.String(), "updatedAt": p.UpdatedAt.String(),
	}, map[string]bool{"url": p.URL == "", "createdBy": p.CreatedBy == "", "events": len(p.Events) == 0})
}

// without leaves out what is absent.
func without(body map[string]any, absent map[string]bool) map[string]any {
	for name, isAbsent := range absent {
		if isAbsent {
			delete(body, name)
		}
	}
	return body
}

func (r rolls) eventRow(t *testing.T, tx *Tx, n int) (map[string]any, error) {
	owner := pick(r, someOrgs...)
	salt := r.Uint32() & (1<<26 - 1)
	shown := map[string]any{
		"id": bellhop.NewUUID(at(n), int64(n), salt).String(), "event": pick(r, "order.created", "Order.Paid", "user.x"),
		"organization": owner, "orgPath": somePaths[owner], "key": r.text(), "createdAt": at(n).String(), "deliveries": 1 + r.IntN(2),
	}
	_, err := tx.exec(t.Context(), `INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $9, 0, $1, $8)`,
		n, salt, shown["event"], owner, shown["orgPath"], shown["key"], at(n), shown["deliveries"], []byte("{}"))
	return shown, err
}

// deliveryRow stores a delivery of event n.
func (r rolls) deliveryRow(t *testing.T, tx *Tx, n int, event map[string]any, replay string) (map[string]any, error) {
	salt := r.Uint32() & (1<<26 - 1)
	status := r.IntN(3)
	lastStatus, lastError := pick(r, 0, 200, 503), pick(r, "", "status 503", "Timeout")
	deliveredAt := pick(r, 0, r.date())
	origin := pick[any](r, nil, nil, "replay", "test", replay)
	var replayOf bellhop.UUID
	if origin == "replay" {
		replayOf = bellhop.NewUUID(at(1), 1, uint32(r.IntN(2)))
	}
	shown := without(map[string]any{
		"id": bellhop.NewUUID(at(n), int64(n), salt).String(), "service": r.owner(), "organization": event["organization"], "orgPath": event["orgPath"],
		"event": event["event"], "eventId": event["id"], "key": event["key"], "status": []string{"pending", "delivered", "dead"}[status],
		"attempts": r.IntN(3), "nextAttemptAt": r.date().String(), "lastStatus": lastStatus, "lastError": lastError,
		"createdAt": at(n).String(), "deliveredAt": deliveredAt.String(), "replayOf": replayOf.String(), "replay": replay,
	}, map[string]bool{
		"nextAttemptAt": status != 0, "lastStatus": lastStatus == 0, "lastError": lastError == "", "deliveredAt": deliveredAt == 0,
		"replayOf": replayOf.IsZero(), "replay": origin != replay,
	})
	due := bellhop.Time(7)
	if text, ok := shown["nextAttemptAt"].(string); ok {
		var err error
		if due, err = bellhop.ParseTime(text); err != nil {
			return nil, err
		}
	}
	var of any
	if !replayOf.IsZero() {
		of = replayOf[:]
	}
	_, err := tx.exec(t.Context(), `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at, replay_of, origin)
		VALUES ($1, $2, $1, $3, 0, $4, $5, 0, $6, $7, $8, $9, $10, $11, $12)`,
		n, salt, shown["service"], status, due, shown["attempts"], lastStatus, lastError, at(n), deliveredAt, of, origin)
	return shown, err
}

// rowQuery is query, with values that there are.
func (r rolls) rowQuery(kind *bellhop.Kind, bodies []map[string]any) string {
	text := r.query(kind)
	for range r.IntN(3) {
		name := pick(r, namesOf(kind.Fields, "")...)
		value := fmt.Sprint(pick(r, bodies...)[name])
		if r.IntN(3) == 0 {
			text += "&" + name + "=" + pick(r, "", "!") + "[" + value + "," + fmt.Sprint(pick(r, bodies...)[name]) + "]"
			continue
		}
		text += "&" + name + "=" + pick(r, "", "", "!", ">", "<=", "^", "~", "$") + value
	}
	return text
}

func compareRows(t *testing.T, db *DB, kind *bellhop.Kind, bodies []map[string]any, rawQuery string) {
	t.Helper()
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		t.Fatalf("Parse(%s) = %v", rawQuery, err)
	}
	q.SortByDefault(newestFirst)
	opaque := []string{"id", "eventId", "replayOf"}
	if kind == bellhop.Replays || kind == bellhop.AuditRecords {
		opaque = nil
	}
	var matching []map[string]any
	for _, body := range bodies {
		if !slices.ContainsFunc(q.Filters, func(f query.Filter) bool {
			if slices.Contains(opaque, f.Path.String()) && !slices.Contains([]query.Op{query.OneOf, query.NoneOf, query.Exists, query.Missing}, f.Op) {
				return true // nothing but equality is known of these
			}
			return !evaluate(kind, body, f)
		}) {
			matching = append(matching, body)
		}
	}
	slices.SortFunc(matching, orderOf(kind, q.Sort))
	total := len(matching)
	var want, got []string
	for _, body := range matching[min(q.Offset, total):min(q.Offset+q.Limit, total)] {
		want = append(want, body["id"].(string))
	}
	gotTotal := 0
	err = db.ViewDeliveries(t.Context(), func(tx *Tx) (err error) {
		all := Visible{All: true}
		switch kind {
		case bellhop.Deliveries:
			var found []StoredDelivery
			found, gotTotal, err = tx.Deliveries(t.Context(), q, all)
			for _, d := range found {
				got = append(got, d.ID.String())
			}
		case bellhop.Events:
			var found []StoredEvent
			found, gotTotal, err = tx.Events(t.Context(), q, all)
			for _, e := range found {
				got = append(got, e.ID.String())
			}
		case bellhop.AuditRecords:
			var found []*bellhop.AuditRecord
			found, gotTotal, err = tx.AuditRecords(t.Context(), q, all)
			for _, record := range found {
				got = append(got, string(record.ID))
			}
		default:
			var found []*bellhop.Replay
			found, gotTotal, err = tx.Replays(t.Context(), q, all)
			for _, p := range found {
				got = append(got, string(p.ID))
			}
		}
		return err
	})
	if err != nil {
		t.Fatalf("%s?%s: %v", kind.Plural, rawQuery, err)
	}
	if !slices.Equal(got, want) || gotTotal != total {
		t.Errorf("%s?%s\nlisted %d: %v\nwant   %d: %v", kind.Plural, rawQuery, gotTotal, got, total, want)
		for _, body := range bodies {
			t.Logf("%s", encode(body))
		}
	}
}
