package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// patch changes a resource behind the back of the pages.
func (h *house) patch(kind *bellhop.Kind, id bellhop.ID, body string) {
	h.t.Helper()
	_, err := h.res.Patch(h.t.Context(), h.root, kind, id, []byte(body))
	must(h.t, err)
}

func TestAuditPage(t *testing.T) {
	h := newHouse(t)
	service := h.webhook("MCC Webhook")
	h.patch(bellhop.Services, service, `{"params":{"url":"`+endpoint(t)+`","events":["order.*"],"secret":"s","timeout":7,"rate":5,"concurrency":3}}`)
	_, err := h.res.Rotate(t.Context(), h.root, service, nil)
	must(t, err)
	below := h.make(bellhop.Organizations, map[string]any{"name": "Below"})
	channel := h.make(bellhop.Channels, map[string]any{"name": "Sales", "organization": below, "meta": map[string]any{"apiKey": "hush"}})
	must(t, h.res.Delete(t.Context(), h.root, bellhop.Channels, channel))
	bot := h.make(bellhop.Bots, map[string]any{"name": "Robot"})
	user := h.make(bellhop.Users, map[string]any{"name": "Bea", "email": "bea@example.com", "role": "agent", "organization": h.org})
	admin := h.admin()

	got := admin.get("/settings/organizations/" + string(h.org) + "/audit")
	got.says(t, "recorded, the newest first.", "ada deleted the channel Sales", "ada created the organization Below",
		"ada changed the service MCC Webhook : concurrency, events, rate, secret and 2 more", "ada rotated the secret of the service MCC Webhook",
		"changed; a secret is not kept here", "params.timeout is now 7")
	got.hides(t, "hush")
	for _, link := range []string{servicePath(service), orgPath(below), botPath(bot), userPath(user), "/audit/"} {
		if !strings.Contains(got.body, `href="`+link) {
			t.Errorf("no link leads to %s", link)
		}
	}
	admin.get(auditPath(below)).says(t, "3 changes recorded", "deleted the channel Sales", "created the organization Below")

	for query, want := range map[string]string{
		"kind=channel":                          "2 changes like that",
		"kind=channel&verb=delete":              "1 change like that",
		"who=AD&kind=service":                   "3 changes like that",
		"who=nobody":                            "Nothing that was recorded is like that.",
		"from=2000-01-01&to=2000-01-02":         "Nothing that was recorded is like that.",
		"from=2000-01-01&kind=service":          "3 changes like that",
		"object=" + string(service):             "Only service MCC Webhook",
		"user=" + string(h.root.ID):             "Only by ada",
		"kind=<b>&verb=x&from=x&user=1&who=%20": "recorded, the newest first.",
		"offset=500&kind=service":               "nothing here any more",
	} {
		admin.get("/audit?"+query).says(t, want)
	}

	records, err := h.res.AuditRecords(t.Context(), h.root, "verb=update&select=id")
	must(t, err)
	id := strings.Split(string(records.Items[0]), `"`)[3]
	admin.get("/audit/"+id).says(t, "What was changed", "by the server itself", "params.secret", "Id "+string(service))
	if got := admin.get("/audit/64b0f1a2c3d4e5f60718293a"); got.status != http.StatusNotFound {
		t.Errorf("a record that is not there: %d", got.status)
	}

	supervisor := *h.root
	supervisor.Scope, supervisor.Role = bellhop.ScopeSupervisor, bellhop.RoleSupervisor
	supervisor.Memberships = []account.Membership{{Place: h.root.Memberships[0].Place, Role: bellhop.RoleSupervisor}}
	for _, path := range []string{"/audit", "/audit/" + id, auditPath(h.org)} {
		if got := h.loggedIn(&supervisor).get(path); got.status != http.StatusForbidden {
			t.Errorf("a supervisor at %s: %d", path, got.status)
		}
	}
}

