package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"
)

// checkTable reads a table of both stores, at the same time, and compares them.
func (m *mover) checkTable(ctx context.Context, t moveTable) error {
	p := MoveProgress{Step: MoveCheck, Table: t.name}
	var err error
	if p.Total, err = countRows(ctx, m.from, t); err != nil {
		return err
	}
	m.Progress(p)
	var from, to MovedTable
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		from, err = sumTable(gctx, m.from, t, func(done int64) {
			p.Done = done
			m.Progress(p)
		})
		return err
	})
	g.Go(func() (err error) {
		to, err = sumTable(gctx, m.to, t, func(int64) {})
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	p.Done = from.Rows
	m.Progress(p)
	if from != to {
		return fmt.Errorf("the stores differ: %d rows with the sum %s are to be moved, and %d with the sum %s are there", from.Rows, from.SHA256, to.Rows, to.SHA256)
	}
	m.moved.Tables = append(m.moved.Tables, from)
	m.moved.Rows += from.Rows
	m.moved.Bytes += from.Bytes
	return nil
}

// sumTable reads all rows of a table in the order of their keys.
func sumTable(ctx context.Context, end moveEnd, t moveTable, progress func(done int64)) (MovedTable, error) {
	const often = 5000
	found := MovedTable{Name: t.name}
	sum := sha256.New()
	var line []byte
	err := end.rows(ctx, t.selectRows(false), nil, func(row []any) error {
		line = appendRow(line[:0], row)
		sum.Write(line)
		found.Bytes += int64(sizeOf(row))
		if found.Rows++; found.Rows%often == 0 {
			progress(found.Rows)
		}
		return nil
	})
	found.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return found, err
}

// appendRow appends what says all of a row, and is the same on each engine: for each value what it is, and itself, with
// its length before it where that differs.
func appendRow(b []byte, row []any) []byte {
	for _, value := range row {
		switch v := value.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 1), uint64(v))
		case float64:
			b = binary.BigEndian.AppendUint64(append(b, 2), math.Float64bits(v))
		case string:
			b = append(binary.AppendUvarint(append(b, 3), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, 4), uint64(len(v))), v...)
		default:
			panic(fmt.Sprintf("a value of a row is a %T", value)) // no column is of such a type
		}
	}
	return b
}
