package ui

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/event"
)

// advanced is the form as a browser sends it, with what is given changed.
func advanced(more url.Values) url.Values {
	form := url.Values{
		"name": {"A"}, "advanced": {"yes"}, "signature": {"sha1", "sha256", "standard"}, "order": {"key"},
		"concurrency": {""}, "rate": {""}, "timeout": {""},
	}
	for name, values := range more {
		form[name] = values
	}
	return form
}

// docs/contract/extensions.md section 3: what is as the server does it anyhow is not stored.
//
// Contract: services.md 1: What the form does not show
func TestAdvancedForm(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	target := endpoint(t)
	page := admin.send(integrationsPath(h.org)+"/new", advanced(url.Values{"url": {target}, "secret": {"mine"},
		"header-was": {"", ""}, "header-name": {"", ""}, "header-value": {"", ""}}))
	page.says(t, "Verified.")
	id := bellhop.ID(page.service(t))
	_, p := h.serviceNow(id)
	if want := (bellhop.WebhookParams{URL: target, Secret: "mine"}); !reflect.DeepEqual(p, want) {
		t.Errorf("with nothing changed the parameters are %+v, want %+v", p, want)
	}

	edit := servicePath(id) + "/edit"
	admin.send(edit, advanced(url.Values{"url": {target}, "signature": {"standard"}, "order": {"none"}, "concurrency": {"3"}, "rate": {"0.5"}, "timeout": {" 7 "},
		"header-was": {"", "", ""}, "header-name": {"X-Tenant", "", "X-Other"}, "header-value": {"acme", "", "b"}})).says(t, "Saved.")
	want := bellhop.WebhookParams{URL: target, Secret: "mine", Signatures: []string{"standard"}, Order: "none", Concurrency: 3, Rate: 0.5, Timeout: 7,
		Headers: map[string]string{"X-Tenant": "acme", "X-Other": "b"}}
	if _, p = h.serviceNow(id); !reflect.DeepEqual(p, want) {
		t.Errorf("the parameters are %+v, want %+v", p, want)
	}

	// Values are not shown. One stays, under a new name; one is replaced; one header is removed, one added.
	form := admin.get(edit)
	form.says(t, "Advanced")
	form.hides(t, "acme")
	if !form.has(`value="X-Tenant"`) || !form.has(`value="0.5"`) {
		t.Error("the form does not show what there is")
	}
	admin.send(edit, advanced(url.Values{"url": {target}, "signature": {"standard"}, "order": {"key"}, "timeout": {"7"},
		"header-was": {"X-Other", "X-Tenant", ""}, "header-name": {"", "X-Renamed", "X-New"}, "header-value": {"", "", "c"}}))
	want.Headers, want.Order, want.Concurrency, want.Rate = map[string]string{"X-Renamed": "acme", "X-New": "c"}, "", 0, 0
	if _, p = h.serviceNow(id); !reflect.DeepEqual(p, want) {
		t.Errorf("then the parameters are %+v, want %+v", p, want)
	}
}

// service is the id of the service whose page it is.
func (a answer) service(t *testing.T) string {
	t.Helper()
	before, _, ok := strings.Cut(a.body, `/edit"`)
	if !ok {
		t.Fatal("it is not the page of a service")
	}
	return before[strings.LastIndexByte(before, '/')+1:]
}

func (a answer) has(part string) bool { return strings.Contains(a.body, part) }

func TestAdvancedFormRefused(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	for says, more := range map[string]url.Values{
		"Signatures must not be empty: whatever is sent is signed.":     {"signature": nil},
		"Order must be key or none.":                                    {"order": {"backwards"}},
		"Requests at once must be a whole number from 1 to 1000.":       {"concurrency": {"many"}},
		"Requests per second must be 0 or a number from 0.01 to 10000.": {"rate": {"-1"}},
		"Timeout must be a whole number from 1 to 20.":                  {"timeout": {"0.5"}},
		"Headers has Authorization, which Bellhop sets.":                {"header-was": {""}, "header-name": {"Authorization"}, "header-value": {"x"}},
		"Headers has X-A twice.":                                        {"header-was": {"", ""}, "header-name": {"X-A", "X-A"}, "header-value": {"1", "2"}},
		"Headers has \"\", which is no name for a header.":              {"header-was": {""}, "header-name": {""}, "header-value": {"x"}},
		"Whoever runs the server can allow it with --egress-allow":      {"url": {"http://10.0.0.1/"}},
	} {
		form := advanced(url.Values{"url": {"http://127.0.0.1:1/"}})
		for name, values := range more {
			form[name] = values
		}
		got := admin.post(integrationsPath(h.org)+"/new", form)
		if got.status != http.StatusBadRequest {
			t.Errorf("%v: status %d, want 400", more, got.status)
		}
		got.says(t, says)
		if open := got.has(`<details class="advanced" id="advanced" open>`); open != !got.has(`id="url-error"`) {
			t.Errorf("%v: what is wrong is folded away: %v", more, !open)
		}
	}
	admin.get(integrationsPath(h.org)).says(t, "No webhooks yet.")
}

// The choices of the form are those of the rules.
func TestSignatureChoices(t *testing.T) {
	var all event.Signatures
	for _, c := range signatureChoices {
		if event.SignatureNamed(c.Value) == 0 {
			t.Errorf("there is no signature %s", c.Value)
		}
		all |= event.SignatureNamed(c.Value)
	}
	if all != event.AllSignatures {
		t.Errorf("the choices are %b, want %b", all, event.AllSignatures)
	}
}
