package store

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"bellhop"
)

// Config says where a store is and who is told of its commits.
type Config struct {
	// Database is the URL of a PostgreSQL database, postgres://user:password@host:port/name?sslmode=verify-full say, with
	// all that libpq knows. Several processes may open the same one. Each keeps sessions of its own: a pooler between them
	// and the server that shares sessions between transactions will not do. Empty means SQLite, in Dir.
	Database string

	// Application is what the sessions of a PostgreSQL store are called there; "bellhop" if it is empty.
	Application string

	// Dir is the data directory of a SQLite store. It is made if it is missing, and
	// locked against a second process while the store is open.
	Dir string

	// KeyFile holds the key that seals secrets. Empty means the file "key" in Dir. It is made together with
	// an empty store and never again. With Database it must be named, and all who open that need the same key.
	KeyFile string

	// Existing says that there must be a store: Open makes none, and returns ErrNoStore instead.
	Existing bool

	// Retain is how long events, their deliveries and attempts are kept, at least; 0 means
	// for ever. What is pending is always kept.
	Retain time.Duration

	// RetainSize is how many bytes the database may take, without its free pages, before the
	// oldest of what has finished is removed although it is younger; 0 means any number.
	RetainSize int64

	// RetainAudit is how long audit records are kept; 0 means for ever. Of more than MaxAudit
	// the oldest go earlier.
	RetainAudit time.Duration

	// Unsafe leaves out the fsync of each commit. It is for tests that
	// do not ask what a power cut leaves.
	Unsafe bool

	// Observe, if it is not nil, is called after each batch of updates, before their callers
	// are answered. It must not block and not use the store. Where several batches are committed
	// at once it is called by several at once.
	Observe func(Batch)

	migrations []migration // of PostgreSQL, instead of those of this program; for tests

	// Trace, if it is not nil, is called at the begin of each Update, and what it returns at
	// its end.
	Trace func(ctx context.Context) (end func(error))

	moving bool // a Move fills it: it need not be whole
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	engine       engine
	ids          *bellhop.IDs
	seal         *sealer
	lock         *dirLock
	writer       *session
	sync         syncMode // of the writer; the leader's
	checkpointer *session
	readers      chan *session
	close        []func() error
	changes      changes
	versions     *sharedVersions // where others use the store too
	totals       totals
	turns        turns

	fence    fence
	sessions string      // what the connections of this process are called in PostgreSQL
	leads    func() bool // see LeadWith; may be nil
	receiver receiver    // nil if nobody delivers
	deferral deferral
	record   []byte                                  // the leader's, to write attempts in
	observe  func(Batch)                             // may be nil
	trace    func(context.Context) (end func(error)) // may be nil
	counters counters
	path     string // of the database
	half     string // the same while Open makes it; else empty

	lastEvent    atomic.Int64
	lastDelivery int64        // the leader's, or his who is in the gate: the last one that this process has made
	lastDue      atomic.Int64 // the latest due time of a delivery that is new; set by the leader

	group   group
	writing sync.RWMutex  // held by whoever uses writer; where there are several, by all who read the lock
	writers chan *session // those that nobody uses; nil where there is only one
	gate    chan struct{} // see Tx.passGate
	closed  bool          // guarded by writing

	retainAge   time.Duration // as Config has them
	retainSize  int64
	retainAudit time.Duration

	checkpointing sync.Mutex   // held by whoever uses checkpointer; before writing
	logPath       string       // of the log's file
	written       atomic.Int64 // pages, about

	checkpoint chan struct{} // has an element when the log wants a checkpoint
	dropping   chan struct{} // has an element when a service was dropped
	logged     int           // pages written since the last one was asked for; the leader's
}

// readerCount is how many transactions may read at once.
const readerCount = 8

// ErrClosed is returned by every use of a store that is closed.
var ErrClosed = errors.New("store is closed")

// ErrNoStore is returned by Open with Existing where there is no store.
var ErrNoStore = errors.New("there is no store")

