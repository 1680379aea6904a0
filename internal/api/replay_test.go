package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// replays is a house with a webhook of Acme that has one delivery.
type replays struct {
	*house
	receiver *receiver
	service  string
	event    string
	delivery string
	replay   string
}

func openReplays(t testing.TB) *replays {
	t.Helper()
	h := &replays{house: open(t), receiver: newReceiver(t)}
	h.service = h.admin.create("/v2/services", object{"name": "W", "type": "webhook", "organization": h.acme,
		"params": object{"url": h.receiver.URL, "events": []string{"order.*"}}})
	var published struct{ ID string }
	h.admin.must(202, "POST", "/v2/events", object{"event": "order.created", "organization": h.acme}, &published)
	h.event = published.ID
	var deliveries []struct{ ID string }
	h.admin.must(200, "GET", "/v2/deliveries?service="+h.service, nil, &deliveries)
	h.delivery = deliveries[0].ID
	var made struct{ ID string }
	h.admin.must(202, "POST", "/v2/services/"+h.service+"/replays", object{"from": "2000-01-01", "to": "2000-01-02"}, &made)
	h.replay = made.ID
	return h
}

// TestReplayRights: all of it is for admins of the service's organization; for others it is
// not there.
//
// Contract: extensions.md 2: POST /v2/services/<id>/test and GET
// Contract: extensions.md 2.2: 202 with the delivery
// Contract: extensions.md 2: POST /v2/services/<id>/replays, GET
func TestReplayRights(t *testing.T) {
	h := openReplays(t)
	requests := []struct {
		method, target string
		body           any
		status         int
		label          string
	}{
		{"POST", "/v2/deliveries/" + h.delivery + "/replay", nil, 202, "Delivery"},
		{"POST", "/v2/services/" + h.service + "/replays", object{"from": "2000-01-01", "dryRun": true}, 200, "Service"},
		{"POST", "/v2/services/" + h.service + "/replays", object{"from": "2000-01-01"}, 202, "Service"},
		{"GET", "/v2/replays/" + h.replay, nil, 200, "Replay"},
		{"PATCH", "/v2/replays/" + h.replay, object{"state": "paused"}, 200, "Replay"},
		{"POST", "/v2/services/" + h.service + "/test", object{"event": "user.login"}, 202, "Service"},
		{"GET", "/v2/services/" + h.service + "/explain?event=" + h.event, nil, 200, "Service"},
	}
	acme, other := h.user("cleo", "admin", h.acme), h.user("odo", "admin", h.other)
	agent := h.user("agnes", "agent", h.acme)
	bot, _ := h.bot("Echo", h.acme, "bot")
	for _, r := range requests {
		for _, c := range []struct {
			who    string
			client client
			status int
		}{
			{"nobody", client{h.house, ""}, 401}, {"an agent", agent, 403}, {"a bot", bot, 403}, {"the admin of others", other, 404},
			{"the admin", acme, r.status}, {"the admin above", h.admin, r.status},
		} {
			got := c.client.call(r.method, r.target, r.body)
			if got.status != c.status || c.status == 404 && got.message() != r.label+" not found" {
				t.Errorf("%s %s by %s = %d %s, want %d", r.method, r.target, c.who, got.status, got.body, c.status)
			}
		}
	}
	for target, label := range map[string]string{
		"/v2/deliveries/x/replay":                                    "Delivery",
		"/v2/deliveries/018f4a2b-7c1d-7e3f-8a5b-0123456789ab/replay": "Delivery",
		"/v2/services/x/replays":                                     "Service",
		"/v2/services/x/test":                                        "Service",
	} {
		if got := h.admin.call("POST", target, object{"from": "2000-01-01"}); got.status != 404 || got.message() != label+" not found" {
			t.Errorf("POST %s = %d %s", target, got.status, got.body)
		}
	}
	for who, want := range map[*client]int{&h.admin: 3, &acme: 3, &other: 0} {
		var list []object
		who.must(200, "GET", "/v2/replays", nil, &list)
		if len(list) != want {
			t.Errorf("%d replays are listed, want %d", len(list), want)
		}
	}
	agent.must(403, "GET", "/v2/replays", nil, nil)
}

