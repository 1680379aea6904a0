package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop/internal/openapi"
)

// Every operation and every schema is on a page, and every link of these pages leads somewhere.
//
// Contract: extensions.md The description of the API: GET /docs/api
// Contract: extensions.md The description of the API: No token either
func TestDocs(t *testing.T) {
	p := newHouse(t).anybody()
	pages := map[string]answer{}
	ids := map[string]bool{} // "/docs/api/users#getUser"
	var links []string
	for next := []string{docsPath}; len(next) > 0; {
		path := next[0]
		next = next[1:]
		if _, seen := pages[path]; seen {
			continue
		}
		got := p.get(path)
		if got.status != http.StatusOK {
			t.Fatalf("GET %s = %d", path, got.status)
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") {
			t.Errorf("GET %s has the policy %q", path, policy)
		}
		pages[path] = got
		base, err := url.Parse(path)
		must(t, err)
		for _, e := range parsePage(t, got.body) {
			ids[path+"#"+e.attributes["id"]] = true
			to, err := base.Parse(e.attributes["href"])
			must(t, err)
			if e.name != "a" || !strings.HasPrefix(to.Path, docsPath) {
				continue
			}
			next = append(next, to.Path)
			if to.Fragment != "" {
				links = append(links, to.Path+"#"+to.Fragment)
			}
		}
	}
	for _, link := range links {
		if !ids[link] && !strings.HasSuffix(link, "#main") {
			t.Errorf("a link leads to %s, which is not there", link)
		}
	}
	doc := openapi.New()
	for _, tag := range doc.Tags {
		for _, o := range operationsOf(doc, tag.Name) {
			if !ids[docsGroupPath(tag.Name)+"#"+o.ID] {
				t.Errorf("%s is on no page", o.ID)
			}
			if path := o.path; !strings.Contains(pages[docsPath].text, path) {
				t.Errorf("the overview lacks %s", path)
			}
		}
	}
	for _, name := range []string{"Conversation", "MessageInput", "WebhookParams", "Envelope", "DeliveryDetail"} {
		if _, found := pages[docsSchemaPath(name)]; !found {
			t.Errorf("no link leads to the schema %s", name)
		}
	}
	pages[docsGroupPath("services")].says(t, "Give a webhook a new secret", "For the scope admin", "604800")
	pages[docsSchemaPath("WebhookParamsInput")].says(t, "concurrency", "At most 1000", "signatures", "One of sha1", "required")
	pages[docsSchemaPath("User")].says(t, "givenName", "organizations[].selected")
	for _, path := range []string{docsGroupPath("none"), docsSchemaPath("None")} {
		if got := p.get(path); got.status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, got.status)
		}
	}
}

func TestPieces(t *testing.T) {
	got := pieces("a `b` c")
	if len(got) != 3 || got[0].Code || !got[1].Code || got[1].Text != "b" || got[2].Text != " c" {
		t.Errorf("pieces = %v", got)
	}
	if got := prose("a\n\nb `c`"); len(got) != 2 || len(got[1]) != 2 {
		t.Errorf("prose = %v", got)
	}
}
