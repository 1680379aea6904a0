package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// pageSize is that of a new database; one that has another keeps it. It is what SQLite takes by itself, and nothing sets
// it. With 8,192, one event a commit wrote half as much again to the disk, 30 events a commit a tenth more, and 100 about
// the same; the processor gained no more than the measurements differed among themselves.
const pageSize = 4096

// What a SQLite store consists of, in its directory.
const (
	databaseFile = "bellhop.db"
	keyFile      = "key"
)

// sqliteEngine is the engine for one process: a file in the data directory.
type sqliteEngine struct{ db *DB }

// openSQLite opens the directory of config, and makes it if it is new.
func (db *DB) openSQLite(ctx context.Context, config Config) error {
	path := filepath.Join(config.Dir, databaseFile)
	db.path = path
	if config.Existing && hasNoPage(path) && !isSwapping(config.Dir) {
		return fmt.Errorf("%s: %w", config.Dir, ErrNoStore)
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(config.Dir)
	if err != nil {
		return err
	}
	db.close = append(db.close, lock.release)
	if err := finishSwap(config.Dir); err != nil {
		return err
	}
	empty := hasNoPage(path)
	if config.KeyFile == "" {
		config.KeyFile = filepath.Join(config.Dir, keyFile)
	}
	if db.seal, err = openKey(config.KeyFile, empty); err != nil {
		return err
	}
	if empty {
		// SQLite would make it readable for others.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make the database: %w", err)
		}
		f.Close()
		// After a first page that was written on a full disk, say, the next process would not make it as it should be.
		db.half = path
		db.close = append(db.close, func() error { return db.removeHalf() })
	}
	return db.connectSQLite(ctx, path, empty, config.Unsafe)
}

// removeHalf removes the database if Open has begun to make it and has not come to its end.
func (db *DB) removeHalf() (err error) {
	if db.half == "" {
		return nil
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err = errors.Join(err, removeIfThere(db.half+suffix))
	}
	return err
}

// hasNoPage reports whether a store has to be made: of a process that ended before it had made the first page an empty
// file is left.
func hasNoPage(path string) bool {
	info, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0
}

func (db *DB) connectSQLite(ctx context.Context, path string, empty, unsafe bool) error {
	db.engine, db.sync = sqliteEngine{db}, syncAlways
	if unsafe {
		db.sync = syncNever
	}
	if err := errors.Join(registerFold(), registerMatch()); err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", sqliteURL(path, empty, db.sync))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	db.close = append(db.close, pool.Close)
	db.logPath = path + "-wal"
	connect := func() (*session, error) {
		s, err := newSession(ctx, pool)
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		return s, nil
	}
	if db.writer, err = connect(); err != nil {
		return err
	}
	db.close = append(db.close, db.writer.close)
	if _, err := db.writer.conn.ExecContext(ctx, "PRAGMA cache_size = -8000"); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if db.checkpointer, err = connect(); err != nil {
		return err
	}
	db.close = append(db.close, db.checkpointer.close)
	patience := fmt.Sprintf("PRAGMA busy_timeout = %d", checkpointPatience.Milliseconds())
	if _, err := db.checkpointer.conn.ExecContext(ctx, patience); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return db.addReaders(path)
}

// addReaders makes the sessions that read. They connect when they are used first: otherwise that would be most of what it takes
// to open a store.
func (db *DB) addReaders(path string) error {
	path, err := filepath.Abs(path) // the process may go elsewhere
	if err != nil {
		return fmt.Errorf("find the database: %w", err)
	}
	pool, err := sql.Open("sqlite", sqliteURL(path, false, db.sync))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	db.close = append(db.close, pool.Close, func() error { close(db.readers); return nil })
	connect := func(ctx context.Context) (*sql.Conn, *pgx.Conn, error) {
		conn, err := pool.Conn(ctx)
		return conn, nil, err
	}
	for range readerCount {
		db.readers <- &session{connect: connect, placeholders: sqliteEngine{}.placeholders}
		// Whichever it is: each that comes back is one that nobody uses.
		db.close = append(db.close, func() error { return (<-db.readers).close() })
	}
	return nil
}

