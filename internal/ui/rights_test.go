//go:build !race

package ui

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Somebody with each role in the organization own, an admin below it, one beside it and one above it.
var castRoles = []struct {
	name  string
	role  bellhop.Role
	place string
}{
	{"guest", bellhop.RoleGuest, "own"}, {"agent", bellhop.RoleAgent, "own"}, {"bot", bellhop.RoleBot, "own"},
	{"supervisor", bellhop.RoleSupervisor, "own"}, {"admin", bellhop.RoleAdmin, "own"},
	{"below", bellhop.RoleAdmin, "child"}, {"beside", bellhop.RoleAdmin, "foreign"}, {"above", bellhop.RoleAdmin, "parent"},
}

var castPlaces = []string{"own", "child", "parent", "foreign", "unknown"}

// cast is a house with these people and, in each place, one thing of everything, all of whose texts
// and secrets are marked.
type cast struct {
	*house
	people map[string]*person
	paths  map[string]string            // the path of the organization that a place is
	of     map[string]map[string]string // by place, the ids of what is there
	hook   string                       // passes each challenge
	n      int
}

func mark(what, place string) string { return "mark-" + what + "-" + place }

var markPattern = regexp.MustCompile(`mark-[a-z]+-[a-z]+`)

func newCast(t testing.TB) *cast {
	c := &cast{house: newHouse(t), people: map[string]*person{}, paths: map[string]string{}, of: map[string]map[string]string{}, hook: endpoint(t)}
	own := c.organization("own", c.org)
	child, foreign := c.organization("child", own), c.organization("foreign", c.org)
	c.paths["parent"] = string(c.org)
	c.paths["own"] = c.paths["parent"] + "#" + string(own)
	c.paths["child"], c.paths["foreign"] = c.paths["own"]+"#"+string(child), c.paths["parent"]+"#"+string(foreign)
	organizations := map[string]bellhop.ID{"parent": c.org, "own": own, "child": child, "foreign": foreign}
	people := map[string]bellhop.ID{}
	for _, r := range castRoles {
		p := c.anybody()
		c.people[r.name] = p
		if r.role == bellhop.RoleBot { // who cannot log in
			people[r.name] = c.make(bellhop.Users, map[string]any{"givenName": r.name, "email": r.name + "@example.com", "role": r.role, "organization": organizations[r.place], "status": "active"})
			p.cookies[sessionCookie] = r.name
			must(t, c.db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.InsertLogin(t.Context(), store.Login{Digest: sha256.Sum256([]byte(r.name)), User: people[r.name], Ends: bellhop.TimeOf(c.ui.now()).Add(account.SessionLife)})
			}))
			continue
		}
		people[r.name] = c.user(r.name, r.role, organizations[r.place])
		if got := p.post("/login", url.Values{"email": {r.name + "@example.com"}, "password": {"open sesame"}}); got.status != http.StatusSeeOther {
			t.Fatalf("%s cannot log in: %d", r.name, got.status)
		}
	}
	for place, id := range organizations {
		c.furnishPlace(place, id, people["supervisor"])
	}
	c.of["unknown"] = map[string]string{}
	for name, id := range c.of["own"] {
		c.n++
		switch len(id) {
		case 24:
			id = fmt.Sprintf("64b0f1a2c3d4e5f6%08d", c.n)
		case 36:
			id = fmt.Sprintf("018f4a2b-0000-7000-8000-%012d", c.n)
		default:
			id = "nobodys_1" // like the slug of a message
		}
		c.of["unknown"][name] = id
	}
	return c
}

func (c *cast) organization(place string, parent bellhop.ID) bellhop.ID {
	return c.make(bellhop.Organizations, map[string]any{"name": mark("organization", place), "parent": parent})
}

