package account

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// fixture is a store that was set up, with Ada as its admin.
type fixture struct {
	t      testing.TB
	dir    string
	db     *store.DB
	a      *Accounts
	top    bellhop.ID
	ada    bellhop.ID
	system *Caller
}

const (
	adaEmail    = "ada@example.com"
	adaPassword = "open sesame"
)

func newFixture(t testing.TB, config Config) *fixture {
	t.Helper()
	return newFixtureIn(t, storetest.Config(t), config)
}

// newFixtureIn is newFixture in a store of its own.
func newFixtureIn(t testing.TB, place store.Config, config Config) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: place.Dir, system: System()}
	config.cost = cheap
	var err error
	if f.db, err = store.Open(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.db.Close() })
	if f.a, err = New(t.Context(), f.db, config); err != nil {
		t.Fatal(err)
	}
	r, err := f.a.Setup(t.Context(), SetupRequest{Organization: "Acme", Email: adaEmail, Password: adaPassword, GivenName: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	f.top, f.ada = r.Organization, r.User
	f.system.Organization = r.Organization
	return f
}

type object = map[string]any

// create does what stores all resources: rules, body, insert.
func (f *fixture) create(kind *bellhop.Kind, caller *Caller, sent object) (*bellhop.Document, error) {
	f.t.Helper()
	ctx := f.t.Context()
	hash, err := f.a.PrepareUser(ctx, sent)
	if err != nil {
		return nil, err
	}
	var doc *bellhop.Document
	err = f.db.Update(ctx, func(tx *store.Tx) error {
		now := f.a.now()
		doc = &bellhop.Document{ID: tx.NewID(now), CreatedAt: now, UpdatedAt: now}
		e := &Edit{Tx: tx, Caller: caller, Now: now, New: doc, Fields: defaults(kind), Sent: sent}
		maps.Copy(e.Fields, sent)
		owner := caller.Organization
		if id, ok := sent["organization"].(string); ok {
			owner = bellhop.ID(id)
		}
		p, err := place(ctx, tx, caller, owner)
		if err != nil {
			return err
		}
		if kind != bellhop.Organizations {
			e.own(p.Organization, p.OrgPath)
		}
		if err := caller.MayCreate(kind, p.Organization, p.OrgPath); err != nil {
			return err
		}
		switch kind {
		case bellhop.Users:
			err = f.a.CreateUser(ctx, e, hash)
		case bellhop.Bots:
			err = f.a.CreateBot(ctx, e)
		case bellhop.BotInstances:
			err = f.a.CreateBotInstance(ctx, e)
		case bellhop.Organizations:
			err = f.a.CreateOrganization(ctx, e)
		}
		if err != nil {
			return err
		}
		return e.insert(ctx, kind)
	})
	return doc, err
}

func (f *fixture) mustCreate(kind *bellhop.Kind, sent object) *bellhop.Document {
	f.t.Helper()
	doc, err := f.create(kind, f.system, sent)
	if err != nil {
		f.t.Fatalf("create %s %v: %v", kind.Name, sent, err)
	}
	return doc
}

// update merges what was sent over what is stored.
func (f *fixture) update(kind *bellhop.Kind, caller *Caller, id bellhop.ID, sent object) error {
	f.t.Helper()
	ctx := f.t.Context()
	hash, err := f.a.PrepareUser(ctx, sent)
	if err != nil {
		return err
	}
	return f.db.Update(ctx, func(tx *store.Tx) error {
		old, err := tx.Document(ctx, kind, id)
		if err != nil {
			return err
		}
		if err := caller.MayUpdate(kind, old); err != nil {
			return err
		}
		e := &Edit{Tx: tx, Caller: caller, Now: f.a.now(), Old: old, New: next(old, f.a.now()), Sent: sent}
		if e.Fields, err = e.before(); err != nil {
			return err
		}
		for name, value := range sent {
			if e.Fields[name] = value; value == nil {
				delete(e.Fields, name)
			}
		}
		switch kind {
		case bellhop.Users:
			err = f.a.UpdateUser(ctx, e, hash)
		case bellhop.Bots:
			err = f.a.UpdateBot(ctx, e)
		case bellhop.BotInstances:
			err = f.a.UpdateBotInstance(ctx, e)
		case bellhop.Organizations:
			err = f.a.UpdateOrganization(ctx, e)
		}
		if err != nil {
			return err
		}
		if err := render(kind, e.New, e.Fields); err != nil {
			return err
		}
		return tx.Replace(ctx, kind, e.New)
	})
}

func (f *fixture) delete(kind *bellhop.Kind, caller *Caller, id bellhop.ID) error {
	ctx := f.t.Context()
	return f.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Claim(ctx, kind, id); err != nil {
			return err
		}
		doc, err := tx.Document(ctx, kind, id)
		if err != nil {
			return err
		}
		if err := caller.MayDelete(kind, doc); err != nil {
			return err
		}
		switch kind {
		case bellhop.Users:
			err = f.a.DeleteUser(ctx, tx, caller, doc)
		case bellhop.Bots:
			err = f.a.DeleteBot(ctx, tx, id)
		case bellhop.Organizations:
			err = f.a.DeleteOrganization(ctx, tx, doc)
		}
		if err != nil {
			return err
		}
		return tx.Delete(ctx, kind, id)
	})
}

