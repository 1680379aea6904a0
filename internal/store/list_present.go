package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Present returns those of ids that resources of kind have which v shows, in no order.
func (tx *Tx) Present(ctx context.Context, kind *bellhop.Kind, ids []bellhop.ID, v Visible) ([]bellhop.ID, error) {
	s := tx.selection(documentSource(kind))
	where, some := s.where(nil, v)
	condition := s.isID("d.id", ids)
	if !some || condition == "" {
		return nil, nil
	}
	if where == "" {
		where = " WHERE " + condition
	} else {
		where += " AND " + condition
	}
	var present []bellhop.ID
	_, err := tx.scanRows(ctx, "SELECT d.id FROM "+s.from+where, s.args, func(row scanner) error {
		var id bellhop.ID
		err := row.Scan(&id)
		present = append(present, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", kind.Plural, err)
	}
	return present, nil
}