// furnishPlace makes one thing of everything.
func (c *cast) furnishPlace(place string, organization, reader bellhop.ID) {
	c.t.Helper()
	ids := map[string]string{"organization": string(organization)}
	c.of[place] = ids
	for _, kind := range []string{"service", "user", "bot", "conversation"} {
		ids[kind] = c.fresh(place, kind)
	}
	ids["other"] = string(c.make(bellhop.Services, map[string]any{
		"name": mark("other", place), "type": "other", "organization": organization, "params": map[string]any{"password": mark("params", place)},
	}))
	ids["instance"] = string(c.make(bellhop.BotInstances, map[string]any{"bot": ids["bot"], "organization": organization, "enabled": true}))
	talk := bellhop.ID(ids["conversation"])
	ids["slug"] = c.say(talk, map[string]any{"text": mark("press", place), "role": "agent", "actions": []map[string]any{{"type": "reply", "text": "Yes", "payload": "yes"}}})
	c.say(talk, map[string]any{"text": mark("backchannel", place), "role": "agent", "isBackchannel": true})
	c.say(talk, map[string]any{"text": mark("limited", place), "role": "agent", "participants": []bellhop.ID{reader}})
	var messages []struct{ ID, Slug string }
	c.listed(bellhop.Messages, "conversation="+ids["conversation"]+"&slug="+ids["slug"], &messages)
	ids["message"] = messages[0].ID
	_, err := c.subs.Publish(c.t.Context(), c.root, fmt.Appendf(nil, `{"event":"order.made","organization":%q,"data":{"order":%q}}`, organization, mark("event", place)), "")
	must(c.t, err)
	deliveries, err := c.subs.Deliveries(c.t.Context(), c.root, "event=order.made&service="+ids["service"])
	must(c.t, err)
	var d struct{ ID, EventID string }
	must(c.t, json.Unmarshal(deliveries.Items[0], &d))
	ids["delivery"], ids["event"] = d.ID, d.EventID
	c.attempted("event=order.made&service="+ids["service"], bellhop.Dead, 2)
	ids["replay"] = c.fresh(place, "replay")
	records, err := c.res.AuditRecords(c.t.Context(), c.root, "limit=1&object="+ids["service"])
	must(c.t, err)
	must(c.t, json.Unmarshal(records.Items[0], &d))
	ids["record"] = d.ID
}

func (c *cast) listed(kind *bellhop.Kind, query string, out any) {
	c.t.Helper()
	page, err := c.res.List(c.t.Context(), c.root, kind, query)
	must(c.t, err)
	text, err := json.Marshal(page.Items)
	must(c.t, err)
	must(c.t, json.Unmarshal(text, out))
}

// fresh makes another thing of a kind in a place, and returns its id.
func (c *cast) fresh(place, kind string) string {
	c.t.Helper()
	c.n++
	organization := c.of[place]["organization"]
	switch kind {
	case "organization":
		return string(c.make(bellhop.Organizations, map[string]any{"name": mark("new", place), "parent": organization}))
	case "service":
		return string(c.make(bellhop.Services, map[string]any{"name": mark("service", place), "type": "webhook", "organization": organization, "params": map[string]any{
			"url": strings.Replace(c.hook, "http://", "http://"+mark("username", place)+":"+mark("password", place)+"@", 1), "events": []string{"order.made"},
			"secret": mark("secret", place), "headers": map[string]any{"X-Own": mark("header", place)},
		}}))
	case "bot":
		return string(c.make(bellhop.Bots, map[string]any{"name": mark("bot", place), "organization": organization}))
	case "user":
		return string(c.make(bellhop.Users, map[string]any{
			"givenName": mark("user", place), "email": fmt.Sprintf("%s-%d@example.com", mark("email", place), c.n), "role": "agent", "organization": organization, "status": "active",
		}))
	case "conversation":
		body, _, err := c.talk.Start(c.t.Context(), c.root, fmt.Appendf(nil,
			`{"type":"contact","organization":%q,"contact":{"profile":{"name":%q,"email":"%s@example.com"}},"messages":[{"text":%q,"role":"contact"}]}`,
			organization, mark("contact", place), mark("address", place), mark("text", place)))
		must(c.t, err)
		var made struct{ ID string }
		must(c.t, json.Unmarshal(body, &made))
		return made.ID
	case "replay":
		body, _, err := c.subs.CreateReplay(c.t.Context(), c.root, bellhop.ID(c.of[place]["service"]), []byte(`{"from":"2000-01-01","status":"any"}`))
		must(c.t, err)
		var made struct{ ID string }
		must(c.t, json.Unmarshal(body, &made))
		return made.ID
	}
	c.t.Fatalf("nobody knows how to make a %s", kind)
	return ""
}

