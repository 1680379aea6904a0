package store

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/query"
)

// locateTime finds between which numbers lies what filters want of createdAt, in lists whose rows are
// numbered in the order of time: no index has it. The filters are still asked of each row.
func (s *selection) locateTime(ctx context.Context, tx *Tx, filters []query.Filter) error {
	if s.numbered == "" {
		return nil
	}
	for _, f := range filters {
		if f.Path.String() != "createdAt" {
			continue
		}
		var err error
		switch f.Op {
		case query.Greater, query.AtLeast:
			err = s.begin(ctx, tx, f.Values[0])
		case query.Less, query.AtMost:
			err = s.end(ctx, tx, f.Values[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *selection) begin(ctx context.Context, tx *Tx, text string) error {
	t, ok := query.Date(text)
	if !ok {
		return nil // nothing meets it
	}
	first, err := tx.numberSince(ctx, s.numbered, bellhop.Time(t))
	if err == nil {
		first, err = tx.widen(ctx, first, earlier(s.numbered), bellhop.Time(t))
	}
	s.between = append(s.between, fmt.Sprintf("%s >= %d", s.id, first))
	return err
}

func (s *selection) end(ctx context.Context, tx *Tx, text string) error {
	t, ok := query.Date(text)
	if !ok {
		return nil
	}
	after := bellhop.Time(t) + 1
	end, err := tx.numberSince(ctx, s.numbered, after)
	if err == nil {
		end, err = tx.widen(ctx, end-1, later(s.numbered), after)
	}
	s.between = append(s.between, fmt.Sprintf("%s <= %d", s.id, end))
	return err
}
