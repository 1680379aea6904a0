package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// step is a request and the status that it has to get.
type step struct {
	method, path string
	body         any
	status       int
	part         string // of the answer
}

// take sends the requests in order.
func (c client) take(name string, steps []step) {
	c.Helper()
	for _, s := range steps {
		got := c.call(s.method, s.path, s.body)
		if got.status != s.status || !strings.Contains(got.body, s.part) {
			c.Errorf("%s: %s %s %v = %d %.300s, want %d %s", name, s.method, s.path, s.body, got.status, got.body, s.status, s.part)
		}
	}
}

// Where an instance of it is enabled a bot takes part in conversations, and does nothing else. It
// ends with the instance.
//
// Contract: resources.md 6: A bot that is enabled
// Contract: auth.md Permissions: A bot may always read its own
// Contract: auth.md Permissions: What a caller may read but not write
func TestEnabledBot(t *testing.T) {
	h := open(t)
	bot, id := h.bot("Echo", h.other, "admin") // at home it is an admin
	h.admin.must(200, "PATCH", "/v2/bots/"+id, object{"audience": "global"}, nil)
	ann := h.user("ann", "admin", h.acme)
	leaf := ann.create("/v2/organizations", object{"name": "Leaf"})
	conversation, below := h.conversation("Jenny", h.acme), h.conversation("Kim", leaf)
	var conv struct{ Contact string }
	ann.must(200, "GET", "/v2/conversations/"+conversation, nil, &conv)
	service := ann.create("/v2/services", object{"name": "S", "type": "sms"})
	form := ann.create("/v2/forms", object{"name": "F"})
	channel := ann.create("/v2/channels", object{"name": "C"})
	agent := ann.create("/v2/users", object{"name": "U", "email": "u@example.com"})
	instance := ann.create("/v2/botinstances", object{"bot": id, "enabled": true})

	enabled := []step{
		{"GET", "/v2/conversations/" + conversation, nil, 200, ""},
		{"GET", "/v2/conversations", nil, 200, conversation},
		{"GET", "/v2/conversations?organization=" + h.acme, nil, 200, conversation},
		{"PATCH", "/v2/conversations/" + conversation, object{"name": "Jenny B"}, 200, "Jenny B"},
		{"POST", "/v2/conversations/" + conversation + "/messages", object{"text": "hi"}, 201, ""},
		{"GET", "/v2/conversations/" + conversation + "/messages", nil, 200, "hello"},
		{"POST", "/v2/conversations", object{"organization": h.acme, "participants": []string{agent}}, 201, agent},
		{"GET", "/v2/contacts/" + conv.Contact, nil, 200, ""},
		{"GET", "/v2/contacts", nil, 200, conv.Contact},
		{"PATCH", "/v2/contacts/" + conv.Contact, object{"meta": object{"a": "b"}}, 200, ""},
		{"GET", "/v2/organizations/" + h.acme, nil, 200, "Acme"},
		{"GET", "/v2/organizations", nil, 200, h.acme},
		{"GET", "/v2/conversations/" + conversation + "?populate=organization,contact,participants.user", nil, 200, `"name":"Acme"`},
	}
	always := []step{ // its own
		{"GET", "/v2/bots/" + id, nil, 200, "token"},
		{"GET", "/v2/users/" + id, nil, 200, ""},
	}
	instances := []step{
		{"GET", "/v2/botinstances/" + instance, nil, 200, ""},
		{"GET", "/v2/botinstances?bot=" + id, nil, 200, instance},
		{"PATCH", "/v2/botinstances/" + instance, object{"enabled": true}, 403, ""},
		{"DELETE", "/v2/botinstances/" + instance, nil, 403, ""},
	}
	never := []step{
		{"GET", "/v2/conversations/" + below, nil, 404, ""}, // in that organization, not below it
		{"GET", "/v2/organizations/" + leaf, nil, 404, ""},
		{"GET", "/v2/users/" + agent, nil, 404, ""},
		{"PATCH", "/v2/users/" + agent, object{"meta": object{}}, 404, ""},
		{"GET", "/v2/services/" + service, nil, 404, ""},
		{"GET", "/v2/forms/" + form, nil, 404, ""},
		{"GET", "/v2/channels/" + channel, nil, 404, ""},
		{"POST", "/v2/channels", object{"name": "C", "organization": h.acme}, 404, "Organization not found"},
		{"POST", "/v2/users", object{"name": "U", "email": "v@example.com", "organization": h.acme}, 404, "Organization not found"},
		{"POST", "/v2/botinstances", object{"bot": id, "organization": h.acme}, 404, "Organization not found"},
		{"POST", "/v2/organizations", object{"name": "O", "parent": h.acme}, 404, "Organization not found"},
		{"POST", "/v2/events", object{"event": "thing.made", "organization": h.acme}, 404, "Organization not found"},
	}
	readsOnly := []step{
		{"PATCH", "/v2/organizations/" + h.acme, object{"name": "Mine"}, 403, ""},
		{"DELETE", "/v2/organizations/" + h.acme, nil, 403, ""},
	}
	disabled := []step{
		{"GET", "/v2/conversations/" + conversation, nil, 404, "Conversation not found"},
		{"GET", "/v2/conversations", nil, 200, "[]"},
		{"PATCH", "/v2/conversations/" + conversation, object{"name": "Mine"}, 404, "Conversation not found"},
		{"DELETE", "/v2/conversations/" + conversation, nil, 404, "Conversation not found"},
		{"POST", "/v2/conversations/" + conversation + "/messages", object{"text": "hi"}, 404, "Conversation not found"},
		{"GET", "/v2/conversations/" + conversation + "/messages", nil, 200, "[]"},
		{"POST", "/v2/conversations", object{"organization": h.acme}, 404, "Organization not found"},
		{"GET", "/v2/contacts/" + conv.Contact, nil, 404, "Contact not found"},
		{"GET", "/v2/contacts", nil, 200, "[]"},
		{"GET", "/v2/organizations/" + h.acme, nil, 404, "Organization not found"},
	}
	change := func(path string, body object) {
		t.Helper()
		h.admin.must(200, "PATCH", path, body, nil)
	}
	check := func(name string, on bool) {
		t.Helper()
		bot.take(name, always)
		bot.take(name, never)
		if !on {
			bot.take(name, disabled)
			return
		}
		bot.take(name, enabled)
		bot.take(name, readsOnly)
	}
	check("enabled", true)
	bot.take("enabled", instances)
	ann.must(200, "PATCH", "/v2/botinstances/"+instance, object{"enabled": false}, nil)
	check("disabled", false)
	change("/v2/botinstances/"+instance, object{"enabled": true})
	check("enabled again", true)
	change("/v2/bots/"+id, object{"enabled": false})
	check("switched off", false)
	change("/v2/bots/"+id, object{"enabled": true, "audience": "owner"})
	check("no longer offered", true) // what there is stays
	change("/v2/organizations/"+h.acme, object{"status": "inactive"})
	check("in a suspended organization", false)
	change("/v2/organizations/"+h.acme, object{"status": "active"})
	check("in a revived one", true)
	ann.must(204, "DELETE", "/v2/botinstances/"+instance, nil, nil)
	check("removed", false)
	bot.take("removed", []step{
		{"GET", "/v2/botinstances/" + instance, nil, 404, ""}, {"GET", "/v2/botinstances?bot=" + id, nil, 200, "[]"},
	})
}

