package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"bellhop"
)

const (
	// repeatFor is how long, from its beginning, a batch is tried again that failed for a
	// reason that may pass: a conflict with another one, a lost connection.
	repeatFor = 5 * time.Second

	// togetherTries is how often a batch runs that was in the way of another one, at most, before its members run alone.
	togetherTries = 3

	// askFor is how long the database is asked what became of a transaction.
	askFor = 10 * time.Second

	// mostPause is the longest pause before something is tried again.
	mostPause = 250 * time.Millisecond
)

var errRolledBack = errors.New("a statement of the transaction failed, and it was rolled back")

// errUnknown says that nobody knows whether a transaction was committed. It is not run again, since
// what it does could be done twice.
type errUnknown struct{ err error }

func (e errUnknown) Error() string { return "nobody knows whether it was committed: " + e.err.Error() }

// unknown is what a caller hears of a transaction of which nobody says what became of it.
func unknown(err error) error {
	return &bellhop.Error{Code: bellhop.Unavailable, Message: "The connection to the database was lost, and nobody knows whether this was stored", Err: errUnknown{err}}
}

func (e errUnknown) Unwrap() error { return e.err }

// lostError is that of a transaction which was not committed, since its connection was lost.
type lostError struct{ err error }

func (e lostError) Error() string { return e.err.Error() }

func (e lostError) Unwrap() error { return e.err }

func (e *postgresEngine) verdict(s *session, err error) verdict {
	if _, unknown := errors.AsType[errUnknown](err); unknown {
		return hopeless
	}
	if errors.Is(err, errAgain) {
		return passing
	}
	switch code := postgresCode(err); code {
	case "40001", "40P01", // a conflict, a deadlock
		"55P03": // a lock that was waited for too long
		return passing
	case "23505":
		if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "event_ids_pkey" {
			return passing // two have published with the same id: the second finds, then, what the first has stored
		}
	case "53100", "58P01", "58030":
		return hopeless // a full disk, or a broken one
	default:
		if _, lost := errors.AsType[lostError](err); lost || isPostgresDown(err) || s.pg == nil || s.pg.IsClosed() {
			return unreachable
		}
	}
	return lasting
}

// pause waits before something is tried again that was tried n times.
func pause(n int) {
	if n > 1 {
		most := min(time.Millisecond<<min(n, 16), mostPause)
		<-time.After(most/2 + rand.N(most/2))
	}
}

// beginUpdate begins a transaction that writes, with all that it needs to know in the same round trip.
func (e *postgresEngine) beginUpdate(ctx context.Context, tx *Tx, lazy bool) error {
	if err := tx.session.open(ctx); err != nil {
		return err
	}
	node, _ := e.db.fence.current()
	isMember := node == ""
	p := tx.session.pipe(ctx)
	p.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", nil, nil)
	if tx.session.plans.areOld(time.Now()) {
		p.send(forgetPlans, nil, nil) // not before BEGIN: what a pipe has begun with, it can change the isolation of no more
	}
	if node != "" {
		p.fence(node, &isMember)
	}
	if lazy {
		p.send("SET LOCAL synchronous_commit = off", nil, nil)
	} else {
		v := versions{} // all who append something ask for them
		p.send(readVersions, nil, v.row)
		tx.versions = v
	}
	p.send("SELECT pg_current_xact_id()", nil, func(values [][]byte) (err error) {
		tx.xid, err = intValue(values[0])
		return err
	})
	_, err := p.run()
	if err == nil && !isMember {
		signal(e.db.fence.fenced)
		_ = tx.session.exec(ctx, "ROLLBACK")
		return ErrFenced
	}
	tx.session.node = node
	return err
}

// commit writes what is kept and commits, in one round trip. It finds out what became of the
// COMMIT if the connection is lost before the answer.
func (e *postgresEngine) commit(ctx context.Context, tx *Tx) error {
	if err := tx.numberEvents(ctx); err != nil {
		return err
	}
	// Also the wait for others is what a commit takes: more of them at once would wait longer, and each be smaller.
	began := time.Now()
	if len(tx.unsent.deliveries) > 0 {
		tx.passGate()
	}
	takeWarning(tx.session.pg)
	p := tx.session.pipe(ctx)
	if tx.unsent.len() > 0 {
		tx.sendKept(p)
	}
	p.send("COMMIT", nil, nil)
	done, err := p.run()
	tx.db.group.tookCommit(time.Since(began))
	warning := takeWarning(tx.session.pg)
	switch {
	case err != nil && done < len(p.steps):
		if !tx.session.pg.IsClosed() {
			return err // the server has said what was wrong, and has not committed
		}
		err = tx.ask(ctx, err)
	case warning != nil:
		err = tx.ask(ctx, warning)
	default:
		err = nil
	}
	if err != nil {
		return err
	}
	tx.numberDeliveries()
	if n := len(tx.appended); n > 0 {
		tx.db.lastDelivery = tx.appended[n-1].Delivery.Seq
	}
	return nil
}