// Open opens the store that config names and brings its schema up to date. The
// caller closes it.
func Open(ctx context.Context, config Config) (_ *DB, err error) {
	var process [4]byte
	crand.Read(process[:])
	db := &DB{
		ids:        bellhop.NewIDs(process),
		readers:    make(chan *session, readerCount),
		checkpoint: make(chan struct{}, 1),
		dropping:   make(chan struct{}, 1),
		retainAge:  config.Retain,
		retainSize: config.RetainSize, retainAudit: config.RetainAudit,
		deferral: deferral{rows: map[int64]*deferred{}, lanes: map[bellhop.ID]int{}},
		observe:  config.Observe,
		trace:    config.Trace,
		group:    group{most: 1, mostWaiting: maxWaiting},
		gate:     make(chan struct{}, 1),
		fence:    newFence(),
	}
	db.changes.logs = newChangeLogs()
	db.turns.queue = map[bellhop.ID]*turn{}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	open := db.openSQLite
	if config.Database != "" {
		open = db.openPostgres
	}
	if err := open(ctx, config); err != nil {
		return nil, err
	}
	if err := db.engine.migrate(ctx); err != nil {
		return nil, fmt.Errorf("migrate the store: %w", err)
	}
	if !config.moving {
		if err := checkMoved(ctx, db.writer.conn); err != nil {
			return nil, err
		}
		if err := db.recoverRows(ctx); err != nil {
			return nil, fmt.Errorf("recover deliveries: %w", err)
		}
	}
	if err := db.engine.readNumbers(ctx); err != nil {
		return nil, err
	}
	db.half = ""
	db.close = append(db.close, func() error { db.writeRowsAtEnd(context.WithoutCancel(ctx)); return nil })
	return db, nil
}

// DeliverTo sets who is handed the deliveries of each commit. It is set once, before the
// first Update. Without it every delivery has its row from the beginning.
func (db *DB) DeliverTo(r receiver) { db.receiver = r }

// Close closes the store when those who use it just now have done so. Updates that
// wait fail with ErrClosed. To close again does nothing.
func (db *DB) Close() error {
	db.group.shut()
	db.writing.Lock()
	defer db.writing.Unlock()
	var errs []error
	for i := len(db.close) - 1; i >= 0; i-- {
		errs = append(errs, db.close[i]())
	}
	db.close = nil
	db.closed = true
	return errors.Join(errs...)
}

// NewID returns an id for a new resource; ids ascend.
func (db *DB) NewID(now bellhop.Time) bellhop.ID { return db.ids.New(now) }

// View runs f in a transaction that reads one state of the store. The Tx must not be
// used after f has returned. Deliveries are not read in it: see ViewDeliveries.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	return db.view(ctx, &Tx{db: db}, f)
}

// Update runs f in a transaction and returns when its changes are on disk. See the
// package comment for what f may do. If ctx ends before f has begun, f never runs.
// When more callers wait than a store can serve soon, Update returns a
// bellhop.TooMany error and f never runs.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if db.trace != nil {
		return db.traced(ctx, f)
	}
	return db.unfenced(ctx, func() error { return db.group.join(ctx, db, newUpdate(ctx, f)) })
}

// rideAfter is how long an UpdateSoon waits for somebody else's commit.
const rideAfter = 20 * time.Millisecond

// UpdateSoon is an Update that is in no hurry: it rides in the next commit that
// somebody else pays for, and commits by itself after 20 ms.
func (db *DB) UpdateSoon(ctx context.Context, f func(*Tx) error) error {
	return db.unfenced(ctx, func() error { return db.group.ride(ctx, db, newUpdate(ctx, f)) })
}

// UpdateLazily is an UpdateSoon that may return before its changes are on disk. No end of
// the process undoes them, but a power cut may, until the next Update returns. It is for
// what can be done again, such as recording what was delivered.
func (db *DB) UpdateLazily(ctx context.Context, f func(*Tx) error) error {
	return db.unfenced(ctx, func() error {
		u := newUpdate(ctx, f)
		u.lazy = true
		return db.group.ride(ctx, db, u)
	})
}