// Contract: auth.md Permissions: A bot whose audience has an organization in it
// Contract: auth.md Permissions: They see its record
// Contract: auth.md Permissions: An admin makes instances
// Contract: auth.md Permissions: Instances stay
// Contract: services.md 6: Since it hears
func TestBotsOfOthers(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	_, global := h.bot("Global", h.other, "bot")
	h.admin.must(200, "PATCH", "/v2/bots/"+global, object{"audience": "global", "meta": object{"greeting": "Hi"}}, nil)
	_, private := h.bot("Private", h.other, "bot")
	ann, low := h.user("ann", "admin", h.acme), h.user("sue", "supervisor", h.acme)
	webhook := func(bot string) object {
		return object{"name": "W", "type": "webhook", "bot": bot, "params": object{"url": receiver.URL}}
	}
	low.take("supervisor", []step{
		{"GET", "/v2/bots/" + global, nil, 200, "Hi"},
		{"POST", "/v2/botinstances", object{"bot": global}, 403, "Permission denied"},
	})
	ann.take("admin", []step{
		{"GET", "/v2/bots?name=Global", nil, 200, global},
		{"GET", "/v2/bots", nil, 200, global},
		{"GET", "/v2/bots/" + private, nil, 404, "Bot not found"},
		{"PATCH", "/v2/bots/" + global, object{"name": "Mine"}, 403, "Permission denied"},
		{"DELETE", "/v2/bots/" + global, nil, 403, "Permission denied"},
		{"GET", "/v2/users/" + global, nil, 404, "User not found"},
		{"POST", "/v2/users/" + global + "/revoke", nil, 404, "User not found"},
		{"POST", "/v2/botinstances", object{"bot": private}, 404, "Bot not found"},
		{"POST", "/v2/services", webhook(private), 404, "Bot not found"},
		// It would hear what happens in all organizations that have the bot.
		{"POST", "/v2/services", webhook(global), 403, "Permission denied"},
	})
	if got := ann.must(200, "GET", "/v2/bots/"+global, nil, nil); strings.Contains(got.body, "oken") || strings.Contains(got.body, private) {
		t.Errorf("a bot of others is shown as %s", got.body)
	}
	if got := ann.must(200, "GET", "/v2/bots", nil, nil); strings.Contains(got.body, private) || got.header.Get("X-Total-Count") != "1" {
		t.Errorf("the list of bots is %s", got.body)
	}
	instance := ann.create("/v2/botinstances", object{"bot": global})
	ann.take("with an instance", []step{
		{"GET", "/v2/botinstances/" + instance + "?populate=bot", nil, 200, `"bot":{`},
		{"POST", "/v2/botinstances", object{"bot": global}, 409, ""},
	})
	h.admin.must(200, "PATCH", "/v2/bots/"+global, object{"audience": "owner"}, nil)
	ann.take("no longer offered", []step{
		{"GET", "/v2/bots/" + global, nil, 404, "Bot not found"},
		{"GET", "/v2/botinstances/" + instance + "?populate=bot", nil, 200, `"bot":"` + global + `"`},
		{"PATCH", "/v2/botinstances/" + instance, object{"enabled": true}, 200, ""},
	})
	eve := h.user("eve", "admin", h.other)
	eve.take("its admin", []step{{"POST", "/v2/services", webhook(global), 201, ""}, {"POST", "/v2/services", webhook(global), 409, ""}})
}

