package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"bellhop"
	"bellhop/internal/trouble"
)

const (
	// leastPostgres is the oldest server that will do.
	leastPostgres = 15

	// writerCount is how many transactions may write at once.
	writerCount = 4

	// connectFor is how long one try to connect takes at most.
	connectFor = 5 * time.Second

	// startFor is how long Open waits for a server that is being started, startEvery how often it tries.
	startFor   = 10 * time.Second
	startEvery = 200 * time.Millisecond

	// How long the server lets a transaction wait for its next statement: a process that was stopped in the middle of
	// one must not hold its locks, nor keep old rows from being removed.
	writerIdle = 5 * time.Second
	readerIdle = time.Minute

	// sizeEvery is how often the size of the database is read.
	sizeEvery = time.Minute
)

// postgresEngine is the engine for several nodes.
type postgresEngine struct {
	db       *DB
	pool     *sql.DB           // hands out connections and keeps none: each belongs to a session for good
	servers  []*pgx.ConnConfig // how to connect to each of those that the URL names
	latest   latest
	keyFile  string
	unsafe   bool                 // see Config
	existing bool                 // see Config
	draw     sharedQuery[[]int64] // of numbers for events
	drawer   *session
	follower chan *session // has the session that reads what was appended, if nobody uses it

	migrations []migration // that this program knows

	timelines timelines
	migrated  bool // sessions that write may look into the tables

	space space
	size  atomic.Int64 // of the database, as it was read last
}

// openPostgres opens the database of config. All sessions but the writer connect when they are used first.
func (db *DB) openPostgres(ctx context.Context, config Config) error {
	if config.KeyFile == "" {
		return errors.New("a store on PostgreSQL needs a key file, the same one on all nodes: it cannot lie in the database")
	}
	settings, err := pgx.ParseConfig(config.Database)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("the URL of the database names a file that cannot be read: %w", e)
	}
	if err != nil {
		// Without the error, which may repeat the URL, and with it the password.
		return errors.New("the URL of the database is not valid: it looks like postgres://user:password@host:port/name?sslmode=verify-full")
	}
	name := config.Application
	if name == "" {
		name = "bellhop"
	}
	db.sessions = nameSessions(name)
	for setting, value := range map[string]string{
		"application_name":                    db.sessions,
		"client_encoding":                     "UTF8",
		"timezone":                            "UTC",
		"jit":                                 "off", // it takes longer than it makes anything faster
		"statement_timeout":                   "0",
		"lock_timeout":                        "0",
		"idle_in_transaction_session_timeout": milliseconds(readerIdle),
	} {
		settings.RuntimeParams[setting] = value
	}
	settings.DefaultQueryExecMode = pgx.QueryExecModeExec // what lists put together is rarely asked twice
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectFor
	}
	settings.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler { return canceler{conn} }
	settings.OnNotice = noteWarning
	e := &postgresEngine{db: db, keyFile: config.KeyFile, unsafe: config.Unsafe, existing: config.Existing, migrations: config.migrations}
	settings.ValidateConnect = e.isUsable
	settings.DialFunc = e.timelines.dial(settings.DialFunc)
	e.timelines.reached = map[*reachedConn]bool{}
	e.servers = servers(settings)
	if e.migrations == nil {
		if e.migrations, err = migrationsOf("postgres"); err != nil {
			return err
		}
	}
	c := connector{latest: &e.latest}
	for _, server := range e.servers {
		c.servers = append(c.servers, stdlib.GetConnector(*server, stdlib.OptionAfterConnect(func(_ context.Context, conn *pgx.Conn) error {
			types := conn.TypeMap()
			types.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapBool}, types.TryWrapEncodePlanFuncs...)
			return nil
		})))
	}
	e.pool = sql.OpenDB(c)
	e.pool.SetMaxIdleConns(-1)
	db.engine, db.sync = e, syncAlways
	db.close = append(db.close, e.pool.Close)
	db.group.most = writerCount
	db.writers = make(chan *session, writerCount)
	for range writerCount {
		s := e.newWriter()
		db.writer = s
		db.writers <- s
		db.close = append(db.close, s.close)
	}
	e.drawer = e.newWriter()
	e.draw.ask = e.drawEvents
	db.close = append(db.close, func() error { e.draw.close(); return e.drawer.close() })
	e.follower = make(chan *session, 1)
	e.follower <- e.newFollower()
	db.close = append(db.close, func() error {
		s := <-e.follower
		close(e.follower)
		return s.close()
	})
	db.close = append(db.close, func() error { close(db.readers); return nil })
	for range readerCount {
		db.readers <- &session{connect: e.connect, placeholders: e.placeholders}
		db.close = append(db.close, func() error { return (<-db.readers).close() })
	}
	db.versions = newSharedVersions(&session{connect: e.connect, placeholders: e.placeholders})
	db.close = append(db.close, db.versions.close)
	if err := e.await(ctx); err != nil {
		if cause, ok := errors.AsType[*bellhop.Error](err); ok {
			err = cause.Err // its text is for clients of a server that runs
		}
		return fmt.Errorf("connect to the database: %w", err)
	}
	return nil
}

