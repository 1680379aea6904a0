package store

import (
	"context"
	"fmt"

	"bellhop"
)

// ViewDeliveries is View for those who read deliveries and attempts. It sees the deliveries
// of every Update that has returned; in a View those methods of Tx return an error.
func (db *DB) ViewDeliveries(ctx context.Context, f func(*Tx) error) error {
	return db.viewRows(ctx, "", &Tx{db: db, seesAll: true}, f)
}

// ViewLane is ViewDeliveries for those who read one lane, which costs the others nothing.
func (db *DB) ViewLane(ctx context.Context, lane bellhop.ID, f func(*Tx) error) error {
	return db.viewRows(ctx, lane, &Tx{db: db, sees: lane}, f)
}

// ViewWaiting is ViewLane, or ViewDeliveries if lane is empty, for those who deliver: what they ask for what waits is answered from its
// indexes, whatever the engine thinks is best.
func (db *DB) ViewWaiting(ctx context.Context, lane bellhop.ID, f func(*Tx) error) error {
	return db.viewRows(ctx, lane, &Tx{db: db, sees: lane, seesAll: lane == "", waiting: true}, f)
}

// viewRows runs f when the rows of lane that were deferred are written.
func (db *DB) viewRows(ctx context.Context, lane bellhop.ID, tx *Tx, f func(*Tx) error) error {
	if db.deferral.count(lane) > 0 {
		u := newUpdate(ctx, func(tx *Tx) error { return tx.writeRows(ctx, lane) })
		u.must = true
		err := db.group.join(ctx, db, u)
		if bellhop.HasCode(err, bellhop.Unavailable) {
			return db.viewUnwritten(ctx, lane, f)
		}
		if err != nil {
			return err
		}
	}
	return db.view(ctx, tx, f)
}

// viewUnwritten is viewRows for a machine that cannot write, its disk being full say: f sees
// the rows in a transaction that is not committed.
func (db *DB) viewUnwritten(ctx context.Context, lane bellhop.ID, f func(*Tx) error) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	always := context.WithoutCancel(ctx)
	writer, err := db.begin(always, db.writer, false)
	if err != nil {
		return err
	}
	defer writer.rollback(always)
	if err := writer.writeRows(always, lane); err != nil {
		return err
	}
	return f(&Tx{db: db, session: db.writer, upTo: db.changes.settled.Load(), sees: lane, seesAll: lane == ""})
}

// view runs f with a tx that reads.
func (db *DB) view(ctx context.Context, tx *Tx, f func(*Tx) error) error {
	var s *session
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s = <-db.readers:
	}
	if s == nil {
		return ErrClosed
	}
	defer func() { db.readers <- s }()
	// Beginning and end must happen also when ctx ends meanwhile: the session is used
	// again, and a BEGIN that is interrupted may have begun.
	always := context.WithoutCancel(ctx)
	tx.upTo = db.changes.settled.Load() // before anything is read
	if err := db.engine.beginView(always, s, tx.waiting); err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer s.exec(always, "ROLLBACK")
	tx.session = s
	return f(tx)
}
