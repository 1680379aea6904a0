package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"bellhop"
)

// On PostgreSQL several transactions write at the same time, on several nodes. What they append is
// numbered and written at their very end, together with the COMMIT: the numbers of deliveries, and
// their due times, are those of one row, which is locked from then until the commit. So they ascend
// in the order of commits, whatever the clocks of nodes say, and nobody holds that row while he
// waits for anything else but the disk.

func (e *postgresEngine) append(_ context.Context, tx *Tx, event *bellhop.Event, deliveries []bellhop.Delivery) error {
	if !tx.write {
		return errWriteInView
	}
	tx.keepEvent(event, deliveries)
	return nil
}

func (e *postgresEngine) appendLate(_ context.Context, tx *Tx, event *bellhop.Event, d *bellhop.Delivery, origin string, now bellhop.Time) error {
	if !tx.write {
		return errWriteInView
	}
	tx.keepDelivery(event, d, origin, now)
	return nil
}

// unsent is what a transaction has appended and not sent yet.
type unsent struct {
	events     []unsentEvent
	deliveries []unsentDelivery
	others     int // how many of both are of members of the batch that have run before
}

type unsentEvent struct {
	event    *bellhop.Event
	salt     uint32
	numbered bool
	first, n int // its deliveries, by their place
}

type unsentDelivery struct {
	event    *bellhop.Event
	delivery *bellhop.Delivery // its caller's
	salt     uint32
	origin   string
}

// newSalt returns a random number of those that an id carries: by it the row of an id is found.
func newSalt() uint32 { return bellhop.NewUUID(0, 0, rand.Uint32()).Salt() }

func (u *unsent) len() int { return len(u.events) + len(u.deliveries) }

func (tx *Tx) keepEvent(event *bellhop.Event, deliveries []bellhop.Delivery) {
	tx.writes++
	u := &tx.unsent
	e := unsentEvent{event: event, salt: newSalt(), first: len(u.deliveries), n: len(deliveries)}
	if event.Digest == nil && !event.ID.IsZero() {
		e.salt, e.numbered = event.ID.Salt(), true
		event.Seq = event.ID.Seq()
	}
	if event.Key == "" && !event.ID.IsZero() {
		event.Key = event.ID.String()
	}
	u.events = append(u.events, e)
	for i := range deliveries {
		tx.keepDelivery(event, &deliveries[i], "", event.CreatedAt)
	}
}

// keepDelivery keeps a delivery of an event that was stored before, or is kept.
func (tx *Tx) keepDelivery(event *bellhop.Event, d *bellhop.Delivery, origin string, now bellhop.Time) {
	tx.writes++
	d.Status, d.CreatedAt, d.Ends = bellhop.Pending, now, now.Add(bellhop.DeliveryLife)
	if d.Lane == "" {
		d.Lane = d.Service
	}
	tx.unsent.deliveries = append(tx.unsent.deliveries, unsentDelivery{event: event, delivery: d, salt: newSalt(), origin: origin})
}

// isKept reports whether an event to which a publisher in organization gave this id is not sent yet.
func (tx *Tx) isKept(organization bellhop.ID, id bellhop.UUID) bool {
	for i := range tx.unsent.events {
		e := tx.unsent.events[i].event
		if e.Digest != nil && e.ID == id && e.Organization == organization {
			return true
		}
	}
	return false
}

// seeKept makes tx see what the function that runs just now has appended. What other members of the
// batch have, it need not see: they are as good as later.
func (tx *Tx) seeKept(ctx context.Context) error {
	if tx.unsent.len() == tx.unsent.others {
		return nil
	}
	return tx.send(ctx)
}

// send writes what is kept. The row of numbers stays locked until the transaction ends, so whatever
// it waits for then, it waits for a moment only.
func (tx *Tx) send(ctx context.Context) error {
	if tx.unsent.len() == 0 {
		return nil
	}
	if err := tx.numberEvents(ctx); err != nil {
		return err
	}
	tx.passGate()
	p := tx.session.pipe(ctx)
	p.send("SET LOCAL lock_timeout = '1s'", nil, nil)
	tx.sendKept(p)
	if _, err := p.run(); err != nil {
		return tx.failed(ctx, fmt.Errorf("insert events and deliveries: %w", err))
	}
	tx.numberDeliveries()
	return nil
}

