package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"bellhop"
)

// NodeID names one life of a node: from its joining until it leaves, or others have declared it
// dead. Then the process, if it lives, joins again under another one. So an id is the epoch of all
// that was leased under it. It is 24 hex digits.
type NodeID string

// NodeRow is a node as all nodes see it.
type NodeRow struct {
	ID      NodeID
	Name    string // for people
	Version string // of its program
	Started bellhop.Time
	Leaving bool  // it gives away what it owns, and gets nothing any more
	Beat    int64 // another number each time that it has shown to be alive
}

// NodesView is what is known of the nodes at one time.
type NodesView struct {
	Nodes  []NodeRow          // by name and id
	Owners [Partitions]NodeID // "" is nobody
	Now    time.Time          // by the clock of the database, if a Beat has asked for it
}

// Assign says which partitions shall belong to whom, of those that may be moved. It is asked in a
// transaction, and the view it gets is what holds until its end.
type Assign func(NodesView) map[int]NodeID

// ErrFenced is returned to a node whose row is gone: others have taken it for dead, and own what
// it had.
var ErrFenced = errors.New("other nodes have taken this one for dead")

// Shared reports whether several processes may use the store at the same time.
func (db *DB) Shared() bool {
	_, shared := db.engine.(*postgresEngine)
	return shared
}

// lockNodes is waited for at most that long: who has it may wait for the last transactions of a
// node that is dead.
const lockNodes = 2 * time.Second

// nodeIdle is how long the server lets a transaction of a NodeConn wait for its next statement.
const nodeIdle = 2 * time.Second

// NodeConn is a connection that a node has for itself, beside all others of the store, so that no
// load delays it. It is for one goroutine, and of no use after an error of the database.
type NodeConn struct {
	db      *DB
	pg      *pgx.Conn
	durably string // the setting of commits that wait for the disk
	channel string // what notifications of this store go by
}

