package ui

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// An empty installation is led to its first bot, and later on nothing is said of it.
func TestOverviewFirst(t *testing.T) {
	h := newHouse(t)
	p := h.admin()
	got := p.get("/")
	got.says(t, "Welcome. Nothing is connected yet", "First steps", "Add a bot", "npm install chipchat", "host: 'https://bellhop.example'",
		"Create a webhook", "Talk to it")
	for _, path := range []string{orgBotsPath(h.org) + "/new", integrationsPath(h.org) + "/new", "/conversations/new"} {
		if !strings.Contains(got.body, `href="`+path+`"`) {
			t.Errorf("no link leads to %s", path)
		}
		if got := p.get(path); got.status != http.StatusOK {
			t.Errorf("%s = %d", path, got.status)
		}
	}
	h.webhook("A")
	got = p.get("/")
	got.says(t, "Nothing needs attention: nothing was sent in the last 24 hours.", "Nothing has failed.")
	got.hides(t, "First steps", "Needs attention")
}

// What needs attention comes first, with the remedy.
func TestOverviewNeeds(t *testing.T) {
	h := newHouse(t)
	p := h.admin()
	a, b := h.webhook("Paused one"), h.webhook("Failing one")
	h.make(bellhop.Services, map[string]any{"name": "Not there", "type": "webhook", "status": "unverified", "params": map[string]any{"url": "http://127.0.0.1:1/"}})
	_, err := h.res.Patch(t.Context(), h.root, bellhop.Services, h.webhook("Off one"), []byte(`{"status":"inactive"}`))
	must(t, err)
	h.start("Jenny", "Milk?")
	h.paused, h.failing = []bellhop.ID{a}, []bellhop.ID{b}
	h.health = subscription.Health{State: "paused", Since: bellhop.TimeOf(time.Now().Add(-time.Hour)), Failures: 12, Reason: "connection refused"}
	h.die("status 503")
	got := p.get("/")
	got.says(t, "things need attention.", "Needs attention", "Paused one", "connection refused", "nothing listens on that port", "When will what waits arrive?", "Failing one",
		"Off one", "Switched off", "Switch it on again", "deliveries have died", "Look at why, and replay them", "Newest failures", "status 503",
		"Something in the endpoint", "queued")
	for _, link := range []string{"/schedule?service=" + string(a), "/deliveries?status=dead", "/conversations?status=queued"} {
		if !strings.Contains(got.body, `href="`+link) {
			t.Errorf("no link leads to %s", link)
		}
	}
	// Of another organization nothing is told.
	other := h.make(bellhop.Organizations, map[string]any{"name": "Below"})
	got = p.get("/?organization=" + string(other))
	got.says(t, "in Below and below")
	got.hides(t, "Paused one", "Failing one", "status 503")
	if got := p.get("/?organization=0123456789abcdef01234567"); got.status != http.StatusNotFound {
		t.Errorf("an organization that is not there: %d, want 404", got.status)
	}
}

// Who may not see deliveries goes on to what people say.
func TestOverviewIsForAdmins(t *testing.T) {
	h := newHouse(t)
	for _, role := range []bellhop.Role{bellhop.RoleAgent, bellhop.RoleSupervisor} {
		if got := h.loggedIn(h.callerWith(role)).get("/"); got.status != http.StatusSeeOther || got.to != "/conversations" {
			t.Errorf("%s: %d to %q, want 303 to /conversations", role, got.status, got.to)
		}
	}
	if got := h.loggedIn(h.callerWith(bellhop.RoleAgent)).get("/?organization=" + string(h.org)); got.to != "/conversations?organization="+string(h.org) {
		t.Errorf("an agent in an organization is led to %q", got.to)
	}
}

func TestOverviewThroughput(t *testing.T) {
	h := newHouse(t)
	a, b := h.webhook("A"), h.webhook("B")
	now := bellhop.TimeOf(time.Now())
	for range 3 {
		h.ui.stats.Count(a, now.Add(-time.Hour), true, 10*time.Millisecond)
	}
	h.ui.stats.Count(b, now.Add(-2*time.Hour), false, time.Second)
	admin := h.admin()
	admin.get("/").says(t, "Nothing needs attention: 3 delivered in the last 24 hours, p99", "75 % of 4 attempts", "3 attempts were delivered, and 1 failed.")
	// One request reads what is needed, however often it is asked.
	begun := func() time.Time { return time.Now().Truncate(time.Minute) } // then the page tells other times
	for same := false; !same; {
		before := begun()
		got, again := admin.get("/"), admin.get("/")
		if same = begun() == before; same && again.text != got.text {
			t.Error("the same day looks different a moment later")
		}
	}
}

func TestGroupFailures(t *testing.T) {
	found := []listedDelivery{
		{deliveryFacts: deliveryFacts{Service: "a", Status: "pending", LastError: "timeout", CreatedAt: 1}},
		{deliveryFacts: deliveryFacts{Service: "b", Status: "dead", LastError: "status 503", CreatedAt: 2}},
		{deliveryFacts: deliveryFacts{Service: "a", Status: "pending", LastError: "status 503", CreatedAt: 3}},
	}
	groups := groupFailures(found)
	if len(groups) != 2 || groups[0].reason != "status 503" || groups[0].count != 2 || groups[0].newest != 3 ||
		len(groups[0].services) != 2 || groups[1].count != 1 {
		t.Errorf("groups %+v", groups)
	}
}

// A reason leads to the deliveries that failed with it and to no others, whether they have died or
// are still tried.
func TestFailuresLeadToTheirList(t *testing.T) {
	h := newHouse(t)
	h.webhook("A")
	h.publish("order.first")
	h.die("status 503")
	h.publish("order.second")
	h.attempted("event=order.second", bellhop.Pending, 1)
	h.publish("order.third")
	h.die("timeout")
	h.publish("order.fourth")
	p := h.admin()
	to := p.get("/").linkTo(t, "timeout")
	got := p.get(to)
	got.says(t, "1 delivery that failed with timeout.", "failed with timeout", "Remove all", "order.third")
	got.hides(t, "order.first", "order.fourth")
	if !strings.Contains(got.body, `<input type="hidden" name="lastError" value="timeout">`) {
		t.Error("the form forgets the reason")
	}
	p.get("/deliveries?status=delivered&lastError=timeout").says(t, "No delivery that failed with timeout is delivered.")
	p.get("/deliveries?lastError=a,b%5B%5D%26").says(t, "There is no delivery that failed with a,b[]&.")
}

// die makes all deliveries that wait die.
func (h *house) die(reason string) {
	h.t.Helper()
	found, _, err := (&visit{ui: h.ui, r: newBenchRequest("/"), caller: h.root}).findDeliveries(map[string][]string{"status": {"pending"}})
	must(h.t, err)
	if len(found) == 0 {
		h.t.Fatal("nothing waits")
	}
	now := bellhop.TimeOf(time.Now())
	must(h.t, h.db.Update(h.t.Context(), func(tx *store.Tx) error {
		for _, d := range found {
			_, err := tx.Record(h.t.Context(), store.Result{Delivery: d.ID.Seq(), Status: bellhop.Dead, At: now,
				Attempt: &bellhop.Attempt{Number: 1, At: now, Status: 503, Error: reason}})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