// rightsRow is a request of a page. $ and the name of a thing stands for the id of the one in the
// place that is asked about, $fresh for one that nobody else was there for.
type rightsRow struct {
	path  string
	form  string // of a POST
	fresh string // what is made anew
}

// rightsRows are the requests that are tried of each page, in the order of the patterns.
var rightsRows = map[string][]rightsRow{
	"GET /static/":                        {{path: "/static/none"}},
	"GET " + docsPath:                     {{path: docsPath}},
	"GET " + docsPath + "/{group}":        {{path: docsPath + "/conversations"}},
	"GET " + docsPath + "/schemas/{name}": {{path: docsPath + "/schemas/Conversation"}},
	"GET /login":                          {{path: "/login"}},
	"POST /login":                         nil, // asks nobody who he is
	"POST /logout":                        nil, // ends what the others need
	"/":                                   {{path: "/nowhere"}},

	"GET /{$}": {{path: "/"}, {path: "/?organization=$organization"}},
	"GET /search": {{path: "/search?q=mark"}, {path: "/search?q=mark-$"}, {path: "/search?q=$organization"}, {path: "/search?q=$service"}, {path: "/search?q=$conversation"},
		{path: "/search?q=$user"}, {path: "/search?q=$bot"}, {path: "/search?q=$message"}, {path: "/search?q=$delivery"}, {path: "/search?q=$event"}, {path: "/search?q=$slug"}, {path: "/search?q=mark-email"}},

	"GET /settings":                                      {{path: "/settings"}, {path: "/settings?organization=$organization"}, {path: "/settings?search=mark"}},
	"GET /settings/organizations/{id}":                   {{path: "/settings/organizations/$organization"}},
	"GET /settings/organizations/{id}/integrations":      {{path: "/settings/organizations/$organization/integrations"}},
	"GET /settings/organizations/{id}/integrations/new":  {{path: "/settings/organizations/$organization/integrations/new"}},
	"POST /settings/organizations/{id}/integrations/new": {{path: "/settings/organizations/$organization/integrations/new", form: "name=mark-new-$&url=http://127.0.0.1:1/"}},

	"GET /settings/organizations/{id}/bots":       {{path: "/settings/organizations/$organization/bots"}},
	"GET /settings/organizations/{id}/bots/new":   {{path: "/settings/organizations/$organization/bots/new"}},
	"POST /settings/organizations/{id}/bots/new":  {{path: "/settings/organizations/$organization/bots/new", form: "name=mark-new-$&enabled=1&audience=suborgs"}},
	"GET /settings/organizations/{id}/users":      {{path: "/settings/organizations/$organization/users"}},
	"GET /settings/organizations/{id}/users/new":  {{path: "/settings/organizations/$organization/users/new"}},
	"POST /settings/organizations/{id}/users/new": {{path: "/settings/organizations/$organization/users/new", form: "given=mark-new-$&email=n$n@example.com&role=agent"}},

	"GET /bots":                                       {{path: "/bots"}, {path: "/bots?organization=$organization"}, {path: "/bots?search=mark"}},
	"GET /bots/{id}":                                  {{path: "/bots/$bot"}},
	"GET /bots/{id}/edit":                             {{path: "/bots/$bot/edit"}},
	"POST /bots/{id}/edit":                            {{path: "/bots/$fresh/edit", form: "name=mark-new-$&audience=suborgs", fresh: "bot"}},
	"GET /bots/{id}/delete":                           {{path: "/bots/$bot/delete"}},
	"POST /bots/{id}/delete":                          {{path: "/bots/$fresh/delete", form: "x=1", fresh: "bot"}},
	"GET /bots/{id}/webhook":                          {{path: "/bots/$bot/webhook"}},
	"POST /bots/{id}/webhook":                         {{path: "/bots/$fresh/webhook", form: "url=http://127.0.0.1:1/", fresh: "bot"}},
	"POST /bots/{id}/webhook/verify":                  {{path: "/bots/$bot/webhook/verify", form: "x=1"}},
	"POST /bots/{id}/webhook/off":                     {{path: "/bots/$bot/webhook/off", form: "x=1"}},
	"GET /bots/{id}/organizations":                    {{path: "/bots/$bot/organizations"}},
	"POST /bots/{id}/organizations":                   {{path: "/bots/$fresh/organizations", form: "do=add&organization=$organization", fresh: "bot"}, {path: "/bots/$bot/organizations", form: "do=on&instance=$instance"}, {path: "/bots/$my-bot/organizations", form: "do=on&instance=$instance"}},
	"GET /bots/{id}/organizations/{instance}/remove":  {{path: "/bots/$bot/organizations/$instance/remove"}, {path: "/bots/$my-bot/organizations/$instance/remove"}},
	"POST /bots/{id}/organizations/{instance}/remove": {{path: "/bots/$bot/organizations/none/remove", form: "x=1"}},
	"GET /bots/{id}/tokens":                           {{path: "/bots/$bot/tokens"}},
	"POST /bots/{id}/tokens":                          {{path: "/bots/$bot/tokens", form: "x=1"}},
	"GET /bots/{id}/tokens/revoke":                    {{path: "/bots/$bot/tokens/revoke"}},
	"POST /bots/{id}/tokens/revoke":                   {{path: "/bots/$fresh/tokens/revoke", form: "x=1", fresh: "bot"}},

	"GET /users/{id}":                                      {{path: "/users/$user"}, {path: "/users/$bot"}},
	"POST /users/{id}":                                     {{path: "/users/$fresh", form: "given=mark-new-$&email=m$n@example.com&status=active", fresh: "user"}},
	"POST /users/{id}/role":                                {{path: "/users/$fresh/role", form: "organization=$organization&role=guest", fresh: "user"}, {path: "/users/$fresh/role", form: "organization=$organization&role=owner", fresh: "user"}},
	"POST /users/{id}/organizations":                       {{path: "/users/$fresh/organizations", form: "organization=$organization&role=agent", fresh: "user"}},
	"GET /users/{id}/organizations/{organization}/remove":  {{path: "/users/$user/organizations/$organization/remove"}},
	"POST /users/{id}/organizations/{organization}/remove": {{path: "/users/$user/organizations/$organization/remove", form: "x=1"}},
	"POST /users/{id}/password":                            {{path: "/users/$fresh/password", form: "password=short", fresh: "user"}},
	"GET /users/{id}/revoke":                               {{path: "/users/$user/revoke"}},
	"POST /users/{id}/revoke":                              {{path: "/users/$fresh/revoke", form: "x=1", fresh: "user"}},
	"GET /users/{id}/delete":                               {{path: "/users/$user/delete"}},
	"POST /users/{id}/delete":                              {{path: "/users/$fresh/delete", form: "x=1", fresh: "user"}},

	"GET /account":                                         {{path: "/account"}},
	"POST /account":                                        {{path: "/account", form: "email=x"}},
	"GET /account/password":                                {{path: "/account/password"}},
	"POST /account/password":                               {{path: "/account/password", form: "old=a&new=b&repeat=c"}},
	"GET /account/developer":                               {{path: "/account/developer"}},
	"POST /account/developer":                              {{path: "/account/developer", form: "x=1"}},
	"GET /account/developer/revoke":                        {{path: "/account/developer/revoke"}},
	"POST /account/developer/revoke":                       nil, // ends what the others need
	"POST /settings/organizations/{id}/integrations/check": {{path: "/settings/organizations/$organization/integrations/check", form: "url=http://127.0.0.1:1/"}, {path: "/settings/organizations/$organization/integrations/check", form: "url=http://127.0.0.1:1/&service=$service"}, {path: "/settings/organizations/$my-organization/integrations/check", form: "url=http://127.0.0.1:1/&service=$service"}},
	"GET /webhooks/events":                                 {{path: "/webhooks/events"}},
	"GET /webhooks/events/picker":                          {{path: "/webhooks/events/picker"}},
	"GET /settings/organizations/{id}/new":                 {{path: "/settings/organizations/$organization/new"}},
	"POST /settings/organizations/{id}/new":                {{path: "/settings/organizations/$organization/new", form: "name=mark-new-$"}},
	"GET /settings/organizations/{id}/edit":                {{path: "/settings/organizations/$organization/edit"}},
	"POST /settings/organizations/{id}/edit":               {{path: "/settings/organizations/$organization/edit", form: "name=mark-organization-$"}},
	"GET /settings/organizations/{id}/delete":              {{path: "/settings/organizations/$organization/delete"}},
	"POST /settings/organizations/{id}/delete":             {{path: "/settings/organizations/$organization/delete", form: "x=1"}},

	"GET /settings/organizations/{id}/audit": {{path: "/settings/organizations/$organization/audit"}},
	"GET /audit":                             {{path: "/audit"}, {path: "/audit?organization=$organization"}, {path: "/audit?object=$service"}, {path: "/audit?user=$user"}, {path: "/audit?who=a"}},
	"GET /audit/{id}":                        {{path: "/audit/$record"}},

	"GET /services/{id}":         {{path: "/services/$service"}, {path: "/services/$other"}},
	"GET /services/{id}/edit":    {{path: "/services/$service/edit"}},
	"POST /services/{id}/edit":   {{path: "/services/$fresh/edit", form: "name=mark-new-$&url=$hook", fresh: "service"}},
	"POST /services/{id}/verify": {{path: "/services/$service/verify", form: "x=1"}},
	"POST /services/{id}/off":    {{path: "/services/$fresh/off", form: "x=1", fresh: "service"}},
	"GET /services/{id}/delete":  {{path: "/services/$service/delete"}},

	"GET /services/{id}/charts":       {{path: "/services/$service/charts"}},
	"GET /services/{id}/settings":     {{path: "/services/$service/settings"}},
	"GET /services/{id}/switch-off":   {{path: "/services/$service/switch-off"}},
	"GET /services/{id}/test":         {{path: "/services/$service/test"}},
	"POST /services/{id}/test":        {{path: "/services/$service/test", form: "event=order.tested"}},
	"GET /services/{id}/rotate":       {{path: "/services/$service/rotate"}},
	"POST /services/{id}/rotate":      {{path: "/services/$fresh/rotate", form: "overlap=1", fresh: "service"}},
	"GET /services/{id}/replays":      {{path: "/services/$service/replays"}},
	"GET /services/{id}/replays/new":  {{path: "/services/$service/replays/new"}},
	"POST /services/{id}/replays/new": {{path: "/services/$service/replays/new", form: "from=2000-01-01"}},
	"GET /replays/{id}":               {{path: "/replays/$replay"}},
	"POST /replays/{id}":              {{path: "/replays/$fresh", form: "state=paused", fresh: "replay"}},
	"POST /services/{id}/delete":      {{path: "/services/$fresh/delete", form: "x=1", fresh: "service"}},

	"GET /deliveries": {{path: "/deliveries"}, {path: "/deliveries?organization=$organization"}, {path: "/deliveries?service=$service"}, {path: "/deliveries?conversation=$conversation"},
		{path: "/deliveries?key=$conversation"}, {path: "/deliveries?eventId=$event"}, {path: "/deliveries?event=order.made"}},
	"GET /deliveries/{id}": {{path: "/deliveries/$delivery"}, {path: "/deliveries/$delivery?tab=request"}, {path: "/deliveries/$delivery?tab=compare"}, {path: "/deliveries/$delivery?tab=curl"}},
	"GET /live/deliveries": {{path: "/live/deliveries"}, {path: "/live/deliveries?service=$service"}, {path: "/live/deliveries?id=$delivery"}},

	"GET /conversations":                {{path: "/conversations"}, {path: "/conversations?organization=$organization"}, {path: "/conversations?name=mark"}, {path: "/conversations?who=me"}, {path: "/conversations?bot=$bot"}},
	"GET /conversations/new":            {{path: "/conversations/new"}, {path: "/conversations/new?organization=$organization"}},
	"POST /conversations/new":           {{path: "/conversations/new", form: "name=mark-new-$&text=mark-new-$&organization=$organization"}},
	"GET /conversations/{id}":           {{path: "/conversations/$conversation"}, {path: "/conversations/$conversation?as=contact"}},
	"GET /conversations/{id}/text/{m}":  {{path: "/conversations/$conversation/text/$message"}, {path: "/conversations/$my-conversation/text/$message"}},
	"POST /conversations/{id}/say":      {{path: "/conversations/$fresh/say", form: "as=agent&text=mark-new-$", fresh: "conversation"}, {path: "/conversations/$fresh/say", form: "as=contact&text=mark-new-$", fresh: "conversation"}},
	"POST /conversations/{id}/press":    {{path: "/conversations/$conversation/press", form: "message=$message&press=0"}, {path: "/conversations/$my-conversation/press", form: "message=$message&press=0"}},
	"POST /conversations/{id}/close":    {{path: "/conversations/$fresh/close", form: "x=1", fresh: "conversation"}},
	"GET /live/conversations":           {{path: "/live/conversations"}},
	"GET /live/conversations/{id}":      {{path: "/live/conversations/$conversation"}},
	"GET /m/{slug}":                     {{path: "/m/$slug"}},
	"GET /deliveries/{id}/payload":      {{path: "/deliveries/$delivery/payload"}},
	"GET /deliveries/{id}/curl/{n}":     {{path: "/deliveries/$delivery/curl/1"}},
	"GET /deliveries/{id}/response/{n}": {{path: "/deliveries/$delivery/response/1"}},
	"POST /deliveries/{id}/replay":      {{path: "/deliveries/$delivery/replay", form: "x=1"}},
	"GET /events/{id}":                  {{path: "/events/$event"}},
	"GET /services/{id}/explain":        {{path: "/services/$service/explain"}, {path: "/services/$service/explain?event=$event"}, {path: "/services/$my-service/explain?event=$event"}},
	"GET /schedule":                     {{path: "/schedule"}, {path: "/schedule?service=$service"}},
}

