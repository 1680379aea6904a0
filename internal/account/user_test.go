package account

import (
	"encoding/json"
	"reflect"
	"testing"

	"bellhop"
)

func TestCreateUser(t *testing.T) {
	f := newFixture(t, Config{})
	ada := f.as(f.ada)
	doc, err := f.create(bellhop.Users, ada, object{
		"givenName": "Joe", "familyName": "Johnson", "email": "joe@example.com", "password": "t0p", "status": "active",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := f.fields(bellhop.Users, doc.ID)
	for _, name := range []string{"createdAt", "updatedAt"} {
		delete(got, name)
	}
	want := object{
		"id": string(doc.ID), "givenName": "Joe", "familyName": "Johnson", "displayName": "Joe Johnson", "name": "Joe Johnson",
		"email": "joe@example.com", "status": "active", "role": "agent", "avatar": "/images/avatar.png",
		"organization": string(f.top), "orgPath": string(f.top),
		"organizations": []any{object{"organization": string(f.top), "orgPath": string(f.top), "role": "agent", "selected": true}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("user = %v\nwant   %v", got, want)
	}

	west := f.organization("West", f.top)
	for _, test := range []struct {
		name string
		sent object
		want string
	}{
		{"email in other case", object{"name": "X", "email": "JOE@EXAMPLE.COM"}, "Email already in use"},
		{"no name", object{"email": "x@example.com"}, "Validation failed: name is required"},
		{"no email", object{"name": "X"}, "Validation failed: email is required"},
		{"bad email", object{"name": "X", "email": "x at example.com"}, "Validation failed: email is not an email address"},
		{"number as password", object{"name": "X", "email": "x@example.com", "password": 7.0}, "Validation failed: password must be a string"},
		{"empty password", object{"name": "X", "email": "x@example.com", "password": ""}, "Validation failed: password must not be empty"},
		{"role above", object{"name": "X", "email": "x@example.com", "role": "owner"}, "Permission denied"},
		{"two selected", object{"name": "X", "email": "x@example.com", "organizations": []any{
			object{"organization": string(f.top), "selected": true}, object{"organization": string(west), "selected": true},
		}}, "Validation failed: organizations must have exactly one selected entry"},
		{"twice", object{"name": "X", "email": "x@example.com", "organizations": []any{
			object{"organization": string(f.top)}, object{"organization": string(f.top)},
		}}, "Validation failed: organizations has two entries for one organization"},
		{"unknown organization", object{"name": "X", "email": "x@example.com", "organizations": []any{
			object{"organization": string(f.ada)},
		}}, "Organization not found"},
		{"role of a bot", object{"name": "X", "email": "x@example.com", "organizations": []any{
			object{"organization": string(f.top), "role": "bot"},
		}}, "Validation failed: role must be one that persons have"},
		{"wrong type", object{"name": "X", "email": "x@example.com", "organizations": "West"}, "Validation failed: organizations has the wrong type"},
	} {
		if _, err := f.create(bellhop.Users, ada, test.sent); message(err) != test.want {
			t.Errorf("%s: %q, want %q", test.name, message(err), test.want)
		}
	}

	two := f.mustCreate(bellhop.Users, object{"name": "Two", "email": "two@example.com", "role": "guest", "organizations": []any{
		object{"organization": string(f.top)}, object{"organization": string(west), "role": "admin", "selected": true},
	}})
	got = f.fields(bellhop.Users, two.ID)
	if got["role"] != "admin" || got["organization"] != string(west) || got["status"] != "invited" || two.Organization != west {
		t.Errorf("user of two organizations = %v", got)
	}
}

// Contract: auth.md Permissions: Nobody grants a role
// Contract: auth.md Permissions: An admin counts as an owner
// Contract: auth.md Permissions: In his own organization he may not
func TestCreateUserTakesASupervisor(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	callers := map[bellhop.Role]*Caller{}
	south := f.organization("South", west)
	for _, role := range []bellhop.Role{bellhop.RoleAgent, bellhop.RoleSupervisor, bellhop.RoleAdmin, bellhop.RoleOwner} {
		callers[role] = f.as(f.user(string(role), role, west))
	}
	n := 0
	for _, test := range []struct {
		by           bellhop.Role
		organization bellhop.ID
		role, want   string
	}{
		{bellhop.RoleAgent, west, "guest", "Permission denied"},
		{bellhop.RoleSupervisor, west, "supervisor", ""},
		{bellhop.RoleSupervisor, west, "admin", "Permission denied"},
		{bellhop.RoleSupervisor, west, "bot", "Permission denied"},
		{bellhop.RoleSupervisor, f.top, "guest", "Organization not found"},
		{bellhop.RoleAdmin, west, "admin", ""},
		{bellhop.RoleAdmin, west, "owner", "Permission denied"},
		{bellhop.RoleAdmin, west, "bot", ""},
		{bellhop.RoleAdmin, south, "owner", ""}, // below his own
		{bellhop.RoleSupervisor, south, "admin", "Permission denied"},
		{bellhop.RoleOwner, west, "owner", ""},
	} {
		n++
		_, err := f.create(bellhop.Users, callers[test.by], object{
			"name": "X", "email": string(rune('a'+n)) + "@example.org", "role": test.role, "organization": string(test.organization),
		})
		if message(err) != test.want {
			t.Errorf("%s creates %s in %s: %q, want %q", test.by, test.role, test.organization, message(err), test.want)
		}
	}
}

// Contract: auth.md Permissions: Nobody grants a role
// Contract: auth.md Permissions: email, password, status
// Contract: auth.md Permissions: Exceptions: everyone may PATCH
func TestUpdateUserRights(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	people := map[string]bellhop.ID{
		"ada":        f.ada,
		"owner":      f.user("owner", bellhop.RoleOwner, west),
		"admin":      f.user("admin", bellhop.RoleAdmin, west),
		"supervisor": f.user("supervisor", bellhop.RoleSupervisor, west),
		"agent":      f.user("agent", bellhop.RoleAgent, west),
		"guest":      f.user("guest", bellhop.RoleGuest, west),
		"stranger":   f.user("stranger", bellhop.RoleAdmin, east),
		"bot":        f.bot("Echo", west, nil),
		"adminbot":   f.bot("Chief", west, object{"scope": "admin"}),
		"both": f.mustCreate(bellhop.Users, object{"name": "Both", "email": "both@example.com", "password": "p", "organizations": []any{
			object{"organization": string(west), "role": "agent"}, object{"organization": string(east), "role": "agent"},
		}}).ID,
	}
	entry := func(organization bellhop.ID, role string, selected bool) object {
		return object{"organization": string(organization), "role": role, "selected": selected}
	}
	const denied, missing = "Permission denied", "User not found"
	for _, test := range []struct {
		caller, user string
		sent         object
		want         string
	}{
		// Everyone may change his own user but for what he is.
		{"guest", "guest", object{"displayName": "Gus"}, ""},
		{"guest", "guest", object{"email": "gus@example.com", "password": "new", "meta": object{"a": "b"}}, ""},
		{"guest", "guest", object{"role": "guest", "status": "active"}, ""}, // as it is
		{"guest", "guest", object{"role": "admin"}, denied},
		{"guest", "guest", object{"role": "viewer"}, denied},
		{"guest", "guest", object{"status": "inactive"}, denied},
		{"guest", "guest", object{"organizations": []any{entry(west, "admin", true)}}, denied},
		{"guest", "guest", object{"organizations": []any{}}, denied},
		{"both", "both", object{"organizations": []any{entry(west, "agent", false), entry(east, "agent", true)}}, denied},
		{"bot", "bot", object{"avatar": "/bot.png"}, ""},
		{"bot", "bot", object{"password": "x"}, "Validation failed: password is nothing that bots have"},
		{"supervisor", "supervisor", object{"role": "admin"}, denied},

		// Others need to manage users in all of his organizations, and not be below him.
		{"agent", "guest", object{"displayName": "X"}, denied},
		{"supervisor", "guest", object{"displayName": "Guest"}, ""},
		{"supervisor", "guest", object{"meta": object{"a": "c"}}, ""},
		{"supervisor", "admin", object{"displayName": "X"}, denied},
		{"admin", "owner", object{"displayName": "X"}, denied},
		{"owner", "admin", object{"displayName": "Admin"}, ""},
		{"ada", "owner", object{"displayName": "Owner"}, ""}, // from above
		{"stranger", "guest", object{"displayName": "X"}, missing},
		{"admin", "ada", object{"displayName": "X"}, missing},
		{"admin", "both", object{"displayName": "X"}, denied},
		{"ada", "both", object{"displayName": "Both of us"}, ""},

		// Email, password and status take an admin over all of it.
		{"supervisor", "guest", object{"email": "x@example.com"}, denied},
		{"supervisor", "guest", object{"password": "x"}, denied},
		{"supervisor", "guest", object{"status": "inactive"}, denied},
		{"admin", "guest", object{"email": "x@example.com", "password": "x", "status": "invited"}, ""},
		{"admin", "guest", object{"status": "active"}, ""},
		{"admin", "both", object{"password": "x"}, denied},
		{"stranger", "both", object{"email": "y@example.com"}, denied},
		{"ada", "both", object{"password": "x", "status": "active"}, ""},

		// Roles are given where one manages users, up to one's own.
		{"agent", "guest", object{"role": "viewer"}, denied},
		{"supervisor", "guest", object{"role": "supervisor"}, ""},
		{"supervisor", "guest", object{"role": "admin"}, denied},
		{"supervisor", "admin", object{"role": "guest"}, denied},
		{"supervisor", "guest", object{"role": "bot"}, "Validation failed: role must be one that persons have"},
		{"supervisor", "guest", object{"role": "guest"}, ""},
		{"supervisor", "both", object{"role": "guest"}, ""}, // west is the selected one
		{"stranger", "both", object{"role": "admin"}, denied},
		{"stranger", "both", object{"organizations": []any{entry(east, "supervisor", false)}}, ""},
		{"stranger", "both", object{"organizations": []any{entry(west, "admin", true), entry(east, "agent", false)}}, denied},
		{"stranger", "both", object{"organizations": []any{entry(f.top, "agent", false)}}, "Organization not found"},
		{"stranger", "both", object{"organization": string(east)}, "Validation failed: organization cannot be changed; select another one of organizations"},
		{"admin", "bot", object{"role": "agent"}, "Validation failed: role and organizations of a bot cannot be changed"},

		// A bot may change meta of all whom it has in its scope.
		{"bot", "admin", object{"meta": object{"seen": "yes"}}, ""},
		{"bot", "both", object{"meta": object{"seen": "yes"}}, ""},
		{"bot", "guest", object{"meta": object{"seen": "yes"}, "displayName": "X"}, denied},
		{"bot", "stranger", object{"meta": object{}}, missing},
		{"bot", "ada", object{"meta": object{}}, missing},
		{"agent", "guest", object{"meta": object{}}, denied},
		{"adminbot", "guest", object{"displayName": "Guest", "role": "agent"}, ""},
		{"adminbot", "owner", object{"displayName": "X"}, denied},
		{"supervisor", "adminbot", object{"displayName": "X"}, denied},

		{"ada", "guest", object{"email": "AGENT@example.com"}, "Email already in use"},
		{"ada", "guest", object{"email": nil}, "Validation failed: email is required"},
	} {
		sent, _ := json.Marshal(test.sent)
		err := f.update(bellhop.Users, f.as(people[test.caller]), people[test.user], test.sent)
		if message(err) != test.want {
			t.Errorf("%s changes %s to %s: %q, want %q", test.caller, test.user, sent, message(err), test.want)
		}
	}

	both := f.identity(people["both"])
	want := []bellhop.Membership{
		{Organization: east, OrgPath: string(f.top) + "#" + string(east), Role: "supervisor"},
		{Organization: west, OrgPath: string(f.top) + "#" + string(west), Role: "guest", Selected: true},
	}
	if !reflect.DeepEqual(both.Organizations, want) || both.Role != "guest" || both.Organization != west {
		t.Errorf("both = %+v, want what each of the two has given", both.User)
	}
	// Taking away is giving the other way round.
	if err := f.update(bellhop.Users, f.as(people["stranger"]), people["both"], object{"organizations": []any{}}); err != nil {
		t.Error(err)
	}
	if both := f.identity(people["both"]); len(both.Organizations) != 1 || both.Organizations[0].Organization != west {
		t.Errorf("both = %+v, want him in the west alone", both.Organizations)
	}
}

func TestUserNames(t *testing.T) {
	f := newFixture(t, Config{})
	joe := f.mustCreate(bellhop.Users, object{"givenName": "Joe", "familyName": "Doe", "email": "joe@example.com"}).ID
	for _, test := range []struct {
		sent object
		want string
	}{
		{object{"familyName": "Roe"}, "Joe Roe"},
		{object{"name": "Joey"}, "Joey"},
		{object{"familyName": "Poe"}, "Joey"},
		{object{"displayName": "J.", "name": "Joey"}, "J."},
		{object{"displayName": "J.", "name": "Jay"}, "Jay"},
		{object{"displayName": nil}, "Joe Poe"},
		{object{"givenName": nil}, "Poe"},
		{object{"familyName": nil}, "Poe"},
	} {
		if err := f.update(bellhop.Users, f.system, joe, test.sent); err != nil {
			t.Fatal(err)
		}
		if got := f.fields(bellhop.Users, joe); got["name"] != test.want || got["displayName"] != test.want {
			t.Errorf("after %v: %v, %v, want %q", test.sent, got["name"], got["displayName"], test.want)
		}
	}
}

// Contract: auth.md Permissions: Whoever deletes or creates the user
func TestDeleteUser(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	admin, supervisor := f.user("admin", bellhop.RoleAdmin, west), f.user("supervisor", bellhop.RoleSupervisor, west)
	both := f.mustCreate(bellhop.Users, object{"name": "Both", "email": "both@example.com", "organizations": []any{
		object{"organization": string(west)}, object{"organization": string(east)},
	}}).ID
	agent := f.user("agent", bellhop.RoleAgent, west)
	bot := f.bot("Echo", west, nil)
	for _, test := range []struct {
		by, user bellhop.ID
		want     string
	}{
		{agent, supervisor, "Permission denied"},
		{agent, agent, "Permission denied"},
		{supervisor, admin, "Permission denied"},
		{supervisor, both, "Permission denied"},
		{supervisor, bot, "Permission denied"}, // nor may he delete bots
		{supervisor, f.ada, "User not found"},
		{supervisor, agent, ""},
		{f.ada, both, ""},
		{admin, bot, ""},
		{f.ada, f.ada, "The last admin cannot be removed"},
	} {
		if err := f.delete(bellhop.Users, f.as(test.by), test.user); message(err) != test.want {
			t.Errorf("%s deletes %s: %q, want %q", test.by, test.user, message(err), test.want)
		}
	}
	if err := f.delete(bellhop.Bots, f.system, bot); message(err) != "Bot not found" {
		t.Errorf("the bot of a deleted user: %v, want it to be gone", err)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	f := newFixture(t, Config{})
	const last = "The last admin cannot be removed"
	for _, sent := range []object{{"role": "agent"}, {"status": "inactive"}} {
		if err := f.update(bellhop.Users, f.system, f.ada, sent); message(err) != last || codeOf(err) != bellhop.Conflict {
			t.Errorf("%v: %v, want %s", sent, err, last)
		}
	}
	west := f.organization("West", f.top)
	f.user("wes", bellhop.RoleAdmin, west)
	if err := f.update(bellhop.Users, f.system, f.ada, object{"role": "agent"}); message(err) != last {
		t.Errorf("with an admin further down: %v, want %s", err, last)
	}
	bob := f.user("bob", bellhop.RoleAdmin, f.top)
	if err := f.update(bellhop.Users, f.as(f.ada), f.ada, object{"role": "agent"}); err != nil {
		t.Errorf("with another admin: %v", err)
	}
	if err := f.delete(bellhop.Users, f.system, bob); message(err) != last {
		t.Errorf("the one who is left: %v, want %s", err, last)
	}
}
