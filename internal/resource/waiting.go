package resource

import (
	"context"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Waiting are resources that will be documents later, delayed messages say. Until then they
// can be read and deleted by who knows their ids, and are found in no list. Nothing is
// announced of them.
type Waiting struct {
	// Find returns the one of that id as it is shown, nil if there is none.
	Find func(ctx context.Context, tx *store.Tx, id bellhop.ID) (*bellhop.Document, error)

	Delete func(ctx context.Context, tx *store.Tx, id bellhop.ID) error

	// Change returns what is answered to a PATCH.
	Change func() *bellhop.Error
}

// waiting returns what waits under an id that no document has, if caller may do action with
// it, else missing, which says that there is none.
func (r *Resources) waiting(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID, action Action, missing error) (*bellhop.Document, error) {
	w := r.rules[kind].Waiting
	if w == nil || !id.Valid() || !bellhop.HasCode(missing, bellhop.NotFound) {
		return nil, missing
	}
	doc, err := w.Find(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		return nil, missing
	}
	if err := r.may(caller, kind, action, doc); err != nil {
		return nil, err
	}
	if action == Update {
		return nil, w.Change()
	}
	return doc, nil
}