// Contract: resources.md 6: Level 2 users handle
// Contract: auth.md Scopes and roles: Each user has one role per organization
func TestLevels(t *testing.T) {
	h := open(t)
	ann := h.user("ann", "admin", h.acme)
	leaf := ann.create("/v2/organizations", object{"name": "Leaf"})
	second := ann.create("/v2/organizations", object{"name": "Second", "parent": h.acme})
	lea := h.user("lea", "admin", leaf)
	if got := ann.call("POST", "/v2/organizations", object{"name": "Deep", "parent": leaf}); got.status != 400 {
		t.Errorf("level 4 = %d %s", got.status, got.body)
	}
	if got := lea.call("POST", "/v2/organizations", object{"name": "Deep"}); got.status != 400 {
		t.Errorf("level 4 below one's own = %d %s", got.status, got.body)
	}
	things := map[string]string{}
	for name, organization := range map[string]string{"top": h.top, "acme": h.acme, "leaf": leaf, "second": second, "other": h.other} {
		things[name] = h.admin.create("/v2/channels", object{"name": name, "organization": organization})
	}
	for name, test := range map[string]struct {
		who  client
		sees string
	}{
		"level 1": {h.admin, "top acme leaf second other"}, "level 2": {ann, "acme leaf second"}, "level 3": {lea, "leaf"},
	} {
		for thing, id := range things {
			want := 404
			if strings.Contains(" "+test.sees+" ", " "+thing+" ") {
				want = 200
			}
			if got := test.who.call("PATCH", "/v2/channels/"+id, object{"status": "by " + name}); got.status != want {
				t.Errorf("%s changes a channel of %s = %d %s, want %d", name, thing, got.status, got.body, want)
			}
		}
	}
}