// await connects the writer. A server that is being started, as after a power cut, is waited for.
func (e *postgresEngine) await(ctx context.Context) error {
	for began := time.Now(); ; {
		err := e.db.writer.open(ctx)
		if !isStarting(err) || time.Since(began) > startFor {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startEvery):
		}
	}
}

// isStarting reports whether a server may be there in a moment that could not be reached. A replica may be about to take
// the place of another server.
func isStarting(err error) bool {
	if code := postgresCode(err); code != "" && code != "57P03" {
		return false // one that is there has said something else
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errReplica) || postgresCode(err) == "57P03"
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// isUsable refuses servers that a store cannot be on.
func (e *postgresEngine) isUsable(ctx context.Context, conn *pgconn.PgConn) error {
	version := conn.ParameterStatus("server_version")
	digits := version[:len(version)-len(strings.TrimLeft(version, "0123456789"))]
	if n, err := strconv.Atoi(digits); err != nil || n < leastPostgres {
		return fmt.Errorf("the server is PostgreSQL %s, and at least %d is needed", version, leastPostgres)
	}
	if encoding := conn.ParameterStatus("server_encoding"); encoding != "UTF8" {
		return fmt.Errorf("the database has the encoding %s, and UTF8 is needed", encoding)
	}
	if conn.ParameterStatus("in_hot_standby") == "on" || conn.ParameterStatus("default_transaction_read_only") == "on" {
		return errReplica
	}
	timeline, err := timelineOf(ctx, conn)
	if err != nil {
		return err
	}
	return e.timelines.reach(conn.Conn(), timeline)
}

// connect returns a new connection for a session that reads.
func (e *postgresEngine) connect(ctx context.Context) (*sql.Conn, *pgx.Conn, error) {
	// Of a server that is gone one may hear nothing at all.
	ctx, cancel := context.WithTimeout(ctx, 2*connectFor)
	defer cancel()
	conn, err := e.pool.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	var under *pgx.Conn
	err = conn.Raw(func(driver any) error {
		under = driver.(*stdlib.Conn).Conn()
		return nil
	})
	return conn, under, err
}

// newWriter returns a session that writes.
func (e *postgresEngine) newWriter() *session {
	s := &session{placeholders: e.placeholders}
	s.connect = func(ctx context.Context) (*sql.Conn, *pgx.Conn, error) {
		conn, under, err := e.connect(ctx)
		if err != nil {
			return nil, nil, err
		}
		err = e.setUpWriter(ctx, s, under)
		if err == nil && e.migrated {
			err = e.timelines.countOn(ctx, under, s.timeline)
		}
		if err != nil {
			return nil, nil, errors.Join(err, conn.Close())
		}
		return conn, under, nil
	}
	return s
}

// newFollower returns a session that reads what was appended.
func (e *postgresEngine) newFollower() *session {
	s := e.newWriter()
	connect := s.connect
	s.connect = func(ctx context.Context) (*sql.Conn, *pgx.Conn, error) {
		conn, under, err := connect(ctx)
		if err != nil {
			return nil, nil, err
		}
		if _, err := under.Exec(ctx, waitingPlans, false); err != nil {
			return nil, nil, errors.Join(err, conn.Close())
		}
		return conn, under, nil
	}
	return s
}

// durably is the expression for what a commit that waits for the disk has as synchronous_commit. What a role or a
// database says about it may make a commit safer, never less safe.
func (e *postgresEngine) durably() string {
	if e.unsafe {
		return "'off'"
	}
	return "CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END"
}

// setUpWriter prepares a new connection for who writes.
func (e *postgresEngine) setUpWriter(ctx context.Context, s *session, conn *pgx.Conn) (err error) {
	if s.timeline, err = timelineOf(ctx, conn.PgConn()); err != nil {
		return err
	}
	return conn.QueryRow(ctx, `SELECT coalesce(stats_reset::text, '') || ' ' || $3,
		set_config('synchronous_commit', `+e.durably()+`, $1), set_config('idle_in_transaction_session_timeout', $2, $1), `+writerPlans+`
		FROM pg_stat_bgwriter`, false, milliseconds(writerIdle), strconv.FormatInt(s.timeline, 10)).
		Scan(&s.incarnation, nil, nil, nil, nil, nil, nil)
}

func (e *postgresEngine) beginView(ctx context.Context, s *session, waiting bool) error {
	if s.pg != nil && s.plans.areOld(time.Now()) {
		_ = s.exec(ctx, forgetPlans) // if the connection is lost, who begins hears of it
	}
	err := s.begin(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	if err == nil && waiting {
		err = s.readWaiting(ctx)
	}
	return err
}

func (e *postgresEngine) defers() bool { return false }

func (e *postgresEngine) placeholders(text string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(text, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

func (e *postgresEngine) indexedBy(string) string { return "" }

func (e *postgresEngine) rows(array, alias string) (from, text string) {
	return postgresDialect{}.rows(array, alias)
}

func (e *postgresEngine) field(column, name string) string {
	return "left(" + strings.TrimSuffix(column, "doc") + "fields ->> '" + name + `', 200) COLLATE "C"`
}

// tryLock lets one of several nodes do what they all would.
func (e *postgresEngine) tryLock(ctx context.Context, tx *Tx, work lockedWork) (got bool, err error) {
	err = tx.get(ctx, "SELECT pg_try_advisory_xact_lock($1)", []any{int64(work)}, &got)
	return got, err
}

// upkeep reads the size now and then.
func (e *postgresEngine) upkeep(ctx context.Context, log *slog.Logger) {
	failing := trouble.New(log, slog.LevelError, "store upkeep")
	for {
		if err := e.readSize(ctx); err != nil {
			failing.Failed(ctx, "", err)
		} else {
			failing.Passed("")
		}
		signal(e.db.dropping) // a node that dropped deliveries may be gone before they are
		select {
		case <-ctx.Done():
			return
		case <-time.After(sizeEvery):
		}
	}
}

// wrapBool lets the driver write a boolean into a column of numbers: 0 or 1, as SQLite has it.
func wrapBool(value any) (plan pgtype.WrappedEncodePlanNextSetter, next any, ok bool) {
	b, ok := value.(bool)
	if !ok {
		return nil, nil, false
	}
	return new(boolPlan), boolNumber(b), true
}

type boolPlan struct{ next pgtype.EncodePlan }

func (p *boolPlan) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *boolPlan) Encode(value any, buf []byte) ([]byte, error) {
	return p.next.Encode(boolNumber(value.(bool)), buf)
}

type boolNumber bool

func (b boolNumber) Int64Value() (pgtype.Int8, error) {
	if b {
		return pgtype.Int8{Int64: 1, Valid: true}, nil
	}
	return pgtype.Int8{Valid: true}, nil
}

// postgresCode returns the code of an error of the server, "" for all others.
func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// isPostgresDown tells a server that cannot work now, or that cannot be reached, from a mistake of ours.
func isPostgresDown(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	code := postgresCode(err)
	if code == "" {
		return false
	}
	switch code[:2] {
	case "08", // the connection
		"53", // a full disk, too little memory, too many connections
		"58": // the system below the server
		return true
	}
	switch code {
	case "57P01", "57P02", "57P03", // it was shut down, has crashed, is starting
		"25006", // it has become a replica
		"25P03": // the transaction has waited too long for its next statement
		return true
	}
	return false
}
