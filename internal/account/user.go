package account

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// PrepareUser returns the hash of the password that a client sent for a user, "" if there
// is none. It takes long, on purpose, and must not be called in a transaction.
func (a *Accounts) PrepareUser(ctx context.Context, sent map[string]any) (hash string, err error) {
	value, ok := sent["password"]
	if !ok {
		return "", nil
	}
	password, ok := value.(string)
	if !ok {
		return "", bellhop.InvalidField("password", "must be a string")
	}
	if err := checkPassword(password); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, password)
}

// CreateUser completes and checks a user that is about to be stored, with what
// PrepareUser returned. A user with the role bot gets his bot stored along
// (docs/contract/resources.md section 7, user).
func (a *Accounts) CreateUser(ctx context.Context, e *Edit, hash string) error {
	forget(e.Fields)
	if e.text("role") == string(bellhop.RoleBot) {
		return a.createBotOfUser(ctx, e, hash)
	}
	memberships, err := e.firstMemberships(ctx)
	if err != nil {
		return err
	}
	e.completeName()
	if e.text("status") == "" {
		e.Fields["status"] = bellhop.UserInvited
		if hash != "" {
			e.Fields["status"] = bellhop.UserActive
		}
	}
	return e.finishUser(ctx, memberships, &secrets{Password: hash})
}

// UpdateUser checks who may change what of a user, and completes what is about to be
// stored. A new password ends all of the user's tokens and sessions.
func (a *Accounts) UpdateUser(ctx context.Context, e *Edit, hash string) error {
	old, err := identityOf(e.Old)
	if err != nil {
		return err
	}
	forget(e.Fields)
	names, err := e.changed()
	if err != nil {
		return err
	}
	if hash != "" {
		names = append(names, "password")
	}
	memberships, err := e.nextMemberships(ctx, old, names)
	if err != nil {
		return err
	}
	if err := e.mayChange(old, names); err != nil {
		return err
	}
	e.renameUser(old, names)
	sealed := old.secrets
	if hash != "" {
		if old.IsBot() {
			return bellhop.InvalidField("password", "is nothing that bots have")
		}
		sealed.Password = hash
		sealed.revoke(e.Now)
		if old.Status == bellhop.UserInvited && !slices.Contains(names, "status") {
			e.Fields["status"] = bellhop.UserActive
		}
	}
	if e.text("status") == "" { // removed by null
		e.Fields["status"] = old.Status
	}
	if old.IsBot() {
		e.Fields["email"] = old.Email
	}
	if err := e.finishUser(ctx, memberships, &sealed); err != nil {
		return err
	}
	return e.keepAnAdmin(ctx, old)
}

// DeleteUser removes what goes along with a user that caller is about to delete: of a
// bot user its bot and the instances.
func (a *Accounts) DeleteUser(ctx context.Context, tx *store.Tx, caller *Caller, doc *bellhop.Document) error {
	id, err := identityOf(doc)
	if err != nil {
		return err
	}
	need := bellhop.Users.Access.Delete
	if id.IsBot() {
		need = bellhop.Bots.Access.Delete // which goes along
	}
	if err := caller.mayEditAll(id, need); err != nil {
		return err
	}
	if err := keepAnAdmin(ctx, tx, id, nil); err != nil {
		return err
	}
	if !id.IsBot() {
		return nil
	}
	if err := tx.Claim(ctx, bellhop.Bots, id.ID); err != nil {
		return err
	}
	if err := tx.Delete(ctx, bellhop.Bots, id.ID); err != nil && !bellhop.HasCode(err, bellhop.NotFound) {
		return err
	}
	return deleteInstances(ctx, tx, id.ID)
}

// ShowUser returns the body of a user as caller is shown it: with the tokens of a bot if
// he is an admin of its organization, or the bot itself.
func (a *Accounts) ShowUser(caller *Caller, doc *bellhop.Document) (json.RawMessage, error) {
	id, err := identityOf(doc)
	if err != nil {
		return nil, err
	}
	if !id.IsBot() || !caller.seesTokens(id) {
		return doc.Body, nil
	}
	return a.withTokens(doc.Body, doc)
}

// seesTokens reports whether c is shown the permanent tokens of a bot. One that asks with
// a token of lower scope is not: it would be raised by that.
func (c *Caller) seesTokens(bot *identity) bool {
	self := c.ID == bot.ID && c.Scope >= bot.scope()
	return self || c.ScopeAt(bot.OrgPath) >= bellhop.ScopeAdmin
}

// withTokens adds the tokens of a bot user to a body.
func (a *Accounts) withTokens(body json.RawMessage, user *bellhop.Document) (json.RawMessage, error) {
	token, refreshToken, err := a.BotTokens(user)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(body[:len(body)-1])
	out = event.AppendString(append(out, `,"token":`...), token)
	out = event.AppendString(append(out, `,"refreshToken":`...), refreshToken)
	return append(out, '}'), nil
}

// forget removes what is never stored, whatever clients send.
func forget(fields map[string]any) {
	for _, name := range []string{"password", "hash", "token", "refreshToken"} {
		delete(fields, name)
	}
}

// completeName gives a new user a display name.
func (e *Edit) completeName() {
	name := e.text("displayName")
	if name == "" {
		name = e.text("name")
	}
	if name == "" {
		u := bellhop.User{GivenName: e.text("givenName"), FamilyName: e.text("familyName")}
		name = u.ComposeName()
	}
	e.setName(name)
}

func (e *Edit) setName(name string) { e.Fields["displayName"], e.Fields["name"] = name, name }

// renameUser keeps the names of a user together: name is displayName once more, and a
// display name that was made of the others is made anew.
func (e *Edit) renameUser(old *identity, changed []string) {
	name := e.text("displayName")
	switch {
	case slices.Contains(changed, "displayName") && name != "":
	case slices.Contains(changed, "name") && e.text("name") != "":
		name = e.text("name")
	case name == "" || name == old.ComposeName():
		u := bellhop.User{GivenName: e.text("givenName"), FamilyName: e.text("familyName")}
		if composed := u.ComposeName(); composed != "" {
			name = composed
		}
	}
	if name == "" {
		name = old.DisplayName
	}
	e.setName(name)
}

// finishUser sets what follows from the memberships of a user, and checks the whole.
func (e *Edit) finishUser(ctx context.Context, memberships []bellhop.Membership, sealed *secrets) error {
	home := (&bellhop.User{Organizations: memberships}).Selected()
	e.own(home.Organization, home.OrgPath)
	e.Fields["role"] = string(home.Role)
	e.Fields["organizations"] = membershipValues(memberships)
	e.set("email", strings.TrimSpace(e.text("email")))

	var u bellhop.User
	if err := e.decode(&u); err != nil {
		return err
	}
	if err := u.Validate(); err != nil {
		return err
	}
	key := emailKey(u.Email)
	other, err := e.Tx.DocumentWithKey(ctx, bellhop.Users, key)
	switch {
	case err == nil && other.ID != e.New.ID:
		return bellhop.Errorf(bellhop.Conflict, "Email already in use")
	case err != nil && !bellhop.HasCode(err, bellhop.NotFound):
		return err
	}
	e.New.Keys = []string{key}
	if e.New.Secret, err = sealed.encode(); err != nil {
		return fmt.Errorf("secrets of user %s: %w", e.New.ID, err)
	}
	return nil
}
