package resource

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// present returns a document as caller is shown it, with what q populates and selects.
func (r *Resources) present(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, doc *bellhop.Document, q *query.Query, listed bool) (json.RawMessage, error) {
	shown, err := r.presentAll(ctx, tx, caller, kind, []*bellhop.Document{doc}, q, listed)
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// presentAll is present for several documents of a kind.
func (r *Resources) presentAll(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, docs []*bellhop.Document, q *query.Query, listed bool) ([]json.RawMessage, error) {
	bodies := make([]json.RawMessage, len(docs))
	for i, doc := range docs {
		var err error
		if bodies[i], err = r.show(ctx, tx, caller, kind, doc, listed); err != nil {
			return nil, err
		}
	}
	return r.view(ctx, tx, caller, kind, bodies, q)
}

// View returns bodies, which are shown as resources of kind, with what q populates and selects.
func (r *Resources) View(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, bodies []json.RawMessage, q *query.Query) (shown []json.RawMessage, err error) {
	if len(q.Populate) == 0 {
		return r.view(ctx, nil, caller, kind, bodies, q)
	}
	err = r.db.View(ctx, func(tx *store.Tx) error {
		shown, err = r.view(ctx, tx, caller, kind, bodies, q)
		return err
	})
	return shown, err
}

func (r *Resources) view(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, bodies []json.RawMessage, q *query.Query) (shown []json.RawMessage, err error) {
	if len(q.Populate) > 0 {
		p := population{r: r, tx: tx, caller: caller, found: map[target]json.RawMessage{}}
		if bodies, err = p.populate(ctx, kind, bodies, q.Populate); err != nil {
			return nil, err
		}
	}
	shown = make([]json.RawMessage, len(bodies))
	for i, body := range bodies {
		shown[i] = query.Project(body, q.Select)
	}
	return shown, nil
}

func (r *Resources) show(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, doc *bellhop.Document, listed bool) (json.RawMessage, error) {
	rules := r.rules[kind]
	switch {
	case listed && rules.List != nil:
		return rules.List(ctx, tx, caller, doc)
	case rules.Show != nil:
		return rules.Show(ctx, tx, caller, doc)
	}
	return doc.Body, nil
}
