package account

import (
	"strings"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/store/storetest"
)

// newNodes returns two nodes of one store that was set up, from both sides at once.
func newNodes(t *testing.T) (one, two *fixture) {
	t.Helper()
	var nodes [2]*fixture
	var results [2]SetupResult
	var errs [2]error
	var both sync.WaitGroup
	for i, db := range storetest.Nodes(t, 2) {
		f := &fixture{t: t, db: db, system: System()}
		nodes[i] = f
		both.Go(func() {
			var err error
			if f.a, err = New(t.Context(), db, Config{cost: cheap}); err != nil {
				t.Error(err)
				return
			}
			results[i], errs[i] = f.a.Setup(t.Context(), SetupRequest{Organization: "Acme", Email: adaEmail, Password: adaPassword, GivenName: "Ada"})
		})
	}
	both.Wait()
	for i, err := range errs {
		switch other := errs[1-i]; {
		case err == nil && codeOf(other) == bellhop.Conflict:
			for _, f := range nodes {
				f.top, f.ada = results[i].Organization, results[i].User
				f.system.Organization = f.top
			}
			return nodes[0], nodes[1]
		case err == nil && other == nil:
			t.Fatal("the store was set up twice")
		}
	}
	t.Fatalf("nobody could set the store up: %v", errs)
	return nil, nil
}

// atOnce runs all at the same time, and returns their errors.
func atOnce(all ...func() error) []error {
	errs := make([]error, len(all))
	var group sync.WaitGroup
	for i, f := range all {
		group.Go(func() { errs[i] = f() })
	}
	group.Wait()
	return errs
}

// TestNodes is what holds for accounts on several nodes.
func TestNodes(t *testing.T) {
	t.Parallel()
	one, two := newNodes(t)
	for _, test := range []struct {
		name string
		test func(t *testing.T, one, two *fixture)
	}{
		{"a change is known everywhere with its answer", knownEverywhere},
		{"one admin stays", oneAdminStays},
		{"an organization is empty when it is gone", goneAndEmpty},
		{"an email is of one user", oneUserOfAnEmail},
		{"no change of a user is lost", noChangeLost},
	} {
		t.Run(test.name, func(t *testing.T) {
			one.t, two.t = t, t
			test.test(t, one, two)
		})
	}
}

func knownEverywhere(t *testing.T, one, two *fixture) {
	office := one.organization("office", one.top)
	bob := one.user("bob", bellhop.RoleAgent, office)
	login := func() string {
		t.Helper()
		got, err := one.login("bob@example.com", "p")
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + got.Token
	}
	// check asks both nodes, who have seen the token before.
	check := func(what, token string, role bellhop.Role) {
		t.Helper()
		for i, f := range []*fixture{one, two} {
			c, err := f.a.Authenticate(t.Context(), token)
			switch {
			case role == "" && codeOf(err) != bellhop.Unauthenticated:
				t.Errorf("%s: node %d still takes the token: %v", what, i+1, err)
			case role != "" && (err != nil || c.Role != role):
				t.Errorf("%s: node %d sees %+v, %v, want role %s", what, i+1, c, err, role)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	token := login()
	check("at first", token, bellhop.RoleAgent)
	must(one.update(bellhop.Users, one.system, bob, object{"role": "supervisor"}))
	check("with another role", token, bellhop.RoleSupervisor)
	must(two.update(bellhop.Organizations, two.system, office, object{"status": "inactive"}))
	check("in a suspended organization", token, "")
	must(one.update(bellhop.Organizations, one.system, office, object{"status": "active"}))
	check("when it is revived", token, bellhop.RoleSupervisor)
	must(two.a.Revoke(t.Context(), two.as(two.ada), bob))
	check("revoked", token, "")
	token = login()
	check("with a new token", token, bellhop.RoleSupervisor)
	must(two.a.SetPassword(t.Context(), "bob@example.com", "p"))
	check("with a new password", token, "")
	token = login()
	check("once more", token, bellhop.RoleSupervisor)
	must(one.update(bellhop.Users, one.system, bob, object{"status": "inactive"}))
	check("switched off", token, "")
	must(two.delete(bellhop.Users, two.system, bob))
	check("deleted", token, "")
}

func oneAdminStays(t *testing.T, one, two *fixture) {
	for range 5 {
		eve := one.user("eve", bellhop.RoleAdmin, one.top)
		errs := atOnce(
			func() error { return one.delete(bellhop.Users, one.system, eve) },
			func() error { return two.update(bellhop.Users, two.system, two.ada, object{"status": "inactive"}) },
		)
		refused := 0
		for _, err := range errs {
			if err != nil && (codeOf(err) != bellhop.Conflict || !strings.Contains(err.Error(), "last admin")) {
				t.Errorf("error %v, want one that it is the last admin", err)
			}
			if err != nil {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%d of two last admins could not be removed, want 1", refused)
		}
		if errs[0] != nil {
			if err := one.update(bellhop.Users, one.system, one.ada, object{"status": "active"}); err != nil {
				t.Fatal(err)
			}
			if err := one.delete(bellhop.Users, one.system, eve); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func goneAndEmpty(t *testing.T, one, two *fixture) {
	for range 5 {
		office := one.organization("office", one.top)
		var bot *bellhop.Document
		errs := atOnce(
			func() error { return one.delete(bellhop.Organizations, one.system, office) },
			func() (err error) {
				bot, err = two.create(bellhop.Bots, two.system, object{"name": "Echo", "organization": string(office)})
				return err
			},
		)
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("the organization: %v, the bot in it: %v", errs[0], errs[1])
		}
		if errs[1] == nil {
			if codeOf(errs[0]) != bellhop.Conflict {
				t.Errorf("error %v, want a conflict", errs[0])
			}
			if err := two.delete(bellhop.Bots, two.system, bot.ID); err != nil {
				t.Fatal(err)
			}
		} else if codeOf(errs[1]) != bellhop.NotFound {
			t.Errorf("error %v, want that there is no such organization", errs[1])
		}
	}
}

func oneUserOfAnEmail(t *testing.T, one, two *fixture) {
	sent := object{"givenName": "Max", "email": "max@example.com", "role": "agent"}
	errs := atOnce(
		func() error { _, err := one.create(bellhop.Users, one.system, sent); return err },
		func() error { _, err := two.create(bellhop.Users, two.system, sent); return err },
	)
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("one could be made, and the other one not: %v", errs)
	}
	for _, err := range errs {
		if err != nil && codeOf(err) != bellhop.Conflict {
			t.Errorf("error %v, want a conflict", err)
		}
	}
}

func noChangeLost(t *testing.T, one, two *fixture) {
	eva := one.user("eva", bellhop.RoleAgent, one.top)
	fields := []string{"familyName", "telephone", "title", "language"}
	var changes []func() error
	for i, name := range fields {
		f := []*fixture{one, two}[i%2]
		changes = append(changes, func() error { return f.update(bellhop.Users, f.system, eva, object{name: "x"}) })
	}
	for _, err := range atOnce(changes...) {
		if err != nil {
			t.Error(err)
		}
	}
	for _, name := range fields {
		if got := two.fields(bellhop.Users, eva)[name]; got != "x" {
			t.Errorf("%s is %v, want x", name, got)
		}
	}
}
