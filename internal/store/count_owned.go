package store

import (
	"context"
	"encoding/json"
	"fmt"

	"bellhop"
)

// CountOwned returns how many resources of kind the owners with these paths have, each counted
// up to most, by path.
func (tx *Tx) CountOwned(ctx context.Context, kind *bellhop.Kind, paths []string, most int) (map[string]int, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(paths)
	if err != nil {
		return nil, err
	}
	from, path := tx.db.engine.rows("$1", "v")
	counts := make(map[string]int, len(paths))
	err = tx.each(ctx, "SELECT "+path+", (SELECT count(*) FROM (SELECT 1 FROM "+kind.Plural+" WHERE org_path = "+path+" LIMIT $2) AS counted) FROM "+from,
		[]any{string(list), most}, func(row scanner) error {
			var path string
			var n int
			err := row.Scan(&path, &n)
			counts[path] = n
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("count %s: %w", kind.Plural, err)
	}
	return counts, nil
}
