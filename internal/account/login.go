package account

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// credentials is what POST /v2/auth/token is sent; what is not a string is taken for
// absent. The one-time password is ignored: there is no two-factor login.
type credentials struct {
	email, password        string
	clientID, refreshToken string
}

// errCredentials does not say which of the two is wrong, nor whether there is such a
// user. No message of this endpoint may look to the SDK as if a refresh could help: it
// would refresh for ever (docs/contract/auth.md, "Recursion rule").
func errCredentials() error {
	return bellhop.Errorf(bellhop.Unauthenticated, "Invalid email or password")
}

func errRefreshToken() error {
	return bellhop.Errorf(bellhop.Unauthenticated, "Invalid refresh token")
}

// Token answers POST /v2/auth/token with the body of the 201: for an email and a
// password, or for a refresh token, which comes from address. It returns
// bellhop.Unauthenticated for credentials that are wrong, bellhop.Invalid for a body
// without any, and bellhop.TooMany after several failures in a row, of an account or an
// address.
func (a *Accounts) Token(ctx context.Context, body []byte, address string) (json.RawMessage, error) {
	c := readCredentials(body)
	var id *identity
	var err error
	switch {
	case c.email != "" && c.password != "":
		id, err = a.logIn(ctx, c.email, c.password, address)
	case c.refreshToken != "":
		id, err = a.refresh(ctx, c)
	default:
		err = bellhop.Errorf(bellhop.Invalid, "Missing credentials")
	}
	if err != nil {
		return nil, err
	}
	return a.grant(ctx, id)
}

func readCredentials(body []byte) credentials {
	var fields struct {
		Email        any `json:"email"`
		Password     any `json:"password"`
		ClientID     any `json:"clientId"`
		RefreshToken any `json:"refreshToken"`
	}
	// Cleaned as the body was with which the password was set.
	clean, err := event.Clean(nil, body)
	if err != nil || json.Unmarshal(clean, &fields) != nil {
		return credentials{}
	}
	text := func(v any) string {
		s, _ := v.(string)
		return s
	}
	clientID := strings.TrimSpace(text(fields.ClientID))
	if _, ok := fields.ClientID.(string); !ok && fields.ClientID != nil {
		clientID = "?" // nobody's: what is there must be the user's
	}
	return credentials{
		email: strings.TrimSpace(text(fields.Email)), password: text(fields.Password),
		clientID: clientID, refreshToken: strings.TrimSpace(text(fields.RefreshToken)),
	}
}

// grant returns the answer that brings tokens to a user who may act.
func (a *Accounts) grant(ctx context.Context, id *identity) (json.RawMessage, error) {
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return nil, fmt.Errorf("grant tokens: %w", err)
	}
	caller := d.caller(id, "", id.scope())
	if caller == nil { // since a moment ago
		return nil, errCredentials()
	}
	t, err := a.issueNow(id, caller.Organization)
	if err != nil {
		return nil, fmt.Errorf("grant tokens: %w", err)
	}
	return json.Marshal(struct {
		TokenType    string       `json:"tokenType"`
		Token        string       `json:"token"`
		RefreshToken string       `json:"refreshToken"`
		User         bellhop.ID   `json:"user"`
		Organization bellhop.ID   `json:"organization"`
		ExpiresAt    bellhop.Time `json:"expiresAt"`
		Scope        bellhop.Role `json:"scope"`
	}{"Bearer", t.Access, t.Refresh, id.ID, caller.Organization, t.Expires, caller.Role})
}

// logIn returns the user of an email and a password, and tells of the login.
func (a *Accounts) logIn(ctx context.Context, email, password, address string) (*identity, error) {
	id, err := a.checkLogin(ctx, email, password, address)
	if err != nil {
		return nil, err
	}
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		doc, err := id.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := a.auditLogin(ctx, tx, bellhop.AuditLogin, doc); err != nil || a.config.LoggedIn == nil {
			return err
		}
		return a.config.LoggedIn(ctx, tx, doc, a.now())
	})
	if err != nil {
		return nil, fmt.Errorf("log in user %s: %w", id.ID, err)
	}
	return id, nil
}

// now returns the user whose password was checked a moment ago. That password may have been
// changed meanwhile, or its user switched off.
func (id *identity) now(ctx context.Context, tx *store.Tx) (*bellhop.Document, error) {
	doc, err := tx.Document(ctx, bellhop.Users, id.ID)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, errCredentials()
	}
	if err != nil {
		return nil, err
	}
	present, err := identityOf(doc)
	if err != nil {
		return nil, err
	}
	if present.secrets.Generation != id.secrets.Generation || present.Status != bellhop.UserActive {
		return nil, errCredentials()
	}
	return doc, nil
}

