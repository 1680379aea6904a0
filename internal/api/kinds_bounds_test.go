//go:build !race

package api_test

import (
	"strings"
	"testing"

	"bellhop"
)

// What is just not too deep and not too large is stored as it is, and told of.
//
// Contract: resources.md 3: Bodies larger than 1 MiB
func TestBounds(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		if kind.Open && kind != bellhop.Links && kind != bellhop.Bots {
			return // one plain kind is like the others
		}
		made := path + "/" + h.admin.create(path, h.beginning(kind))
		before := len(h.admin.must(200, "GET", made, nil, nil).body)
		for name, meta := range map[string]string{
			"deep":  strings.Repeat(`{"a":`, 99) + `1` + strings.Repeat(`}`, 99),
			"array": strings.Repeat(`[`, 99) + strings.Repeat(`]`, 99),
			"large": `{"a":"` + strings.Repeat("x", 1<<20-before-100) + `"}`,
			"many":  `{` + strings.Repeat(`"a":1,`, 100_000) + `"b":1}`,
		} {
			body := `{"meta":` + meta + `}`
			if name == "array" {
				body = `{"meta":{"a":` + meta[1:len(meta)-1] + `}}`
			}
			got := h.admin.must(200, "PATCH", made, body, nil)
			if again := h.admin.must(200, "GET", made, nil, nil); again.body != got.body || !strings.Contains(got.body, `"meta":{"`) {
				t.Errorf("%s: GET differs from PATCH", name)
			}
		}
		// Deep things may lie in others.
		h.admin.must(200, "PATCH", "/v2/organizations/"+h.top, `{"meta":{"a":`+strings.Repeat(`[`, 98)+strings.Repeat(`]`, 98)+`}}`, nil)
		for _, target := range []string{made + "?", path + "?id=" + made[len(path)+1:] + "&"} {
			if got := h.admin.call("GET", target+"populate=organization.parent,parent,createdBy.organization", nil); got.status != 200 {
				t.Errorf("populated = %d %s", got.status, got.body)
			}
		}
		if kind == bellhop.Messages {
			return
		}
		events := h.told("event=" + kind.Name + ".update&key=" + made[len(path)+1:])
		if len(events) != 4 {
			t.Errorf("%d events, want 4", len(events))
		}
		for _, e := range events {
			if len(e.text) > 100<<10 {
				t.Errorf("%s has %d bytes", e.Event, len(e.text))
			}
		}
		h.admin.must(204, "DELETE", made, nil, nil)
	})
}

// Contract: resources.md 3: A resource is at most 1 MiB
// Contract: resources.md 3: Bodies larger than 1 MiB
func TestLargestResource(t *testing.T) {
	h := open(t)
	half := strings.Repeat("x", 600<<10)
	path := "/v2/links/" + h.admin.create("/v2/links", object{"a": half})
	for range 3 {
		got := h.admin.call("PATCH", path, object{"b": half})
		if got.status != 400 || got.message() != "Validation failed: link would be larger than 1048576 bytes" {
			t.Fatalf("PATCH = %d %.200s", got.status, got.body)
		}
	}
	if got := h.admin.call("POST", "/v2/links", object{"b": strings.Repeat("x", 1<<20-20)}); got.status != 400 {
		t.Errorf("POST = %d %.200s", got.status, got.body)
	}
	h.admin.must(200, "PATCH", path, object{"a": nil, "b": half}, nil)
}

// A sample of an event shows a resource as the API does: it could be one.
func TestSamplesCouldBeResources(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	service := h.admin.create("/v2/services", object{"name": "S", "type": "webhook", "params": object{"url": receiver.URL}})
	for _, kind := range bellhop.Kinds() {
		if kind == bellhop.Messages {
			continue
		}
		name := kind.Name + ".create"
		h.admin.must(202, "POST", "/v2/services/"+service+"/test", object{"event": name}, nil)
		events := h.told("event=" + name + "&organization=" + h.top)
		sample := events[len(events)-1].Data[kind.Name].(object)
		if events[len(events)-1].Data["sample"] != true {
			t.Fatalf("%s is no sample: %s", name, events[len(events)-1].text)
		}
		real := h.admin.fields(201, "POST", "/v2/"+kind.Plural, h.beginning(kind))
		delete(real, "token") // of a bot, which its admins alone are shown
		delete(real, "refreshToken")
		for field := range real {
			if _, there := sample[field]; !there && sample["level"] != 1.0 { // the organization is a real one
				t.Errorf("the sample %s has no %s: %s", kind.Name, field, asText(sample))
			}
		}
		for field := range sample {
			if kind.Field(field) == nil {
				t.Errorf("the sample %s has %s, which its kind does not have: %s", kind.Name, field, asText(sample))
			}
		}
		if kind.Open && kind != bellhop.BotInstances {
			h.admin.must(201, "POST", "/v2/"+kind.Plural, sample, nil)
		}
	}
}
