package account

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func TestCreateBot(t *testing.T) {
	f := newFixture(t, Config{})
	bot := f.bot("Echo", f.top, object{"commands": []any{">echo"}, "scope": nil})
	got := f.fields(bellhop.Bots, bot)
	if got["email"] != bellhop.BotEmail(bot) || got["scope"] != "bot" || got["status"] != "active" || got["enabled"] != true ||
		got["audience"] != "owner" || got["id"] != string(bot) {
		t.Errorf("bot = %v", got)
	}
	user := f.fields(bellhop.Users, bot)
	if user["email"] != bellhop.BotEmail(bot) || user["role"] != "bot" || user["status"] != "active" || user["name"] != "Echo" ||
		user["organization"] != string(f.top) || user["avatar"] != "/images/avatar.png" {
		t.Errorf("user = %v", user)
	}
	for _, test := range []struct {
		sent object
		want string
	}{
		{object{"name": " "}, "Validation failed: name is required"},
		{object{"name": "X", "commands": []any{"echo"}}, "Validation failed: commands must each start with >"},
	} {
		if _, err := f.create(bellhop.Bots, f.system, test.sent); message(err) != test.want {
			t.Errorf("%v: %q, want %q", test.sent, message(err), test.want)
		}
	}

	if c, err := f.a.Bot(t.Context(), bot); err != nil || c.ID != bot || !c.IsBot() || c.Scope != bellhop.ScopeBot {
		t.Errorf("Bot = %+v, %v", c, err)
	}
	if c, err := f.a.Bot(t.Context(), f.top); codeOf(err) != bellhop.NotFound {
		t.Errorf("Bot of what is none = %+v, %v", c, err)
	}
	if c, err := f.a.Bot(t.Context(), f.ada); err == nil {
		t.Errorf("Bot of a person = %+v", c)
	}

	// The other way round: the user makes the bot.
	doc := f.mustCreate(bellhop.Users, object{"givenName": "Second", "role": "bot", "email": "ignored@example.com", "avatar": "/2.png"})
	second := f.fields(bellhop.Bots, doc.ID)
	if second["name"] != "Second" || second["email"] != bellhop.BotEmail(doc.ID) || second["avatar"] != "/2.png" || second["enabled"] != true {
		t.Errorf("bot of a user = %v", second)
	}
	if c := f.botCaller(doc.ID); c.Scope != bellhop.ScopeBot || !c.IsBot() || c.Organization != f.top {
		t.Errorf("its caller = %+v", c)
	}
	if _, err := f.create(bellhop.Users, f.system, object{"name": "X", "role": "bot", "password": "p"}); message(err) != "Validation failed: password is nothing that bots have" {
		t.Errorf("bot with a password: %v", err)
	}
}