func TestAuditSentences(t *testing.T) {
	ada := bellhop.AuditRecord{User: "1", UserName: "Ada", Via: bellhop.ViaPage}
	with := func(verb bellhop.AuditVerb, kind string, change func(*bellhop.AuditRecord)) *bellhop.AuditRecord {
		r := ada
		r.Verb, r.Kind, r.Object, r.Name = verb, kind, "2", "X"
		if change != nil {
			change(&r)
		}
		return &r
	}
	changed := func(fields ...string) func(*bellhop.AuditRecord) {
		return func(r *bellhop.AuditRecord) {
			for _, field := range fields {
				r.Changes = append(r.Changes, bellhop.AuditChange{Field: field, New: []byte(`"paused"`)})
			}
		}
	}
	ui := newHouse(t).ui
	for _, test := range []struct {
		record *bellhop.AuditRecord
		want   string
	}{
		{with(bellhop.AuditUpdate, "user", changed("password")), "Ada changed the password of the user X"},
		{with(bellhop.AuditUpdate, "botinstance", changed("meta.a", "enabled")), "Ada changed the bot instance X: meta.a, enabled"},
		{with(bellhop.AuditUpdate, "user", nil), "Ada changed the user X"},
		{with(bellhop.AuditVerify, "service", func(r *bellhop.AuditRecord) { r.Failed, r.Reason = true, "status 404." }), "Ada could not verify the service X (status 404)"},
		{with(bellhop.AuditVerify, "service", nil), "Ada verified the service X"},
		{with(bellhop.AuditReplay, "service", changed("replay", "from")), "Ada started a replay for the service X"},
		{with(bellhop.AuditReplay, "service", changed("replay", "state")), "Ada paused a replay for the service X"},
		{with(bellhop.AuditReplay, "service", changed("delivery")), "Ada sent a delivery again to the service X"},
		{with(bellhop.AuditTest, "service", nil), "Ada sent a sample to the service X"},
		{with(bellhop.AuditLogin, "user", nil), "Ada logged in"},
		{with(bellhop.AuditLogout, "user", nil), "Ada logged out"},
		{with(bellhop.AuditRevoke, "user", nil), "Ada ended all tokens of the user X"},
		{with(bellhop.AuditRevoke, "user", func(r *bellhop.AuditRecord) { r.Object = "1" }), "Ada ended all tokens of their own"},
		{with(bellhop.AuditLogin, "user", func(r *bellhop.AuditRecord) { r.User, r.Failed, r.Reason = "", true, "x" }), "Somebody failed to log in as X"},
		{with(bellhop.AuditLogin, "user", func(r *bellhop.AuditRecord) { r.User, r.Object, r.Failed = "", "", true }), "Somebody tried to log in with an email that nobody has"},
		{with(bellhop.AuditUpdate, "user", func(r *bellhop.AuditRecord) { r.User, r.Via = "", bellhop.ViaCommand }), "An operator changed the user X"},
		{with(bellhop.AuditUpdate, "service", func(r *bellhop.AuditRecord) { r.User, r.Via, r.Reason = "", bellhop.ViaServer, "410" }), "Bellhop changed the service X (410)"},
		{with(bellhop.AuditDelete, "kbase", func(r *bellhop.AuditRecord) { r.Name, r.UserName = "", " " }), "1 deleted the knowledge base 2"},
	} {
		row := ui.auditRow(test.record, "/audit")
		got := row.Who.Text + " " + row.Did
		if row.What.Text != "" {
			got += " " + row.What.Text
		}
		if got += row.More; got != test.want {
			t.Errorf("the sentence is %q, want %q", got, test.want)
		}
	}
}

func TestOrganizationPages(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	top := orgPath(h.org)
	got := admin.post(top+"/new", url.Values{"name": {""}, "country": {"x"}})
	if got.status != http.StatusBadRequest {
		t.Errorf("an organization without a name: %d", got.status)
	}
	got.says(t, "Name is required.")
	got = admin.send(top+"/new", url.Values{"name": {"Acme NL"}, "tags": {"hotel, , bar"}, "country": {"NL"}})
	got.says(t, "Acme NL", "Added.", "On level 2 of 3", "hotel, bar", "0 services 0 bots 0 users")
	found, _, err := list[bellhop.Organization](&visit{ui: h.ui, r: newRequest(t), caller: h.root}, bellhop.Organizations, url.Values{"name": {"Acme NL"}})
	must(t, err)
	middle := orgPath(found[0].ID)
	admin.get("/settings").says(t, "You see 2 organizations.", "Acme NL active 0 services 0 bots 0 users Add one")

	admin.get(middle+"/edit").says(t, "Suspended")
	admin.get(top+"/edit").hides(t, "Suspended")
	admin.send(middle+"/edit", url.Values{"name": {"Acme NL"}, "displayName": {"Acme Holland"}, "suspended": {"yes"}}).
		says(t, "Saved.", "Acme Holland", "It is suspended, with all below it")
	admin.send(middle+"/edit", url.Values{"name": {"Acme NL"}}).says(t, "Acme NL", "active")

	h.make(bellhop.Bots, map[string]any{"name": "Robot", "organization": found[0].ID})
	team := h.make(bellhop.Organizations, map[string]any{"name": "Team", "parent": found[0].ID})
	got = admin.get(middle + "/delete")
	got.says(t, "is not empty", "1 organization below it", "1 bot", "1 user")
	got.hides(t, "<form method=\"post\" class=\"buttons\">")
	if got := admin.post(middle+"/delete", url.Values{}); got.status != http.StatusConflict {
		t.Errorf("deleting what is not empty: %d", got.status)
	}
	if got := admin.get(orgPath(team) + "/new"); got.status != http.StatusConflict {
		t.Errorf("adding on level 4: %d", got.status)
	}
	admin.get(orgPath(team)+"/delete").says(t, "Nothing is in it any more.")
	admin.send(orgPath(team)+"/delete", url.Values{}).says(t, "Team was deleted.")
	admin.get(top+"/delete").says(t, "cannot be deleted")

	agent := *h.root
	agent.Scope, agent.Role = bellhop.ScopeSupervisor, bellhop.RoleSupervisor
	agent.Memberships = []account.Membership{{Place: h.root.Memberships[0].Place, Role: bellhop.RoleSupervisor}}
	person := h.loggedIn(&agent)
	for _, path := range []string{"/new", "/edit", "/delete"} {
		if got := person.get(middle + path); got.status != http.StatusForbidden {
			t.Errorf("a supervisor at %s: %d", path, got.status)
		}
	}
	person.get(middle).hides(t, "/edit", "/delete")
}
