package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bellhop"
)

// Where several processes use the store, the table versions says which change of a kind was
// the last one, and the table changes which documents were changed then. A transaction that
// changes something numbers it at its very end, and nobody else does so before it has
// committed: so numbers ascend in the order of commits, and whoever sees a number sees what
// was changed under it. Who wants to know whether what he has kept is up to date reads the
// numbers, in his transaction or by a query that he shares with others.
//
// Only kinds that somebody keeps things of are numbered, which change rarely: it makes their
// writers wait for each other.

// isNumbered reports whether changes of that kind are.
func isNumbered(kind *bellhop.Kind) bool {
	switch kind {
	case bellhop.Organizations, bellhop.Users, bellhop.Bots, bellhop.BotInstances, bellhop.Services:
		return true
	}
	return false
}

// versions are the numbers of the last changes, by kind.
type versions map[string]int64

// of returns the mark of kinds: the number of the newest change of them, and room for those
// that the transaction has not committed yet.
func (v versions) of(kinds []*bellhop.Kind) (mark int64, err error) {
	for _, kind := range kinds {
		if !isNumbered(kind) {
			return 0, fmt.Errorf("changes of kind %s are not numbered", kind.Name)
		}
		mark = max(mark, v[kind.Name])
	}
	return mark << ownBits, nil
}

// A mark is a number, and in its last bits how many changes of its own the transaction had
// made. With more of them than there is room for, nothing is known.
const (
	ownBits = 20
	maxOwn  = 1<<ownBits - 1
)

// noteVersions is bump for tx, which numbers its changes when it ends.
func (tx *Tx) noteVersions(kind *bellhop.Kind, ids []bellhop.ID) {
	if !isNumbered(kind) {
		return
	}
	for _, id := range ids {
		tx.changed = append(tx.changed, placed{kind, id})
	}
}

const readVersions = "SELECT kind, number FROM versions"

// readVersions returns the versions that tx sees: in a transaction that writes those of its begin, or
// of the first time that it asks, and after each Lock.
func (tx *Tx) readVersions(ctx context.Context) (versions, error) {
	if tx.versions != nil {
		return tx.versions, nil
	}
	v := versions{}
	err := tx.each(ctx, readVersions, nil, func(row scanner) error { return v.scan(row) })
	if err != nil {
		return nil, fmt.Errorf("read what has changed last: %w", err)
	}
	tx.versions = v
	return v, nil
}

// row is scan for what a pipe has brought.
func (v versions) row(values [][]byte) error {
	r := row{values: values}
	kind := r.text()
	v[kind] = r.int()
	return r.err
}

func (v versions) scan(row scanner) error {
	var kind string
	var number int64
	err := row.Scan(&kind, &number)
	v[kind] = number
	return err
}

func (tx *Tx) versionMark(ctx context.Context, kinds []*bellhop.Kind) (int64, error) {
	v, err := tx.readVersions(ctx)
	if err != nil {
		return 0, err
	}
	mark, err := v.of(kinds)
	if tx.HasChanged(kinds...) {
		mark += int64(min(len(tx.changed), maxOwn))
	}
	return mark, err
}

// changedVersions is Changed.
func (tx *Tx) changedVersions(ctx context.Context, mark int64, kinds []*bellhop.Kind) (ids [][]bellhop.ID, ok bool, err error) {
	v, err := tx.readVersions(ctx)
	if err != nil {
		return nil, false, err
	}
	now, err := v.of(kinds)
	if err != nil || mark < 0 || len(tx.changed) >= maxOwn {
		return nil, false, err
	}
	own := tx.changed
	if mark>>ownBits == now>>ownBits && mark&maxOwn <= int64(len(own)) {
		own = own[mark&maxOwn:]
	}
	ids, ok = make([][]bellhop.ID, len(kinds)), true
	if now>>ownBits > mark>>ownBits {
		if ok, err = tx.readChanges(ctx, mark>>ownBits, kinds, ids); err != nil || !ok {
			return nil, false, err
		}
	}
	some := false
	for i, kind := range kinds {
		for _, c := range own {
			if c.kind == kind {
				ids[i] = append(ids[i], c.id)
			}
		}
		slices.Sort(ids[i])
		ids[i] = slices.Compact(ids[i])
		some = some || len(ids[i]) > 0
	}
	if !some {
		return nil, true, nil
	}
	return ids, true, nil
}