// Rights are those of the role that somebody has where a thing is.
//
// Contract: auth.md Tokens: scope
// Contract: auth.md Tokens: organization
// Contract: auth.md Permissions: Nobody grants a role above
// Contract: auth.md Permissions: email, password, status
// Contract: resources.md 6: A resource created without
// Contract: resources.md 6: An explicit organization must be in scope
// Contract: resources.md 6: Organizations themselves
func TestSeveralOrganizations(t *testing.T) {
	h := open(t)
	var user struct {
		ID           string
		Organization string
	}
	h.admin.must(201, "POST", "/v2/users", object{
		"name": "Two", "email": "two@example.com", "password": "p", "organizations": []object{
			{"organization": h.acme, "role": "agent", "selected": true}, {"organization": h.other, "role": "admin"},
		},
	}, &user)
	var login struct{ Token, RefreshToken, Scope, Organization string }
	h.admin.must(201, "POST", "/v2/auth/token", object{"email": "two@example.com", "password": "p"}, &login)
	if login.Scope != "agent" || login.Organization != h.acme || user.Organization != h.acme {
		t.Errorf("logged in as %+v", login)
	}
	two := client{h, login.Token}
	mine, theirs := h.conversation("Jenny", h.acme), h.conversation("Kim", h.other)
	in := map[string]string{}
	for name, organization := range map[string]string{"acme": h.acme, "other": h.other} {
		in[name] = h.admin.create("/v2/services", object{"name": name, "type": "sms", "organization": organization})
	}
	two.take("agent here, admin there", []step{
		{"GET", "/v2/conversations/" + mine, nil, 200, ""},
		{"GET", "/v2/conversations/" + theirs, nil, 200, ""},
		{"DELETE", "/v2/conversations/" + mine, nil, 403, ""}, // takes no part
		{"DELETE", "/v2/conversations/" + theirs, nil, 204, ""},
		{"GET", "/v2/services/" + in["acme"], nil, 403, ""},
		{"GET", "/v2/services/" + in["other"], nil, 200, ""},
		{"GET", "/v2/organizations/" + h.acme, nil, 403, ""},
		{"GET", "/v2/organizations/" + h.other, nil, 200, ""},
		{"GET", "/v2/organizations/" + h.top, nil, 404, ""},
		{"POST", "/v2/channels", object{"name": "C"}, 403, ""}, // in acme, the selected one
		{"POST", "/v2/channels", object{"name": "C", "organization": h.other}, 201, h.other},
		{"POST", "/v2/channels", object{"name": "C", "organization": h.top}, 404, "Organization not found"},
		{"POST", "/v2/conversations", object{}, 201, `"organization":"` + h.acme},
		// He lowers others where he is an admin, and raises nobody, himself least of all, where not.
		{"POST", "/v2/users", object{"name": "N", "email": "n@example.com"}, 403, ""},
		{"POST", "/v2/users", object{"name": "N", "email": "n@example.com", "organization": h.other, "role": "admin"}, 201, ""},
		{"POST", "/v2/users", object{"name": "O", "email": "o@example.com", "organization": h.other, "role": "owner"}, 403, ""},
		{"PATCH", "/v2/users/" + user.ID, object{"role": "admin"}, 403, ""},
		{"PATCH", "/v2/users/" + user.ID, object{"status": "inactive"}, 403, ""},
		{"PATCH", "/v2/users/" + user.ID, object{"givenName": "Twofold"}, 200, "Twofold"},
	})
	if got := two.must(200, "GET", "/v2/services", nil, nil); !strings.Contains(got.body, in["other"]) || strings.Contains(got.body, in["acme"]) {
		t.Errorf("lists the services %s", got.body)
	}

	// Others edit the entry that lies in their scope, and leave the rest as it is.
	ann, eve := h.user("ann", "admin", h.acme), h.user("eve", "admin", h.other)
	entries := func(acme, other string) object {
		return object{"organizations": []object{
			{"organization": h.acme, "role": acme, "selected": true}, {"organization": h.other, "role": other, "selected": false},
		}}
	}
	path := "/v2/users/" + user.ID
	ann.take("admin of acme", []step{
		{"PATCH", path, entries("supervisor", "admin"), 200, ""},
		{"PATCH", path, entries("supervisor", "agent"), 403, ""},
		{"PATCH", path, object{"password": "x"}, 403, ""},
		{"PATCH", path, object{"email": "x@example.com"}, 403, ""},
	})
	eve.take("admin of other", []step{
		{"PATCH", path, entries("supervisor", "guest"), 200, ""},
		{"PATCH", path, object{"organizations": []object{{"organization": h.top, "role": "agent"}}}, 404, "Organization not found"},
		{"PATCH", path, object{"role": "agent"}, 403, ""}, // that is the one in acme
	})
	var got struct {
		Organizations []struct{ Organization, Role string }
	}
	h.admin.must(200, "GET", path, nil, &got)
	if len(got.Organizations) != 2 || got.Organizations[0].Role != "supervisor" || got.Organizations[1].Role != "guest" {
		t.Errorf("the entries are %v", got.Organizations)
	}

	// Another one is selected: what he has goes on as it was, what he gets next is for that one.
	h.admin.must(200, "PATCH", path, object{"organizations": []object{
		{"organization": h.acme, "role": "agent"}, {"organization": h.other, "role": "admin", "selected": true},
	}}, nil)
	two.take("with his old token", []step{{"POST", "/v2/conversations", object{}, 201, `"organization":"` + h.acme}})
	h.admin.must(201, "POST", "/v2/auth/token", object{"refreshToken": login.RefreshToken}, &login)
	if login.Scope != "admin" || login.Organization != h.other {
		t.Errorf("refreshed as %+v", login)
	}
	client{h, login.Token}.take("with his new one", []step{{"POST", "/v2/channels", object{"name": "C"}, 201, h.other}})

	// Who is taken out of the selected one is in the other.
	eve.take("admin of other", []step{{"PATCH", path, object{"organizations": []object{}}, 200, `"organization":"` + h.acme}})
	eve.take("admin of other", []step{{"GET", path, nil, 404, "User not found"}})
	ann.take("admin of acme", []step{{"PATCH", path, object{"organizations": []object{}}, 400, ""}}) // the last one
}