// syncMode says what a commit waits for.
type syncMode string

const (
	syncNever  syncMode = "OFF"
	syncLater  syncMode = "NORMAL" // the log is whole in any case, and on disk with the next commit that is always
	syncAlways syncMode = "FULL"
)

// sqliteURL names the database with what every connection to it needs. Nobody but the
// checkpointer moves the log into the database, so that no commit waits for it.
func sqliteURL(path string, empty bool, sync syncMode) string {
	values := url.Values{"mode": {"rw"}, "_pragma": {
		"journal_mode(WAL)",
		"synchronous(" + string(sync) + ")",
		"wal_autocheckpoint(0)",
		"journal_size_limit(" + strconv.Itoa(keptLog) + ")", // what a burst has added goes when the log begins anew
		"busy_timeout(10000)",
		"cache_size(-1000)",
		"temp_store(MEMORY)",
	}}
	if empty {
		// Only then: it writes, which a full disk does not take, and changes nothing later.
		values.Add("_pragma", "auto_vacuum(INCREMENTAL)")
	}
	return fileURL(path, values)
}

func (sqliteEngine) beginView(ctx context.Context, s *session, _ bool) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.exec(ctx, "BEGIN")
}

// beginUpdate makes the next commit wait for the disk or not, and takes the lock of those who write.
func (e sqliteEngine) beginUpdate(ctx context.Context, tx *Tx, lazy bool) error {
	mode := syncAlways
	if lazy {
		mode = syncLater
	}
	if db := e.db; db.sync != syncNever && db.sync != mode {
		if err := tx.session.exec(ctx, "PRAGMA synchronous = "+string(mode)); err != nil {
			return fmt.Errorf("set how commits are synchronized: %w", err)
		}
		db.sync = mode
	}
	return tx.session.exec(ctx, "BEGIN IMMEDIATE")
}

func (e sqliteEngine) commit(ctx context.Context, tx *Tx) error {
	if err := tx.session.exec(ctx, "COMMIT"); err != nil {
		signal(e.db.checkpoint) // a log that begins anew may have room, also on a full disk
		return err
	}
	e.db.wantCheckpoint(tx.pages)
	return nil
}

func (sqliteEngine) rollback(ctx context.Context, tx *Tx) {
	_ = tx.session.exec(ctx, "ROLLBACK") // fails only if SQLite has rolled back by itself
}

// verdict: one writes at a time, and nothing is in his way.
func (sqliteEngine) verdict(*session, error) verdict { return lasting }

func (sqliteEngine) defers() bool { return true }

func (sqliteEngine) tryLock(context.Context, *Tx, lockedWork) (bool, error) { return true, nil }

func (sqliteEngine) gone(string, int64) {}

func (e sqliteEngine) sizes() (database, log int64) {
	return fileSize(e.db.path), fileSize(e.db.logPath)
}

func (e sqliteEngine) upkeep(ctx context.Context, log *slog.Logger) {
	var wg sync.WaitGroup
	wg.Go(func() { e.db.keep(ctx, log, e.db.checkpoint, e.db.shortenLog) })
	wg.Go(func() { e.db.keepLogShort(ctx, log) })
	wg.Wait()
}

func (sqliteEngine) placeholders(text string) string { return text }

func (sqliteEngine) indexedBy(index string) string { return " INDEXED BY " + index }

func (sqliteEngine) rows(array, alias string) (from, text string) {
	return sqliteDialect{}.rows(array, alias)
}

func (sqliteEngine) field(column, name string) string {
	var d sqliteDialect
	return d.text(d.member(d.document(column), name))
}

// machineError tells a machine that cannot write from a mistake of ours.
func machineError(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM:
			return unavailable(err)
		}
	}
	if isPostgresDown(err) {
		return unavailable(err)
	}
	return err
}
