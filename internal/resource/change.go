package resource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// change carries out a create, update or delete, and returns what caller is shown of the
// result, nil after a delete.
func (r *Resources) change(ctx context.Context, asked *Change, id bellhop.ID) (json.RawMessage, error) {
	rules := r.rules[asked.Kind]
	for range maxStarts {
		if err := r.prepare(ctx, rules, asked, id); err != nil {
			return nil, r.auditRefusal(ctx, asked, err)
		}
		var done *Change
		var shown json.RawMessage
		err := r.db.Update(ctx, func(tx *store.Tx) (err error) {
			c := *asked // this may run twice
			c.Tx, c.Now = tx, bellhop.TimeOf(r.now())
			done = &c
			shown, err = r.run(ctx, rules, &c, id)
			return err
		})
		if errors.Is(err, ErrStartOver) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if rules.Done != nil {
			done.Tx = nil
			rules.Done(ctx, done)
		}
		return shown, nil
	}
	return nil, bellhop.Errorf(bellhop.Conflict, "%s is being changed by others: try again", asked.Kind.Label)
}

// prepare checks what can be checked before the transaction, so that nobody makes the
// server ask challenges or hash passwords without the right to, and lets the rules
// prepare.
func (r *Resources) prepare(ctx context.Context, rules Rules, c *Change, id bellhop.ID) error {
	err := r.db.View(ctx, func(tx *store.Tx) (err error) {
		if c.Action == Create {
			_, err = owner(ctx, tx, c)
			return err
		}
		c.Old, err = r.readable(ctx, tx, c.Caller, c.Kind, id, c.Action)
		if c.Old == nil {
			c.Old, err = r.waiting(ctx, tx, c.Caller, c.Kind, id, c.Action, err)
		}
		return err
	})
	if err != nil || rules.Prepare == nil || c.Action == Delete {
		return err
	}
	c.Prepared, err = rules.Prepare(ctx, c)
	return err
}

// owner finds the organization that a new resource will belong to
// (docs/contract/resources.md section 6).
func owner(ctx context.Context, tx *store.Tx, c *Change) (account.Place, error) {
	place := account.Place{Organization: c.Caller.Organization, OrgPath: c.Caller.OrgPath}
	if c.Kind == bellhop.Organizations {
		return place, nil // it will own itself; its rules judge by its parent
	}
	if id, ok := c.Sent["organization"].(string); ok && bellhop.ID(id) != place.Organization {
		doc, err := tx.Document(ctx, bellhop.Organizations, bellhop.ID(id))
		if err != nil {
			return place, err
		}
		place = account.Place{Organization: doc.ID, OrgPath: doc.OrgPath}
	}
	return place, c.Caller.MayCreate(c.Kind, place.Organization, place.OrgPath)
}

func (r *Resources) run(ctx context.Context, rules Rules, c *Change, id bellhop.ID) (json.RawMessage, error) {
	switch c.Action {
	case Create:
		return r.create(ctx, rules, c)
	case Update:
		return r.update(ctx, rules, c, id)
	default:
		return nil, r.delete(ctx, rules, c, id)
	}
}

func (r *Resources) create(ctx context.Context, rules Rules, c *Change) (json.RawMessage, error) {
	place, err := owner(ctx, c.Tx, c)
	if err == nil {
		err = c.Tx.Keep(ctx, bellhop.Organizations, place.Organization)
	}
	if err != nil {
		return nil, err
	}
	c.New = &bellhop.Document{
		ID: c.Tx.NewID(c.Now), Organization: place.Organization, OrgPath: place.OrgPath, CreatedAt: c.Now, UpdatedAt: c.Now,
	}
	c.Fields = merge(map[string]any{}, c.Sent)
	if err := setDefaults(c.Kind.Fields, c.Fields); err != nil {
		return nil, err
	}
	if !c.Caller.IsSystem() {
		c.Fields["createdBy"] = string(c.Caller.ID)
	}
	if err := r.checkReferences(ctx, c); err != nil {
		return nil, err
	}
	if rules.Create != nil {
		if err := rules.Create(ctx, c); err != nil {
			return nil, taken(c.Kind, err)
		}
	}
	if err := c.render(); err != nil {
		return nil, err
	}
	if err := c.Tx.Insert(ctx, c.Kind, c.New); err != nil {
		return nil, taken(c.Kind, err)
	}
	if err := r.subs.Remember(ctx, c.Tx, c.Kind, c.New, c.Now); err != nil {
		return nil, err
	}
	if err := r.announce(ctx, rules, c); err != nil {
		return nil, err
	}
	if err := r.audit(ctx, rules, c); err != nil {
		return nil, err
	}
	return r.present(ctx, c.Tx, c.Caller, c.Kind, c.New, query.New(), false)
}

