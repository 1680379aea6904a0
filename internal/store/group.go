package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"bellhop"
)

// group lets concurrent updates share a commit. Whoever comes while nobody leads
// leads the next batch, with all who wait; when it is done he hands the lead to the
// first of those who came meanwhile. Where an engine can commit several batches at once,
// one more leads when somebody has waited for a while: so batches are as large as they
// get with one, and a long one does not hold up those who come.
type group struct {
	most        int // batches that may be committed at once
	mostWaiting int // callers who wait; more are turned away

	mu      sync.Mutex
	waiting []*update
	riders  []*update
	leading int           // batches that are being committed, or about to be
	timer   *time.Timer   // wakes riders whom nobody takes along
	relief  *time.Timer   // makes one more lead
	commits time.Duration // what a commit takes, about
	closed  bool
}

// update is one caller of Update or UpdateSoon.
type update struct {
	ctx  context.Context // the caller's; the transaction is everybody's and does not end with it
	f    func(*Tx) error
	must bool          // it is not turned away when many wait
	lazy bool          // it does not need to be on disk when it is answered
	done chan struct{} // closed when err is set, or when lead is
	lead bool          // the caller has to lead the next batch
	err  error
}

const (
	maxBatch   = 512  // updates in one transaction
	maxWaiting = 8192 // see group

	// longBatch is when a transaction takes no more updates: results of attempts, which
	// ride in it, shall be stored soon after they are there.
	longBatch = 6 * time.Millisecond

	// reliefAfter is how long somebody waits for those who lead before one more does, at least. Where commits
	// take longer it is reliefCommits of them: then it is not for a commit that he waits, of which more
	// at once would only be smaller.
	reliefAfter   = 2 * time.Millisecond
	reliefCommits = 2
)

func newUpdate(ctx context.Context, f func(*Tx) error) *update {
	return &update{ctx: ctx, f: f, done: make(chan struct{})}
}

func (g *group) join(ctx context.Context, db *DB, u *update) error {
	g.mu.Lock()
	switch {
	case g.closed:
		g.mu.Unlock()
		return ErrClosed
	case ctx.Err() != nil:
		g.mu.Unlock()
		return ctx.Err()
	case len(g.waiting) >= g.mostWaiting && !u.must:
		g.mu.Unlock()
		return &bellhop.Error{Code: bellhop.TooMany, Message: "Too many requests", RetryAfter: time.Second}
	}
	if g.leading == 0 {
		g.leading++
		g.mu.Unlock()
		g.run(db, u)
		return u.err
	}
	g.waiting = append(g.waiting, u)
	g.wantRelief(db)
	g.mu.Unlock()
	return g.await(ctx, db, u)
}

func (g *group) ride(ctx context.Context, db *DB, u *update) error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return ErrClosed
	}
	g.riders = append(g.riders, u)
	if g.timer == nil {
		g.timer = time.AfterFunc(rideAfter, func() { g.wakeRiders(db) })
	}
	g.mu.Unlock()
	return g.await(ctx, db, u)
}

// await waits until u was answered. Once u's function may be running its caller stays,
// since the function may use what is his.
func (g *group) await(ctx context.Context, db *DB, u *update) error {
	select {
	case <-u.done:
	case <-ctx.Done():
		if g.withdraw(u) {
			return ctx.Err()
		}
		<-u.done
	}
	if u.lead {
		g.run(db, u)
	}
	return u.err
}

// withdraw takes u out of the queues and reports whether it was still there.
func (g *group) withdraw(u *update) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if u.lead {
		return false
	}
	for _, queue := range []*[]*update{&g.waiting, &g.riders} {
		if i := slices.Index(*queue, u); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return true
		}
	}
	return false
}

func (g *group) wakeRiders(db *DB) {
	g.mu.Lock()
	g.timer = nil
	if g.leading >= g.most || len(g.riders) == 0 {
		g.mu.Unlock()
		return
	}
	g.leading++
	g.mu.Unlock()
	g.run(db, nil)
}

// wantRelief is called when somebody waits.
func (g *group) wantRelief(db *DB) {
	if g.leading < g.most && g.relief == nil {
		g.relief = time.AfterFunc(max(reliefAfter, reliefCommits*g.commits), func() { g.relieve(db) })
	}
}

// relieve lets one more lead, if somebody still waits.
func (g *group) relieve(db *DB) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.relief = nil
	if g.leading >= g.most || len(g.waiting) == 0 {
		return
	}
	g.leading++
	g.appoint()
	if len(g.waiting) > 0 {
		g.wantRelief(db)
	}
}

