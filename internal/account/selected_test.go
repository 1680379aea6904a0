package account

import (
	"testing"

	"bellhop"
)

// A token goes on naming the organization that was selected when it was made, for as long as its
// user is in it; the next login, or refresh, names the one that is selected then.
//
// Contract: auth.md Tokens: A token keeps the organization
// Contract: auth.md Tokens: A login or a refresh
// Contract: auth.md Tokens: organization
func TestSelectedOrganization(t *testing.T) {
	f := newFixture(t, Config{})
	west, east, south := f.organization("West", f.top), f.organization("East", f.top), f.organization("South", f.top)
	entries := func(selected bellhop.ID, in ...bellhop.ID) object {
		var list []any
		for _, id := range in {
			list = append(list, object{"organization": string(id), "selected": id == selected})
		}
		return object{"organizations": list}
	}
	sent := object{"name": "Two", "email": "two@example.com", "password": "p", "role": "agent"}
	sent["organizations"] = entries(west, west, east)["organizations"]
	two := f.mustCreate(bellhop.Users, sent).ID
	first, err := f.login("two@example.com", "p")
	if err != nil {
		t.Fatal(err)
	}
	organizationOf := func(token string) bellhop.ID {
		t.Helper()
		c, err := f.a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		return c.Organization
	}
	check := func(step string, wantOld, wantNew bellhop.ID) {
		t.Helper()
		if got := organizationOf(first.Token); got != wantOld {
			t.Errorf("%s: the token of before is for %s, want %s", step, got, wantOld)
		}
		login, err := f.login("two@example.com", "p")
		if err != nil {
			t.Fatal(err)
		}
		refreshed, err := f.token(object{"refreshToken": first.RefreshToken}, "")
		if err != nil {
			t.Fatal(err)
		}
		for name, a := range map[string]answer{"login": login, "refresh": refreshed} {
			if a.Organization != string(wantNew) || organizationOf(a.Token) != wantNew {
				t.Errorf("%s: a %s is for %s, want %s", step, name, a.Organization, wantNew)
			}
		}
		if got := f.fields(bellhop.Users, two)["organization"]; got != string(wantNew) {
			t.Errorf("%s: the user shows %v, want %s", step, got, wantNew)
		}
	}
	check("as made", west, west)
	for _, step := range []struct {
		name     string
		sent     object
		old, now bellhop.ID
	}{
		{"another one selected", entries(east, west, east), west, east},
		{"removed from that of the token", entries(east, east, south), east, east},
		{"removed from the selected one", entries("", south), south, south},
	} {
		if err := f.update(bellhop.Users, f.system, two, step.sent); err != nil {
			t.Fatal(err)
		}
		check(step.name, step.old, step.now)
	}
	for _, sent := range []object{entries("", []bellhop.ID{}...), entries(west, west, west)} {
		if err := f.update(bellhop.Users, f.system, two, sent); codeOf(err) != bellhop.Invalid {
			t.Errorf("%v: %v, want it to be refused", sent, err)
		}
	}
	err = f.update(bellhop.Users, f.system, two, object{"organizations": []any{
		object{"organization": string(west), "selected": true}, object{"organization": string(east), "selected": true},
	}})
	if message(err) != "Validation failed: organizations must have exactly one selected entry" {
		t.Errorf("two selected: %v", err)
	}
}
