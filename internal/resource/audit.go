package resource

import (
	"context"
	"encoding/json"
	"errors"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// auditVerbs are what records call the actions.
var auditVerbs = map[Action]bellhop.AuditVerb{Create: bellhop.AuditCreate, Update: bellhop.AuditUpdate, Delete: bellhop.AuditDelete}

// audit keeps a record of a change in its transaction (docs/contract/extensions.md section 8).
func (r *Resources) audit(ctx context.Context, rules Rules, c *Change) error {
	if !c.Kind.Audited() {
		return nil
	}
	record := audit.Of(c.Kind, auditVerbs[c.Action], c.Doc())
	if c.Verb != "" {
		record.Verb = c.Verb
	}
	if rules.Place != nil {
		place, err := rules.Place(c)
		if err != nil {
			return err
		}
		record.Organization, record.OrgPath = place.Organization, place.OrgPath
	}
	var secrets []string
	var err error
	if rules.Secrets != nil {
		if secrets, err = rules.Secrets(c.Old, c.New); err != nil {
			return err
		}
	}
	if record.Changes, err = audit.Changes(c.Old, c.New, secrets...); err != nil {
		return err
	}
	return audit.Write(ctx, c.Tx, c.Caller.Actor(), c.Now, record)
}

// auditRefusal keeps a record of a challenge that was asked and not passed, and returns why.
func (r *Resources) auditRefusal(ctx context.Context, c *Change, refused error) error {
	if !errors.Is(refused, subscription.ErrUnverified) {
		return refused
	}
	why, ok := errors.AsType[*bellhop.Error](refused)
	if !ok {
		return refused
	}
	err := r.db.Update(ctx, func(tx *store.Tx) error {
		record := audit.Of(c.Kind, bellhop.AuditVerify, c.Old)
		record.Failed, record.Reason = true, why.Message
		return audit.Write(ctx, tx, c.Caller.Actor(), bellhop.TimeOf(r.now()), record)
	})
	if err != nil {
		return err
	}
	return refused
}

// AuditRecords lists who changed what, newest first, where caller is an admin.
func (r *Resources) AuditRecords(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error) {
	if err := caller.MayList(bellhop.AuditRecords); err != nil {
		return nil, err
	}
	q, err := query.Parse(bellhop.AuditRecords, rawQuery)
	if err != nil {
		return nil, err
	}
	page := &query.Page{Query: q}
	err = r.db.ViewInTurn(ctx, caller.ID, func(ctx context.Context, tx *store.Tx) error {
		records, total, err := tx.AuditRecords(ctx, q, caller.Visible(bellhop.AuditRecords))
		if err != nil {
			return err
		}
		page.Total = total
		bodies := make([]json.RawMessage, len(records))
		for i, record := range records {
			if bodies[i], err = event.AppendValue(nil, record); err != nil {
				return err
			}
		}
		page.Items, err = r.view(ctx, tx, caller, bellhop.AuditRecords, bodies, q)
		return err
	})
	return page, err
}

// AuditRecord returns one record; of the query, select and populate count.
func (r *Resources) AuditRecord(ctx context.Context, caller *account.Caller, id bellhop.ID, rawQuery string) (json.RawMessage, error) {
	q, err := query.ParseSingle(rawQuery)
	if err != nil {
		return nil, err
	}
	var shown []json.RawMessage
	err = r.db.View(ctx, func(tx *store.Tx) error {
		record, err := tx.AuditRecord(ctx, id)
		if err != nil {
			return err
		}
		if err := caller.Allowed(bellhop.AuditRecords, bellhop.AuditRecords.Access.Get, record.Organization, record.OrgPath); err != nil {
			return err
		}
		body, err := event.AppendValue(nil, record)
		if err != nil {
			return err
		}
		shown, err = r.view(ctx, tx, caller, bellhop.AuditRecords, []json.RawMessage{body}, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}