// Every page has a row, and every row a page.
func TestRightsOfEveryPage(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	must(t, err)
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`"((?:GET|POST) /[^"]*)"`).FindAllStringSubmatch(string(source), -1) {
		named[m[1]] = true
		if _, ok := rightsRows[m[1]]; !ok {
			t.Errorf("%s has no row in rightsRows", m[1])
		}
	}
	for pattern := range rightsRows {
		if !named[pattern] && pattern != "/" && !strings.HasPrefix(pattern, "GET "+docsPath) {
			t.Errorf("%s is no page", pattern)
		}
	}
}

// No other site sends a form, and none is sent by a link: what a GET of its address finds is a page
// of its own, or nothing.
func TestForgeryOfEveryForm(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	for pattern := range rightsRows {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodPost {
			continue
		}
		path = regexp.MustCompile(`{\w+}`).ReplaceAllString(path, string(h.org))
		for _, headers := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "", "Origin": "null"}} {
			admin.headers = headers
			if got := admin.post(path, url.Values{}); got.status != http.StatusForbidden || !strings.Contains(got.text, "from another site") {
				t.Errorf("%s with %v = %d", pattern, headers, got.status)
			}
		}
		admin.headers = nil
		if _, ok := rightsRows["GET "+strings.TrimPrefix(pattern, "POST ")]; !ok {
			if got := admin.get(path); got.status != http.StatusNotFound {
				t.Errorf("GET of %s = %d", pattern, got.status)
			}
		}
	}
}