// Contract: extensions.md 2.1: dryRun
// Contract: extensions.md 2.1: 202 with the replay
// Contract: extensions.md 2.1: A service that is not active
// Contract: extensions.md 2: POST /v2/services/<id>/replays, GET
func TestReplays(t *testing.T) {
	h := openReplays(t)
	var one struct{ ID, Service, Event, EventID, Status, ReplayOf, Replay string }
	h.admin.must(202, "POST", "/v2/deliveries/"+h.delivery+"/replay", nil, &one)
	if one.ID == h.delivery || one.ReplayOf != h.delivery || one.EventID != h.event || one.Status != "pending" || one.Replay != "" {
		t.Errorf("replay of one = %+v", one)
	}
	var listed []struct{ ID, ReplayOf string }
	h.admin.must(200, "GET", "/v2/deliveries?id="+one.ID, nil, &listed)
	if len(listed) != 1 || listed[0].ReplayOf != h.delivery {
		t.Errorf("listed = %+v", listed)
	}
	got := h.admin.must(200, "POST", "/v2/services/"+h.service+"/replays", object{"from": "2000-01-01", "status": "any", "dryRun": true}, nil)
	if got.body != `{"total":1,"dryRun":true}` {
		t.Errorf("dry run = %s", got.body)
	}
	secret := strings.Replace(h.receiver.URL, "http://", "http://ada:geheim@", 1)
	var r struct {
		ID, Service, State, Status, URL, From, To string
		Total, Sent, Failed, Pending, Rate        float64
		Events                                    []string
	}
	body := object{"from": "2000-01-01", "status": "any", "rate": 2.5, "url": secret, "events": []string{"order.**"}}
	h.admin.must(202, "POST", "/v2/services/"+h.service+"/replays", body, &r)
	if r.State != "running" || r.Total != 1 || r.Rate != 2.5 || r.Status != "any" || r.From != "2000-01-01T00:00:00.000Z" || len(r.Events) != 1 {
		t.Errorf("replay = %+v", r)
	}
	for _, target := range []string{"/v2/replays/" + r.ID, "/v2/replays", "/v2/replays?state=running&service=" + h.service} {
		if got := h.admin.must(200, "GET", target, nil, nil); strings.Contains(got.body, "geheim") || !strings.Contains(got.body, r.ID) {
			t.Errorf("GET %s = %s", target, got.body)
		}
	}
	for _, c := range []struct {
		state  string
		status int
	}{{"paused", 200}, {"paused", 200}, {"running", 200}, {"done", 400}, {"", 400}, {"stopped", 200}, {"stopped", 200}, {"running", 409}} {
		h.admin.must(c.status, "PATCH", "/v2/replays/"+r.ID, object{"state": c.state}, nil)
	}
	h.admin.must(405, "DELETE", "/v2/replays/"+r.ID, nil, nil)
	h.admin.must(200, "PATCH", "/v2/services/"+h.service, object{"status": "inactive"}, nil)
	for target, body := range map[string]any{
		"/v2/deliveries/" + h.delivery + "/replay": nil,
		"/v2/services/" + h.service + "/replays":   object{"from": "2000-01-01"},
		"/v2/services/" + h.service + "/test":      object{"event": "order.created"},
	} {
		if got := h.admin.call("POST", target, body); got.status != 409 || got.message() != "Service is inactive" {
			t.Errorf("POST %s of an inactive service = %d %s", target, got.status, got.body)
		}
	}
}

// TestExplainChanges: whatever changes who hears of what is remembered by the API.
//
// Contract: extensions.md 2.3: GET /v2/services/<id>/explain
func TestExplainChanges(t *testing.T) {
	h := openReplays(t)
	publish := func() string {
		var published struct{ ID string }
		h.admin.must(202, "POST", "/v2/events", object{"event": "order.created", "organization": h.acme}, &published)
		return published.ID
	}
	early := publish()
	why := func(service, event, rule, part string) {
		t.Helper()
		var got struct {
			Delivered bool
			Delivery  string
			Reasons   []struct{ Rule, Detail string }
		}
		h.admin.must(200, "GET", "/v2/services/"+service+"/explain?event="+url.QueryEscape(event), nil, &got)
		if got.Delivered || len(got.Reasons) != 1 || got.Reasons[0].Rule != rule || !strings.Contains(got.Reasons[0].Detail, part) ||
			(got.Delivery != "") != (rule == "delivery") {
			t.Errorf("explanation = %+v, want %s: %s", got, rule, part)
		}
	}
	for start := time.Now().UnixMilli(); time.Now().UnixMilli() == start; { // the next service is younger
	}
	botID := func() string { _, id := h.bot("Echo", h.acme, "bot"); return id }()
	bot := h.admin.create("/v2/services", object{"name": "B", "type": "webhook", "organization": h.acme, "bot": botID,
		"params": object{"url": h.receiver.URL}})
	why(bot, early, "status", "the service was created at ")
	why(bot, publish(), "delivery", "pending")
	h.admin.must(200, "PATCH", "/v2/bots/"+botID, object{"enabled": false}, nil)
	off := publish()
	h.admin.must(200, "PATCH", "/v2/bots/"+botID, object{"enabled": true}, nil)
	why(bot, off, "bot", "not active and enabled")
	why(bot, publish(), "delivery", "pending")
	instance := h.admin.create("/v2/botinstances", object{"bot": botID, "organization": h.acme})
	without := publish()
	h.admin.must(200, "PATCH", "/v2/botinstances/"+instance, object{"enabled": true}, nil)
	why(bot, publish(), "delivery", "pending")
	h.admin.must(204, "DELETE", "/v2/botinstances/"+instance, nil, nil)
	why(bot, publish(), "delivery", "pending")
	why(bot, without, "bot", "had no enabled instance in organization "+h.acme)
	h.admin.must(204, "DELETE", "/v2/bots/"+botID, nil, nil)
	why(bot, publish(), "bot", "had no instance")

	h.admin.must(200, "PATCH", "/v2/services/"+h.service, object{"params": object{"url": h.receiver.URL, "events": []string{"cart.*"}}}, nil)
	narrow := publish()
	h.admin.must(200, "PATCH", "/v2/services/"+h.service, object{"status": "inactive"}, nil)
	h.admin.must(200, "PATCH", "/v2/services/"+h.service, object{"status": "active"}, nil)
	why(h.service, narrow, "pattern", "cart.* does not match order.created")
	why(h.service, early, "delivery", "pending")
	h.admin.must(400, "GET", "/v2/services/"+h.service+"/explain", nil, nil)
	h.admin.must(404, "GET", "/v2/services/"+h.service+"/explain?event=x", nil, nil)
}