// tookCommit notes what a commit has taken, without the functions before it.
func (g *group) tookCommit(took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.commits += (took - g.commits) / 8
}

// appoint makes the first of those who wait lead.
func (g *group) appoint() {
	next := g.waiting[0]
	g.waiting = g.waiting[1:]
	next.lead = true
	close(next.done)
}

// run commits one batch, that of leader if he is not nil, and passes the lead on.
func (g *group) run(db *DB, leader *update) {
	g.mu.Lock()
	batch := g.riders
	if leader != nil {
		batch = append(batch, leader)
	}
	n := min(len(g.waiting), maxBatch)
	least := max(len(batch), 1)
	batch = append(batch, g.waiting[:n]...)
	g.waiting = slices.Clone(g.waiting[n:])
	g.riders = nil
	for _, timer := range []**time.Timer{&g.timer, &g.relief} {
		if *timer != nil {
			(*timer).Stop()
			*timer = nil
		}
	}
	if len(g.waiting) > 0 {
		g.wantRelief(db)
	}
	g.mu.Unlock()
	if len(batch) == 0 { // those who rode have left
		g.done(db, nil, nil, nil)
		return
	}

	s, end := db.lead()
	began := time.Now()
	done := db.commit(s, batch, least)
	db.committedBatch(batch[:done], began)
	end()
	g.done(db, leader, batch[:done], batch[done:])
}

// done answers those of a batch that are, and puts back the others. While others lead, and
// will take along who waits, nobody is made to: larger batches cost less.
func (g *group) done(db *DB, leader *update, answered, back []*update) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.Concat(back, g.waiting)
	for _, u := range answered {
		if u != leader {
			close(u.done)
		}
	}
	if len(g.waiting) > 0 && g.leading == 1 {
		g.appoint()
		return
	}
	g.leading--
	if len(g.waiting) > 0 {
		g.wantRelief(db)
	}
	if len(g.riders) > 0 && g.timer == nil {
		g.timer = time.AfterFunc(rideAfter, func() { g.wakeRiders(db) })
	}
}

// shut turns away those who wait and those who come. A commit may still be under way.
func (g *group) shut() {
	g.mu.Lock()
	g.closed = true
	turned := slices.Concat(g.waiting, g.riders)
	g.waiting, g.riders = nil, nil
	for _, timer := range []*time.Timer{g.timer, g.relief} {
		if timer != nil {
			timer.Stop()
		}
	}
	for _, u := range turned {
		u.err = ErrClosed
		close(u.done)
	}
	g.mu.Unlock()
}

// lead returns a session to commit a batch with, and what gives it back.
func (db *DB) lead() (s *session, end func()) {
	if db.writers == nil {
		db.writing.Lock()
		return db.writer, db.writing.Unlock
	}
	db.writing.RLock()
	s = <-db.writers
	return s, func() {
		db.writers <- s
		db.writing.RUnlock()
	}
}

// commit runs the functions of batch in one transaction and sets their errors. It returns
// how many of them, at least that many, it is done with.
func (db *DB) commit(s *session, batch []*update, least int) int {
	began := time.Now()
	for tries := 1; len(batch) > 1; tries++ {
		n, err := db.commitTogether(s, batch, least)
		if err == nil {
			return n
		}
		verdict := db.engine.verdict(s, err)
		isFinal := verdict.isFinal(began)
		if verdict == lasting || verdict == passing && (isFinal || tries == togetherTries) {
			break
		}
		if isFinal {
			setErrors(batch, unavailable(err))
			return len(batch)
		}
		pause(tries)
	}
	// Also those that failed without a change: they may have seen what nobody committed.
	for i, u := range batch {
		var verdict verdict
		if u.err, verdict = db.commitAlone(s, u, began); verdict == unreachable {
			setErrors(batch[i:], u.err)
			break
		}
	}
	return len(batch)
}

func setErrors(batch []*update, err error) {
	for _, u := range batch {
		u.err = err
	}
}

