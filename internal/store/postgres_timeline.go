package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A replica that is promoted begins a new timeline, and so does a backup that is restored up to a point in time. What
// the server before has committed may be missing there, if nobody had to wait for replicas, and with it numbers that were
// given: to deliveries, which lanes have read up to; to events, which streams have shown up to; to changes of what
// nodes have remembered. So who first writes on a new timeline leaves out more numbers than can be missing. Then all that
// is new has a higher number than anything that anybody has seen, and what was remembered is read anew.

// leftOut is how many numbers of each kind are.
const leftOut = 1 << 18

// timelines are those that this process has seen.
type timelines struct {
	counted atomic.Int64 // whose numbers are right

	mu      sync.Mutex
	newest  int64
	reached map[*reachedConn]bool // the connections to servers that are on it
}

// errReplica is of a server that cannot be written to, or not yet.
var errReplica = errors.New("the server is a replica, which cannot write")

// timelineOf asks a server for its timeline. One that speaks the protocol of PostgreSQL and keeps its log in another way has
// none, and loses nothing when it fails over: of that it is 0.
func timelineOf(ctx context.Context, conn *pgconn.PgConn) (int64, error) {
	result := conn.ExecParams(ctx, "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint", nil, nil, nil, nil).Read()
	switch postgresCode(result.Err) {
	case "0A000", "42883", forbidden: // not supported, unknown
		return 0, nil
	}
	if result.Err != nil || len(result.Rows) == 0 {
		return 0, errors.Join(errors.New("ask for the timeline of the server"), result.Err)
	}
	timeline, err := strconv.ParseInt(string(result.Rows[0][0]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the timeline of the server: %w", err)
	}
	return timeline, nil
}

// reach refuses a server whose place another one has taken: it may come back and not know it. It notes on which timeline
// the server is at the other end of conn, and ends the connections to servers that another one has replaced: one that hangs
// would be waited for until then.
func (t *timelines) reach(conn net.Conn, timeline int64) error {
	if timeline == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if timeline < t.newest {
		return fmt.Errorf("a replica has taken the place of the server, which is on timeline %d, and not on %d", timeline, t.newest)
	}
	if timeline > t.newest {
		for old := range t.reached {
			_ = old.Conn.Close() // whoever uses it hears of it
		}
		clear(t.reached)
		t.newest = timeline
	}
	if c, ok := unsecured(conn).(*reachedConn); ok {
		t.reached[c] = true
	}
	return nil
}

// dial is a dial whose connections reach may end, and which are not silent for long.
func (t *timelines) dial(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := endSilence(conn); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return &reachedConn{conn, t}, nil
	}
}

// reachedConn is a connection that reach may end. It lies below TLS: the driver has to see that, or else a password that is
// good for this one connection alone (channel_binding) would not be made.
type reachedConn struct {
	net.Conn
	t *timelines
}

func (c *reachedConn) Close() error {
	c.t.mu.Lock()
	delete(c.t.reached, c)
	c.t.mu.Unlock()
	return c.Conn.Close()
}

// countOn makes the numbers of a timeline right before anything is written on it.
func (t *timelines) countOn(ctx context.Context, pg *pgx.Conn, timeline int64) error {
	if timeline == 0 || t.counted.Load() == timeline {
		return nil
	}
	err := pgx.BeginFunc(ctx, pg, func(tx pgx.Tx) error {
		if known, err := knownTimeline(ctx, tx, timeline, ""); err != nil || known == timeline {
			return err
		}
		// One after the other: who comes second finds it done.
		if known, err := knownTimeline(ctx, tx, timeline, "FOR UPDATE"); err != nil || known == timeline {
			return err
		}
		batch := new(pgx.Batch)
		batch.Queue("UPDATE versions SET number = $1 WHERE kind = 'timeline'", timeline)
		batch.Queue(`UPDATE versions AS v SET number = last.number + $1, first = last.number + $1
			FROM (SELECT number FROM versions WHERE kind = '') AS last WHERE v.kind <> 'timeline'`, leftOut)
		batch.Queue("UPDATE numbers SET last_delivery = last_delivery + $1", leftOut)
		// To set it takes a right that the role need not have.
		batch.Queue("SELECT count(nextval('event_numbers')) FROM generate_series(1, $1)", leftOut)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("leave out numbers on timeline %d of the database: %w", timeline, err)
	}
	t.counted.Store(timeline)
	return nil
}

// knownTimeline returns the timeline that the numbers of the store are right on. For a store that knows of none that is the
// one it is on now.
func knownTimeline(ctx context.Context, tx pgx.Tx, now int64, locking string) (known int64, err error) {
	err = tx.QueryRow(ctx, "SELECT number FROM versions WHERE kind = 'timeline' "+locking).Scan(&known)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = tx.Exec(ctx, "INSERT INTO versions (kind, number, first) VALUES ('timeline', $1, 0) ON CONFLICT DO NOTHING", now)
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT number FROM versions WHERE kind = 'timeline'").Scan(&known)
		}
	}
	return known, err
}
