package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"bellhop"
)

// bot makes a bot of the organization, with more fields.
func (h *house) bot(name string, more map[string]any) bellhop.ID {
	h.t.Helper()
	fields := map[string]any{"name": name}
	for key, value := range more {
		fields[key] = value
	}
	return h.make(bellhop.Bots, fields)
}

// below makes an organization directly below that of the house.
func (h *house) below(name string) bellhop.ID {
	h.t.Helper()
	return h.make(bellhop.Organizations, map[string]any{"name": name})
}

func (h *house) enable(bot, organization bellhop.ID) bellhop.ID {
	h.t.Helper()
	return h.make(bellhop.BotInstances, map[string]any{"bot": bot, "organization": organization, "enabled": true})
}

func TestBots(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	admin.get("/bots").says(t, "No bots yet.", "A bot takes part in conversations.")
	shop := h.below("Shop")
	echo := h.bot("Echo", map[string]any{"audience": "suborgs", "tags": []string{"a", "b"}})
	h.bot("Clerk", map[string]any{"organization": shop, "enabled": false, "description": "Knows the stock"})
	h.enable(echo, shop)
	h.enable(h.bot("Solo", map[string]any{"audience": "owner"}), shop)
	h.make(bellhop.Services, map[string]any{"name": "E", "type": "webhook", "bot": echo, "params": map[string]any{"url": endpoint(t)}})
	h.health.State = "paused"

	got := admin.get("/bots")
	got.says(t, "3 bots.", "Echo", "Acme", "those below with the tag a or b", "1 organization", "paused",
		"Clerk", "Knows the stock", "Shop", "no organization of its own", "no webhook", "switched off")
	if !strings.Contains(got.body, `href="/bots/`+string(echo)+`/edit"`) {
		t.Error("no pencil leads to the bot")
	}
	admin.get("/bots?organization="+string(shop)).says(t, "1 bot in Shop and below.", "Clerk")
	admin.get("/bots?search=ech").says(t, "1 bot with “ech” in the name.", "Echo")
	got = admin.get(orgBotsPath(shop))
	got.says(t, "Shop has 1 bot; 2 bots of others may work here.", "Bots of others that may work here", "Echo Acme enabled here", "Solo Acme enabled here")
	admin.get(orgBotsPath(h.org)).says(t, "Acme has 2 bots.")
}

func TestBotForm(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	admin.get(orgBotsPath(h.org)+"/new").says(t, "All it needs is a name.")
	got := admin.post(orgBotsPath(h.org)+"/new", url.Values{"name": {" "}, "audience": {"suborgs"}, "enabled": {"yes"}})
	if got.status != http.StatusBadRequest || !strings.Contains(got.body, `value="suborgs" selected`) {
		t.Errorf("a bot without a name: %d, %s", got.status, got.text)
	}
	got.says(t, "Name is required.")
	got = admin.send(orgBotsPath(h.org)+"/new", url.Values{
		"name": {"Echo"}, "description": {"Repeats"}, "audience": {"suborgs"}, "tags": {"a, b\r\nc"}, "commands": {">echo\r\n>twice"},
		"enabled": {"yes"}, "consumer": {"yes"},
	})
	got.says(t, "Echo is there.", "switched on", "It has no webhook yet, so it hears of nothing.", "with the tag a or b or c", ">echo, >twice", "of a bot")
	bots, _, err := list[bellhop.Bot](&visit{ui: h.ui, r: newRequest(t), caller: h.root}, bellhop.Bots, url.Values{})
	must(t, err)
	id := bots[0].ID
	_, err = h.res.Patch(t.Context(), h.root, bellhop.Bots, id, []byte(`{"capabilities":["consumer facing","singing"],"meta":{"tone":"high"}}`))
	must(t, err)

	got = admin.send(botPath(id)+"/edit", url.Values{"name": {"Echo 2"}, "audience": {"owner"}, "admin": {"yes"}})
	got.says(t, "Saved.", "Echo 2", "switched off", "singing", "of an admin")
	got.hides(t, "consumer facing", "Repeats")
	body, err := h.res.Get(t.Context(), h.root, bellhop.Bots, id, "")
	must(t, err)
	var b bellhop.Bot
	must(t, json.Unmarshal(body, &b))
	if b.Meta["tone"] != "high" || b.Enabled || b.Scope != "admin" || len(b.Tags)+len(b.Commands) != 0 {
		t.Errorf("the form has made the bot %+v", b)
	}
}

// What is only shown to the visitor is not changed by him.
func TestBotOfOthers(t *testing.T) {
	h := newHouse(t)
	shop := h.below("Shop")
	bot := h.bot("Echo", map[string]any{"audience": "suborgs"})
	instance := h.enable(bot, shop)
	supervisor := h.loggedIn(h.callerWith(bellhop.RoleSupervisor))
	got := supervisor.get(botPath(bot))
	got.says(t, "It works in 1 organization.")
	got.hides(t, "/edit", "/tokens", "/webhook")
	supervisor.get(placesPath(bot)).hides(t, "<button class=\"small\"", "/remove")
	for _, path := range []string{"/edit", "/webhook", "/webhook/verify", "/webhook/off", "/tokens", "/tokens/revoke", "/delete"} {
		if got := supervisor.post(botPath(bot)+path, url.Values{"name": {"Mine"}, "url": {"http://127.0.0.1"}}); got.status != http.StatusForbidden {
			t.Errorf("POST %s by a supervisor = %d, want 403", path, got.status)
		}
	}
	if got := supervisor.post(placesPath(bot), url.Values{"do": {"off"}, "instance": {string(instance)}}); got.status != http.StatusForbidden {
		t.Errorf("a supervisor disables it: %d", got.status)
	}
	if got := supervisor.get(orgBotsPath(h.org) + "/new"); got.status != http.StatusForbidden {
		t.Errorf("a supervisor may add a bot: %d", got.status)
	}
}

