package audit

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/store"
)

const (
	maxText    = 500 // bytes of a text of a record
	maxChanges = 100 // fields
)

// Actor is who does something, as he is then; the zero Actor is the server, or nobody who is known.
type Actor struct {
	User bellhop.ID
	Name string
	Role bellhop.Role
}

// Write keeps a record of what is done in tx by actor at the time now. r says what.
func Write(ctx context.Context, tx *store.Tx, actor Actor, now bellhop.Time, r bellhop.AuditRecord) error {
	o := originOf(ctx)
	r.User, r.UserName, r.Role = actor.User, cut(maskURLs(actor.Name)), actor.Role
	r.Via, r.Address, r.CreatedAt = o.Via, o.Address, now
	r.Name, r.Reason = cut(maskURLs(r.Name)), cut(maskURLs(r.Reason))
	if n := len(r.Changes); n > maxChanges {
		r.Changes, r.More = r.Changes[:maxChanges], n-maxChanges
	}
	for i := range r.Changes {
		r.Changes[i].Field = cut(r.Changes[i].Field) // members have any names, as long as the resource
	}
	if err := tx.Audit(ctx, &r); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Of returns a record about a resource, as doc has it, with what it is called.
func Of(kind *bellhop.Kind, verb bellhop.AuditVerb, doc *bellhop.Document) bellhop.AuditRecord {
	return bellhop.AuditRecord{
		Organization: doc.Organization, OrgPath: doc.OrgPath, Verb: verb, Kind: kind.Name, Object: string(doc.ID), Name: nameOf(doc),
	}
}

// nameOf is what a resource is called, "" if it has no name.
func nameOf(doc *bellhop.Document) string {
	var named struct{ DisplayName, Name, Title, Email any }
	if doc.Decode(&named) != nil {
		return ""
	}
	for _, name := range []any{named.DisplayName, named.Name, named.Title, named.Email} {
		if text, _ := name.(string); text != "" {
			return text
		}
	}
	return ""
}