// ConnectNode opens a connection for what nodes do. The caller closes it.
func (db *DB) ConnectNode(ctx context.Context) (*NodeConn, error) {
	e, ok := db.engine.(*postgresEngine)
	if !ok {
		return nil, errors.New("the store has no nodes")
	}
	c, err := e.connectNode(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return c, nil
}

func (e *postgresEngine) connectNode(ctx context.Context) (*NodeConn, error) {
	pg, err := connectFirst(ctx, &e.latest, len(e.servers), func(ctx context.Context, server int) (*pgx.Conn, error) {
		settings := e.servers[server].Copy()
		// Who does not wait any more gives the connection up.
		settings.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
			return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
		}
		// A node that is stopped in a transaction must not hold up others.
		settings.RuntimeParams["idle_in_transaction_session_timeout"] = milliseconds(nodeIdle)
		return pgx.ConnectConfig(ctx, settings)
	}, func(conn *pgx.Conn) { _ = conn.Close(ctx) }) // nothing was done on it
	if err != nil {
		return nil, err
	}
	c := &NodeConn{db: e.db, pg: pg}
	// Notifications are for all of the database, in which there may be more than one store.
	err = pg.QueryRow(ctx, "SELECT 'bellhop_' || left(md5(current_schema()), 12), "+e.durably()).Scan(&c.channel, &c.durably)
	if err == nil {
		_, err = pg.Exec(ctx, "SET synchronous_commit = off") // what waits for the disk says so
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the connection.
func (c *NodeConn) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.pg.Close(ctx) // what is lost cannot be closed well
}

// Join makes a node a member, and assigns what belongs to nobody. From then on every Update of this
// store is one of this node: it fails once the node's row is gone.
func (c *NodeConn) Join(ctx context.Context, n NodeRow, assign Assign) error {
	err := c.change(ctx, func(tx pgx.Tx) error {
		// It is there already if the answer to a first try was lost.
		_, err := tx.Exec(ctx, `INSERT INTO nodes (id, name, version, started, sessions, leaving, beat) VALUES ($1, $2, $3, $4, $5, 0, 0)
			ON CONFLICT (id) DO NOTHING`,
			string(n.ID), n.Name, n.Version, int64(n.Started), c.db.sessions)
		if err != nil {
			return err
		}
		return reassign(ctx, tx, assign)
	})
	if err != nil {
		return fmt.Errorf("join the nodes: %w", err)
	}
	c.db.setNode(n.ID)
	return nil
}

// Beat shows that a node is alive and returns what is known of all. It returns ErrFenced if the
// node is no member any more.
func (c *NodeConn) Beat(ctx context.Context, node NodeID) (NodesView, error) {
	batch := new(pgx.Batch)
	// To compare clocks is the one reason to ask for the time of the database.
	batch.Queue("UPDATE nodes SET beat = beat + 1 WHERE id = $1 RETURNING (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", string(node))
	queueView(batch)
	results := c.pg.SendBatch(ctx, batch)
	defer results.Close()
	var micros int64
	err := results.QueryRow().Scan(&micros)
	fenced := errors.Is(err, pgx.ErrNoRows)
	if err != nil && !fenced {
		return NodesView{}, fmt.Errorf("beat: %w", err)
	}
	view, err := readView(results)
	if err == nil {
		err = results.Close()
	}
	switch {
	case err != nil:
		return NodesView{}, fmt.Errorf("read the nodes: %w", err)
	case fenced:
		return NodesView{}, ErrFenced
	}
	view.Now = time.UnixMicro(micros)
	return view, nil
}

// Bury removes a node that has not beaten since its beat was that number, and assigns what it
// owned. It reports false if the node has, or is gone already. When it returns true no transaction
// of the node is under way, and none can commit any more.
func (c *NodeConn) Bury(ctx context.Context, node NodeID, beat int64, assign Assign) (bool, error) {
	buried := false
	err := c.change(ctx, func(tx pgx.Tx) error {
		var sessions string
		err := tx.QueryRow(ctx, "SELECT sessions FROM nodes WHERE id = $1 AND beat = $2", string(node), beat).Scan(&sessions)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if sessions != c.db.sessions {
			// A node that was stopped in a transaction would hold its locks until it goes on.
			_, err = tx.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE application_name = $1 AND datname = current_database() AND usename = current_user`, sessions)
			if err != nil {
				return err
			}
		}
		if buried, err = remove(ctx, tx, node, &beat); err != nil || !buried {
			return err
		}
		return reassign(ctx, tx, assign)
	})
	if err != nil {
		return false, fmt.Errorf("remove node %s: %w", node, err)
	}
	return buried, nil
}

// Leave removes this node, which does not use the store as a node any more, and assigns what it
// still owned.
func (c *NodeConn) Leave(ctx context.Context, node NodeID, assign Assign) error {
	c.db.setNode("")
	return c.Forget(ctx, node, assign)
}

// Forget removes a node that this one was, and assigns what it still owned.
func (c *NodeConn) Forget(ctx context.Context, node NodeID, assign Assign) error {
	err := c.change(ctx, func(tx pgx.Tx) error {
		if _, err := remove(ctx, tx, node, nil); err != nil {
			return err
		}
		return reassign(ctx, tx, assign)
	})
	if err != nil {
		return fmt.Errorf("leave the nodes: %w", err)
	}
	return nil
}

// remove removes the row of a node when its last transaction has ended, and frees its partitions; with beat only if that is
// the number of its last one.
func remove(ctx context.Context, tx pgx.Tx, node NodeID, beat *int64) (bool, error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", node.lock()); err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, "DELETE FROM nodes WHERE id = $1 AND beat = coalesce($2::bigint, beat)", string(node), beat)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, "UPDATE leases SET node = '', epoch = epoch + 1 WHERE node = $1", string(node))
	return true, err
}

// Retire says that a node is leaving: it gets no partition any more.
func (c *NodeConn) Retire(ctx context.Context, node NodeID) error {
	err := c.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE nodes SET leaving = 1 WHERE id = $1", string(node))
		return err
	})
	if err != nil {
		return fmt.Errorf("say that this node leaves: %w", err)
	}
	return nil
}

// Give moves partitions of a node, which has ended to deliver them, to others, and assigns those that would be
// nobody's since who was to have them is gone. After an error they may be moved, or be so later: it is called again.
func (c *NodeConn) Give(ctx context.Context, from NodeID, moves map[int]NodeID, assign Assign) error {
	err := c.change(ctx, func(tx pgx.Tx) error {
		if err := move(ctx, tx, moves, string(from)); err != nil {
			return err
		}
		return reassign(ctx, tx, assign)
	})
	if err != nil {
		return fmt.Errorf("hand over %d partitions: %w", len(moves), err)
	}
	return nil
}

// change runs f in a transaction, one after the other on all nodes, and tells them of it.
func (c *NodeConn) change(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, c.pg, func(tx pgx.Tx) error {
		for _, text := range []string{
			"SET LOCAL synchronous_commit = " + c.durably,
			"SET LOCAL lock_timeout = " + milliseconds(lockNodes),
			"LOCK TABLE leases IN SHARE ROW EXCLUSIVE MODE",
		} {
			if _, err := tx.Exec(ctx, text); err != nil {
				return err
			}
		}
		if err := f(tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_notify($1, $2)", c.channel, NodesChanged)
		return err
	})
}

// reassign moves what belongs to nobody to whom assign says.
func reassign(ctx context.Context, tx pgx.Tx, assign Assign) error {
	batch := new(pgx.Batch)
	queueView(batch)
	results := tx.SendBatch(ctx, batch)
	view, err := readView(results)
	if err := errors.Join(err, results.Close()); err != nil {
		return err
	}
	return move(ctx, tx, assign(view), "")
}

// move moves partitions of from.
func move(ctx context.Context, tx pgx.Tx, moves map[int]NodeID, from string) error {
	if len(moves) == 0 {
		return nil
	}
	var partitions []int64
	var nodes []string
	for partition, node := range moves {
		partitions = append(partitions, int64(partition))
		nodes = append(nodes, string(node))
	}
	// A node that is gone since is nobody.
	_, err := tx.Exec(ctx, `UPDATE leases AS l SET node = coalesce(n.id, ''), epoch = l.epoch + 1
		FROM unnest($1::bigint[], $2::text[]) AS m(partition, node) LEFT JOIN nodes AS n ON n.id = m.node
		WHERE l.partition = m.partition AND l.node = $3`, partitions, nodes, from)
	return err
}

func queueView(batch *pgx.Batch) {
	batch.Queue("SELECT id, name, version, started, leaving, beat FROM nodes ORDER BY name, id")
	batch.Queue("SELECT partition, node FROM leases")
}

func readView(results pgx.BatchResults) (view NodesView, err error) {
	rows, err := results.Query()
	if err != nil {
		return view, err
	}
	view.Nodes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n NodeRow, err error) {
		var id string
		var leaving, started int64
		err = row.Scan(&id, &n.Name, &n.Version, &started, &leaving, &n.Beat)
		n.ID, n.Started, n.Leaving = NodeID(id), bellhop.Time(started), leaving != 0
		return n, err
	})
	if err != nil {
		return view, err
	}
	if rows, err = results.Query(); err != nil {
		return view, err
	}
	var partition int
	var node string
	_, err = pgx.ForEachRow(rows, []any{&partition, &node}, func() error {
		if partition < 0 || partition >= Partitions {
			return fmt.Errorf("there is no partition %d", partition)
		}
		view.Owners[partition] = NodeID(node)
		return nil
	})
	return view, err
}
