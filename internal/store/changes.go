package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"bellhop"
)

// changes numbers the changes of documents and remembers the latest, so that who keeps what
// he has made of all documents of a kind reads again only those that were changed.
//
// A change is noted before its statement runs, so before anybody can see it, and settled
// when its transaction has ended. Whoever sees a state of the store can therefore say which
// documents differ from an older one, or from a newer one: they are among those noted since.
// A change that was rolled back is noted too, and costs a reading.
type changes struct {
	settled atomic.Int64 // all changes up to this number belong to transactions that have ended
	logs    map[*bellhop.Kind]*changeLog

	mu     sync.Mutex
	number int64 // of the newest change
}

// changeLog are the changes of one kind.
type changeLog struct {
	newest  atomic.Int64 // number of the last one
	settled atomic.Int64 // and of the last one whose transaction has ended

	// Guarded by changes.mu.
	asked bool // nothing is remembered of kinds that nobody asks for
	from  int64
	known []numbered // those numbered above from, in their order
}

type numbered struct {
	number int64
	id     bellhop.ID
}

// mostKnown is how many changes of a kind are remembered at least. Who has missed more reads
// all documents anew.
const mostKnown = 4096

func newChangeLogs() map[*bellhop.Kind]*changeLog {
	logs := map[*bellhop.Kind]*changeLog{}
	for _, kind := range bellhop.Kinds() {
		logs[kind] = new(changeLog)
	}
	return logs
}

// note is called before documents are changed.
func (c *changes) note(kind *bellhop.Kind, ids ...bellhop.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	log := c.logs[kind]
	log.newest.Store(c.number)
	if !log.asked {
		return
	}
	for _, id := range ids {
		log.known = append(log.known, numbered{c.number, id})
	}
	if forget := len(log.known) - mostKnown; forget >= mostKnown {
		log.from = log.known[forget-1].number
		log.known = slices.Clone(log.known[forget:])
	}
}

// isAsked reports whether the ids of that kind's changes are remembered.
func (c *changes) isAsked(kind *bellhop.Kind) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.logs[kind].asked
}

// settle is called when a transaction that has changed these kinds is over.
func (c *changes) settle(kinds []*bellhop.Kind) {
	for _, kind := range kinds {
		log := c.logs[kind]
		log.settled.Store(log.newest.Load())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled.Store(c.number)
}

func (c *changes) after(mark int64, kinds []*bellhop.Kind) (ids [][]bellhop.ID, ok bool) {
	if mark >= 0 && !slices.ContainsFunc(kinds, func(kind *bellhop.Kind) bool { return c.logs[kind].newest.Load() > mark }) {
		return nil, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ids, ok = make([][]bellhop.ID, len(kinds)), true
	for i, kind := range kinds {
		log := c.logs[kind]
		if !log.asked {
			log.asked, log.from = true, log.newest.Load()
		}
		ok = ok && mark >= log.from
		first, _ := slices.BinarySearchFunc(log.known, mark, func(n numbered, mark int64) int {
			if n.number > mark {
				return 1
			}
			return -1
		})
		for _, n := range log.known[first:] {
			ids[i] = append(ids[i], n.id)
		}
		slices.Sort(ids[i])
		ids[i] = slices.Compact(ids[i])
	}
	return ids, ok
}

// Mark returns a number for what everybody sees of these kinds: another one after each change
// that is committed, by whatever process. Read it before reading what is to be kept under it.
func (db *DB) Mark(ctx context.Context, kinds ...*bellhop.Kind) (mark int64, err error) {
	if db.Shared() {
		return db.versions.mark(ctx, kinds)
	}
	return db.changes.mark(kinds), nil
}

func (c *changes) mark(kinds []*bellhop.Kind) (mark int64) {
	for _, kind := range kinds {
		mark = max(mark, c.logs[kind].settled.Load())
	}
	return mark
}

// Mark returns the number to keep with what is made of documents of these kinds that tx reads
// after it: see Changed. If it is not less than DB.Mark, what was kept is up to date.
func (tx *Tx) Mark(ctx context.Context, kinds ...*bellhop.Kind) (mark int64, err error) {
	if tx.db.Shared() {
		return tx.versionMark(ctx, kinds)
	}
	if !tx.write {
		return min(tx.upTo, tx.db.changes.mark(kinds)), nil
	}
	for _, kind := range kinds {
		mark = max(mark, tx.db.changes.logs[kind].newest.Load())
	}
	return mark, nil
}

// IsCurrent reports whether nothing of these kinds has changed since what has that mark was
// read, so that it can be used in tx.
func (tx *Tx) IsCurrent(ctx context.Context, mark int64, kinds ...*bellhop.Kind) (bool, error) {
	if tx.HasChanged(kinds...) {
		return false, nil
	}
	if !tx.db.Shared() {
		return mark >= tx.db.changes.mark(kinds), nil
	}
	now, err := tx.versionMark(ctx, kinds)
	return mark >= now, err
}

// Changed returns, for each of kinds, the ids of the documents that may be others in tx, or
// missing, or new, than in a transaction that had that mark; all others are the same. ids is
// nil if there are none. If it is not ok, too much has changed, or mark is below zero, and
// any document may be another one. Where several processes use the store, what has the mark
// of a newer transaction counts as unchanged.
func (tx *Tx) Changed(ctx context.Context, mark int64, kinds ...*bellhop.Kind) (ids [][]bellhop.ID, ok bool, err error) {
	if tx.db.Shared() {
		return tx.changedVersions(ctx, mark, kinds)
	}
	if !tx.write {
		// It may have seen less than who had the mark.
		mark = min(mark, tx.upTo)
		// From the first reading on, nothing more is committed for this transaction: what
		// it sees was noted by now.
		var any bool
		if err := tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM services)", nil, &any); err != nil {
			return nil, false, err
		}
	}
	ids, ok = tx.db.changes.after(mark, kinds)
	return ids, ok, nil
}

// HasChanged reports whether tx itself has changed documents of these kinds, so that it may
// see what nobody else does.
func (tx *Tx) HasChanged(kinds ...*bellhop.Kind) bool {
	return slices.ContainsFunc(kinds, func(kind *bellhop.Kind) bool { return slices.Contains(tx.bumped, kind) })
}

// bump notes that documents are about to be changed.
func (tx *Tx) bump(kind *bellhop.Kind, ids ...bellhop.ID) {
	if tx.db.Shared() {
		tx.noteVersions(kind, ids)
	} else {
		tx.db.changes.note(kind, ids...)
	}
	if !slices.Contains(tx.bumped, kind) {
		tx.bumped = append(tx.bumped, kind)
	}
}

// settleChanges is called when tx has ended.
func (tx *Tx) settleChanges() {
	if len(tx.bumped) > 0 {
		tx.db.changes.settle(tx.bumped)
	}
}
