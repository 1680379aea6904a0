package api_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bellhop/internal/api"
)

// next reads the header Link as the SDK does (docs/contract/resources.md section 4, "How
// the client reads Link"): "" if there is no further page for it.
func next(link string) string {
	for entry := range strings.SplitSeq(link, ",") {
		address, parameters, _ := strings.Cut(entry, ";")
		first, _, _ := strings.Cut(parameters, ";")
		if !strings.Contains(first, "next") {
			continue
		}
		address = strings.TrimSpace(address)
		u, err := url.Parse(strings.TrimSuffix(strings.TrimPrefix(address, "<"), ">"))
		if err != nil || !u.IsAbs() || address[0] != '<' {
			return ""
		}
		return u.String()
	}
	return ""
}

// pages follows the links from target on, and returns the items and how many requests it
// took.
func (c client) pages(target string) (items []map[string]any, requests int) {
	c.Helper()
	for target != "" {
		var page []map[string]any
		got := c.must(200, "GET", target, nil, &page)
		items = append(items, page...)
		requests++
		target = next(got.header.Get("Link"))
		if requests > 100 {
			c.Fatal("the pages have no end")
		}
	}
	return items, requests
}

// Contract: README.md Ten constraints whose violation breaks real clients: + in a query string
// Contract: README.md Ten constraints whose violation breaks real clients: List answers carry a Link header
// Contract: README.md Base facts: Lists are bare
// Contract: resources.md Pagination headers: it splits the header
// Contract: resources.md Pagination headers: the URL between
// Contract: resources.md Pagination headers: so inside URLs
// Contract: resources.md Pagination headers: no entry next when
// Contract: resources.md Pagination headers: the URL carries all filters
// Contract: resources.md Pagination headers: The SDK asks for pages
// Contract: resources.md Parsing: A query given as text
func TestPages(t *testing.T) {
	h := open(t)
	for i := range 40 {
		h.admin.create("/v2/bots", object{"name": fmt.Sprintf("Bot %02d, a;b <c> +~", i), "tags": []string{"x"}, "organization": h.acme})
	}
	conversation := h.conversation("Jenny", h.acme)
	for range 4 {
		messages := make([]object, 10)
		for i := range messages {
			messages[i] = object{"text": "hi", "role": "contact"}
		}
		h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", messages, nil)
	}
	events := make([]object, 40)
	for i := range events {
		events[i] = object{"event": "order.created", "key": "a,b;c"}
	}
	h.admin.must(202, "POST", "/v2/events", events, nil)
	for _, test := range []struct {
		target   string
		requests int
		items    int
	}{
		{"/v2/bots?limit=20", 2, 40},
		{"/v2/bots?limit=20&offset=0", 2, 40},
		{"/v2/bots?limit=39", 2, 40},
		{"/v2/bots?limit=40", 1, 40},
		{"/v2/bots?limit=7&sort=-name&select=id,%20name", 6, 40},
		{"/v2/bots??limit=20&tags=[x,y]", 2, 40},
		{"/v2/bots?limit=20&tags=%5Bx%2Cy%5D&populate=organization", 2, 40},
		{"/v2/bots?limit=20&name=~,+A;B+%3CC%3E+%2B~", 2, 40},
		{"/v2/bots?limit=20&name=~nothing", 1, 0},
		{"/v2/bots?limit=20&offset=1000", 1, 0},
		{"/v2/bots", 1, 40},
		{"/v2/conversations/" + conversation + "/messages?limit=20&text=hi", 2, 40},
		{"/v2/conversations/" + conversation + "/messages??limit=20&text=hi", 2, 40},
		{"/v2/conversations/" + conversation + "/messages/?limit=20&conversation=" + h.acme, 1, 0},
		{"/v2/messages?conversation=" + conversation + "&limit=20&text=~HI", 2, 40},
		{"/v2/events?event=order.created&limit=20", 2, 40},
		{"/v2/events?key=a,b;c&limit=20", 2, 40},
		{"/v2/deliveries?limit=20", 1, 0},
	} {
		items, requests := h.admin.pages(test.target)
		if requests != test.requests || len(items) != test.items {
			t.Errorf("%s: %d items in %d requests, want %d in %d", test.target, len(items), requests, test.items, test.requests)
		}
		seen := map[any]bool{}
		for _, item := range items {
			seen[item["id"]] = true
		}
		if len(seen) != len(items) {
			t.Errorf("%s: %d items, but %d different ones", test.target, len(items), len(seen))
		}
	}
}