// render makes the body of the new document from its fields.
func (c *Change) render() error {
	doc := c.New
	c.Fields["id"] = string(doc.ID)
	if c.Kind != bellhop.Organizations {
		c.Fields["organization"], c.Fields["orgPath"] = string(doc.Organization), doc.OrgPath
	}
	c.Fields["createdAt"], c.Fields["updatedAt"] = doc.CreatedAt.String(), doc.UpdatedAt.String()
	body, err := render(c.Kind, c.Fields)
	if err != nil {
		return err
	}
	// One that is too large already may be changed as long as it does not grow.
	if len(body) > maxResource && (c.Old == nil || len(body) > len(c.Old.Body)) {
		return bellhop.InvalidField(c.Kind.Name, "would be larger than %d bytes", maxResource)
	}
	doc.Body = body
	return nil
}

// maxResource bounds what is stored of a resource, which many requests could make grow without
// end (docs/contract/resources.md section 3).
const maxResource = 1 << 20

// taken tells a caller that a value must be unique.
func taken(kind *bellhop.Kind, err error) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	message := kind.Label + " exists already"
	if kind == bellhop.Users {
		message = "Email already in use"
	}
	return &bellhop.Error{Code: bellhop.Conflict, Message: message, Err: err}
}

func (r *Resources) update(ctx context.Context, rules Rules, c *Change, id bellhop.ID) (json.RawMessage, error) {
	var err error
	if c.Old, err = r.readable(ctx, c.Tx, c.Caller, c.Kind, id, c.Action); err != nil {
		return nil, err
	}
	if to, ok := c.Sent["organization"]; ok && c.Kind != bellhop.Users && to != string(c.Old.Organization) {
		return nil, bellhop.InvalidField("organization", "cannot be changed")
	}
	stored := map[string]any{}
	if err := c.Old.Decode(&stored); err != nil {
		return nil, err
	}
	next := *c.Old
	next.UpdatedAt = max(c.Now, c.Old.UpdatedAt)
	c.New, c.Fields = &next, merge(stored, c.Sent)
	if err := checkNew(c.Kind, c.Fields); err != nil {
		return nil, err
	}
	if err := setDefaults(c.Kind.Fields, c.Fields); err != nil {
		return nil, err
	}
	if err := r.checkReferences(ctx, c); err != nil {
		return nil, err
	}
	if rules.Update != nil {
		if err := rules.Update(ctx, c); err != nil {
			return nil, taken(c.Kind, err)
		}
	}
	changed, err := c.changed()
	if err != nil {
		return nil, err
	}
	if changed {
		if err := c.Tx.Replace(ctx, c.Kind, c.New); err != nil {
			return nil, taken(c.Kind, err)
		}
		if err := r.subs.Remember(ctx, c.Tx, c.Kind, c.New, c.Now); err != nil {
			return nil, err
		}
		if err := r.announce(ctx, rules, c); err != nil {
			return nil, err
		}
	}
	if changed || c.Verb != "" {
		if err := r.audit(ctx, rules, c); err != nil {
			return nil, err
		}
	}
	return r.present(ctx, c.Tx, c.Caller, c.Kind, c.New, query.New(), false)
}

