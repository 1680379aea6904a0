package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bellhop"
	"bellhop/internal/store"
)

// SetupRequest names the first organization and its admin.
type SetupRequest struct {
	Organization string
	Email        string
	Password     string
	GivenName    string // if both names are empty: what stands before the @ of Email
	FamilyName   string
}

// SetupResult is what Setup made.
type SetupResult struct {
	Organization bellhop.ID `json:"organization"`
	User         bellhop.ID `json:"user"`
	Email        string     `json:"email"`
}

// topKey is the key of the organization at the top: no two can have it.
const topKey = "level:1"

// Setup makes the organization of level 1, of which there is one, and its admin. It
// returns a bellhop.Conflict if there is one already.
func (a *Accounts) Setup(ctx context.Context, r SetupRequest) (SetupResult, error) {
	r.Email = strings.TrimSpace(r.Email)
	if err := checkPassword(r.Password); err != nil {
		return SetupResult{}, err
	}
	hash, err := a.hasher.hash(ctx, r.Password)
	if err != nil {
		return SetupResult{}, err
	}
	var result SetupResult
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		set, err := isSetUp(ctx, tx)
		if err != nil {
			return err
		}
		if set {
			return errSetUp()
		}
		result, err = setUp(ctx, tx, r, a.now(), hash)
		return err
	})
	if errors.Is(err, store.ErrTaken) {
		err = errSetUp()
	}
	if err != nil {
		return SetupResult{}, fmt.Errorf("set up: %w", err)
	}
	return result, nil
}

func errSetUp() error { return bellhop.Errorf(bellhop.Conflict, "This store is set up already") }

// IsSetUp reports whether there is an organization at the top.
func (a *Accounts) IsSetUp(ctx context.Context) (set bool, err error) {
	err = a.db.View(ctx, func(tx *store.Tx) error {
		set, err = isSetUp(ctx, tx)
		return err
	})
	return set, err
}

func isSetUp(ctx context.Context, tx *store.Tx) (bool, error) {
	_, err := tx.DocumentWithKey(ctx, bellhop.Organizations, topKey)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func setUp(ctx context.Context, tx *store.Tx, r SetupRequest, now bellhop.Time, hash string) (SetupResult, error) {
	organization, user := tx.NewID(now), tx.NewID(now)
	top := edit(tx, now, organization, organization, bellhop.Organizations)
	top.Fields["name"], top.Fields["createdBy"] = r.Organization, string(user)
	top.Fields["parent"], top.Fields["path"], top.Fields["level"] = nil, string(organization), 1
	top.New.Keys = []string{topKey}
	if err := top.finishOrganization(); err != nil {
		return SetupResult{}, err
	}

	admin := edit(tx, now, user, organization, bellhop.Users)
	admin.set("givenName", strings.TrimSpace(r.GivenName))
	admin.set("familyName", strings.TrimSpace(r.FamilyName))
	if admin.text("givenName") == "" && admin.text("familyName") == "" {
		local, _, _ := strings.Cut(r.Email, "@")
		admin.set("givenName", local)
	}
	admin.completeName()
	admin.Fields["email"], admin.Fields["status"], admin.Fields["createdBy"] = r.Email, bellhop.UserActive, string(user)
	memberships := []bellhop.Membership{{
		Organization: organization, OrgPath: string(organization), Role: bellhop.RoleAdmin, Selected: true,
	}}
	if err := admin.finishUser(ctx, memberships, &secrets{Password: hash}); err != nil {
		return SetupResult{}, err
	}

	if err := top.insert(ctx, bellhop.Organizations); err != nil {
		return SetupResult{}, err
	}
	if err := admin.insert(ctx, bellhop.Users); err != nil {
		return SetupResult{}, err
	}
	if err := top.audit(ctx, bellhop.Organizations, bellhop.AuditCreate); err != nil {
		return SetupResult{}, err
	}
	if err := admin.audit(ctx, bellhop.Users, bellhop.AuditCreate); err != nil {
		return SetupResult{}, err
	}
	return SetupResult{Organization: organization, User: user, Email: r.Email}, nil
}

// edit returns the create of a resource in the organization at the top.
func edit(tx *store.Tx, now bellhop.Time, id, top bellhop.ID, kind *bellhop.Kind) *Edit {
	return &Edit{
		Tx: tx, Caller: System(), Now: now, Fields: defaults(kind),
		New: &bellhop.Document{ID: id, Organization: top, OrgPath: string(top), CreatedAt: now, UpdatedAt: now},
	}
}

func (e *Edit) insert(ctx context.Context, kind *bellhop.Kind) error {
	if err := render(kind, e.New, e.Fields); err != nil {
		return err
	}
	return e.Tx.Insert(ctx, kind, e.New)
}

// SetPassword gives the user with that email a new password, which ends all of his tokens
// and sessions. It is the operator's way in, so nobody is asked for rights. One who was
// invited is active afterwards.
func (a *Accounts) SetPassword(ctx context.Context, email, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		doc, err := tx.DocumentWithKey(ctx, bellhop.Users, emailKey(strings.TrimSpace(email)))
		if err != nil {
			return err
		}
		e := &Edit{Tx: tx, Caller: System(), Now: a.now(), Old: doc, New: next(doc, a.now()), Sent: map[string]any{}}
		if e.Fields, err = e.before(); err != nil {
			return err
		}
		if err := a.UpdateUser(ctx, e, hash); err != nil {
			return err
		}
		if err := render(bellhop.Users, e.New, e.Fields); err != nil {
			return err
		}
		if err := tx.Replace(ctx, bellhop.Users, e.New); err != nil {
			return err
		}
		if err := tx.ForgetFailedLogins(ctx, a.throttle.attempt(strings.TrimSpace(email), "").account); err != nil {
			return err
		}
		return e.audit(ctx, bellhop.Users, bellhop.AuditUpdate)
	})
	if err != nil {
		return fmt.Errorf("set the password: %w", err)
	}
	return nil
}

// next returns the document that is to replace doc.
func next(doc *bellhop.Document, now bellhop.Time) *bellhop.Document {
	return &bellhop.Document{
		ID: doc.ID, Organization: doc.Organization, OrgPath: doc.OrgPath, Parent: doc.Parent,
		CreatedAt: doc.CreatedAt, UpdatedAt: now,
	}
}