// numberEvents gives numbers to the events that have none yet. They are drawn when all locks are
// held that decide which of two events of a key comes first.
func (tx *Tx) numberEvents(ctx context.Context) error {
	n := 0
	for i := range tx.unsent.events {
		if !tx.unsent.events[i].numbered {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	numbers := make([]int64, 0, n)
	p := tx.session.pipe(ctx)
	drawNumbers(p, n, &numbers)
	if _, err := p.run(); err != nil {
		return tx.failed(ctx, fmt.Errorf("number events: %w", err))
	}
	for i := range tx.unsent.events {
		e := &tx.unsent.events[i]
		if e.numbered {
			continue
		}
		e.numbered = true
		e.event.Seq, numbers = numbers[0], numbers[1:]
		if e.event.Digest == nil {
			e.event.ID = bellhop.NewUUID(e.event.CreatedAt, e.event.Seq, e.salt)
		}
		if e.event.Key == "" {
			e.event.Key = e.event.ID.String()
		}
	}
	return nil
}

// drawNumbers adds to p what appends n new numbers of events to numbers.
func drawNumbers(p *pipe, n int, numbers *[]int64) {
	p.send("SELECT nextval('event_numbers') FROM generate_series(1, $1::bigint)", [][]byte{intParam(int64(n))}, func(values [][]byte) error {
		number, err := intValue(values[0])
		*numbers = append(*numbers, number)
		return err
	})
}

const (
	takeNumbers = `UPDATE numbers SET last_delivery = last_delivery + $1, last_due = greatest(last_due, $2)
		RETURNING last_delivery - $1, last_due`

	insertEvents = `INSERT INTO events (seq, salt, chosen_id, name, organization, org_path, key,
			created_at, payload, instance_at, first_delivery, deliveries, trace, message)
		SELECT e.seq, e.salt, e.chosen_id, e.name, e.organization, e.org_path, e.key,
			e.created_at, e.payload, e.instance_at, n.last_delivery - $1 + e.first, e.deliveries, e.trace, e.message
		FROM numbers AS n, unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
			$9::bigint[], $10::bytea[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::text[])
			AS e (seq, salt, chosen_id, name, organization, org_path, key,
				created_at, payload, instance_at, first, deliveries, trace, message)`

	insertEventIDs = `INSERT INTO event_ids (organization, id, event, digest)
		SELECT e.organization, e.id, e.event, e.digest
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) AS e (organization, id, event, digest)`

	insertDeliveries = `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends,
			attempts, last_status, last_error, created_at, delivered_at, replay_of, instance, lane, key, origin)
		SELECT n.last_delivery - $1 + d.place, d.salt, d.event, d.service, d.partition, 0, n.last_due, d.ends,
			0, 0, '', d.created_at, 0, d.replay_of, d.instance, d.lane, d.key, d.origin
		FROM numbers AS n, unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
			$8::bigint[], $9::bytea[], $10::bytea[], $11::text[], $12::text[], $13::text[])
			AS d (place, salt, event, service, partition, ends, created_at, replay_of, instance, lane, key, origin)`
)

// sendKept adds to p what writes that is kept. Of events without deliveries the row of numbers is
// only read.
func (tx *Tx) sendKept(p *pipe) {
	u := &tx.unsent
	if n := int64(len(u.deliveries)); n > 0 {
		var due bellhop.Time
		for i := range u.deliveries {
			due = max(due, u.deliveries[i].delivery.CreatedAt)
		}
		p.send(takeNumbers, [][]byte{intParam(n), intParam(int64(due))}, func(values [][]byte) error {
			before, err := intValue(values[0])
			due, err2 := intValue(values[1])
			tx.taken = taken{before: before, due: bellhop.Time(due)}
			return errors.Join(err, err2)
		})
	}
	if len(u.events) > 0 {
		u.sendEvents(p)
	}
	if len(u.deliveries) > 0 {
		u.sendDeliveries(p)
	}
}

// taken is what the deliveries of a transaction got: the numbers that follow before, and when they are due.
type taken struct {
	before int64
	due    bellhop.Time
}

func (u *unsent) sendEvents(p *pipe) {
	n := len(u.events)
	bytes := 0
	for i := range u.events {
		bytes += len(u.events[i].event.Payload)
	}
	ints, texts := 12*n, 40*n
	seq, salt, createdAt, instanceAt := newArray(ofInts, ints), newArray(ofInts, ints), newArray(ofInts, ints), newArray(ofInts, ints)
	first, deliveries := newArray(ofInts, ints), newArray(ofInts, ints)
	chosen, name, organization, path := newArray(ofTexts, 4*n), newArray(ofTexts, texts), newArray(ofTexts, texts), newArray(ofTexts, 2*texts)
	key, trace, message := newArray(ofTexts, texts), newArray(ofTexts, 4*n), newArray(ofTexts, texts)
	payload := newArray(ofBytes, 4*n+bytes)
	var ids []*bellhop.Event
	for i := range u.events {
		e := u.events[i].event
		seq.int(e.Seq)
		salt.int(int64(u.events[i].salt))
		if e.Digest != nil {
			ids = append(ids, e)
			chosen.text(e.ID.String())
		} else {
			chosen.null()
		}
		name.text(e.Name)
		organization.text(string(e.Organization))
		path.text(e.OrgPath)
		key.text(e.Key)
		createdAt.int(int64(e.CreatedAt))
		payload.bytes(notNil(e.Payload))
		instanceAt.int(int64(e.InstanceAt))
		first.int(int64(u.events[i].first) + 1)
		deliveries.int(int64(u.events[i].n))
		trace.optional(e.Trace)
		message.optional(string(e.Message))
	}
	p.send(insertEvents, [][]byte{intParam(int64(len(u.deliveries))), seq.param(), salt.param(), chosen.param(), name.param(),
		organization.param(), path.param(), key.param(), createdAt.param(), payload.param(), instanceAt.param(), first.param(),
		deliveries.param(), trace.param(), message.param()}, nil)
	if len(ids) > 0 {
		sendEventIDs(p, ids)
	}
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func sendEventIDs(p *pipe, events []*bellhop.Event) {
	organization, id, event, digest := newArray(ofTexts, 0), newArray(ofTexts, 0), newArray(ofInts, 0), newArray(ofBytes, 0)
	for _, e := range events {
		organization.text(string(e.Organization))
		id.text(e.ID.String())
		event.int(e.Seq)
		digest.bytes(e.Digest)
	}
	p.send(insertEventIDs, [][]byte{organization.param(), id.param(), event.param(), digest.param()}, nil)
}

func (u *unsent) sendDeliveries(p *pipe) {
	n := len(u.deliveries)
	ints, texts := 12*n, 40*n
	place, salt, event, partition := newArray(ofInts, ints), newArray(ofInts, ints), newArray(ofInts, ints), newArray(ofInts, ints)
	ends, createdAt := newArray(ofInts, ints), newArray(ofInts, ints)
	service, lane, key, origin := newArray(ofTexts, texts), newArray(ofTexts, texts), newArray(ofTexts, texts), newArray(ofTexts, 4*n)
	replayOf, instance := newArray(ofBytes, 4*n), newArray(ofBytes, 4*n)
	for i := range u.deliveries {
		d := u.deliveries[i].delivery
		place.int(int64(i) + 1)
		salt.int(int64(u.deliveries[i].salt))
		event.int(u.deliveries[i].event.Seq)
		service.text(string(d.Service))
		partition.int(int64(PartitionOf(d.Service)))
		ends.int(int64(d.Ends))
		createdAt.int(int64(d.CreatedAt))
		if d.ReplayOf.IsZero() {
			replayOf.null()
		} else {
			replayOf.bytes(d.ReplayOf[:])
		}
		instance.bytes(d.Instance)
		lane.text(string(d.Lane))
		key.text(u.deliveries[i].event.Key)
		origin.optional(u.deliveries[i].origin)
	}
	p.send(insertDeliveries, [][]byte{intParam(int64(n)), place.param(), salt.param(), event.param(), service.param(),
		partition.param(), ends.param(), createdAt.param(), replayOf.param(), instance.param(), lane.param(), key.param(), origin.param()}, nil)
}

// numberDeliveries tells deliveries their numbers, and keeps them for those who deliver.
func (tx *Tx) numberDeliveries() {
	u := &tx.unsent
	tx.events += int64(len(u.events))
	for i := range u.deliveries {
		d := u.deliveries[i].delivery
		d.Seq = tx.taken.before + int64(i) + 1
		d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, u.deliveries[i].salt)
		d.Due = tx.taken.due
		tx.appended = append(tx.appended, Pending{Delivery: *d, Event: u.deliveries[i].event})
	}
	*u = unsent{}
}
