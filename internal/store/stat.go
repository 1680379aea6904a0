package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bellhop"
)

// The spans that stats are kept by: what is older than a day by hour, all else by minute.
const (
	StatMinute = time.Minute
	StatHour   = time.Hour
)

// ServicePaths returns the paths of the organizations that own these services; of those that are
// deleted none.
func (tx *Tx) ServicePaths(ctx context.Context, services []bellhop.ID) (map[bellhop.ID]string, error) {
	text, err := json.Marshal(services)
	if err != nil {
		return nil, err
	}
	paths := make(map[bellhop.ID]string, len(services))
	rows, id := tx.db.engine.rows("$1", "v")
	err = tx.each(ctx, "SELECT id, org_path FROM services WHERE id IN (SELECT "+id+" FROM "+rows+")", []any{string(text)}, func(row scanner) error {
		var id bellhop.ID
		var path string
		if err := row.Scan(&id, &path); err != nil {
			return err
		}
		paths[id] = path
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who owns services: %w", err)
	}
	return paths, nil
}

// AddStat adds to what is known of the minute that s is of. Its Service may also be an
// organization: of that they are the sums of all services that it, or one below it, owns.
func (tx *Tx) AddStat(ctx context.Context, s *bellhop.Stat) error {
	return tx.addStat(ctx, StatMinute, s)
}

func (tx *Tx) addStat(ctx context.Context, step time.Duration, s *bellhop.Stat) error {
	sum := *s
	var durations []byte
	var known bellhop.Stat
	err := tx.get(ctx, "SELECT delivered, failed, durations FROM stats WHERE service = $1 AND step = $2 AND at = $3",
		[]any{s.Service, step.Milliseconds(), s.At}, &known.Delivered, &known.Failed, &durations)
	if err == nil {
		if err = known.Durations.UnmarshalBinary(durations); err == nil {
			sum.Add(&known)
		}
	} else if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err == nil {
		durations, err = sum.Durations.AppendBinary(make([]byte, 0, 64))
	}
	if err == nil {
		_, err = tx.exec(ctx, `INSERT INTO stats (service, step, at, delivered, failed, durations) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (service, step, at) DO UPDATE SET delivered = excluded.delivered, failed = excluded.failed, durations = excluded.durations`,
			s.Service, step.Milliseconds(), s.At, sum.Delivered, sum.Failed, durations)
	}
	if err != nil {
		return fmt.Errorf("add to the stats of service %s: %w", s.Service, err)
	}
	return nil
}

// Stats calls f for each span of a service that begins in [from, to), in no order. What f
// is given is valid until it returns.
func (tx *Tx) Stats(ctx context.Context, service bellhop.ID, from, to bellhop.Time, f func(*bellhop.Stat)) error {
	var s bellhop.Stat
	err := tx.each(ctx, "SELECT at, delivered, failed, durations FROM stats WHERE service = $1 AND step IN ($2, $3) AND at >= $4 AND at < $5",
		[]any{service, StatMinute.Milliseconds(), StatHour.Milliseconds(), from, to}, func(row scanner) error {
			var durations []byte
			if err := row.Scan(&s.At, &s.Delivered, &s.Failed, &durations); err != nil {
				return err
			}
			if err := s.Durations.UnmarshalBinary(durations); err != nil {
				return err
			}
			s.Service = service
			f(&s)
			return nil
		})
	if err != nil {
		return fmt.Errorf("read the stats of service %s: %w", service, err)
	}
	return nil
}

// StatSums calls f for each span of that step that begins in [from, to), counted from from, in which
// something is known of one of the services: with the number of the span, from 0, and with sums that
// lack Durations. What is older than a day must not be asked for, of which hours alone are kept.
func (tx *Tx) StatSums(ctx context.Context, services []bellhop.ID, from, to bellhop.Time, step time.Duration, f func(span int, sum *bellhop.Stat)) error {
	list, err := json.Marshal(services)
	if err != nil {
		return err
	}
	rows, id := tx.db.engine.rows("$1", "v")
	err = tx.each(ctx, "SELECT service, (at - $2) / $3 AS span, SUM(delivered), SUM(failed) FROM stats WHERE service IN (SELECT "+id+" FROM "+rows+
		") AND step = $4 AND at >= $2 AND at < $5 GROUP BY service, span",
		[]any{string(list), from, step.Milliseconds(), StatMinute.Milliseconds(), to}, func(row scanner) error {
			var span int
			var sum bellhop.Stat
			if err := row.Scan(&sum.Service, &span, &sum.Delivered, &sum.Failed); err != nil {
				return err
			}
			sum.At = from + bellhop.Time(span)*bellhop.Time(step.Milliseconds())
			f(span, &sum)
			return nil
		})
	if err != nil {
		return fmt.Errorf("sum the stats of %d services: %w", len(services), err)
	}
	return nil
}

// JoinStats moves up to n of the minutes before that time to their hours, the oldest
// first, and reports how many it has moved.
func (tx *Tx) JoinStats(ctx context.Context, before bellhop.Time, n int) (int, error) {
	minutes := make([]bellhop.Stat, 0, n)
	err := tx.each(ctx, `SELECT service, at, delivered, failed, durations FROM stats`+tx.db.engine.indexedBy("stats_age")+`
		WHERE step = $1 AND at < $2 ORDER BY at LIMIT $3`, []any{StatMinute.Milliseconds(), before, n}, func(row scanner) error {
		var s bellhop.Stat
		var durations []byte
		if err := row.Scan(&s.Service, &s.At, &s.Delivered, &s.Failed, &durations); err != nil {
			return err
		}
		minutes = append(minutes, s)
		return minutes[len(minutes)-1].Durations.UnmarshalBinary(durations)
	})
	if err != nil {
		return 0, fmt.Errorf("read old stats: %w", err)
	}
	for i := range minutes {
		s := &minutes[i]
		if _, err := tx.exec(ctx, "DELETE FROM stats WHERE service = $1 AND step = $2 AND at = $3",
			s.Service, StatMinute.Milliseconds(), s.At); err != nil {
			return 0, fmt.Errorf("delete old stats: %w", err)
		}
		s.At -= s.At % bellhop.Time(StatHour.Milliseconds())
		if err := tx.addStat(ctx, StatHour, s); err != nil {
			return 0, err
		}
	}
	return len(minutes), nil
}

// DropStats removes up to n spans that began before that time, the oldest first, and
// reports how many it has removed.
func (tx *Tx) DropStats(ctx context.Context, before bellhop.Time, n int) (int, error) {
	dropped := 0
	for _, step := range []time.Duration{StatMinute, StatHour} {
		gone, err := tx.exec(ctx, `DELETE FROM stats WHERE (service, step, at) IN (
			SELECT service, step, at FROM stats`+tx.db.engine.indexedBy("stats_age")+` WHERE step = $1 AND at < $2 ORDER BY at LIMIT $3)`,
			step.Milliseconds(), before, n-dropped)
		if err != nil {
			return dropped, fmt.Errorf("drop old stats: %w", err)
		}
		dropped += int(gone)
	}
	return dropped, nil
}
