package account

import (
	"slices"
	"testing"

	"bellhop"
)

// TestAgain: what is done later is done with the rights of then, and never with more than
// the token had.
func TestAgain(t *testing.T) {
	f := newFixture(t, Config{})
	acme := f.organization("Acme", f.top)
	bob, bot := f.user("bob", bellhop.RoleAgent, acme), f.bot("Echo", f.top, nil)
	for _, user := range []bellhop.ID{bob, bot, f.ada} {
		want := f.as(user)
		got, err := f.a.Again(t.Context(), user, want.Organization, want.Scope)
		if err != nil || got.ID != want.ID || got.Name != want.Name || got.Role != want.Role || got.Scope != want.Scope ||
			got.OrgPath != want.OrgPath || !slices.Equal(got.Memberships, want.Memberships) || !slices.Equal(got.Enabled, want.Enabled) {
			t.Errorf("Again = %+v, %v, want %+v", got, err, want)
		}
	}
	if got, err := f.a.Again(t.Context(), f.ada, f.top, bellhop.ScopeAgent); err != nil || got.ScopeAt(string(f.top)) != bellhop.ScopeAgent {
		t.Errorf("with a token of less scope: %+v, %v", got, err)
	}
	if err := f.update(bellhop.Users, f.system, bob, object{"status": "inactive"}); err != nil {
		t.Fatal(err)
	}
	for _, user := range []bellhop.ID{bob, f.top, ""} {
		if got, err := f.a.Again(t.Context(), user, acme, bellhop.ScopeAdmin); codeOf(err) != bellhop.Unauthenticated {
			t.Errorf("Again(%q) = %+v, %v", user, got, err)
		}
	}
}
