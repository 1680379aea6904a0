package account

import (
	"slices"
	"testing"

	"bellhop"
)

const (
	topID  bellhop.ID = "64b0f1a2c3d4e5f60718293a"
	westID bellhop.ID = "64b0f1a2c3d4e5f60718293b"
	eastID bellhop.ID = "64b0f1a2c3d4e5f60718293c"

	topPath  = string(topID)
	westPath = topPath + "#" + string(westID)
	eastPath = topPath + "#" + string(eastID)
)

func member(id bellhop.ID, path string, role bellhop.Role) Membership {
	return Membership{Place: Place{Organization: id, OrgPath: path}, Role: role}
}

// Contract: auth.md Scopes and roles: Each user has one role
func TestScopeAt(t *testing.T) {
	mixed := []Membership{member(topID, topPath, bellhop.RoleAgent), member(westID, westPath, bellhop.RoleOwner)}
	for _, test := range []struct {
		name   string
		caller *Caller
		path   string
		scope  bellhop.Scope
		role   bellhop.Role
	}{
		{"above", &Caller{Scope: bellhop.ScopeAdmin, Memberships: mixed[1:]}, topPath, bellhop.NoScope, ""},
		{"beside", &Caller{Scope: bellhop.ScopeAdmin, Memberships: mixed[1:]}, eastPath, bellhop.NoScope, ""},
		{"a path that begins alike", &Caller{Scope: bellhop.ScopeAdmin, Memberships: mixed[1:]}, westPath + "0", bellhop.NoScope, ""},
		{"below", &Caller{Scope: bellhop.ScopeAdmin, Memberships: mixed}, eastPath, bellhop.ScopeAgent, bellhop.RoleAgent},
		{"the highest", &Caller{Scope: bellhop.ScopeAdmin, Memberships: mixed}, westPath, bellhop.ScopeAdmin, bellhop.RoleOwner},
		{"admin", &Caller{Scope: bellhop.ScopeAdmin, Memberships: []Membership{member(topID, topPath, bellhop.RoleAdmin)}}, topPath, bellhop.ScopeAdmin, bellhop.RoleAdmin},
		{"admin from above", &Caller{Scope: bellhop.ScopeAdmin, Memberships: []Membership{member(topID, topPath, bellhop.RoleAdmin)}}, eastPath, bellhop.ScopeAdmin, bellhop.RoleOwner},
		{"low token of an admin from above", &Caller{Scope: bellhop.ScopeBot, Memberships: []Membership{member(topID, topPath, bellhop.RoleAdmin)}}, eastPath, bellhop.ScopeBot, bellhop.RoleBot},
		{"low token", &Caller{Scope: bellhop.ScopeGuest, Memberships: mixed}, westPath, bellhop.ScopeGuest, bellhop.RoleGuest},
		{"low token of an owner", &Caller{Scope: bellhop.ScopeSupervisor, Memberships: mixed}, westPath, bellhop.ScopeSupervisor, bellhop.RoleSupervisor},
		{"bot", &Caller{Scope: bellhop.ScopeBot, Memberships: []Membership{member(topID, topPath, bellhop.RoleBot)}}, eastPath, bellhop.ScopeBot, bellhop.RoleBot},
		{"bot with admin scope", &Caller{Scope: bellhop.ScopeAdmin, Memberships: []Membership{member(topID, topPath, bellhop.RoleBot)}}, eastPath, bellhop.ScopeAdmin, bellhop.RoleAdmin},
		{"system", System(), eastPath, bellhop.ScopeAdmin, bellhop.RoleOwner},
	} {
		if scope, role := test.caller.ScopeAt(test.path), test.caller.RoleAt(test.path); scope != test.scope || role != test.role {
			t.Errorf("%s: ScopeAt, RoleAt = %v, %q, want %v, %q", test.name, scope, role, test.scope, test.role)
		}
	}
}

func TestVisible(t *testing.T) {
	c := &Caller{ID: topID, Scope: bellhop.ScopeAdmin, Role: bellhop.RoleAgent, Memberships: []Membership{
		member(eastID, eastPath, bellhop.RoleAgent), member(westID, westPath, bellhop.RoleAdmin),
	}}
	for _, test := range []struct {
		kind *bellhop.Kind
		want []string
	}{
		{bellhop.Conversations, []string{eastPath, westPath}},
		{bellhop.Contacts, []string{eastPath, westPath}},
		{bellhop.Users, []string{westPath}},
		{bellhop.Services, []string{westPath}},
	} {
		if v := c.Visible(test.kind); v.All || !slices.Equal(v.Roots, test.want) || v.IDs != nil || v.Organizations != nil {
			t.Errorf("Visible(%s) = %+v, want %v", test.kind.Plural, v, test.want)
		}
		if err := c.MayList(test.kind); err != nil {
			t.Errorf("MayList(%s) = %v", test.kind.Plural, err)
		}
	}
	if !System().Visible(bellhop.Users).All || System().MayList(bellhop.Services) != nil {
		t.Error("the system does not see everything")
	}
}

