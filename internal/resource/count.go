package resource

import (
	"context"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// CountMost is how far Counts counts.
const CountMost = 1000

// Counts returns how many resources of each of kinds the organizations with these paths own, by
// path, as GET /v2/<plural>?organization=<id> counts them, but up to CountMost. What caller may
// not list is left out. It costs as much as is counted, however much there is.
func (r *Resources) Counts(ctx context.Context, caller *account.Caller, paths []string, kinds ...*bellhop.Kind) (map[*bellhop.Kind]map[string]int, error) {
	counts := map[*bellhop.Kind]map[string]int{}
	err := r.db.View(ctx, func(tx *store.Tx) (err error) {
		for _, kind := range kinds {
			var seen []string
			for _, path := range paths {
				if caller.ScopeAt(path) >= kind.Access.List {
					seen = append(seen, path)
				}
			}
			if counts[kind], err = tx.CountOwned(ctx, kind, seen, CountMost); err != nil {
				return err
			}
		}
		return nil
	})
	return counts, err
}