// Contract: README.md Ten constraints whose violation breaks real clients: List answers carry a Link header
// Contract: README.md Base facts: Any scheme, host
// Contract: resources.md Pagination headers: Link | <absolute URL>
// Contract: resources.md Pagination headers: X-Total-Count | number of matches
// Contract: resources.md Pagination headers: X-Limit, X-Offset
// Contract: resources.md Pagination headers: The SDK exposes every response header
func TestPageHeaders(t *testing.T) {
	h := open(t)
	for i := range 5 {
		h.admin.create("/v2/bots", object{"name": fmt.Sprint("Bot ", i)})
	}
	got := h.admin.must(200, "GET", "http://bots.example.com:8080/v2/bots?limit=2&offset=2&name=~bot", nil, nil)
	const want = `<http://bots.example.com:8080/v2/bots?name=~bot&limit=2&offset=4>; rel="next", ` +
		`<http://bots.example.com:8080/v2/bots?name=~bot&limit=2&offset=0>; rel="prev", ` +
		`<http://bots.example.com:8080/v2/bots?name=~bot&limit=2&offset=0>; rel="first", ` +
		`<http://bots.example.com:8080/v2/bots?name=~bot&limit=2&offset=4>; rel="last"`
	if link := strings.ReplaceAll(got.header.Get("Link"), "%7E", "~"); link != want {
		t.Errorf("Link = %s, want %s", link, want)
	}
	for name, want := range map[string]string{"X-Total-Count": "5", "X-Limit": "2", "X-Offset": "2"} {
		if got.header.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, got.header.Get(name), want)
		}
	}
	got = h.admin.must(200, "GET", "/v2/bots?limit=5000", nil, nil)
	if got.header.Get("Link") != "" || got.header.Get("X-Limit") != "1000" {
		t.Errorf("the whole list has Link %q and X-Limit %q", got.header.Get("Link"), got.header.Get("X-Limit"))
	}
	empty := h.admin.must(200, "GET", "/v2/services", nil, nil)
	if empty.body != "[]" || empty.header.Get("X-Total-Count") != "0" || empty.header.Get("Content-Length") != "2" {
		t.Errorf("an empty list = %s %v", empty.body, empty.header)
	}
}

// A public URL that was configured is where the links lead, whatever the client says.
//
// Contract: resources.md Pagination headers: the URL carries all filters
func TestPublicURL(t *testing.T) {
	h := build(t, api.Config{PublicURL: "https://bots.example.com/"})
	for range 2 {
		h.admin.create("/v2/bots", object{"name": "Echo"})
	}
	got := h.admin.must(200, "GET", "http://elsewhere.example.com/v2/bots?limit=1", nil, nil)
	if want := "https://bots.example.com/v2/bots?limit=1&offset=1"; next(got.header.Get("Link")) != want {
		t.Errorf("Link = %s, want next to be %s", got.header.Get("Link"), want)
	}
}

// What a client calls his host cannot break out of the header.
func TestHostileHost(t *testing.T) {
	h := open(t)
	for range 3 {
		h.admin.create("/v2/bots", object{"name": "Echo"})
	}
	r := httptest.NewRequest("GET", "/v2/bots?limit=1", nil)
	r.Host = `x>; rel="next", <http://evil.example.com`
	r.Header.Set("Authorization", h.admin.token)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if link := w.Header().Get("Link"); strings.Count(link, "<") != 3 || strings.Count(link, ",") != 2 || strings.Count(link, `"next"`) != 1 {
		t.Errorf("Link = %s", link)
	}
}

func TestSelectAndPopulate(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	var shown map[string]any
	h.admin.must(200, "GET", "/v2/conversations/"+conversation+"?select=contact,%20organization&populate=contact,organization&limit=7", nil, &shown)
	contact, _ := shown["contact"].(map[string]any)
	organization, _ := shown["organization"].(map[string]any)
	if len(shown) != 3 || contact["conversation"] != conversation || organization["name"] != "Acme" {
		t.Errorf("shown = %v", shown)
	}
	var list []json.RawMessage
	h.admin.must(200, "GET", "/v2/conversations?select=id", nil, &list)
	if len(list) != 1 || string(list[0]) != `{"id":"`+conversation+`"}` {
		t.Errorf("list = %s", list)
	}
}
