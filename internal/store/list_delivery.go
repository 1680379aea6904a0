package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// countMost is where counting deliveries and events ends
// (docs/contract/resources.md section 4, "Pagination headers").
const countMost = 10_000

// newestFirst is the order of deliveries, events, replays and audit records unless a client names one. Their ids are
// as their numbers, which ascend with time, and an index has them.
var newestFirst = query.Key{Path: query.Path{"id"}, Descending: true}

// StoredDelivery is a delivery as it is listed, with what its event says.
type StoredDelivery struct {
	bellhop.Delivery
	EventID      bellhop.UUID
	EventName    string
	Organization bellhop.ID
	OrgPath      string
	Key          string
	Message      bellhop.ID // that the event tells of, or that made it happen; empty if there is none

	// OwnerPath is the path of the service's organization, whose admins may see the
	// delivery; of a deleted service, that of the organization at the top.
	OwnerPath string
}

// Deliveries returns the page of deliveries that q asks for, newest first unless it says
// otherwise, and how many there are on all pages, counted up to 10,000.
func (tx *Tx) Deliveries(ctx context.Context, q *query.Query, v Visible) ([]StoredDelivery, int, error) {
	if err := tx.see(ctx, ""); err != nil {
		return nil, 0, err
	}
	q.SortByDefault(newestFirst)
	var deliveries []StoredDelivery
	total, err := tx.list(ctx, deliverySource, q, v, func(row scanner) error {
		d, err := scanDelivery(row)
		deliveries = append(deliveries, d)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list deliveries: %w", err)
	}
	return deliveries, total, nil
}

// Delivery returns one delivery with its event's payload, or ErrNoDelivery.
func (tx *Tx) Delivery(ctx context.Context, id bellhop.UUID) (StoredDelivery, *bellhop.Event, error) {
	var d StoredDelivery
	var e *bellhop.Event
	if id.IsZero() {
		return d, nil, ErrNoDelivery // what is not found has this id, too
	}
	if err := tx.seeOne(ctx, id.Seq()); err != nil {
		return d, nil, err
	}
	err := tx.each(ctx, "SELECT "+deliverySource.columns+" FROM "+deliverySource.from+" WHERE d.seq = $1", []any{id.Seq()},
		func(row scanner) (err error) {
			d, err = scanDelivery(row)
			return err
		})
	if err == nil && d.ID != id {
		return d, nil, ErrNoDelivery
	}
	if err == nil {
		err = tx.each(ctx, "SELECT "+eventColumns+" FROM events WHERE seq = (SELECT event FROM deliveries WHERE seq = $1)", []any{d.Seq},
			func(row scanner) error {
				stored, err := scanEvent(row)
				e = &stored.Event
				return err
			})
	}
	if err != nil {
		return d, nil, fmt.Errorf("read delivery %s: %w", id, err)
	}
	return d, e, nil
}

// ErrNoDelivery is returned for a delivery that is not there.
var ErrNoDelivery = bellhop.Deliveries.NotFound()

var deliverySource = source{
	columns: `d.seq, d.salt, d.service, d.status, d.due, d.ends, d.attempts, d.last_status, d.last_error,
		d.created_at, d.delivered_at, d.replay_of, d.instance, coalesce(d.lane, d.service), d.origin,
		e.seq, e.salt, e.chosen_id, e.created_at, e.name, e.organization, e.org_path, e.key, coalesce(e.message, ''), ` + deliveryOwner,
	from:      "deliveries AS d JOIN events AS e ON e.seq = d.event LEFT JOIN services AS s ON s.id = d.service",
	id:        "d.seq",
	column:    deliveryColumn,
	visible:   visibleByOwner(deliveryOwner, "s.organization", "d.seq"),
	numbered:  "deliveries",
	ofEvents:  deliveriesOf,
	countMost: countMost,
}

// deliveryOwner is the path by which a delivery is visible.
const deliveryOwner = "coalesce(s.org_path, substr(e.org_path, 1, 24))"

func deliveryColumn(_ dialect, path query.Path) (column, bool) {
	switch path.String() {
	case "id":
		return column{expr: "d.seq", opaque: true, equal: func(s *selection, value string) string { return equalUUID(s, "d", value) },
			anyOf: func(s *selection, values []string) string { return anyUUID(s, "d", uuids(values)) }}, true
	case "message":
		return column{expr: "e.message", nullable: true, anyOf: ofMessages}, true
	case "service":
		return column{expr: "d.service", hex: true}, true
	case "eventId":
		return column{expr: "e.seq", opaque: true, equal: ofEvent, anyOf: ofEventsWithID}, true
	case "status":
		return column{expr: "d.status", names: []string{"pending", "delivered", "dead"}, common: int(bellhop.Delivered), rare: "d.status <> 1"}, true
	case "attempts":
		return column{expr: "d.attempts", typ: bellhop.Number}, true
	case "nextAttemptAt":
		return column{expr: "CASE d.status WHEN 0 THEN d.due END", nullable: true, typ: bellhop.Date}, true
	case "lastStatus":
		return column{expr: "d.last_status", typ: bellhop.Number, missing: "0"}, true
	case "lastError":
		return column{expr: "d.last_error", missing: "''"}, true
	case "createdAt":
		return column{expr: "d.created_at", typ: bellhop.Date}, true
	case "deliveredAt":
		return column{expr: "d.delivered_at", typ: bellhop.Date, missing: "0"}, true
	case "replayOf":
		return column{expr: "d.replay_of", nullable: true, opaque: true, equal: equalReplayOf, anyOf: anyReplayOf}, true
	case "replay":
		return column{expr: "CASE WHEN length(d.origin) = 24 THEN d.origin END", nullable: true, equal: equalReplay, anyOf: anyReplay}, true
	}
	return eventColumn(path)
}

// equalUUID compares with the row of the table alias that carries the id.
func equalUUID(s *selection, alias, value string) string {
	id, err := bellhop.ParseUUID(value)
	if err != nil {
		return ""
	}
	return "(" + alias + ".seq = " + s.add(id.Seq()) + " AND " + alias + ".salt = " + s.add(id.Salt()) + ")"
}

// uuids are those of values that are some.
func uuids(values []string) (ids []bellhop.UUID) {
	for _, value := range values {
		if id, err := bellhop.ParseUUID(value); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// anyUUID is equalUUID for several. The number finds the row; number and salt are compared as one text, since pairs of
// values are no list for an index of SQLite, and each a step of its plan.
func anyUUID(s *selection, alias string, ids []bellhop.UUID) string {
	if len(ids) == 0 {
		return ""
	}
	var seqs, pairs []string
	for _, id := range ids {
		seqs = append(seqs, s.add(id.Seq()))
		pairs = append(pairs, s.add(fmt.Sprintf("%d.%d", id.Seq(), id.Salt())))
	}
	return "(" + alias + ".seq IN (" + strings.Join(seqs, ", ") + ") AND (" + alias + ".seq || '.' || " + alias + ".salt) IN (" + strings.Join(pairs, ", ") + "))"
}

// equalReplayOf finds what replays of a delivery have made.
func equalReplayOf(s *selection, value string) string {
	id, err := bellhop.ParseUUID(value)
	if err != nil {
		return ""
	}
	return "(d.origin IS NOT NULL AND d.replay_of = " + s.add(id[:]) + ")"
}

func anyReplayOf(s *selection, values []string) string {
	var wanted []string
	for _, id := range uuids(values) {
		wanted = append(wanted, s.add(id[:]))
	}
	if len(wanted) == 0 {
		return ""
	}
	return "(d.origin IS NOT NULL AND d.replay_of IN (" + strings.Join(wanted, ", ") + "))"
}

// equalReplay finds what the replay of a range has made.
func equalReplay(s *selection, value string) string {
	if !bellhop.ID(value).Valid() {
		return ""
	}
	return "(d.origin IS NOT NULL AND d.origin = " + s.add(value) + ")"
}

func anyReplay(s *selection, values []string) string {
	ids := s.ids(values)
	if ids == "" {
		return ""
	}
	return "(d.origin IS NOT NULL AND d.origin IN (" + ids + "))"
}

// ids are the values that are ids, "" if none is one.
func (s *selection) ids(values []string) string {
	var ids []string
	for _, value := range values {
		if bellhop.ID(value).Valid() {
			ids = append(ids, s.add(value))
		}
	}
	return strings.Join(ids, ", ")
}

// ofMessages finds the deliveries of the events of messages.
func ofMessages(s *selection, values []string) string {
	messages := s.ids(values)
	if messages == "" {
		return ""
	}
	return deliveriesOf(s, "SELECT seq, first_delivery, deliveries FROM events WHERE message IN ("+messages+")")
}

// deliveriesOf finds the deliveries of events where they lie: those that came with an event have the numbers
// from its first one on, and what was sent later has an index.
func deliveriesOf(s *selection, events string) string {
	return s.dialect.among("d.seq", `WITH RECURSIVE wanted (event, first_delivery, deliveries) AS (`+events+`), own (seq, behind) AS (
			SELECT first_delivery, first_delivery + deliveries FROM wanted WHERE deliveries > 0
			UNION ALL SELECT seq + 1, behind FROM own WHERE seq + 1 < behind)
		SELECT seq FROM own
		UNION ALL SELECT seq FROM deliveries WHERE origin IS NOT NULL AND event IN (SELECT event FROM wanted)`)
}

// equalEvent compares with the id of an event, which its publisher may have chosen.
func equalEvent(s *selection, value string) string {
	id, err := bellhop.ParseUUID(value)
	if err != nil {
		return ""
	}
	return "(" + equalUUID(s, "e", value) + " AND e.chosen_id IS NULL OR e.seq IN (SELECT event FROM event_ids WHERE id = " + s.add(id.String()) + "))"
}

// anyEvent is equalEvent for several.
func anyEvent(s *selection, values []string) string {
	ids := uuids(values)
	if len(ids) == 0 {
		return ""
	}
	return "(" + anyUUID(s, "e", ids) + " AND e.chosen_id IS NULL OR e.seq IN (SELECT event FROM event_ids WHERE id IN (" + s.texts(ids) + ")))"
}

func (s *selection) texts(ids []bellhop.UUID) string {
	var texts []string
	for _, id := range ids {
		texts = append(texts, s.add(id.String()))
	}
	return strings.Join(texts, ", ")
}

// ofEventsWithID is ofEvent for several.
func ofEventsWithID(s *selection, values []string) string {
	ids := uuids(values)
	if len(ids) == 0 {
		return ""
	}
	return "(" + deliveriesOf(s, "SELECT seq, first_delivery, deliveries FROM events WHERE chosen_id IS NULL AND "+anyUUID(s, "events", ids)+
		" UNION SELECT seq, first_delivery, deliveries FROM events WHERE seq IN (SELECT event FROM event_ids WHERE id IN ("+s.texts(ids)+"))") +
		" AND " + anyEvent(s, values) + ")"
}

// ofEvent finds the deliveries of an event where they lie: those that were appended with it in a row, and
// what was sent later by an index.
func ofEvent(s *selection, value string) string {
	id, err := bellhop.ParseUUID(value)
	if err != nil {
		return ""
	}
	events := "(SELECT seq, first_delivery, deliveries FROM events WHERE seq = " + s.add(id.Seq()) +
		" UNION ALL SELECT seq, first_delivery, deliveries FROM events WHERE seq IN (SELECT event FROM event_ids WHERE id = " + s.add(id.String()) + "))"
	return "(" + s.dialect.among("d.seq", "SELECT o.seq FROM "+events+" AS v"+s.dialect.thenJoin()+"deliveries AS o ON o.seq >= v.first_delivery AND o.seq < v.first_delivery + v.deliveries"+
		" UNION ALL SELECT o.seq FROM "+events+" AS v"+s.dialect.thenJoin()+"deliveries AS o ON o.event = v.seq AND o.origin IS NOT NULL") + " AND " + equalEvent(s, value) + ")"
}

func scanDelivery(row scanner) (StoredDelivery, error) {
	var d StoredDelivery
	var salt, eventSalt uint32
	var eventSeq int64
	var eventAt bellhop.Time
	var chosen, origin sql.NullString
	var replayOf []byte
	err := row.Scan(&d.Seq, &salt, &d.Service, &d.Status, &d.Due, &d.Ends, &d.Attempts, &d.LastStatus, &d.LastError,
		&d.CreatedAt, &d.DeliveredAt, &replayOf, &d.Instance, &d.Lane, &origin,
		&eventSeq, &eventSalt, &chosen, &eventAt, &d.EventName, &d.Organization, &d.OrgPath, &d.Key, &d.Message, &d.OwnerPath)
	if err != nil {
		return d, err
	}
	copy(d.ReplayOf[:], replayOf)
	d.Replay = replayOfOrigin(origin)
	d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)
	d.EventID, err = eventID(eventAt, eventSeq, eventSalt, chosen)
	return d, err
}
