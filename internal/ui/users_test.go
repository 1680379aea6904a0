package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

// user makes a person with a role in an organization.
func (h *house) user(name string, role bellhop.Role, organization bellhop.ID) bellhop.ID {
	h.t.Helper()
	return h.make(bellhop.Users, map[string]any{
		"givenName": name, "email": strings.ToLower(name) + "@example.com", "password": "open sesame", "role": role, "organization": organization,
	})
}

func (h *house) userNow(id bellhop.ID) (u bellhop.User) {
	h.t.Helper()
	body, err := h.res.Get(h.t.Context(), h.root, bellhop.Users, id, "")
	must(h.t, err)
	must(h.t, json.Unmarshal(body, &u))
	return u
}

func TestUsers(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	shop := h.below("Shop")
	admin.get(usersPath(h.org)).says(t, "1 user of Acme.", "ada@example.com", "(you)", "admin", "What each role may do")
	joe := h.user("Joe", bellhop.RoleAgent, shop)
	h.bot("Echo", map[string]any{"organization": shop})
	got := admin.get(usersPath(shop))
	got.says(t, "1 user of Shop.", "Joe", "agent", "The people of Acme have their roles here, too.")
	got.hides(t, "Echo")
	admin.get(usersPath(shop)+"?search=jo").says(t, "1 user of Shop with “jo”", "Joe")
	admin.get(usersPath(shop)+"?search=joe@").says(t, "1 user of Shop", "Joe")
	admin.get(usersPath(shop)+"?search=nobody").says(t, "0 users of Shop")

	got = admin.post(usersPath(shop)+"/new", url.Values{"given": {"Sue"}, "email": {"JOE@example.com"}, "role": {"supervisor"}})
	if got.status != http.StatusConflict || !strings.Contains(got.body, `value="supervisor" selected`) {
		t.Errorf("an email that is taken: %d", got.status)
	}
	got.says(t, "Somebody has this email already")
	if !strings.Contains(got.body, `id="email-error"`) {
		t.Error("that the email is taken does not stand beside it")
	}
	admin.send(usersPath(shop)+"/new", url.Values{"given": {"Sue"}, "email": {"sue@example.com"}, "role": {"supervisor"}}).
		says(t, "Sue was added.", "2 users of Shop.", "no password yet")
	admin.get(userPath(joe)).says(t, "Agent of Shop.", "Log out everywhere", "Set a password")
}

func TestUserPage(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	shop, bank := h.below("Shop"), h.below("Bank")
	joe := h.user("Joe", bellhop.RoleAgent, shop)
	here := userPath(joe)

	admin.send(here, url.Values{"given": {"Joseph"}, "family": {"Johnson"}, "email": {"jj@example.com"}, "status": {"inactive"}}).
		says(t, "Saved.", "Joseph Johnson", "jj@example.com", "Cannot log in.")
	admin.send(here, url.Values{"given": {"Joe"}, "email": {"joe@example.com"}, "status": {"active"}}).says(t, "Saved.")
	admin.send(here+"/role", url.Values{"organization": {string(shop)}, "role": {"supervisor"}}).says(t, "The role was changed.", "Supervisor of Shop.")
	admin.send(here+"/organizations", url.Values{"organization": {string(bank)}, "role": {"agent"}}).says(t, "Added to Bank.", "agent of Bank")
	remove := here + "/organizations/" + string(shop) + "/remove"
	admin.get(remove).says(t, "“Joe” is no supervisor of Shop any more")
	admin.send(remove, url.Values{}).says(t, "Removed from Shop.", "Agent of Bank.")
	if u := h.userNow(joe); len(u.Organizations) != 1 || u.Organization != bank {
		t.Errorf("he is %+v", u)
	}
	if got := admin.get(here + "/organizations/" + string(bank) + "/remove"); got.status != http.StatusNotFound {
		t.Errorf("the last organization can be removed: %d", got.status)
	}
	admin.send(here+"/password", url.Values{"password": {"new"}}).says(t, "The password was set.")
	if got := admin.post(here+"/password", url.Values{"password": {""}}); got.status != http.StatusBadRequest {
		t.Errorf("an empty password: %d", got.status)
	}
	admin.get(here+"/revoke").says(t, "All sessions and tokens of “Joe” end at once.")
	admin.send(here+"/revoke", url.Values{}).says(t, "Logged out everywhere.")
	admin.get(here+"/delete").says(t, "Deleting “Joe” takes him out of 1 organization")
	admin.send(here+"/delete", url.Values{}).says(t, "Joe was deleted.", "Nobody is a user of Bank itself.")

	bot := h.bot("Echo", nil)
	if got := admin.get(userPath(bot)); got.to != botPath(bot) {
		t.Errorf("the user of a bot leads to %q", got.to)
	}
}