// in replaces what stands for the ids in a place.
func (c *cast) in(place, text, fresh string) string {
	c.n++
	text = strings.ReplaceAll(text, "$n", fmt.Sprint(c.n))
	text = strings.ReplaceAll(text, "mark-$", "mark-organization-"+place)
	text = strings.ReplaceAll(text, "-new-$", "-new-"+place)
	text = strings.NewReplacer("$fresh", fresh, "$hook", c.hook).Replace(text)
	for name, id := range c.of["own"] {
		text = strings.ReplaceAll(text, "$my-"+name, id)
	}
	for _, name := range slices.Backward(slices.SortedFunc(maps.Keys(c.of[place]), func(a, b string) int { return len(a) - len(b) })) {
		text = strings.ReplaceAll(text, "$"+name, c.of[place][name])
	}
	return text
}

// ask is one request; a stream is left as soon as it is answered.
func (p *person) ask(method, path, form string) answer {
	p.t.Helper()
	ctx, leave := context.WithCancel(p.t.Context())
	defer leave()
	r := httptest.NewRequestWithContext(ctx, method, "https://bellhop.example"+path, strings.NewReader(form))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: p.cookies[sessionCookie]})
	w := &leaver{ResponseRecorder: httptest.NewRecorder(), leave: func() {}}
	if strings.HasPrefix(path, "/live/") {
		w.leave = leave
	}
	p.ui.ServeHTTP(w, r)
	return answer{w.Code, w.Header().Get("Location"), w.Body.String(), textOf(w.Body.String()), w.Header()}
}