// changed renders the new document and reports whether anything but its time is new. If
// not, the time stays, too.
func (c *Change) changed() (bool, error) {
	at := c.New.UpdatedAt
	c.New.UpdatedAt = c.Old.UpdatedAt
	if err := c.render(); err != nil {
		return false, err
	}
	if bytes.Equal(c.New.Body, c.Old.Body) && bytes.Equal(c.New.Secret, c.Old.Secret) {
		return false, nil
	}
	c.New.UpdatedAt = at
	return true, c.render()
}

func (r *Resources) delete(ctx context.Context, rules Rules, c *Change, id bellhop.ID) error {
	if rules.Delete != nil { // what goes along is complete
		if err := c.Tx.Claim(ctx, c.Kind, id); err != nil {
			return err
		}
	}
	var err error
	if c.Old, err = r.readable(ctx, c.Tx, c.Caller, c.Kind, id, c.Action); c.Old == nil {
		if c.Old, err = r.waiting(ctx, c.Tx, c.Caller, c.Kind, id, c.Action, err); err == nil {
			return rules.Waiting.Delete(ctx, c.Tx, id) // nobody has heard of it
		}
	}
	if err != nil {
		return err
	}
	if rules.Delete != nil {
		if err := rules.Delete(ctx, c); err != nil {
			return err
		}
	}
	// Announced before it is gone: the payload is its last state, and so is who hears of it.
	if err := r.announce(ctx, rules, c); err != nil {
		return err
	}
	if err := r.audit(ctx, rules, c); err != nil {
		return err
	}
	if err := c.Tx.Delete(ctx, c.Kind, c.Old.ID); err != nil {
		return err
	}
	return r.subs.Remember(ctx, c.Tx, c.Kind, c.Old, c.Now)
}

// Doc returns what the change is about: the new document, or the deleted one.
func (c *Change) Doc() *bellhop.Document {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

// announce tells of the change, and of what was changed along.
func (r *Resources) announce(ctx context.Context, rules Rules, c *Change) error {
	if rules.Announce != nil {
		return rules.Announce(ctx, c)
	}
	if err := r.announceOne(ctx, c, c.Kind, c.Doc()); err != nil || c.Touched == nil {
		return err
	}
	return r.announceOne(ctx, c, bellhop.Users, c.Touched)
}

func (r *Resources) announceOne(ctx context.Context, c *Change, kind *bellhop.Kind, doc *bellhop.Document) error {
	body, err := r.data(ctx, c.Tx, kind, doc)
	if err != nil {
		return err
	}
	h := &subscription.Happening{
		Event:        kind.Name + "." + c.Action.word(),
		Organization: doc.Organization, OrgPath: doc.OrgPath, At: c.Now,
		Actor: subscription.ActorOf(c.Caller), Kind: kind, ID: doc.ID,
		Data: []event.Member{{Name: kind.Name, Value: body}}, Links: c.Links,
	}
	if kind == bellhop.Users {
		h.Links.User = doc.ID
		return r.subs.Announce(ctx, c.Tx, h)
	}
	user, err := r.actingUser(ctx, c.Tx, c.Caller)
	if err != nil {
		return err
	}
	if user != nil {
		h.Data = append(h.Data, event.Member{Name: bellhop.Users.Name, Value: user})
		h.Links.User = c.Caller.ID
	}
	return r.subs.Announce(ctx, c.Tx, h)
}

// word is the last segment of the event's name.
func (a Action) word() string {
	return [...]string{Create: "create", Update: "update", Delete: "delete"}[a]
}

// actingUser is data.user of resource events; nil for the server itself, and for a user
// who has just deleted himself.
func (r *Resources) actingUser(ctx context.Context, tx *store.Tx, caller *account.Caller) (json.RawMessage, error) {
	if caller.IsSystem() {
		return nil, nil
	}
	doc, err := tx.Document(ctx, bellhop.Users, caller.ID)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read who acts: %w", err)
	}
	return r.data(ctx, tx, bellhop.Users, doc)
}

// data is a resource as event payloads carry it.
func (r *Resources) data(ctx context.Context, tx *store.Tx, kind *bellhop.Kind, doc *bellhop.Document) (json.RawMessage, error) {
	if data := r.rules[kind].Data; data != nil {
		return data(ctx, tx, doc)
	}
	return doc.Body, nil
}