// botCaller returns a bot that asks with its permanent token.
func (f *fixture) botCaller(bot bellhop.ID) *Caller {
	f.t.Helper()
	token, _, err := f.a.BotTokens(f.document(bellhop.Users, bot))
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := f.a.Authenticate(f.t.Context(), token)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// Contract: auth.md Permissions: Admin scope for a bot
// Contract: auth.md Permissions: Bots made without it
// Contract: auth.md Scopes and roles: A bot may have been given
func TestUpdateBot(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	bot := f.bot("Echo", west, nil)
	admin := f.as(f.user("admin", bellhop.RoleAdmin, west))
	before, _, _ := f.a.BotTokens(f.document(bellhop.Users, bot))
	if err := f.update(bellhop.Bots, admin, bot, object{"name": "Foxtrot", "avatar": "/f.png"}); err != nil {
		t.Fatal(err)
	}
	if user := f.fields(bellhop.Users, bot); user["name"] != "Foxtrot" || user["displayName"] != "Foxtrot" || user["avatar"] != "/f.png" {
		t.Errorf("user of a renamed bot = %v", user)
	}
	if after, _, _ := f.a.BotTokens(f.document(bellhop.Users, bot)); after != before {
		t.Error("a renamed bot got another token")
	}

	if err := f.update(bellhop.Bots, admin, bot, object{"scope": "admin"}); err != nil {
		t.Fatal(err)
	}
	if c := f.botCaller(bot); c.Scope != bellhop.ScopeAdmin || c.Role != bellhop.RoleBot || c.ScopeAt(c.OrgPath) != bellhop.ScopeAdmin {
		t.Errorf("bot with admin scope = %+v", c)
	}
	raised, _, _ := f.a.BotTokens(f.document(bellhop.Users, bot))
	old, err := f.a.Authenticate(t.Context(), before)
	if err != nil || old.Scope != bellhop.ScopeBot {
		t.Errorf("its token of before = %+v, %v, want it to stay as low as it was", old, err)
	}
	if body, _ := f.a.ShowUser(old, f.document(bellhop.Users, bot)); strings.Contains(string(body), "token") {
		t.Error("a low token is shown the high one")
	}
	if err := f.update(bellhop.Bots, admin, bot, object{"scope": nil}); err != nil {
		t.Fatal(err)
	}
	if c, err := f.a.Authenticate(t.Context(), raised); err != nil || c.Scope != bellhop.ScopeBot {
		t.Errorf("the high token of a bot that was lowered = %+v, %v", c, err)
	}
	if err := f.update(bellhop.Bots, f.botCaller(bot), bot, object{"scope": "admin"}); message(err) != "Permission denied" {
		t.Errorf("a bot raises itself: %v", err)
	}
}

// Contract: auth.md Revocation: A bot token does not expire
func TestDeleteBot(t *testing.T) {
	f := newFixture(t, Config{})
	bot, other := f.bot("Echo", f.top, nil), f.bot("Other", f.top, nil)
	instance := object{"bot": string(bot)}
	f.mustCreate(bellhop.BotInstances, instance)
	kept := f.mustCreate(bellhop.BotInstances, object{"bot": string(other)})
	token, _, _ := f.a.BotTokens(f.document(bellhop.Users, bot))
	if err := f.delete(bellhop.Bots, f.as(f.ada), bot); err != nil {
		t.Fatal(err)
	}
	if _, err := f.a.Authenticate(t.Context(), token); message(err) != "invalid token" {
		t.Errorf("token of a deleted bot: %v", err)
	}
	err := f.db.View(t.Context(), func(tx *store.Tx) error {
		left, err := tx.All(t.Context(), bellhop.BotInstances)
		if len(left) != 1 || left[0].ID != kept.ID {
			t.Errorf("%d instances are left, want that of the other bot", len(left))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Contract: auth.md Tokens: permanent bot token
// Contract: auth.md Tokens: refresh token |
func TestShowTokens(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	bot, other := f.bot("Echo", west, nil), f.bot("Other", west, nil)
	admin := f.user("admin", bellhop.RoleAdmin, west)
	supervisor := f.user("supervisor", bellhop.RoleSupervisor, west)
	user := f.document(bellhop.Users, bot)
	token, refreshToken, err := f.a.BotTokens(user)
	if err != nil {
		t.Fatal(err)
	}
	low := *f.as(admin)
	low.Scope = bellhop.ScopeSupervisor
	for _, test := range []struct {
		name   string
		caller *Caller
		want   bool
	}{
		{"admin", f.as(admin), true},
		{"admin above", f.as(f.ada), true},
		{"the bot", f.botCaller(bot), true},
		{"another bot", f.botCaller(other), false},
		{"supervisor", f.as(supervisor), false},
		{"admin with a low token", &low, false},
	} {
		shown := func(name string, body json.RawMessage, err error) {
			t.Helper()
			var got struct{ ID, Token, RefreshToken, Email string }
			if err == nil {
				err = json.Unmarshal(body, &got)
			}
			if err != nil || got.ID != string(bot) || got.Email != bellhop.BotEmail(bot) {
				t.Errorf("%s is shown the %s %s, %v", test.name, name, body, err)
			}
			if (got.Token == token) != test.want || (got.RefreshToken == refreshToken) != test.want || got.Token != "" && !test.want {
				t.Errorf("%s is shown a token of the %s: %v, want %v", test.name, name, got.Token != "", test.want)
			}
		}
		body, err := f.a.ShowUser(test.caller, user)
		shown("user", body, err)
		err = f.db.View(t.Context(), func(tx *store.Tx) (err error) {
			body, err = f.a.ShowBot(t.Context(), tx, test.caller, f.document(bellhop.Bots, bot))
			return err
		})
		shown("bot", body, err)
	}
	body, err := f.a.ShowUser(f.as(f.ada), f.document(bellhop.Users, admin))
	if err != nil || strings.Contains(string(body), "oken") {
		t.Errorf("a person is shown as %s, %v", body, err)
	}
	if _, _, err := f.a.BotTokens(f.document(bellhop.Users, admin)); err == nil {
		t.Error("a person has permanent tokens")
	}
}

// Contract: auth.md Permissions: An admin makes instances
// Contract: resources.md bot: Fields:
// Contract: resources.md bot: name, description
// Contract: resources.md botinstance: At most one per bot
func TestBotInstances(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	south := f.mustCreate(bellhop.Organizations, object{"name": "South", "tags": []any{"beta"}}).ID
	bots := map[string]bellhop.ID{
		"own":    f.bot("Own", west, nil),
		"below":  f.bot("Below", f.top, object{"audience": "suborgs"}),
		"tagged": f.bot("Tagged", f.top, object{"audience": "suborgs", "tags": []any{"alpha", "beta"}}),
		"global": f.bot("Global", east, object{"audience": "global"}),
		"topown": f.bot("Top", f.top, nil),
	}
	bots["east"] = f.bot("East", east, nil)
	ada, admin := f.as(f.ada), f.as(f.user("admin", bellhop.RoleAdmin, west))
	both := f.as(f.mustCreate(bellhop.Users, object{"name": "Both", "email": "both@example.com", "password": "p", "organizations": []any{
		object{"organization": string(west), "role": "admin"}, object{"organization": string(east), "role": "supervisor"},
	}}).ID)
	for _, test := range []struct {
		caller *Caller
		bot    string
		where  bellhop.ID
		want   string
	}{
		{admin, "own", west, ""},
		{admin, "own", west, "Bot already has an instance in this organization"},
		{admin, "own", east, "Organization not found"},
		{admin, "below", west, ""},
		{admin, "global", west, ""},
		{admin, "tagged", west, "Bot not found"},
		{admin, "topown", west, "Bot not found"},
		{both, "east", west, "Permission denied"}, // he sees it, but it is not his to hand out
		{ada, "topown", west, ""},                 // hers: she need not be among the audience
		{ada, "own", f.top, ""},
		{ada, "tagged", west, ""},
		{ada, "tagged", south, ""},
		{ada, "own", east, ""},
		{ada, "nobody", east, "Bot not found"},
	} {
		_, err := f.create(bellhop.BotInstances, test.caller, object{"bot": string(bots[test.bot]), "organization": string(test.where)})
		if message(err) != test.want {
			t.Errorf("%s creates an instance of %s in %s: %q, want %q", test.caller.Name, test.bot, test.where, message(err), test.want)
		}
	}

	_, err := f.create(bellhop.BotInstances, ada, object{"bot": string(bots["global"]), "meta": object{"a": 1.0}})
	if message(err) != "Validation failed: meta must have strings as values" {
		t.Errorf("number in meta: %v", err)
	}
	instance := f.mustCreate(bellhop.BotInstances, object{"bot": string(bots["global"]), "meta": object{"a": "1"}}).ID
	for _, test := range []struct {
		sent object
		want string
	}{
		{object{"enabled": true, "meta": object{"b": "2"}}, ""},
		{object{"meta": object{"b": true}}, "Validation failed: meta must have strings as values"},
		{object{"bot": string(bots["own"])}, "Validation failed: bot cannot be changed"},
	} {
		if err := f.update(bellhop.BotInstances, ada, instance, test.sent); message(err) != test.want {
			t.Errorf("update %v: %q, want %q", test.sent, message(err), test.want)
		}
	}
}

// Where an instance is enabled a bot takes part, but is no admin.
//
// Contract: auth.md Permissions: What a caller may read but not write
func TestEnabledBot(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	path := func(id bellhop.ID) string { return string(f.top) + "#" + string(id) }
	bot := f.bot("Echo", west, object{"audience": "global", "scope": "admin"})
	instance := f.mustCreate(bellhop.BotInstances, object{"bot": string(bot), "organization": string(east)}).ID
	enabled := func() bool { return f.botCaller(bot).Sees(bellhop.Conversations, east, path(east)) }

	steps := []struct {
		kind *bellhop.Kind
		id   bellhop.ID
		sent object
		want bool
	}{
		{bellhop.BotInstances, instance, object{}, false},
		{bellhop.BotInstances, instance, object{"enabled": true}, true},
		{bellhop.Bots, bot, object{"enabled": false}, false},
		{bellhop.Bots, bot, object{"enabled": true, "status": "inactive"}, false},
		{bellhop.Bots, bot, object{"status": nil}, true},
		{bellhop.BotInstances, instance, object{"status": "inactive"}, false},
		{bellhop.BotInstances, instance, object{"status": "active"}, true},
		{bellhop.Organizations, east, object{"status": "inactive"}, false},
		{bellhop.Organizations, east, object{"status": "active"}, true},
	}
	for _, step := range steps {
		if err := f.update(step.kind, f.system, step.id, step.sent); err != nil {
			t.Fatal(err)
		}
		if got := enabled(); got != step.want {
			t.Errorf("after %s %v: enabled %v, want %v", step.kind.Name, step.sent, got, step.want)
		}
	}

	c := f.botCaller(bot)
	for _, test := range []struct {
		kind *bellhop.Kind
		need bellhop.Scope
		want string
	}{
		{bellhop.Conversations, bellhop.ScopeBot, ""},
		{bellhop.Messages, bellhop.ScopeBot, ""},
		{bellhop.Contacts, bellhop.ScopeBot, ""},
		{bellhop.Organizations, bellhop.ScopeBot, ""},
		{bellhop.Organizations, bellhop.ScopeAdmin, "Permission denied"},
		{bellhop.Services, bellhop.ScopeBot, "Service not found"},
		{bellhop.Users, bellhop.ScopeBot, "User not found"},
	} {
		if err := c.Allowed(test.kind, test.need, east, path(east)); message(err) != test.want {
			t.Errorf("Allowed(%s, %v) = %q, want %q", test.kind.Name, test.need, message(err), test.want)
		}
	}
	if v := c.Visible(bellhop.Contacts); !slices.Equal(v.Organizations, []bellhop.ID{east}) || !slices.Equal(v.Roots, []string{path(west)}) {
		t.Errorf("Visible(contacts) = %+v", v)
	}
	if v := c.Visible(bellhop.BotInstances); !slices.Equal(v.IDs, []bellhop.ID{instance}) {
		t.Errorf("Visible(botinstances) = %+v, want its own one", v)
	}
	if err := c.MayRead(bellhop.BotInstances, f.document(bellhop.BotInstances, instance)); err != nil {
		t.Errorf("its own instance: %v", err)
	}
	if err := c.MayUpdate(bellhop.BotInstances, f.document(bellhop.BotInstances, instance)); message(err) != "Permission denied" {
		t.Errorf("change of its own instance: %v", err)
	}
}