// organization makes one below parent and returns its id.
func (f *fixture) organization(name string, parent bellhop.ID) bellhop.ID {
	f.t.Helper()
	return f.mustCreate(bellhop.Organizations, object{"name": name, "parent": string(parent)}).ID
}

// user makes one with a password, in an organization.
func (f *fixture) user(name string, role bellhop.Role, organization bellhop.ID) bellhop.ID {
	f.t.Helper()
	return f.mustCreate(bellhop.Users, object{
		"givenName": name, "email": name + "@example.com", "password": "p", "role": string(role), "organization": string(organization),
	}).ID
}

// bot makes one in an organization.
func (f *fixture) bot(name string, organization bellhop.ID, more object) bellhop.ID {
	f.t.Helper()
	sent := object{"name": name, "organization": string(organization)}
	maps.Copy(sent, more)
	return f.mustCreate(bellhop.Bots, sent).ID
}

// as returns a user as one who asks, with all his rights.
func (f *fixture) as(user bellhop.ID) *Caller {
	f.t.Helper()
	t, err := f.a.issueNow(f.identity(user), "")
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := f.a.Authenticate(f.t.Context(), "Bearer "+t.Access)
	if err != nil {
		f.t.Fatalf("authenticate %s: %v", user, err)
	}
	return c
}

func (f *fixture) identity(user bellhop.ID) *identity {
	f.t.Helper()
	id, err := identityOf(f.document(bellhop.Users, user))
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) document(kind *bellhop.Kind, id bellhop.ID) (doc *bellhop.Document) {
	f.t.Helper()
	err := f.db.View(f.t.Context(), func(tx *store.Tx) (err error) {
		doc, err = tx.Document(f.t.Context(), kind, id)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return doc
}

// fields returns what is stored of a resource.
func (f *fixture) fields(kind *bellhop.Kind, id bellhop.ID) object {
	f.t.Helper()
	fields := object{}
	if err := f.document(kind, id).Decode(&fields); err != nil {
		f.t.Fatal(err)
	}
	return fields
}

// answer is the body of POST /v2/auth/token.
type answer struct {
	TokenType, Token, RefreshToken, User, Organization, Scope string
	ExpiresAt                                                 bellhop.Time
}

func (f *fixture) token(body object, address string) (answer, error) {
	f.t.Helper()
	return f.tokenIn(f.t.Context(), body, address)
}

func (f *fixture) tokenIn(ctx context.Context, body object, address string) (got answer, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		f.t.Fatal(err)
	}
	out, err := f.a.Token(ctx, text, address)
	if err != nil {
		return got, err
	}
	return got, json.Unmarshal(out, &got)
}

func (f *fixture) login(email, password string) (answer, error) {
	f.t.Helper()
	return f.token(object{"email": email, "password": password}, "192.0.2.1")
}

// message returns what a caller reads of an error, "" for nil, and the error's text if he
// cannot act on it.
func message(err error) string {
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		return e.Message
	}
	if err != nil {
		return "internal: " + err.Error()
	}
	return ""
}

func codeOf(err error) bellhop.Code {
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		return e.Code
	}
	return bellhop.Internal
}
