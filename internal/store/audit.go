package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop"
	"bellhop/internal/event"
)

// ErrNoAudit is returned for an audit record that is not there.
var ErrNoAudit = bellhop.AuditRecords.NotFound()

// Audit keeps a record, and gives it its id.
func (tx *Tx) Audit(ctx context.Context, r *bellhop.AuditRecord) error {
	r.ID = tx.NewID(r.CreatedAt)
	if r.Changes == nil {
		r.Changes = []bellhop.AuditChange{} // never null
	}
	doc, err := event.AppendValue(nil, r)
	if err != nil {
		return fmt.Errorf("write the audit record of %s %s: %w", r.Kind, r.Object, err)
	}
	_, err = tx.exec(ctx, `INSERT INTO audit (id, organization, org_path, object, "user", created_at, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.ID, r.Organization, r.OrgPath, r.Object, r.User, r.CreatedAt, string(doc))
	if err != nil {
		return fmt.Errorf("insert the audit record of %s %s: %w", r.Kind, r.Object, err)
	}
	return nil
}

// AuditRecord returns the record of that id, or ErrNoAudit.
func (tx *Tx) AuditRecord(ctx context.Context, id bellhop.ID) (*bellhop.AuditRecord, error) {
	var doc string
	err := tx.get(ctx, "SELECT doc FROM audit WHERE id = $1", []any{id}, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoAudit
	}
	if err != nil {
		return nil, fmt.Errorf("read audit record %s: %w", id, err)
	}
	return decodeAudit(doc)
}

func decodeAudit(doc string) (*bellhop.AuditRecord, error) {
	r := new(bellhop.AuditRecord)
	if err := json.Unmarshal([]byte(doc), r); err != nil {
		return nil, fmt.Errorf("decode an audit record: %w", err)
	}
	return r, nil
}

// MaxAudit is how many records are kept at most: those who try passwords could make any number.
const MaxAudit = 1_000_000

// The records that are too old, and those that are too many: conditions with one argument each.
const (
	auditAged    = "created_at < $1 ORDER BY created_at"
	auditTooMany = "seq <= (SELECT max(seq) FROM audit) - $1 ORDER BY seq"
)

// DropAudit removes up to n records that were made before that time, or that have most newer
// ones, and returns how many.
func (tx *Tx) DropAudit(ctx context.Context, before bellhop.Time, most, n int) (int, error) {
	dropped := 0
	for where, limit := range map[string]int64{auditAged: int64(before), auditTooMany: int64(most)} {
		gone, err := tx.exec(ctx, "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE "+where+" LIMIT $2)", limit, n-dropped)
		if err != nil {
			return dropped, fmt.Errorf("drop old audit records: %w", err)
		}
		dropped += int(gone)
	}
	return dropped, nil
}

// isAuditOld reports whether DropAudit would remove something.
func (tx *Tx) isAuditOld(ctx context.Context, before bellhop.Time, most int) (some bool, err error) {
	for where, limit := range map[string]int64{auditAged: int64(before), auditTooMany: int64(most)} {
		err := tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM audit WHERE "+where+" LIMIT 1)", []any{limit}, &some)
		if err != nil || some {
			return some, err
		}
	}
	return false, nil
}
