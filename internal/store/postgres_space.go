package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// countedAfter is how long the server may take to count rows that were removed.
const countedAfter = 20 * time.Second

// space is what the rows of a store take. The size of a table does not say it: what was removed leaves room for others, but
// a table rarely becomes shorter. So the rows are counted, as the server does it all the time, and some of the newest are
// measured. It is about right, and never much too small.
type space struct {
	mu       sync.Mutex
	measured time.Time
	live     int64            // bytes, when it was measured
	rows     map[string]int64 // bytes that a row of a table takes
	removed  int64            // bytes, since then
}

// indexed is about how many bytes a row takes in the indexes of its table.
func indexed(table string) int64 {
	switch table {
	case "events":
		return 180
	case "deliveries":
		return 120
	}
	return 30
}

func (e *postgresEngine) use(ctx context.Context) (use, error) {
	live, ok := e.space.lately()
	if ok {
		return use{pages: live, pageSize: 1}, nil
	}
	rows := map[string]int64{}
	err := e.db.View(ctx, func(tx *Tx) (err error) {
		live, err = tx.measure(ctx, rows)
		return err
	})
	if err != nil {
		return use{}, fmt.Errorf("measure what the store takes: %w", err)
	}
	e.space.mu.Lock()
	defer e.space.mu.Unlock()
	e.space.measured, e.space.live, e.space.rows, e.space.removed = time.Now(), live, rows, 0
	return use{pages: live, pageSize: 1}, nil
}

// lately returns what is known of the space, unless that is old.
func (s *space) lately() (live int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.live-s.removed, 0), !s.measured.IsZero() && time.Since(s.measured) <= countedAfter
}

// gone notes that rows of a table were removed, and that the server may not have counted that yet.
func (e *postgresEngine) gone(table string, n int64) {
	e.space.mu.Lock()
	defer e.space.mu.Unlock()
	e.space.removed += n * e.space.rows[table]
	e.space.measured = time.Now()
}

// measure returns how many bytes the rows of the store take, and sets those of one row in the tables that grow.
func (tx *Tx) measure(ctx context.Context, rows map[string]int64) (live int64, err error) {
	for table, text := range map[string]string{
		"events":     "SELECT coalesce(avg(pg_column_size(t.*)), 0)::bigint FROM (SELECT * FROM events ORDER BY seq DESC LIMIT 200) AS t",
		"deliveries": "SELECT coalesce(avg(pg_column_size(t.*)), 0)::bigint FROM (SELECT * FROM deliveries ORDER BY seq DESC LIMIT 200) AS t",
		"attempts":   "SELECT coalesce(avg(pg_column_size(t.*)), 0)::bigint FROM (SELECT * FROM attempts ORDER BY delivery DESC LIMIT 200) AS t",
	} {
		var size, counted int64
		if err := tx.get(ctx, text, nil, &size); err != nil {
			return 0, err
		}
		// Whoever has crashed has forgotten how many rows there are, but not how many there were when it looked last.
		err := tx.get(ctx, `SELECT CASE s.n_live_tup WHEN 0 THEN greatest(c.reltuples, 0)::bigint ELSE s.n_live_tup END
			FROM pg_class AS c JOIN pg_stat_user_tables AS s ON s.relid = c.oid WHERE c.oid = $1::text::regclass`, []any{table}, &counted)
		if err != nil {
			return 0, err
		}
		rows[table] = size + indexed(table)
		live += counted * rows[table]
	}
	var others int64
	err = tx.get(ctx, `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c
		WHERE c.relkind = 'r' AND c.relname NOT IN ('events', 'deliveries', 'attempts')
			AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'schema_version'::regclass)`, nil, &others)
	return live + others, err
}

// readSize notes how large the database is.
func (e *postgresEngine) readSize(ctx context.Context) error {
	return e.db.View(ctx, func(tx *Tx) error {
		var size int64
		if err := tx.get(ctx, "SELECT pg_database_size(current_database())", nil, &size); err != nil {
			return fmt.Errorf("read how large the database is: %w", err)
		}
		e.size.Store(size)
		return nil
	})
}

func (e *postgresEngine) sizes() (database, log int64) { return e.size.Load(), 0 }
