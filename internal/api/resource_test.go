package api_test

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bellhop/internal/api"
)

// Contract: README.md Base facts: JSON, UTF-8
// Contract: README.md Base facts: Ids are 24
// Contract: README.md Base facts: Times are ISO 8601
// Contract: README.md Base facts: Errors are
func TestBaseFacts(t *testing.T) {
	h := open(t)
	var made struct{ ID, CreatedAt string }
	got := h.admin.must(201, "POST", "/v2/organizations", object{"name": "é👍"}, &made)
	if got.header.Get("Content-Type") != "application/json" || !strings.Contains(got.body, "é👍") {
		t.Errorf("answer = %s, %v", got.body, got.header)
	}
	if !regexp.MustCompile(`^[0-9a-f]{24}$`).MatchString(made.ID) || !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(made.CreatedAt) {
		t.Errorf("id %s, createdAt %s", made.ID, made.CreatedAt)
	}
	// A time without offset is UTC.
	for query, want := range map[string]int{
		made.CreatedAt: 1, strings.TrimSuffix(made.CreatedAt, "Z"): 1, strings.TrimSuffix(made.CreatedAt, "Z") + "%2B02:00": 0,
	} {
		var list []object
		h.admin.must(200, "GET", "/v2/organizations?id="+made.ID+"&createdAt="+query, nil, &list)
		if len(list) != want {
			t.Errorf("createdAt=%s finds %d, want %d", query, len(list), want)
		}
	}
	missing := h.admin.must(404, "GET", "/v2/organizations/x", nil, nil)
	if missing.message() != "Organization not found" || missing.header.Get("Content-Type") != "application/json" {
		t.Errorf("error = %s, %v", missing.body, missing.header)
	}
}

// TestLife takes a resource of each plain kind through its life.
func TestLife(t *testing.T) {
	h := open(t)
	_, bot := h.bot("Echo", h.acme, "bot")
	for _, test := range []struct {
		plural      string
		body, patch object
	}{
		{"organizations", object{"name": "New"}, object{"name": "Newer"}},
		{"users", object{"givenName": "Joe", "email": "joe@example.com"}, object{"givenName": "Jo"}},
		{"bots", object{"name": "New"}, object{"description": "new"}},
		{"botinstances", object{"bot": bot, "organization": h.acme}, object{"enabled": true}},
		{"services", object{"name": "New", "type": "twilio"}, object{"name": "Newer"}},
		{"contacts", object{"profile": object{"name": "New"}}, object{"profile": object{"name": "Newer"}}},
		{"conversations", object{"name": "New"}, object{"name": "Newer"}},
	} {
		path := "/v2/" + test.plural
		var made, patched, read map[string]any
		got := h.admin.must(201, "POST", path, test.body, &made)
		if got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("POST %s has the header %v", path, got.header)
		}
		path += "/" + made["id"].(string)
		h.admin.must(200, "PATCH", path, test.patch, &patched)
		for name := range test.patch {
			if patched[name] == nil || patched["id"] != made["id"] {
				t.Errorf("PATCH %s = %v", path, patched)
			}
		}
		seen := h.admin.must(200, "GET", path+"/", nil, &read)
		unchanged := h.admin.must(200, "PATCH", path, object{}, nil)
		if unchanged.body != seen.body {
			t.Errorf("an empty PATCH of %s = %s, want %s", path, unchanged.body, seen.body)
		}
		// The SDK sends a content type with requests that have no body.
		if gone := h.admin.must(204, "DELETE", path, nil, nil); gone.body != "" || gone.header.Get("Content-Type") != "" {
			t.Errorf("DELETE %s = %q %v, want nothing", path, gone.body, gone.header)
		}
		h.admin.must(404, "DELETE", path, nil, nil)
		h.admin.must(404, "GET", path, nil, nil)
		// A resource that was read can be posted again.
		if test.plural != "bots" && test.plural != "contacts" {
			h.admin.must(201, "POST", "/v2/"+test.plural, read, nil)
		}
	}
}

func TestHead(t *testing.T) {
	h := open(t)
	if got := h.admin.call("HEAD", "/v2/organizations/"+h.acme, nil); got.status != 200 || got.header.Get("Content-Length") == "0" {
		t.Errorf("HEAD = %d %v", got.status, got.header)
	}
}

func TestHealth(t *testing.T) {
	h := open(t)
	nobody := client{h, ""}
	for _, path := range []string{"/healthz", "/readyz"} {
		nobody.must(200, "GET", path, nil, nil)
	}
}

func TestNotReady(t *testing.T) {
	h := build(t, api.Config{Ready: func(context.Context) error { return errors.New("kumquat") }})
	nobody := client{h, ""}
	nobody.must(200, "GET", "/healthz", nil, nil)
	got := nobody.must(503, "GET", "/readyz", nil, nil)
	if got.message() != "Not ready" || strings.Contains(got.body, "kumquat") {
		t.Errorf("not ready = %s", got.body)
	}
	if log := h.log.take(); strings.Contains(log, "WARN") || strings.Contains(log, "request failed") {
		t.Errorf("an answer to whoever asks every second is logged: %s", log)
	}
}

// What is made along with a resource was made by the same user.
func TestCreatedBy(t *testing.T) {
	h := open(t)
	_, id := h.bot("Echo", h.acme, "bot")
	var bot, user struct{ CreatedBy string }
	h.admin.must(200, "GET", "/v2/bots/"+id, nil, &bot)
	h.admin.must(200, "GET", "/v2/users/"+id, nil, &user)
	if bot.CreatedBy == "" || user.CreatedBy != bot.CreatedBy {
		t.Errorf("the bot was made by %q, its user by %q", bot.CreatedBy, user.CreatedBy)
	}
}