func TestBotPlaces(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	shop := h.below("Shop")
	bot := h.bot("Echo", nil)
	admin.get(placesPath(bot)).says(t, "It works in its own organization and all below it.", "hears of everything in its owner and below", "Acme", "Shop")
	admin.send(placesPath(bot), url.Values{"do": {"add"}, "organization": {string(shop)}}).says(t, "Enabled in Shop.", "It works in 1 organization.")
	got := admin.post(placesPath(bot), url.Values{"do": {"add"}, "organization": {string(shop)}})
	if got.status != http.StatusConflict {
		t.Errorf("twice in one organization: %d", got.status)
	}
	got.says(t, "Bot already has an instance in this organization.")
	for _, id := range []string{"", "xyz", "0123456789abcdef01234567"} {
		if got := admin.post(placesPath(bot), url.Values{"do": {"add"}, "organization": {id}}); got.status != http.StatusBadRequest {
			t.Errorf("in an organization %q: %d %s", id, got.status, got.text)
		}
	}
	found, _, err := list[bellhop.BotInstance](&visit{ui: h.ui, r: newRequest(t), caller: h.root}, bellhop.BotInstances, url.Values{})
	must(t, err)
	_, err = h.res.Patch(t.Context(), h.root, bellhop.BotInstances, found[0].ID, []byte(`{"meta":{"tone":"low"}}`))
	must(t, err)
	admin.send(placesPath(bot), url.Values{"do": {"off"}, "instance": {string(found[0].ID)}}).says(t, "Disabled in Shop.", "It works nowhere: it is disabled in 1 organization.")
	admin.send(placesPath(bot), url.Values{"do": {"on"}, "instance": {string(found[0].ID)}}).says(t, "Enabled in Shop.")
	remove := placesPath(bot) + "/" + string(found[0].ID) + "/remove"
	admin.get(remove).says(t, "Removing “Echo” from Shop ends what it does there, and loses the 1 setting that it has there.")
	other := h.bot("Other", nil)
	if got := admin.post(placesPath(other)+"/"+string(found[0].ID)+"/remove", url.Values{}); got.status != http.StatusNotFound {
		t.Errorf("the instance of another bot: %d", got.status)
	}
	admin.send(remove, url.Values{}).says(t, "Removed from Shop.")
}

var tokenIn = regexp.MustCompile(`eyJ[\w.-]+`)

// Tokens are on the page that a POST is answered with, and nowhere else.
func TestBotTokens(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	bot := h.bot("Echo", nil)
	for _, path := range []string{"", "/edit", "/tokens", "/webhook", "/organizations"} {
		admin.get(botPath(bot)+path).hides(t, "eyJ")
	}
	got := admin.post(tokensPath(bot), url.Values{})
	got.says(t, "Token eyJ", "Refresh token eyJ", "bot+"+string(bot)+"@web1on1.chat", "APIHOST=https://bellhop.example", "which it does not have yet")
	if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Set-Cookie") != "" {
		t.Errorf("the tokens come with status %d, header %v", got.status, got.header)
	}
	h.make(bellhop.Services, map[string]any{"name": "E", "type": "webhook", "bot": bot, "params": map[string]any{"url": endpoint(t) + "/in?a=b"}})
	admin.get(tokensPath(bot)).says(t, "WEBHOOK_PATH=/in SECRET")
	before := tokenIn.FindString(got.body)
	admin.get(tokensPath(bot)+"/revoke").says(t, "All tokens of “Echo” end at once")
	admin.send(tokensPath(bot)+"/revoke", url.Values{}).says(t, "Its old tokens have ended.")
	if after := admin.post(tokensPath(bot), url.Values{}); before == "" || strings.Contains(after.body, before) {
		t.Error("the tokens are those of before the revocation")
	}
}

func TestDeleteBot(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	bot := h.bot("Echo", nil)
	admin.get(botPath(bot)+"/delete").says(t, "Deleting “Echo” ends its tokens at once. What it has written stays.")
	h.enable(bot, h.org)
	service := h.make(bellhop.Services, map[string]any{"name": "E", "type": "webhook", "bot": bot, "params": map[string]any{"url": endpoint(t)}})
	admin.get(botPath(bot)+"/delete").says(t, "ends its tokens at once, takes it out of 1 organization and deletes its webhook with ", " pending deliver")
	admin.send(botPath(bot)+"/delete", url.Values{}).says(t, "Echo was deleted.", "Acme has no bots yet.")
	if _, err := h.res.Get(t.Context(), h.root, bellhop.Services, service, ""); !bellhop.HasCode(err, bellhop.NotFound) {
		t.Errorf("its webhook is left: %v", err)
	}
}
