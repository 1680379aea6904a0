package account

import (
	"testing"

	"bellhop"
)

// Contract: resources.md 6: Level 2 users
func TestCreateOrganization(t *testing.T) {
	f := newFixture(t, Config{})
	ada := f.as(f.ada)
	doc, err := f.create(bellhop.Organizations, ada, object{"name": "Acme Corp", "parent": nil, "categories": []any{object{"name": "Sales", "forms": []any{}}}})
	if err != nil {
		t.Fatal(err)
	}
	path := string(f.top) + "#" + string(doc.ID)
	got := f.fields(bellhop.Organizations, doc.ID)
	if got["path"] != path || got["level"] != 2.0 || got["parent"] != string(f.top) || got["displayName"] != "Acme Corp" ||
		got["status"] != "active" || got["email"] != "" || got["organization"] != nil || got["orgPath"] != nil {
		t.Errorf("organization = %v", got)
	}
	if doc.Organization != doc.ID || doc.OrgPath != path {
		t.Errorf("owner = %s, %s, want itself", doc.Organization, doc.OrgPath)
	}
	leaf := f.organization("Leaf", doc.ID)
	if got := f.fields(bellhop.Organizations, leaf); got["level"] != 3.0 {
		t.Errorf("leaf = %v", got)
	}

	admin := f.as(f.user("admin", bellhop.RoleAdmin, doc.ID))
	agent := f.as(f.user("agent", bellhop.RoleSupervisor, doc.ID))
	eleven := make([]any, 11)
	for i := range eleven {
		eleven[i] = object{"name": "x"}
	}
	for _, test := range []struct {
		name   string
		caller *Caller
		sent   object
		want   string
	}{
		{"below his own", admin, object{"name": "X"}, ""},
		{"level 4", admin, object{"name": "X", "parent": string(leaf)}, "Validation failed: parent is on level 3, below which there are no organizations"},
		{"beside his own", admin, object{"name": "X", "parent": string(f.top)}, "Organization not found"},
		{"unknown parent", ada, object{"name": "X", "parent": string(f.ada)}, "Organization not found"},
		{"no admin", agent, object{"name": "X"}, "Permission denied"},
		{"no name", ada, object{"name": ""}, "Validation failed: name is required"},
		{"eleven categories", ada, object{"name": "X", "categories": eleven}, "Validation failed: categories must have at most 10 entries"},
		{"country", ada, object{"name": "X", "country": "Holland"}, "Validation failed: country must have two letters"},
		{"status", ada, object{"name": "X", "status": "closed"}, "Validation failed: status must be one of active, inactive"},
	} {
		if _, err := f.create(bellhop.Organizations, test.caller, test.sent); message(err) != test.want {
			t.Errorf("%s: %q, want %q", test.name, message(err), test.want)
		}
	}
}

func TestUpdateOrganization(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	ada, admin := f.as(f.ada), f.as(f.user("admin", bellhop.RoleAdmin, west))
	supervisor := f.as(f.user("supervisor", bellhop.RoleSupervisor, west))
	for _, test := range []struct {
		name   string
		caller *Caller
		id     bellhop.ID
		sent   object
		want   string
	}{
		{"name", admin, west, object{"name": "Wild West", "parent": string(f.top)}, ""},
		{"parent", ada, west, object{"parent": string(east)}, "Validation failed: parent cannot be changed"},
		{"no parent", ada, west, object{"parent": nil}, "Validation failed: parent cannot be changed"},
		{"no display name", admin, west, object{"displayName": nil}, ""},
		{"no admin", supervisor, west, object{"name": "X"}, "Permission denied"},
		{"another's", admin, east, object{"name": "X"}, "Organization not found"},
		{"suspends his own", admin, west, object{"status": "inactive"}, "Permission denied"},
		{"suspends the top", ada, f.top, object{"status": "inactive"}, "Validation failed: status of the organization at the top cannot be changed"},
		{"the top", ada, f.top, object{"name": "Acme Ltd", "parent": nil}, ""},
	} {
		if err := f.update(bellhop.Organizations, test.caller, test.id, test.sent); message(err) != test.want {
			t.Errorf("%s: %q, want %q", test.name, message(err), test.want)
		}
	}
	if got := f.fields(bellhop.Organizations, west); got["displayName"] != "Wild West" || got["level"] != 2.0 || got["parent"] != string(f.top) {
		t.Errorf("west = %v", got)
	}
	if parent, ok := f.fields(bellhop.Organizations, f.top)["parent"]; !ok || parent != nil {
		t.Errorf("parent of the top = %v, %v, want null", parent, ok)
	}
}

func TestSuspendedOrganization(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	leaf := f.organization("Leaf", west)
	joe := f.user("joe", bellhop.RoleAgent, leaf)
	both := f.mustCreate(bellhop.Users, object{"name": "Both", "email": "both@example.com", "password": "p", "organizations": []any{
		object{"organization": string(west), "role": "admin", "selected": true}, object{"organization": string(f.top), "role": "agent"},
	}}).ID
	login, err := f.login("joe@example.com", "p")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.update(bellhop.Organizations, f.as(f.ada), west, object{"status": "inactive"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.login("joe@example.com", "p"); message(err) != "Invalid email or password" {
		t.Errorf("login below a suspended organization: %v", err)
	}
	if _, err := f.token(object{"refreshToken": login.RefreshToken}, ""); message(err) != "Invalid refresh token" {
		t.Errorf("refresh below a suspended organization: %v", err)
	}
	if c := f.as(both); c.Organization != f.top || c.Role != bellhop.RoleAgent || len(c.Memberships) != 1 {
		t.Errorf("one with another organization = %+v, want him there", c)
	}
	if c := f.as(f.ada); c.ScopeAt(string(f.top)+"#"+string(west)) != bellhop.ScopeAdmin {
		t.Error("an admin above has lost the suspended organization")
	}
	if err := f.update(bellhop.Organizations, f.as(f.ada), west, object{"status": "active"}); err != nil {
		t.Fatal(err)
	}
	if c := f.as(joe); c.Organization != leaf {
		t.Errorf("after it was revived: %+v", c)
	}
}

// Contract: resources.md 3: So is one that owns anything
func TestDeleteOrganization(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	leaf := f.organization("Leaf", west)
	elsewhere := f.mustCreate(bellhop.Users, object{"name": "X", "email": "x@example.com", "organizations": []any{
		object{"organization": string(f.top), "selected": true}, object{"organization": string(leaf)},
	}}).ID
	bot := f.bot("Echo", leaf, nil)
	ada := f.as(f.ada)
	for _, step := range []struct {
		id   bellhop.ID
		want string
		then func() error
	}{
		{f.top, "The organization at the top cannot be deleted", nil},
		{west, "Organization has sub-organizations", nil},
		{leaf, "Organization still has bots", func() error { return f.delete(bellhop.Bots, ada, bot) }},
		{leaf, "Organization still has users", func() error { return f.delete(bellhop.Users, ada, elsewhere) }},
		{leaf, "", nil},
		{leaf, "Organization not found", nil},
		{west, "", nil},
	} {
		if err := f.delete(bellhop.Organizations, ada, step.id); message(err) != step.want {
			t.Errorf("delete: %q, want %q", message(err), step.want)
		}
		if step.then != nil {
			if err := step.then(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