// readChanges appends to ids what was changed after that number. It is not ok if that is not
// known any more.
func (tx *Tx) readChanges(ctx context.Context, after int64, kinds []*bellhop.Kind, ids [][]bellhop.ID) (ok bool, err error) {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.Name
	}
	ok = true
	// One statement, so that what is forgotten meanwhile does not go unnoticed.
	err = tx.each(ctx, `SELECT v.kind, v.first, coalesce(c.id, '') FROM versions AS v
		LEFT JOIN changes AS c ON c.kind = v.kind AND c.number > $1 WHERE v.kind = ANY ($2)`, []any{after, names}, func(row scanner) error {
		var kind string
		var first int64
		var id bellhop.ID
		if err := row.Scan(&kind, &first, &id); err != nil {
			return err
		}
		ok = ok && after >= first
		if id != "" {
			i := slices.Index(names, kind)
			ids[i] = append(ids[i], id)
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read what has changed: %w", err)
	}
	return ok, nil
}

// forgetEvery is after how many numbered changes of all kinds old ones are forgotten.
const forgetEvery = 256

// numberChanges numbers the changes that tx has made. It is the last thing that tx does before
// it commits, but for the numbers of deliveries.
func (tx *Tx) numberChanges(ctx context.Context) error {
	if len(tx.changed) == 0 {
		return nil
	}
	slices.SortFunc(tx.changed, func(a, b placed) int {
		if a.kind.Name != b.kind.Name {
			return strings.Compare(a.kind.Name, b.kind.Name)
		}
		return strings.Compare(string(a.id), string(b.id))
	})
	tx.changed = slices.Compact(tx.changed)
	var names, kinds, ids []string
	for _, c := range tx.changed {
		if !slices.Contains(names, c.kind.Name) {
			names = append(names, c.kind.Name)
		}
		kinds, ids = append(kinds, c.kind.Name), append(ids, string(c.id))
	}
	var number int64
	err := tx.get(ctx, `WITH next AS (UPDATE versions SET number = number + 1 WHERE kind = '' RETURNING number),
		kinds AS (UPDATE versions AS v SET number = next.number FROM next WHERE v.kind = ANY ($1)),
		ids AS (INSERT INTO changes (kind, number, id) SELECT c.kind, next.number, c.id FROM next, unnest($2::text[], $3::text[]) AS c (kind, id))
		SELECT number FROM next`, []any{names, kinds, ids}, &number)
	if err != nil {
		return fmt.Errorf("number %d changes: %w", len(ids), err)
	}
	tx.writes++
	if number%forgetEvery != 0 && len(ids) < mostKnown {
		return nil
	}
	return tx.forgetChanges(ctx)
}

// forgetChanges forgets all but the newest changes of each kind.
func (tx *Tx) forgetChanges(ctx context.Context) error {
	_, err := tx.exec(ctx, `UPDATE versions AS v SET first = old.number FROM (
			SELECT k.kind, (SELECT c.number FROM changes AS c WHERE c.kind = k.kind ORDER BY c.number DESC OFFSET $1 LIMIT 1) AS number
			FROM versions AS k) AS old
		WHERE v.kind = old.kind AND old.number > v.first`, mostKnown)
	if err == nil {
		_, err = tx.exec(ctx, "DELETE FROM changes AS c USING versions AS v WHERE c.kind = v.kind AND c.number <= v.first")
	}
	if err != nil {
		return fmt.Errorf("forget old changes: %w", err)
	}
	return nil
}