// Contract: auth.md Permissions: get own user
// Contract: auth.md Permissions: Exceptions: everyone may PATCH the own user
// Contract: auth.md Permissions: Guests create messages only
// Contract: auth.md Permissions: create message
// Contract: auth.md Scopes and roles: guest | read chats
func TestParticipants(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	ids := map[string]string{}
	who := map[string]client{}
	for _, role := range []string{"viewer", "guest", "agent", "supervisor"} {
		c := h.user("the"+role, role, h.acme)
		var users []struct{ ID string }
		h.admin.must(200, "GET", "/v2/users?email=the"+role+"@example.com", nil, &users)
		who[role], ids[role] = c, users[0].ID
		c.take(role, []step{
			{"GET", "/v2/users/" + ids[role], nil, 200, ""},
			{"PATCH", "/v2/users/" + ids[role], object{"givenName": "New", "meta": object{"a": "b"}}, 200, "New"},
			{"PATCH", "/v2/users/" + ids[role], object{"role": "owner"}, 403, ""},
			{"PATCH", "/v2/users/" + ids[role], object{"status": "invited"}, 403, ""},
			{"PATCH", "/v2/users/" + ids[role], object{"organizations": []object{}}, map[bool]int{true: 400, false: 403}[role == "supervisor"], ""},
		})
	}
	post := "/v2/conversations/" + conversation + "/messages"
	who["guest"].take("outside", []step{{"GET", "/v2/conversations/" + conversation, nil, 200, ""}, {"POST", post, object{"text": "hi"}, 403, ""}})
	h.admin.must(201, "POST", post, object{"text": "/assign " + ids["guest"] + " " + ids["viewer"]}, nil)
	who["guest"].take("inside", []step{
		{"POST", post, object{"text": "hi"}, 201, ""},
		{"POST", post, object{"text": "hi", "user": ids["agent"]}, 403, ""},
		{"DELETE", "/v2/conversations/" + conversation, nil, 403, ""},
		{"PATCH", "/v2/conversations/" + conversation, object{"name": "X"}, 403, ""},
	})
	who["viewer"].take("inside", []step{{"POST", post, object{"text": "hi"}, 403, ""}})
}

