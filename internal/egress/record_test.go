package egress

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRedactURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://user:s3cret@example.com/hook?a=b": "https://user:xxxxx@example.com/hook?a=b",
		"https://user@example.com/":                "https://user@example.com/",
		"https://example.com":                      "https://example.com",
	} {
		if got := RedactURL(mustURL(t, raw)); got != want {
			t.Errorf("RedactURL(%q) = %q, want %q", raw, got, want)
		}
	}
	if got := RedactURL(nil); got != "" {
		t.Errorf("RedactURL(nil) = %q", got)
	}
}

func TestRecordHeaders(t *testing.T) {
	long := strings.Repeat("n", 200)
	got := RecordHeaders(http.Header{
		"Authorization":       {"Basic s3cret"},
		"authorization":       {"Bearer s3cret"},
		"Proxy-Authorization": {"Basic s3cret"},
		"X-Key":               {"s3cret"},
		long:                  {"s3cret"},
		"Content-Type":        {"application/json"},
		"Link":                {"a", "b"},
		"X-Bad":               {"a\x00b\xffc\td"},
		"X-Cut":               {strings.Repeat("x", maxRecordValue-1) + "é"},
		"X-None":              nil,
	}, map[string]string{"x-key": "", long: ""})
	want := map[string]string{
		"Authorization":       Masked,
		"authorization":       Masked,
		"Proxy-Authorization": Masked,
		"X-Key":               Masked,
		long[:maxRecordName]:  Masked,
		"Content-Type":        "application/json",
		"Link":                "a, b",
		"X-Bad":               "a\uFFFDb\uFFFDc\td",
		"X-Cut":               strings.Repeat("x", maxRecordValue-1),
		"X-None":              "",
	}
	if !maps.Equal(asMap(got), want) {
		t.Errorf("RecordHeaders = %q\nwant %q", got, want)
	}
}

// docs/contract/extensions.md section 2: the request as it was sent, without what is secret.
func TestRecordRequest(t *testing.T) {
	got := RecordRequest(&Request{
		URL: mustURL(t, "https://user:s3cret@example.com/"), Body: []byte("hello"),
		Header: http.Header{"Accept": {"application/json"}, "X-Key": {"s3cret"}},
	}, map[string]string{"X-Key": "s3cret"})
	want := map[string]string{
		"Accept": "application/json", "X-Key": Masked, "Authorization": Masked, "User-Agent": userAgent, "Content-Length": "5",
	}
	if !maps.Equal(asMap(got), want) {
		t.Errorf("RecordRequest = %q\nwant %q", got, want)
	}
}

func TestRecordHeadersAreBounded(t *testing.T) {
	if got := RecordHeaders(nil, nil); got == nil || len(got) != 0 {
		t.Errorf("RecordHeaders(nil) = %v", got)
	}
	h := http.Header{}
	for i := range 1000 {
		h.Set("X-"+strconv.Itoa(i), "\x01\xff")
	}
	if got := RecordHeaders(h, nil); len(got) != maxRecordHeaders {
		t.Errorf("%d headers, want %d", len(got), maxRecordHeaders)
	}
	for name := range h {
		h[name] = []string{strings.Repeat("é", 2000)}
	}
	total := 0
	for name, value := range asMap(RecordHeaders(h, nil)) {
		total += len(name) + len(value)
		if len(value) > maxRecordValue || !utf8.ValidString(value) {
			t.Errorf("%s has %d bytes, valid = %t", name, len(value), utf8.ValidString(value))
		}
	}
	if total > maxRecordTotal || total < maxRecordTotal/2 {
		t.Errorf("%d bytes in total", total)
	}
}

func asMap(r Record) map[string]string {
	m := map[string]string{}
	for _, f := range r {
		m[f.Name] = f.Value
	}
	return m
}
