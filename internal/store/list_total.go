package store

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"bellhop"
)

// total counts the rows of all pages. That may take long where an index does not say it all, and who
// goes from page to page asks it each time: as long as no document of the kind, or of another one that the list
// looks at, has changed, the number that was found is still right.
func (tx *Tx) total(ctx context.Context, s *selection) (total int, err error) {
	args := s.args[:s.filters]
	key := ""
	kinds := append([]*bellhop.Kind{s.kind}, s.others...)
	if s.document != "" && s.countMost == 0 && !tx.write && tx.remembersTotals(kinds) {
		key = s.counted + fmt.Sprintf("%#v", args)
		if known, ok := tx.db.totals.get(key); ok {
			same, err := tx.isUnchanged(ctx, known.mark, kinds)
			if err != nil || same {
				return known.total, err
			}
		}
	}
	mark := tx.upTo
	if key != "" && tx.db.Shared() {
		if mark, err = tx.Mark(ctx, kinds...); err != nil {
			return 0, err
		}
	}
	if err := tx.queryRow(ctx, s.counted, args...).Scan(&total); err != nil {
		return 0, err
	}
	if key != "" {
		tx.db.totals.set(key, numberedTotal{mark, total})
	}
	return total, nil
}

// remembersTotals reports whether it can be told if documents of these kinds have changed.
func (tx *Tx) remembersTotals(kinds []*bellhop.Kind) bool {
	return !tx.db.Shared() || !slices.ContainsFunc(kinds, func(kind *bellhop.Kind) bool { return !isNumbered(kind) })
}

// isUnchanged reports whether all documents of these kinds are the same as in a transaction that had
// that mark. The reading has begun.
func (tx *Tx) isUnchanged(ctx context.Context, mark int64, kinds []*bellhop.Kind) (bool, error) {
	if tx.db.Shared() {
		now, err := tx.Mark(ctx, kinds...)
		return mark == now, err
	}
	mark = min(mark, tx.upTo)
	return !slices.ContainsFunc(kinds, func(kind *bellhop.Kind) bool { return tx.db.changes.logs[kind].newest.Load() > mark }), nil
}

// totals are numbers of rows that were counted.
type totals struct {
	mu    sync.Mutex
	known map[string]numberedTotal
}

type numberedTotal struct {
	mark  int64
	total int
}

// maxTotals bounds what totals remember, and maxTotalKey of what queries: at it all is forgotten, and counted again.
const (
	maxTotals   = 1000
	maxTotalKey = 4 << 10 // bytes
)

func (t *totals) get(key string) (numberedTotal, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.known[key]
	return known, ok
}

func (t *totals) set(key string, total numberedTotal) {
	if len(key) > maxTotalKey {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTotals {
		t.known = map[string]numberedTotal{}
	}
	t.known[key] = total
}
