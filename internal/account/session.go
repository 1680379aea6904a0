package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// SessionLife is how long a session of the admin pages lasts, whether it is used or not:
// a working day.
const SessionLife = 12 * time.Hour

// errSession says that the browser has to log in.
func errSession() error { return bellhop.Errorf(bellhop.Unauthenticated, "Not logged in") }

// StartSession logs a person in to the admin pages, and returns what his browser is to
// hold as a cookie, for SessionLife at most. Errors are those of Token for a password.
func (a *Accounts) StartSession(ctx context.Context, email, password, address string) (cookie string, _ *Caller, err error) {
	id, err := a.checkLogin(ctx, email, password, address)
	if err != nil {
		return "", nil, err
	}
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("start a session: %w", err)
	}
	caller := d.caller(id, "", id.scope())
	if caller == nil { // since a moment ago
		return "", nil, errCredentials()
	}
	cookie = base64URL.EncodeToString(random(32))
	now := a.now()
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteEndedLogins(ctx, now); err != nil {
			return err
		}
		doc, err := id.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := a.auditLogin(ctx, tx, bellhop.AuditLogin, doc); err != nil {
			return err
		}
		return tx.InsertLogin(ctx, store.Login{
			Digest: digestOf(cookie), User: id.ID, Generation: id.secrets.Generation, Ends: now.Add(SessionLife),
		})
	})
	if err != nil {
		return "", nil, fmt.Errorf("start a session: %w", err)
	}
	return cookie, caller, nil
}

// Session returns who holds that cookie, with all rights that he has now. A session that
// has ended, by time, by a change of the password, by a revocation, or with its user, is a
// bellhop.Unauthenticated error.
func (a *Accounts) Session(ctx context.Context, cookie string) (*Caller, error) {
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return nil, fmt.Errorf("find a session: %w", err)
	}
	var id *identity
	err = a.db.View(ctx, func(tx *store.Tx) error {
		login, err := tx.Login(ctx, digestOf(cookie))
		if err != nil || login == nil || login.Ends <= a.now() {
			return err
		}
		user, err := findIdentity(ctx, tx, login.User)
		if err == nil && user != nil && user.secrets.Generation == login.Generation {
			id = user
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a session: %w", err)
	}
	if id == nil {
		return nil, errSession()
	}
	caller := d.caller(id, "", id.scope())
	if caller == nil {
		return nil, errSession()
	}
	return caller, nil
}

// EndSession logs out. It is no error if there is no such session.
func (a *Accounts) EndSession(ctx context.Context, cookie string) error {
	err := a.db.Update(ctx, func(tx *store.Tx) error {
		login, err := tx.Login(ctx, digestOf(cookie))
		if err != nil || login == nil {
			return err
		}
		if err := tx.DeleteLogin(ctx, login.Digest); err != nil {
			return err
		}
		doc, err := tx.Document(ctx, bellhop.Users, login.User)
		if bellhop.HasCode(err, bellhop.NotFound) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		return a.auditLogin(ctx, tx, bellhop.AuditLogout, doc)
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// digestOf is all that is kept of a cookie. A plain hash is enough, for nobody can try
// 2^256 values.
func digestOf(cookie string) [32]byte { return sha256.Sum256([]byte(cookie)) }