// CheckPassword returns nil if that is the password of the caller, who asks from address. It
// counts as a login for who guesses, and has the errors of one.
func (a *Accounts) CheckPassword(ctx context.Context, caller *Caller, password, address string) error {
	var id *identity
	err := a.db.View(ctx, func(tx *store.Tx) (err error) {
		id, err = findIdentity(ctx, tx, caller.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("check the password of user %s: %w", caller.ID, err)
	}
	if id == nil {
		return errCredentials()
	}
	_, err = a.checkLogin(ctx, id.Email, password, address)
	return err
}

// checkLogin returns the user whose email and password these are. It answers bellhop.TooMany to who
// has failed too often, without looking at the password.
func (a *Accounts) checkLogin(ctx context.Context, email, password, address string) (*identity, error) {
	who := a.throttle.attempt(email, address)
	if _, err := a.mayTry(ctx, who); err != nil {
		return nil, err
	}
	id, err := a.loginOf(ctx, email)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	if err := a.hasher.enter(ctx); err != nil {
		return nil, err
	}
	defer a.hasher.leave()
	// Once more: of many who came at once, no more than hash at once pass in vain.
	failedBefore, err := a.mayTry(ctx, who)
	if err != nil {
		return nil, err
	}
	hash := ""
	if id != nil {
		hash = id.secrets.Password
	}
	if !a.hasher.matches(hash, password) {
		err := a.db.Update(ctx, func(tx *store.Tx) error {
			if err := a.throttle.failure(ctx, tx, who, a.now()); err != nil {
				return err
			}
			return a.auditFailure(ctx, tx, id)
		})
		if err != nil {
			return nil, fmt.Errorf("log in: %w", err)
		}
		return nil, errCredentials()
	}
	if failedBefore {
		if err := a.throttle.success(ctx, who); err != nil {
			return nil, fmt.Errorf("log in: %w", err)
		}
	}
	return id, nil
}

// mayTry returns a bellhop.TooMany error to who has failed too often. failedBefore is what
// throttle.wait says.
func (a *Accounts) mayTry(ctx context.Context, who attempt) (failedBefore bool, err error) {
	wait, failedBefore, err := a.throttle.wait(ctx, who, a.now())
	if err != nil {
		return false, fmt.Errorf("log in: %w", err)
	}
	if wait > 0 {
		return false, tooMany(wait)
	}
	return failedBefore, nil
}

// loginOf returns the user of an email who may log in, or nil.
func (a *Accounts) loginOf(ctx context.Context, email string) (*identity, error) {
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return nil, err
	}
	var doc *bellhop.Document
	err = a.db.View(ctx, func(tx *store.Tx) (err error) {
		doc, err = tx.DocumentWithKey(ctx, bellhop.Users, emailKey(email))
		return err
	})
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := identityOf(doc)
	if err != nil || d.caller(id, "", id.scope()) == nil {
		return nil, err
	}
	return id, nil
}

// refresh returns the user of a refresh token. What organization it names is not looked at:
// new tokens are for the one that is selected now. The token stays valid, for several
// processes may share it.
func (a *Accounts) refresh(ctx context.Context, c credentials) (*identity, error) {
	token, err := a.signer.verify(c.refreshToken)
	if err != nil || token.GrantType != grantRefresh || token.expired(a.config.Now().Unix()) {
		return nil, errRefreshToken()
	}
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	var id *identity
	err = a.db.View(ctx, func(tx *store.Tx) (err error) {
		id, err = findIdentity(ctx, tx, token.User)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	switch {
	case id == nil, id.secrets.Generation != token.Generation, d.caller(id, "", id.scope()) == nil,
		c.clientID != "" && !sameEmail(c.clientID, id.Email):
		return nil, errRefreshToken()
	}
	return id, nil
}

// emailKey is the key that a user has for his email: ignoring case.
func emailKey(email string) string { return "email:" + query.Fold(email) }

// otherBotDomain is where bots were earlier; it means the same
// (docs/contract/auth.md, "POST /v2/auth/token").
const otherBotDomain = "chatshipper.com"

func sameEmail(x, y string) bool {
	canonical := func(email string) string {
		email = query.Fold(email)
		if local, ok := strings.CutSuffix(email, "@"+otherBotDomain); ok {
			return local + "@" + bellhop.BotDomain
		}
		return email
	}
	return canonical(x) == canonical(y)
}