// leaver is somebody who leaves when he is answered.
type leaver struct {
	*httptest.ResponseRecorder
	leave func()
}

func (l *leaver) Flush() {
	l.ResponseRecorder.Flush()
	l.leave()
}

func (*leaver) SetReadDeadline(time.Time) error  { return nil }
func (*leaver) SetWriteDeadline(time.Time) error { return nil }

// recorded is how much was changed, as far as it is written down.
func (c *cast) recorded() string {
	c.t.Helper()
	records, err := c.res.AuditRecords(c.t.Context(), c.root, "limit=1&select=id")
	must(c.t, err)
	return fmt.Sprint(c.db.Stats().Events, string(records.Items[0]))
}

// mayKnow is all that the rules show to somebody, as one text.
func (c *cast) mayKnow(caller *account.Caller) string {
	var all strings.Builder
	ctx := c.t.Context()
	add := func(items ...json.RawMessage) {
		for _, item := range items {
			all.Write(item)
		}
	}
	for _, kind := range bellhop.Kinds() {
		for offset := 0; ; offset += 100 {
			page, err := c.res.List(ctx, caller, kind, fmt.Sprintf("limit=100&offset=%d", offset))
			if err != nil || len(page.Items) == 0 {
				break
			}
			add(page.Items...)
		}
		for _, ids := range c.of {
			for _, id := range ids {
				if body, err := c.res.Get(ctx, caller, kind, bellhop.ID(id), ""); err == nil {
					add(body)
				}
			}
		}
	}
	for _, ids := range c.of {
		if page, err := c.res.List(ctx, caller, bellhop.Messages, "limit=100&conversation="+ids["conversation"]); err == nil {
			add(page.Items...)
		}
		for _, id := range ids {
			uuid, err := bellhop.ParseUUID(id)
			if err != nil {
				continue
			}
			if body, err := c.subs.Delivery(ctx, caller, uuid); err == nil {
				add(body)
			}
			if body, err := c.subs.Event(ctx, caller, uuid); err == nil {
				add(body)
			}
		}
	}
	if page, err := c.res.AuditRecords(ctx, caller, "limit=1000"); err == nil {
		add(page.Items...)
	}
	return all.String()
}

