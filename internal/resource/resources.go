package resource

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/query"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// ErrStartOver is returned by Rules.Update when the resource is not any more what
// Prepare saw. It never reaches a caller.
var ErrStartOver = errors.New("the resource has changed: start over")

// maxStarts bounds how often a change starts over.
const maxStarts = 5

// Config says what Resources work with.
type Config struct {
	DB            *store.DB
	Subscriptions *subscription.Subscriptions
	Rules         map[*bellhop.Kind]Rules
	Now           func() time.Time // nil means time.Now
}

// Resources are the resources of a store. They are safe for concurrent use.
//
// Where a method takes a caller, a resource that he may not see does not exist for him
// (NotFound), and what he lacks the right for is Forbidden.
type Resources struct {
	db    *store.DB
	subs  *subscription.Subscriptions
	rules map[*bellhop.Kind]Rules
	now   func() time.Time
}

// New returns the resources of a store.
func New(config Config) *Resources {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Resources{db: config.DB, subs: config.Subscriptions, rules: config.Rules, now: config.Now}
}

// List returns the resources of kind that match a query of the list dialect
// (docs/contract/resources.md section 4).
func (r *Resources) List(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, rawQuery string) (*query.Page, error) {
	if err := caller.MayList(kind); err != nil {
		return nil, err
	}
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		return nil, err
	}
	page := &query.Page{Query: q}
	err = r.db.ViewInTurn(ctx, caller.ID, func(ctx context.Context, tx *store.Tx) error {
		docs, total, err := tx.List(ctx, kind, q, caller.Visible(kind))
		if err != nil {
			return err
		}
		page.Total = total
		page.Items, err = r.presentAll(ctx, tx, caller, kind, docs, q, true)
		return err
	})
	return page, err
}

// Get returns one resource; of the query, select and populate count.
func (r *Resources) Get(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID, rawQuery string) (json.RawMessage, error) {
	q, err := query.ParseSingle(rawQuery)
	if err != nil {
		return nil, err
	}
	var body json.RawMessage
	err = r.db.View(ctx, func(tx *store.Tx) error {
		doc, err := r.readable(ctx, tx, caller, kind, id, Read)
		if doc == nil {
			doc, err = r.waiting(ctx, tx, caller, kind, id, Read, err)
		}
		if err != nil {
			return err
		}
		body, err = r.present(ctx, tx, caller, kind, doc, q, false)
		return err
	})
	return body, err
}

// readable returns the document of that id if caller may do action with it.
func (r *Resources) readable(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID, action Action) (*bellhop.Document, error) {
	if !id.Valid() {
		return nil, kind.NotFound()
	}
	doc, err := tx.Document(ctx, kind, id)
	if err != nil {
		return nil, err
	}
	return doc, r.may(caller, kind, action, doc)
}

// may returns nil if caller may do action with doc.
func (r *Resources) may(caller *account.Caller, kind *bellhop.Kind, action Action, doc *bellhop.Document) error {
	if may := r.rules[kind].May; may != nil {
		return may(caller, action, doc)
	}
	return Allowed(caller, kind, action, doc)
}

// Allowed is the check that holds for a kind without Rules.May.
func Allowed(caller *account.Caller, kind *bellhop.Kind, action Action, doc *bellhop.Document) error {
	switch action {
	case Read:
		return caller.MayRead(kind, doc)
	case Update:
		return caller.MayUpdate(kind, doc)
	default:
		return caller.MayDelete(kind, doc)
	}
}

// Create stores a new resource from what a client sent, and returns it as caller is shown
// it.
func (r *Resources) Create(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, body []byte) (json.RawMessage, error) {
	sent, err := decode(kind, body, nil)
	if err != nil {
		return nil, err
	}
	if caller.Scope < kind.Access.Create {
		return nil, bellhop.ErrPermission()
	}
	if err := checkNew(kind, sent); err != nil {
		return nil, err
	}
	return r.change(ctx, &Change{Caller: caller, Kind: kind, Action: Create, Sent: sent}, "")
}

// Patch changes a resource: the top level of body is merged over it
// (docs/contract/resources.md section 3).
func (r *Resources) Patch(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID, body []byte) (json.RawMessage, error) {
	if len(body) == 0 {
		body = []byte("{}") // no body is no error (docs/contract/auth.md, "Requests")
	}
	sent, err := decode(kind, body, r.rules[kind].Changeable)
	if err != nil {
		return nil, err
	}
	return r.change(ctx, &Change{Caller: caller, Kind: kind, Action: Update, Sent: sent}, id)
}

// Delete removes a resource, and what goes along with it.
func (r *Resources) Delete(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID) error {
	_, err := r.change(ctx, &Change{Caller: caller, Kind: kind, Action: Delete}, id)
	return err
}
