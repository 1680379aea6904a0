package api_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// shape replaces all numbers by 0 and times by "".
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = shape(value)
		}
		return v
	case float64:
		return 0
	case string:
		return ""
	}
	return v
}

// Contract: resources.md 1: {"start":"2024-05-26T00:00:00.000Z"
// Contract: resources.md 1: Counted is what was created
// Contract: resources.md 1: Types, roles and statuses
// Contract: resources.md 1: Every type, role and status
// Contract: resources.md 1: firstAnswer:
// Contract: resources.md 1: duration:
// Contract: resources.md 1: null if there are none
// Contract: resources.md 1: organization limits it
// Contract: resources.md 1: start or end missing
func TestSnapshot(t *testing.T) {
	h := open(t)
	for _, name := range []string{"Jenny", "John"} {
		conversation := h.conversation(name, h.acme)
		h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", []object{
			{"text": "Hi", "role": "agent"}, {"text": "among us", "isBackchannel": true, "role": "agent"}, {"text": "/leave"},
		}, nil)
	}
	h.conversation("Jane", h.other)
	h.admin.create("/v2/conversations", object{"organization": h.acme})
	start, end := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	span := "/v2/snapshot/metrics?start=" + start + "&end=" + end

	type counts struct {
		Created      int
		Type, Status map[string]int
		Role         map[string]int
	}
	type took struct{ Count, Average, Median, Longest int }
	type numbers struct {
		Start, End                        string
		Conversations, Messages, Contacts counts
		FirstAnswer, Duration             *took
	}
	read := func(who client, filter string) (n numbers) {
		t.Helper()
		who.must(200, "GET", span+filter, nil, &n)
		return n
	}
	all := read(h.admin, "")
	if all.Conversations.Created != 4 || all.Conversations.Type["contact"] != 3 || all.Conversations.Type["agent"] != 1 ||
		all.Conversations.Status["queued"] != 1 || all.Conversations.Status["closed"] != 2 ||
		all.Messages.Created != 9 || all.Messages.Type["chat"] != 7 || all.Messages.Type["command"] != 2 || all.Messages.Role["contact"] != 3 || all.Messages.Role["agent"] != 4 ||
		all.Contacts.Created != 3 || all.FirstAnswer.Count != 2 || all.Duration.Count != 2 {
		t.Errorf("all is %+v, %+v, %+v", all, all.FirstAnswer, all.Duration)
	}
	for filter, want := range map[string]int{
		"&organization=" + h.acme: 2, "&orgPath=" + h.top: 3, "&orgPath=^" + h.top: 3, "&orgPath=" + url.QueryEscape(h.top+"#"+h.other): 1,
		"&organization=" + h.top: 0, "&orgPath=" + url.QueryEscape(h.top+"#"+h.other) + "&organization=" + h.acme: 0,
	} {
		if got := read(h.admin, filter); got.Contacts.Created != want {
			t.Errorf("%s: %d contacts, want %d", filter, got.Contacts.Created, want)
		}
	}
	if none := read(h.admin, "&organization="+h.top); none.FirstAnswer != nil || none.Duration != nil || none.Conversations.Status["active"] != 0 {
		t.Errorf("nothing is %+v", none)
	}

	// A caller sees what he may list, bots also where an instance of them is enabled.
	echo, bot := h.bot("Echo", h.acme, "bot")
	if got := read(echo, ""); got.Contacts.Created != 2 {
		t.Errorf("the bot sees %+v", got)
	}
	elsewhere := span + "&organization=" + h.other
	if got := echo.call("GET", elsewhere, nil); got.status != 404 || got.message() != "Organization not found" {
		t.Errorf("elsewhere = %d %s", got.status, got.body)
	}
	h.admin.must(200, "PATCH", "/v2/bots/"+bot, object{"audience": "global"}, nil)
	h.admin.create("/v2/botinstances", object{"bot": bot, "organization": h.other, "enabled": true})
	if got := read(echo, ""); got.Contacts.Created != 3 {
		t.Errorf("with an instance the bot sees %+v", got)
	}
	echo.must(200, "GET", elsewhere, nil, nil)

	for _, test := range []struct {
		who     client
		query   string
		status  int
		message string
	}{
		{h.admin, "", 400, "Validation failed: start is required"},
		{h.admin, "?start=" + start, 400, "Validation failed: end is required"},
		{h.admin, "?start=soon&end=" + end, 400, "Validation failed: start must be a date"},
		{h.admin, "?start=" + end + "&end=" + start, 400, "Validation failed: start must be before end"},
		{h.admin, "?start=" + end + "&end=" + end, 400, "Validation failed: start must be before end"},
		{h.admin, "?start=2024-01-01&end=2025-01-02", 400, "Validation failed: start must be at most 366 days before end"},
		{h.admin, "?start=2024-01-01&end=2025-01-01", 200, ""},
		{h.admin, "??start=2024-01-01&end=2025-01-01", 200, ""},
		{h.admin, "?start=2024-01-01&end=2025-01-01&organization=17", 404, "Organization not found"},
		{h.admin, "?start=2024-01-01&end=2025-01-01&orgPath=" + h.acme, 404, "Organization not found"},
		{h.admin, "?start=2024-01-01&end=2025-01-01&orgPath=%23", 404, "Organization not found"},
		{h.user("agnes", "agent", h.acme), "?start=2024-01-01&end=2025-01-01", 403, "Permission denied"},
	} {
		if got := test.who.call("GET", "/v2/snapshot/metrics"+test.query, nil); got.status != test.status || got.message() != test.message {
			t.Errorf("%s = %d %s, want %d %s", test.query, got.status, got.body, test.status, test.message)
		}
	}
	h.notAllowed("POST", "/v2/snapshot/metrics", "GET, HEAD")

	// The example of the contract has what there is.
	var shown, shownExample object
	h.admin.must(200, "GET", span, nil, &shown)
	if err := json.Unmarshal([]byte(example(t, "resources.md", "## 1. Paths", `"firstAnswer"`)), &shownExample); err != nil {
		t.Fatal(err)
	}
	delete(shown, "duration") // null in the one
	if got := slices.Sorted(maps.Keys(shownExample)); strings.Join(got, " ") != "contacts conversations duration end firstAnswer messages start" {
		t.Errorf("the example has %v", got)
	}
	delete(shownExample, "duration")
	if got, want := asText(shape(shown)), asText(shape(shownExample)); got != want {
		t.Errorf("the server shows %s, the contract %s", got, want)
	}
}