// commitTogether answers the first members of batch, at least that many, and returns how
// many. If it could not, nothing was changed, unless the error is errUnknown.
func (db *DB) commitTogether(s *session, batch []*update, least int) (int, error) {
	ctx := context.WithoutCancel(batch[0].ctx)
	lazy := !slices.ContainsFunc(batch, func(u *update) bool { return !u.lazy })
	tx, err := db.begin(ctx, s, lazy)
	if err != nil {
		return 0, err
	}
	n := 0
	var later []*update // they would have to wait for others, who may wait for this batch
	for _, u := range batch {
		if n >= least && time.Since(tx.now) > longBatch {
			break
		}
		before := tx.writes
		if u.err = tx.run(u); u.err != nil {
			if tx.writes > before {
				tx.rollback(ctx)
				return 0, tx.reason(u.err)
			}
			if isAgain(u.err) {
				later = append(later, u)
			}
		}
		n++
	}
	if err := tx.commit(ctx); err != nil {
		return 0, err
	}
	for _, u := range later {
		u.err, _ = db.commitAlone(s, u, time.Now())
	}
	return n, nil
}

// commitAlone runs the function of u in a transaction of its own, again if it may succeed then.
// The verdict is about the error that it returns.
func (db *DB) commitAlone(s *session, u *update, began time.Time) (error, verdict) {
	for tries := 1; ; tries++ {
		err := db.tryAlone(s, u, tries >= patientTries)
		if err == nil {
			return nil, lasting
		}
		verdict := db.engine.verdict(s, err)
		switch {
		case verdict == lasting:
			return err, verdict
		case verdict == passing && tries < patientTries: // however long it took: the next ones wait for who is in the way
		case verdict.isFinal(began) || verdict == passing && tries == mostTries:
			return unavailable(err), verdict
		}
		pause(tries)
	}
}

func (db *DB) tryAlone(s *session, u *update, locks bool) error {
	ctx := context.WithoutCancel(u.ctx)
	tx, err := db.begin(ctx, s, u.lazy)
	if err != nil {
		return err
	}
	tx.reads.alone, tx.reads.locks = true, locks
	if err := tx.run(u); err != nil {
		tx.rollback(ctx)
		return tx.reason(err)
	}
	return tx.commit(ctx)
}

// run calls the function of u, unless its caller has left, and turns its panic into an
// error, so that it harms nobody else.
func (tx *Tx) run(u *update) (err error) {
	if err := u.ctx.Err(); err != nil {
		return err
	}
	tx.unsent.others = tx.unsent.len()
	defer func() {
		if p := recover(); p != nil {
			tx.writes++ // nobody knows what it has done: do not commit it
			err = fmt.Errorf("panic in an update: %v\n%s", p, debug.Stack())
		}
	}()
	tx.reads.begin()
	return u.f(tx)
}

// begin begins a transaction that writes. A lazy one need not be on disk when it is committed.
func (db *DB) begin(ctx context.Context, s *session, lazy bool) (*Tx, error) {
	if db.closed {
		return nil, ErrClosed // a batch that was taken just before
	}
	tx := &Tx{db: db, session: s, write: true, now: time.Now()}
	if err := db.engine.beginUpdate(ctx, tx, lazy); err != nil {
		return nil, fmt.Errorf("begin to write: %w", unavailable(err))
	}
	if err := tx.tend(ctx); err != nil {
		tx.rollback(ctx)
		return nil, err
	}
	return tx, nil
}

func (tx *Tx) commit(ctx context.Context) error {
	if err := tx.numberChanges(ctx); err != nil {
		tx.rollback(ctx)
		return tx.reason(err)
	}
	if err := tx.db.engine.commit(ctx, tx); err != nil {
		tx.rollback(ctx)
		return fmt.Errorf("commit: %w", unavailable(err))
	}
	tx.settleChanges()
	for _, f := range tx.after {
		f()
	}
	tx.db.deferral.committed(tx)
	tx.db.counters.events.Add(tx.events)
	tx.db.counters.deliveries.Add(int64(len(tx.appended)))
	if len(tx.appended) > 0 && tx.db.receiver != nil {
		tx.db.receiver.HandOver(tx.appended)
	}
	tx.leaveGate()
	if tx.dropped {
		signal(tx.db.dropping)
	}
	return nil
}

func (tx *Tx) rollback(ctx context.Context) {
	tx.db.engine.rollback(ctx, tx)
	tx.leaveGate()
	tx.settleChanges()
}

// unavailable makes an error of the machine, a full disk say, one that a caller may
// meet with another try.
func unavailable(err error) error {
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		return e
	}
	return &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot write now", RetryAfter: time.Second, Err: err}
}

// notReached makes an error of a connection that is gone one of which callers are told the same, whether they read or write.
func notReached(err error) error {
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		return e
	}
	return &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot be reached now", RetryAfter: time.Second, Err: err}
}
