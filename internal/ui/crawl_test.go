package ui

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// hostile is what somebody writes who wants a page to do something else.
const hostile = `"><script>alert(1)</script><b onclick='alert(1)'>{{.}}</b>`

// often is how many addresses are looked at that differ in nothing but ids and values.
const often = 12

// unlinked are the pages that no link leads to, but a form, or what went wrong.
var unlinked = []string{"login", "failure", "search", "deletedservice"}

var pageName = regexp.MustCompile(`<body data-page="(\w+)"`)

// An admin gets from the first page to all others. No link leads to nothing, and whatever is stored stays text.
func TestEveryLink(t *testing.T) {
	h := newHouse(t)
	h.furnish()
	admin := h.admin()
	waiting, seen, alike, reached := []string{"/"}, map[string]bool{"/": true}, map[string]int{}, map[string]bool{}
	for len(waiting) > 0 {
		path := waiting[0]
		waiting = waiting[1:]
		got := admin.get(path)
		to := got.links(t)
		if got.status == http.StatusSeeOther {
			to = []string{got.to}
		} else if got.status != http.StatusOK {
			t.Errorf("GET %s = %d", path, got.status)
		}
		if m := pageName.FindStringSubmatch(got.body); m != nil {
			reached[m[1]] = true
			checkHarmless(t, path, got.body)
		}
		for _, link := range to {
			form := formOf(link)
			if seen[link] || alike[form] == often {
				continue
			}
			seen[link] = true
			alike[form]++
			waiting = append(waiting, link)
		}
	}
	for _, p := range pages {
		if !reached[p.template()] && !slices.Contains(unlinked, p.template()) {
			t.Errorf("no link leads to a page %s", p.template())
		}
	}
}

// links are where a page leads, on our server, by its forms that ask for a page too.
func (a answer) links(t testing.TB) (links []string) {
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return nil
	}
	for _, e := range parsePage(t, a.body) {
		to, _, _ := strings.Cut(e.attributes["href"], "#")
		if e.name == "form" && e.attributes["method"] == "get" {
			to = e.attributes["action"]
		}
		if (e.name == "a" || e.name == "form") && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/v2/") {
			links = append(links, to)
		}
	}
	return links
}

// formOf is an address without its ids and values.
func formOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789") {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/") + "?" + strings.Join(slices.Sorted(maps.Keys(u.Query())), "&")
}

// furnish stores a little of everything, with hostile texts wherever there is room for some.
func (h *house) furnish() {
	h.t.Helper()
	below := h.make(bellhop.Organizations, map[string]any{"name": "Below " + hostile, "displayName": hostile, "parent": h.org})
	h.make(bellhop.Organizations, map[string]any{"name": "Team " + hostile, "parent": below})
	h.make(bellhop.Users, map[string]any{"email": "bob@example.com", "name": hostile, "password": adminPassword,
		"organizations": []map[string]any{{"organization": h.org, "role": "agent"}}})
	bot := h.make(bellhop.Bots, map[string]any{"name": hostile})
	service := h.make(bellhop.Services, map[string]any{"name": hostile, "type": bellhop.WebhookType, "params": map[string]any{
		"url": endpoint(h.t) + "/?x=" + url.QueryEscape(hostile), "secret": hostile, "headers": map[string]any{"X-Own": hostile},
	}})
	h.make(bellhop.Services, map[string]any{"name": "Of a bot " + hostile, "type": bellhop.WebhookType, "bot": bot, "params": map[string]any{"url": "http://127.0.0.1:1/"}})
	h.make(bellhop.Services, map[string]any{"name": "Other " + hostile, "type": "other", "params": map[string]any{"x": hostile}})
	talk := h.start(hostile, hostile, "second "+hostile)
	h.say(talk, map[string]any{"text": hostile, "role": "agent", "actions": []map[string]any{
		{"type": "reply", "text": hostile, "payload": hostile}, {"type": "link", "text": hostile, "uri": "javascript:alert(1)"},
	}})
	h.say(talk, map[string]any{"text": "/assign", "role": "agent"})
	for i := range 30 {
		h.publishData(fmt.Sprintf("order.n%d", i%3), `{"order":{"`+"<b>"+`":"<script>alert(1)</script>"}}`)
	}
	_, err := h.subs.TestService(h.t.Context(), h.root, service, []byte(`{"event":"order.tested"}`))
	must(h.t, err)
	_, _, err = h.subs.CreateReplay(h.t.Context(), h.root, service, []byte(`{"from":"2000-01-01","status":"any","url":"https://ada:s3cret@bot.example.com/dev"}`))
	must(h.t, err)
	now := bellhop.TimeOf(h.ui.now())
	for i, status := range []bellhop.DeliveryStatus{bellhop.Delivered, bellhop.Dead, bellhop.Pending, bellhop.Pending} {
		attempt := &bellhop.Attempt{
			Number: 1, At: now, Status: 503, Error: "status 503", URL: "https://x.example/?" + hostile, NextAttemptAt: now.Add(60),
			RequestHeaders:  bellhop.HeadersOf(map[string]string{"X-Own": hostile}),
			ResponseHeaders: bellhop.HeadersOf(map[string]string{"Content-Type": "text/html", "X-Evil": hostile}), ResponseBody: []byte(hostile),
		}
		must(h.t, h.db.Update(h.t.Context(), func(tx *store.Tx) error {
			_, err := tx.Record(h.t.Context(), store.Result{Delivery: int64(3 + i), Status: status, At: now, Due: now.Add(60), Attempt: attempt})
			return err
		}))
	}
}

func (h *house) publishData(name, data string) {
	h.t.Helper()
	_, err := h.subs.Publish(h.t.Context(), h.root, []byte(`{"event":"`+name+`","data":`+data+`}`), "")
	must(h.t, err)
}