// The last admin stays, and who is above somebody stays above.
func TestRolesRefused(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	me := userPath(h.root.ID)
	admin.get(me).says(t, "This is you. Admin of Acme.", "you cannot give the old one back to yourself", "your account")
	got := admin.post(me+"/role", url.Values{"organization": {string(h.org)}, "role": {"agent"}})
	if got.status != http.StatusConflict {
		t.Errorf("the last admin becomes an agent: %d", got.status)
	}
	got.says(t, "This is the last admin of the organization at the top, and there would be no way back")
	if got := admin.post(me+"/delete", url.Values{}); got.status != http.StatusConflict {
		t.Errorf("the last admin is deleted: %d", got.status)
	}
	if got := admin.post(me+"/role", url.Values{"organization": {string(h.org)}, "role": {"owner"}}); got.status != http.StatusForbidden {
		t.Errorf("an admin makes himself an owner: %d", got.status)
	}

	joe := h.user("Joe", bellhop.RoleAdmin, h.org)
	supervisor := h.loggedIn(h.callerWith(bellhop.RoleSupervisor))
	got = supervisor.get(userPath(joe))
	got.hides(t, "/role", "Save</button>", "/password", "/delete")
	got = supervisor.post(userPath(joe)+"/role", url.Values{"organization": {string(h.org)}, "role": {"guest"}})
	if got.status != http.StatusForbidden {
		t.Errorf("a supervisor lowers an admin: %d", got.status)
	}
	got.says(t, "nobody gives or takes away a role above his own")
	sue := h.user("Sue", bellhop.RoleAgent, h.org)
	got = supervisor.get(userPath(sue))
	got.says(t, "Email and status are for admins of all organizations of a user.", "supervisor")
	got.hides(t, `value="admin"`, `value="owner"`)
	if got := supervisor.post(userPath(sue)+"/role", url.Values{"organization": {string(h.org)}, "role": {"admin"}}); got.status != http.StatusForbidden {
		t.Errorf("a supervisor makes an admin: %d", got.status)
	}
	if got := h.loggedIn(h.callerWith(bellhop.RoleAgent)).get(usersPath(h.org)); got.status != http.StatusForbidden {
		t.Errorf("an agent sees the users: %d", got.status)
	}
}

func TestAccount(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	admin.get("/account").says(t, "You are ada.", "Admin of Acme")
	admin.send("/account", url.Values{"given": {"Ada"}, "family": {"Lovelace"}, "email": {adminEmail}}).says(t, "Saved.", "You are Ada Lovelace.")
	admin.send("/account", url.Values{"given": {"Ada"}, "family": {"King"}, "display": {"Ada Lovelace"}, "email": {adminEmail}}).says(t, "You are Ada King.")
	admin.send("/account", url.Values{"given": {"Ada"}, "family": {"King"}, "display": {"Countess"}, "email": {adminEmail}}).says(t, "You are Countess.")
	admin.send("/account", url.Values{"given": {"Ada"}, "family": {"King"}, "display": {""}, "email": {adminEmail}}).says(t, "You are Ada King.")
	if got := admin.post("/account", url.Values{"given": {"Ada"}, "email": {"nonsense"}}); got.status != http.StatusBadRequest {
		t.Errorf("a bad email: %d", got.status)
	}

	// An agent has an account, too, though he sees no organizations.
	joe := h.user("Joe", bellhop.RoleAgent, h.org)
	agent := h.callerWith(bellhop.RoleAgent)
	agent.ID = joe
	person := h.loggedIn(agent)
	person.get("/account").says(t, "You are Joe.", "Agent of "+string(h.org))
	person.get("/account/developer").says(t, "One is made when you ask for it.")
	person.get(userPath(joe)).says(t, "This is you.")
}

// Contract: auth.md Tokens: In the UI persons find
func TestOwnTokens(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	admin.get("/account/developer").hides(t, "eyJ")
	got := admin.post("/account/developer", url.Values{})
	got.says(t, "Token eyJ", "Refresh token eyJ", "Ends in 2", "https://bellhop.example/v2/auth/token")
	if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Set-Cookie") != "" {
		t.Errorf("the tokens come with status %d, header %v", got.status, got.header)
	}
	admin.get("/account/developer/revoke").says(t, "All your tokens end at once, and you are logged out everywhere")
	if got := admin.post("/account/developer/revoke", url.Values{}); got.to != "/login" {
		t.Errorf("after the end of all sessions: %q", got.to)
	}
}

func TestChangePassword(t *testing.T) {
	h := newHouse(t)
	p := h.anybody()
	other := h.anybody()
	for _, who := range []*person{p, other} {
		who.post("/login", url.Values{"email": {adminEmail}, "password": {adminPassword}})
	}
	for _, test := range []struct {
		old, next, repeat string
		status            int
		says              string
	}{
		{"wrong", "new", "new", http.StatusForbidden, "The old password is another one."},
		{adminPassword, "new", "old", http.StatusBadRequest, "The two new passwords are not the same."},
		{adminPassword, "", "", http.StatusBadRequest, "New password must not be empty."},
	} {
		got := p.post("/account/password", url.Values{"old": {test.old}, "new": {test.next}, "repeat": {test.repeat}})
		if got.status != test.status {
			t.Errorf("%+v: %d", test, got.status)
		}
		got.says(t, test.says)
	}
	before := p.cookies[sessionCookie]
	p.send("/account/password", url.Values{"old": {adminPassword}, "new": {"new"}, "repeat": {"new"}}).
		says(t, "Your password was changed.", "this browser was logged in anew")
	if p.cookies[sessionCookie] == before {
		t.Error("the session is the one of before")
	}
	if got := other.get("/account"); got.status != http.StatusSeeOther {
		t.Errorf("the other browser is still logged in: %d", got.status)
	}
	if got := h.anybody().post("/login", url.Values{"email": {adminEmail}, "password": {"new"}}); got.status != http.StatusSeeOther {
		t.Errorf("the new password does not count: %d", got.status)
	}
	for range 5 {
		p.post("/account/password", url.Values{"old": {"wrong"}, "new": {"x"}, "repeat": {"x"}})
	}
	p.post("/account/password", url.Values{"old": {"new"}, "new": {"x"}, "repeat": {"x"}}).says(t, "Too many attempts have failed.")
}