// covers reports whether the place of a person is that place, or one above it.
func (c *cast) covers(of, place string) bool {
	return place != "unknown" && strings.HasPrefix(c.paths[place]+"#", c.paths[of]+"#")
}

// anonymous is a page without the ids and the marks of the place that was asked about.
func (c *cast) anonymous(place, fresh, text string) string {
	for name, id := range c.of[place] {
		text = strings.ReplaceAll(text, id, "$"+name)
	}
	if fresh != "" {
		text = strings.ReplaceAll(text, fresh, "$fresh")
	}
	return agoPattern.ReplaceAllString(strings.ReplaceAll(text, "-"+place, "-$place"), "ago")
}

var agoPattern = regexp.MustCompile(`just now|\d+ seconds? ago|in \d+ hours \d+ minutes`)

// around shows where two texts begin to differ.
func around(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(i-40, 0)
	return fmt.Sprintf("%.160q\n%.160q", a[from:], b[from:])
}

// neverShown is on no page unless it is asked for.
var neverShown = []string{"password", "username", "secret", "header", "params"}

// What each of these people gets of each page is in testdata/rights.txt: a line for each request and
// place, and in it a status for each person. Nobody is shown anything that the rules do not show
// him, and what is not his looks like what there is not.
func TestRights(t *testing.T) {
	c := newCast(t)
	var golden strings.Builder
	fmt.Fprintf(&golden, "%8s", "")
	for _, r := range castRoles {
		fmt.Fprintf(&golden, " %-10s", r.name)
	}
	golden.WriteString("\n")
	know := map[string]string{}
	callers := map[string]*account.Caller{}
	for name, p := range c.people {
		caller, err := c.ui.accounts.Session(t.Context(), p.cookies[sessionCookie])
		must(t, err)
		callers[name] = caller
		know[name] = c.mayKnow(caller)
	}
	for _, pattern := range slices.Sorted(maps.Keys(rightsRows)) {
		for _, row := range rightsRows[pattern] {
			method, _, ok := strings.Cut(pattern, " ")
			if !ok {
				method = http.MethodGet
			}
			fmt.Fprintf(&golden, "\n%s\n", strings.TrimSpace(method+" "+row.path+" "+row.form))
			nones, before := map[string]answer{}, c.recorded()
			for _, place := range castPlaces {
				if place != "own" && !strings.Contains(strings.ReplaceAll(row.path+row.form, "$n", ""), "$") {
					continue
				}
				fmt.Fprintf(&golden, "%8s", place)
				for _, r := range castRoles {
					fresh := ""
					if row.fresh != "" {
						if fresh = c.of["unknown"][row.fresh]; place != "unknown" {
							fresh = c.fresh(place, row.fresh)
						}
					}
					if method != http.MethodGet {
						before = c.recorded()
					}
					got := c.people[r.name].ask(method, c.in(place, row.path, fresh), c.in(place, row.form, fresh))
					fmt.Fprintf(&golden, " %-10d", got.status)
					if (got.status == http.StatusNotFound || got.status == http.StatusForbidden) && method != http.MethodGet && before != c.recorded() {
						t.Errorf("%s at %s %s of %s: %d, and something was changed", r.name, method, row.path, place, got.status)
					}
					name := fmt.Sprintf("%s at %s %s of %s", r.name, method, row.path, place)
					for _, m := range markPattern.FindAllString(got.body+got.to, -1) {
						_, rest, _ := strings.Cut(m, "-")
						what, _, _ := strings.Cut(rest, "-")
						if slices.Contains(neverShown, what) {
							t.Errorf("%s shows %s", name, m)
						} else if what != "new" && !strings.Contains(know[r.name], m) && !strings.Contains(c.in(place, row.path, fresh), m) {
							t.Errorf("%s shows %s, which the rules do not", name, m)
						}
					}
					if strings.Contains(row.path+row.form, "$") && place != "unknown" && !c.covers(r.place, place) {
						none, ok := nones[r.name]
						if !ok {
							none = c.people[r.name].ask(method, c.in("unknown", row.path, c.of["unknown"][row.fresh]), c.in("unknown", row.form, c.of["unknown"][row.fresh]))
							nones[r.name] = none
						}
						if a, b := c.anonymous(place, fresh, got.text), c.anonymous("unknown", c.of["unknown"][row.fresh], none.text); got.status != none.status || a != b {
							t.Errorf("%s: %d, and of what there is not %d:\n%s", name, got.status, none.status, around(a, b))
						}
					}
				}
				golden.WriteString("\n")
			}
			if method == http.MethodGet && before != c.recorded() {
				t.Errorf("%s %s has changed something", method, row.path)
			}
		}
	}
	compareGolden(t, "testdata/rights.txt", golden.String())
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	must(t, err)
	if string(want) != got {
		t.Errorf("%s is not what the pages do now; run with -update and read its diff", name)
	}
}