// Contract: auth.md Permissions: agents may only delete
// Contract: auth.md Scopes and roles: agent | guest + accept
func TestAgents(t *testing.T) {
	h := open(t)
	conversation, article := h.conversation("Jenny", h.acme), h.admin.create("/v2/articles", object{"title": "Opening hours", "organization": h.acme})
	agent := h.user("agnes", "agent", h.acme)
	one, post := "/v2/conversations/"+conversation, "/v2/conversations/"+conversation+"/messages"
	agent.take("agent", []step{
		{"DELETE", one, nil, 403, "Permission denied"},
		{"POST", post, object{"text": "/join"}, 201, ""},
		{"POST", post, object{"text": "/accept"}, 201, ""},
		{"POST", post, object{"text": "Good morning", "role": "agent"}, 201, ""},
		{"POST", post, object{"type": "results", "results": []object{{"name": "x", "values": object{"a": "b"}}}}, 201, ""},
		{"POST", "/v2/conversations", object{
			"type": "contact", "contact": object{"profile": object{"email": "new@example.com"}},
			"messages": []object{{"text": "hello", "role": "agent", "touchpoint": "email"}},
		}, 201, ""},
		{"GET", "/v2/articles?title=~opening", nil, 200, article},
		{"GET", "/v2/articles/" + article, nil, 200, ""},
		{"POST", "/v2/contacts", object{"profile": object{"email": "other@example.com"}}, 403, ""},
		{"DELETE", one, nil, 204, ""},
	})
}

// What the SDK sends along is no error, also where there is no body.
//
// Contract: auth.md Requests: The SDK sends on every request
// Contract: auth.md Requests: An empty body
func TestBodilessRequests(t *testing.T) {
	h := open(t)
	_, id := h.bot("Echo", h.acme, "bot")
	service := h.admin.create("/v2/services", object{"name": "S", "type": "sms", "organization": h.acme})
	var messages []struct{ ID string }
	h.admin.must(200, "GET", "/v2/conversations/"+h.conversation("Jenny", h.acme)+"/messages", nil, &messages)
	header := http.Header{
		"Accept": {"application/json"}, "User-Agent": {"chipchat/0.7.4"}, "Accept-Encoding": {"gzip, deflate, br"},
	}
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/v2/users", 200}, {"GET", "/v2/bots/" + id, 200}, {"PATCH", "/v2/bots/" + id, 200}, {"PUT", "/v2/messages/" + messages[0].ID, 200},
		{"POST", "/v2/users/" + id + "/revoke", 204}, {"DELETE", "/v2/bots/" + id, 204}, {"DELETE", "/v2/services/" + service, 204},
	} {
		if got := h.admin.send(test.method, test.path, nil, header); got.status != test.status {
			t.Errorf("%s %s without a body = %d %s", test.method, test.path, got.status, got.body)
		}
	}
}

// A request that is refused for its token is sent again as it is, so it must not have done
// anything.
//
// Contract: auth.md Verifying an access token: So a request refused with 401
// Contract: auth.md Verifying an access token: Exact SDK flow
func TestRefusedAndSentAgain(t *testing.T) {
	h := open(t)
	bot, id := h.bot("Echo", h.acme, "bot")
	conversation := h.conversation("Jenny", h.acme)
	var shown struct{ Email, RefreshToken, Token string }
	path, body := "/v2/conversations/"+conversation+"/messages", object{"text": "once"}
	h.admin.must(204, "POST", "/v2/users/"+id+"/revoke", nil, nil)
	before := h.everything()
	for _, token := range []string{bot.token, "a.b.c", ""} {
		for _, test := range []struct{ method, path string }{
			{"POST", path}, {"POST", "/v2/events"}, {"PATCH", "/v2/users/" + id}, {"DELETE", "/v2/conversations/" + conversation},
			{"POST", "/v2/users/" + id + "/revoke"},
		} {
			client{h, token}.must(401, test.method, test.path, body, nil)
		}
	}
	if h.everything() != before {
		t.Error("a request that was refused has changed something")
	}
	h.admin.must(200, "GET", "/v2/bots/"+id, nil, &shown)
	bot.must(201, "POST", "/v2/auth/token", object{"clientId": shown.Email, "refreshToken": shown.RefreshToken}, &shown)
	client{h, shown.Token}.must(201, "POST", path, body, nil)
	if got := h.admin.must(200, "GET", "/v2/messages?conversation="+conversation+"&text=once", nil, nil); got.header.Get("X-Total-Count") != "1" {
		t.Errorf("posted %s times", got.header.Get("X-Total-Count"))
	}
}

