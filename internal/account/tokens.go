package account

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/store"
)

// Tokens are what a program needs to act as a user.
type Tokens struct {
	Access  string       `json:"token"`
	Refresh string       `json:"refreshToken"`
	Expires bellhop.Time `json:"expiresAt"` // of Access; null = never
}

// BotTokens returns the permanent tokens of a bot user. They are not stored but made of
// what is, so they are the same until they are revoked or the bot's scope changes.
func (a *Accounts) BotTokens(user *bellhop.Document) (token, refreshToken string, err error) {
	id, err := identityOf(user)
	if err != nil {
		return "", "", err
	}
	if !id.IsBot() {
		return "", "", fmt.Errorf("user %s is no bot and has no permanent token", id.ID)
	}
	t, err := a.issue(id, id.Organization, id.secrets.Issued, 0)
	return t.Access, t.Refresh, err
}

// IssueTokens returns new tokens for the caller himself, as a login does: they have all
// his rights, whatever he asks with.
func (a *Accounts) IssueTokens(ctx context.Context, caller *Caller) (Tokens, error) {
	var id *identity
	err := a.db.View(ctx, func(tx *store.Tx) (err error) {
		id, err = findIdentity(ctx, tx, caller.ID)
		return err
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("issue tokens: %w", err)
	}
	if id == nil || caller.Scope < id.scope() {
		return Tokens{}, bellhop.ErrPermission()
	}
	return a.issueNow(id, caller.Organization)
}

// issueNow returns the tokens of a login: one that ends, and one to get the next with.
func (a *Accounts) issueNow(id *identity, organization bellhop.ID) (Tokens, error) {
	now := a.config.Now()
	return a.issue(id, organization, now.Unix(), now.Add(a.config.AccessLife).Unix())
}

// issue returns tokens of an access token that counts until expires, in seconds; 0 means
// for ever, as the refresh token always does.
func (a *Accounts) issue(id *identity, organization bellhop.ID, issued, expires int64) (t Tokens, err error) {
	c := claims{
		User: id.ID, Organization: organization, Scope: id.scope().Ladder(),
		IssuedAt: issued, Generation: id.secrets.Generation,
	}
	c.GrantType = grantRefresh
	if t.Refresh, err = a.signer.sign(c); err != nil {
		return Tokens{}, err
	}
	c.GrantType, c.Expires = grantAccess, expires
	t.Expires = bellhop.Time(expires * 1000)
	t.Access, err = a.signer.sign(c)
	return t, err
}
