package conversation

import (
	"context"
	"errors"
	"fmt"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// plan is what one request will do, worked out in its transaction before anything is
// written. It lives as long as one run of the transaction's function.
type plan struct {
	*Conversations
	tx     *store.Tx
	caller *account.Caller
	now    bellhop.Time

	streams map[bellhop.ID]*stream
	order   []*stream // as they were opened
	me      *person   // the caller, once he is needed
	writes  []write
	delayed []*store.Delayed // messages that are not due yet
	told    []*subscription.Happening
}

// write is a document to store.
type write struct {
	kind *bellhop.Kind
	doc  *bellhop.Document
	old  bool // it replaces one
}

func (c *Conversations) plan(tx *store.Tx, caller *account.Caller) *plan {
	return &plan{
		Conversations: c, tx: tx, caller: caller, now: bellhop.TimeOf(c.now()),
		streams: map[bellhop.ID]*stream{},
	}
}

// request works out a plan in a transaction of its own, and carries it out.
func (c *Conversations) request(ctx context.Context, caller *account.Caller, work func(*plan) error) error {
	var refused error
	err := c.db.Update(ctx, func(tx *store.Tx) (err error) {
		refused, err = c.attempt(ctx, tx, caller, work)
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

// attempt is request within a transaction. Refused says why nothing of the plan was carried
// out. The transaction may go on then, and after a loop of bots it should: it has the event
// that tells of it.
func (c *Conversations) attempt(ctx context.Context, tx *store.Tx, caller *account.Caller, work func(*plan) error) (refused, err error) {
	p := c.plan(tx, caller)
	err = work(p)
	if l, ok := errors.AsType[*loop](err); ok {
		return l, c.tellLoop(ctx, tx, caller, l)
	}
	if isRefusal(err) {
		return err, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, p.carryOut(ctx)
}

// isRefusal reports whether err is an answer to who has asked, and not a failure of ours.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*bellhop.Error](err)
	return ok && e.Code != bellhop.Unavailable && e.Code != bellhop.Internal
}

// insert plans a new document of v, which has the id and the owner of doc.
func (p *plan) insert(kind *bellhop.Kind, doc *bellhop.Document, v any) error {
	return p.write(write{kind: kind, doc: doc}, v)
}

func (p *plan) replace(kind *bellhop.Kind, doc *bellhop.Document, v any) error {
	return p.write(write{kind: kind, doc: doc, old: true}, v)
}

func (p *plan) write(w write, v any) (err error) {
	if w.doc.Body, err = encode(v); err != nil {
		return fmt.Errorf("encode %s %s: %w", w.kind.Name, w.doc.ID, err)
	}
	p.writes = append(p.writes, w)
	return nil
}

// tell plans an event. Events are announced in the order in which they were planned.
func (p *plan) tell(h *subscription.Happening) {
	h.At = p.now
	p.told = append(p.told, h)
}

// carryOut writes everything, then announces it.
func (p *plan) carryOut(ctx context.Context) error {
	for _, s := range p.order {
		s.store()
	}
	for _, w := range p.writes {
		store := p.tx.Insert
		if w.old {
			store = p.tx.Replace
		}
		if err := store(ctx, w.kind, w.doc); err != nil {
			return err
		}
	}
	for _, s := range p.order {
		if err := s.storeNotices(ctx); err != nil {
			return err
		}
	}
	if err := p.postpone(ctx); err != nil {
		return err
	}
	for _, h := range p.told {
		if err := p.announce(ctx, p.tx, h); err != nil {
			return fmt.Errorf("announce %s: %w", h.Event, err)
		}
	}
	return nil
}

// newDocument returns the frame of a resource that the caller makes now.
func (p *plan) newDocument(owner account.Place) *bellhop.Document {
	return &bellhop.Document{
		ID: p.tx.NewID(p.now), Organization: owner.Organization, OrgPath: owner.OrgPath,
		CreatedAt: p.now, UpdatedAt: p.now,
	}
}

// owner returns the organization that a new resource of kind shall belong to, the
// caller's if none is named (docs/contract/resources.md section 6).
func (p *plan) owner(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) (account.Place, error) {
	place := account.Place{Organization: p.caller.Organization, OrgPath: p.caller.OrgPath}
	if id != "" && id != place.Organization {
		doc, err := p.tx.Document(ctx, bellhop.Organizations, id)
		if err != nil {
			return place, err
		}
		place = account.Place{Organization: doc.ID, OrgPath: doc.OrgPath}
	}
	if place.Organization == "" {
		return place, bellhop.Organizations.NotFound()
	}
	if err := p.tx.Keep(ctx, bellhop.Organizations, place.Organization); err != nil {
		return place, err
	}
	return place, p.caller.MayCreate(kind, place.Organization, place.OrgPath)
}

// encode returns v as canonical JSON.
func encode(v any) ([]byte, error) { return event.AppendValue(nil, v) }