// rollback leaves a connection for which the server does not say that it has to the next transaction, which
// takes another one.
func (e *postgresEngine) rollback(ctx context.Context, tx *Tx) {
	if pg := tx.session.pg; pg != nil && !pg.IsClosed() && pg.PgConn().TxStatus() != 'I' {
		_, _ = pg.Exec(ctx, "ROLLBACK")
	}
}

// ask finds out what became of a transaction whose COMMIT was sent on a connection that was lost. It
// returns nil if it was committed, a lostError if it was not, and unknown if nobody says.
func (tx *Tx) ask(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	was := tx.session.incarnation
	for n := 1; ; n++ {
		state, err := tx.state(ctx, was)
		if err == nil && state == committed {
			if err = tx.confirm(ctx); err == nil {
				return nil
			}
		}
		switch {
		case err == nil && state == aborted:
			return lostError{cause}
		case errors.Is(err, errForgotten) || ctx.Err() != nil:
			return unknown(errors.Join(cause, err))
		}
		pause(n)
	}
}

// errForgotten says that a server does not know what became of a transaction, and will not.
var errForgotten = errors.New("the database was restarted, or another one has taken its place")

// confirm returns when all that tx can see is where commits have to be: on the disk, and on the replicas that they wait
// for. A session that is ended while it waits for these lets others see what it has committed, and so does a server that
// comes back after a crash.
func (tx *Tx) confirm(ctx context.Context) error {
	takeWarning(tx.session.pg)
	if _, err := tx.session.pg.Exec(ctx, "SELECT pg_logical_emit_message(true, 'bellhop', '')"); err != nil {
		return fmt.Errorf("wait for what is committed already: %w", err)
	}
	if warning := takeWarning(tx.session.pg); warning != nil {
		return warning
	}
	return nil
}

// fate is what became of a transaction.
type fate int

const (
	underWay fate = iota
	committed
	aborted
)

// state asks for the fate of tx on a new connection. was is what the server was when it began. A server that
// has crashed since, or another one that has taken its place, may give the number of tx to another
// transaction; but then tx is over, and what it has appended is there or not.
func (tx *Tx) state(ctx context.Context, was string) (fate, error) {
	s := tx.session
	if err := s.open(ctx); err != nil {
		return underWay, err
	}
	var status *string
	if s.incarnation == was {
		if err := s.pg.QueryRow(ctx, "SELECT pg_xact_status($1::text::xid8)", fmt.Sprint(tx.xid)).Scan(&status); err != nil {
			return underWay, err
		}
		switch {
		case status == nil || *status == "in progress":
			return underWay, nil
		case *status == "aborted":
			return aborted, nil
		}
	}
	found, err := tx.recall(ctx)
	switch {
	case err != nil:
		return underWay, err
	case found:
		return committed, nil
	case status != nil:
		tx.unsent = unsent{} // it is gone already, and nobody is to deliver it
		return committed, nil
	case tx.unsent.len() == 0:
		return underWay, errForgotten
	}
	return aborted, nil
}

// recall looks for what tx has sent with its COMMIT, and reads the numbers that it got.
func (tx *Tx) recall(ctx context.Context) (found bool, err error) {
	u := &tx.unsent
	if len(u.events) > 0 {
		e := &u.events[0]
		err = tx.session.pg.QueryRow(ctx, "SELECT first_delivery FROM events WHERE seq = $1 AND salt = $2", e.event.Seq, int64(e.salt)).Scan(&tx.taken.before)
		tx.taken.before -= int64(e.first) + 1
	} else if len(u.deliveries) > 0 {
		d := &u.deliveries[0]
		err = tx.session.pg.QueryRow(ctx, "SELECT seq FROM deliveries WHERE seq > $1 AND salt = $2 AND event = $3 ORDER BY seq LIMIT 1",
			tx.db.lastDelivery, int64(d.salt), d.event.Seq).Scan(&tx.taken.before)
		tx.taken.before--
	} else {
		return false, nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err == nil && len(u.deliveries) > 0 {
		err = tx.session.pg.QueryRow(ctx, "SELECT CASE attempts WHEN 0 THEN due ELSE created_at END FROM deliveries WHERE seq = $1", tx.taken.before+1).Scan((*int64)(&tx.taken.due))
		// Of one that was attempted since, due is when it is attempted again.
		if errors.Is(err, pgx.ErrNoRows) { // dropped since, and nobody delivers it
			err, tx.taken.due = nil, u.deliveries[0].delivery.CreatedAt
		}
	}
	return err == nil, err
}

// passGate lets one transaction of this process after the other number its deliveries, commit and hand
// them over, so that those who deliver are told in the order of commits. The row of numbers lets only one
// commit at a time in any case. leaveGate is called at its end.
func (tx *Tx) passGate() {
	if !tx.inGate {
		tx.db.gate <- struct{}{}
		tx.inGate = true
	}
}

func (tx *Tx) leaveGate() {
	if tx.inGate {
		<-tx.db.gate
		tx.inGate = false
	}
}