// Contract: resources.md 6: One thing is told across organizations
func TestEmailsAreUnique(t *testing.T) {
	h := open(t)
	eve := h.user("eve", "admin", h.other)
	h.user("ann", "admin", h.acme).take("another's", []step{
		{"POST", "/v2/users", object{"name": "Eve", "email": "EVE@example.com"}, 409, "Email already in use"},
	})
	eve.must(200, "GET", "/v2/users", nil, nil)
}

// Contract: auth.md Scopes and roles: There is no request by which a guest
func TestGuestsDoNotRegister(t *testing.T) {
	h := open(t)
	h.admin.take("admin", []step{
		{"PATCH", "/v2/organizations/" + h.acme, object{"whitelist": []string{"example.com"}}, 200, `"whitelist":["example.com"]`},
		{"GET", "/v2/organizations/" + h.acme, nil, 200, `"whitelist":["example.com"]`},
	})
	client{h, ""}.take("a stranger", []step{
		{"POST", "/v2/users", object{"name": "Gus", "email": "gus@example.com", "password": "p", "role": "guest", "organization": h.acme}, 401, ""},
		{"POST", "/v2/auth/token", object{"email": "gus@example.com", "password": "p"}, 401, ""},
	})
}

// Who has rights in a conversation can be named there, also by those who do not see him elsewhere.
//
// Contract: resources.md 6: Users whose rights reach a conversation
// Contract: resources.md 6: Others do not exist there
func TestNamedInConversations(t *testing.T) {
	h := open(t)
	leaf := h.admin.create("/v2/organizations", object{"name": "Leaf", "parent": h.acme})
	user := func(name, organization string) string {
		return h.admin.create("/v2/users", object{"name": name, "email": name + "@example.com", "organization": organization})
	}
	above, beside, stranger := user("above", h.acme), user("beside", leaf), user("stranger", h.other)
	post := "/v2/conversations/" + h.conversation("Jenny", leaf) + "/messages"
	agent := h.user("agnes", "agent", leaf)
	bot, _ := h.bot("Echo", leaf, "bot")
	for _, who := range []client{agent, bot} {
		who.take("below", []step{
			{"POST", post, object{"text": "/assign " + above}, 201, above},
			{"POST", post, object{"text": "/assign " + beside}, 201, beside},
			{"POST", post, object{"text": "/assign " + stranger}, 404, "User not found"},
			{"POST", "/v2/conversations", object{"participants": []string{above}}, 201, above},
			{"POST", "/v2/conversations", object{"participants": []string{stranger}}, 404, "User not found"},
			{"GET", "/v2/conversations?populate=participants.user", nil, 200, `"user":"` + above + `"`}, // he stays an id
		})
	}
	bot.take("a bot", []step{
		{"POST", post, object{"text": "hi", "user": above}, 201, above},
		{"POST", post, object{"text": "hi", "user": stranger}, 404, "User not found"},
		{"GET", "/v2/users/" + above, nil, 404, "User not found"},
	})
}

// A bot and its user have one id, and are two resources: each lies where its name is.
//
// Contract: resources.md sort, limit, offset, select, populate: populate=a,b.c
func TestPopulateBotAndUser(t *testing.T) {
	h := open(t)
	bot, id := h.bot("Echo", h.acme, "admin")
	instance := bot.create("/v2/botinstances", object{"bot": id})
	for _, order := range []string{"bot,createdBy", "createdBy,bot"} {
		var got struct {
			Bot       struct{ Audience string }
			CreatedBy struct{ Role string }
		}
		bot.must(200, "GET", "/v2/botinstances/"+instance+"?populate="+order, nil, &got)
		if got.Bot.Audience != "owner" || got.CreatedBy.Role != "bot" {
			t.Errorf("populate=%s lays in %+v", order, got)
		}
	}
}