// The permission table of docs/contract/auth.md, as far as it is of the kinds served.
func TestPermissionTable(t *testing.T) {
	roles := []bellhop.Role{bellhop.RoleGuest, bellhop.RoleAgent, bellhop.RoleBot, bellhop.RoleAdmin}
	callers := map[bellhop.Role]*Caller{}
	for _, role := range roles {
		callers[role] = &Caller{ID: westID, Role: role, Scope: role.Scope(), Memberships: []Membership{member(topID, topPath, role)}}
	}
	list := func(c *Caller, k *bellhop.Kind) error { return c.MayList(k) }
	get := func(c *Caller, k *bellhop.Kind) error { return c.Allowed(k, k.Access.Get, westID, westPath) }
	create := func(c *Caller, k *bellhop.Kind) error { return c.MayCreate(k, westID, westPath) }
	for _, test := range []struct {
		name string
		do   func(*Caller, *bellhop.Kind) error
		kind *bellhop.Kind
		may  string // guest, agent, bot, admin
	}{
		{"list", list, bellhop.Organizations, "--++"}, {"list", list, bellhop.Users, "--++"}, {"list", list, bellhop.Messages, "--++"},
		{"list", list, bellhop.Conversations, "-+++"}, {"list", list, bellhop.Contacts, "-+++"}, {"list", list, bellhop.Services, "---+"},
		{"list", list, bellhop.Bots, "--++"}, {"list", list, bellhop.BotInstances, "--++"},
		{"get", get, bellhop.Users, "--++"}, {"get", get, bellhop.Organizations, "--++"}, {"get", get, bellhop.Messages, "--++"},
		{"get", get, bellhop.Contacts, "--++"}, {"get", get, bellhop.Conversations, "++++"}, {"get", get, bellhop.Services, "---+"},
		{"create", create, bellhop.Organizations, "---+"}, {"create", create, bellhop.Users, "---+"}, {"create", create, bellhop.Services, "---+"},
		{"create", create, bellhop.Conversations, "-+++"}, {"create", create, bellhop.Messages, "++++"}, {"create", create, bellhop.Contacts, "--++"},
		{"create", create, bellhop.Bots, "---+"}, {"create", create, bellhop.BotInstances, "---+"},
	} {
		for i, role := range roles {
			want := ""
			if test.may[i] == '-' {
				want = "Permission denied"
			}
			if got := message(test.do(callers[role], test.kind)); got != want {
				t.Errorf("%s: %s %s = %q, want %q", role, test.name, test.kind.Plural, got, want)
			}
		}
	}
}

func TestOutsideIsNotFound(t *testing.T) {
	c := &Caller{ID: westID, Role: bellhop.RoleAdmin, Scope: bellhop.ScopeAdmin, Memberships: []Membership{member(westID, westPath, bellhop.RoleAdmin)}}
	if err := c.Allowed(bellhop.Services, bellhop.ScopeAdmin, eastID, eastPath); message(err) != "Service not found" || codeOf(err) != bellhop.NotFound {
		t.Errorf("Allowed outside = %v", err)
	}
	if err := c.MayCreate(bellhop.Services, eastID, eastPath); message(err) != "Organization not found" {
		t.Errorf("MayCreate outside = %v", err)
	}
	if err := c.Require(eastPath, bellhop.ScopeGuest); message(err) != "Permission denied" {
		t.Errorf("Require outside = %v", err)
	}
}

func TestOwnUser(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	guest := f.user("guest", bellhop.RoleGuest, west)
	c := f.as(guest)
	if err := c.MayRead(bellhop.Users, f.document(bellhop.Users, guest)); err != nil {
		t.Errorf("own user: %v", err)
	}
	if err := c.MayRead(bellhop.Users, f.document(bellhop.Users, f.user("other", bellhop.RoleGuest, west))); message(err) != "Permission denied" {
		t.Errorf("another one: %v", err)
	}
	if err := c.MayRead(bellhop.Users, f.document(bellhop.Users, f.ada)); message(err) != "User not found" {
		t.Errorf("one above: %v", err)
	}
	both := f.mustCreate(bellhop.Users, object{"name": "Both", "email": "both@example.com", "organizations": []any{
		object{"organization": string(f.top), "selected": true}, object{"organization": string(west)},
	}})
	if err := f.as(f.user("admin", bellhop.RoleAdmin, west)).MayRead(bellhop.Users, both); err != nil {
		t.Errorf("one who is in the west, too: %v", err)
	}
}
