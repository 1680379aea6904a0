package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// moveBytes is how many bytes the rows of a transaction have, about, before it is committed.
const moveBytes = 8 << 20

// copyTable copies the rows that are not there yet. They are copied in the order of their keys, and a batch is there as
// a whole or not at all: so what is there is the beginning, and the last key that is there says where to go on.
func (m *mover) copyTable(ctx context.Context, t moveTable) error {
	p := MoveProgress{Step: MoveCopy, Table: t.name}
	var err error
	if p.Total, err = countRows(ctx, m.from, t); err != nil {
		return err
	}
	if p.Done, err = countRows(ctx, m.to, t); err != nil {
		return err
	}
	var last []any
	text := "SELECT " + quote(t.key...) + " FROM " + t.quoted() + " ORDER BY " + strings.Join(quoteEach(t.key), " DESC, ") + " DESC LIMIT 1"
	err = m.to.rows(ctx, text, nil, func(row []any) error {
		last = slices.Clone(row)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the last row that is there: %w", err)
	}
	m.Progress(p)
	// One end reads the next batch while the other one writes.
	batches := make(chan [][]any)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(batches)
		return m.readBatches(gctx, t, last, batches)
	})
	g.Go(func() error {
		for batch := range batches {
			if err := m.to.insert(gctx, t, batch); err != nil {
				return err
			}
			p.Done += int64(len(batch))
			m.Progress(p)
			if err := gctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// readBatches reads the rows behind last, all if that is nil.
func (m *mover) readBatches(ctx context.Context, t moveTable, last []any, batches chan<- [][]any) error {
	var batch [][]any
	size := 0
	send := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
		batch, size = nil, 0
		return nil
	}
	err := m.from.rows(ctx, t.selectRows(last != nil), last, func(row []any) error {
		batch = append(batch, row)
		size += sizeOf(row)
		if len(batch) < m.Batch && size < moveBytes {
			return nil
		}
		return send()
	})
	if err != nil {
		return err
	}
	return send()
}

func countRows(ctx context.Context, end moveEnd, t moveTable) (n int64, err error) {
	if err := end.QueryRowContext(ctx, "SELECT count(*) FROM "+t.quoted()).Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}

// setNumbers makes what the target numbers go on where the source has ended, also where retention has removed rows
// whose numbers somebody knows.
func (m *mover) setNumbers(ctx context.Context) error {
	last, err := m.from.numbers(ctx)
	if err != nil {
		return err
	}
	if err := m.to.exec(ctx, "UPDATE removed SET event = $1, delivery = $2", last.event, last.delivery); err != nil {
		return err
	}
	// All deliveries have their rows: Open wrote them before the move.
	if err := m.to.exec(ctx, "UPDATE deferral SET first_event = $1", last.event+1); err != nil {
		return err
	}
	var changes int64
	if err := m.from.QueryRowContext(ctx, "SELECT number FROM tunnel_changes").Scan(&changes); err != nil {
		return err
	}
	if err := m.to.exec(ctx, "UPDATE tunnel_changes SET number = $1", changes); err != nil {
		return err
	}
	return m.to.setNumbers(ctx, m.tables, last)
}
