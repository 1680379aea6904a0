package ui

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBodyView(t *testing.T) {
	for _, c := range []struct {
		body, kind string
		raw        bool
		want, note string
	}{
		{`{"a":1}`, "application/json", false, "{\n  \"a\": 1\n}", "JSON, with line breaks that were not sent."},
		{`{"a":1}`, "text/plain", true, `{"a":1}`, "JSON, exactly as it was sent."},
		{`{"a":`, "application/json", false, `{"a":`, "Application/json, shown as text."},
		{"<b>no</b>", "text/html; charset=utf-8", false, "<b>no</b>", "Text/html, shown as text."},
		{"a\x00\x1b[31m\nb", "", false, "a\ufffd\ufffd[31m\nb", "No type was named; shown as text; what is no text in it is shown as \ufffd."},
		{strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "application/json", false, strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "Application/json, shown as text."},
		{"", "text/plain", false, "", ""},
	} {
		v := bodyViewOf("Body", c.body, c.kind, c.raw)
		if v.Text != c.want || v.Note() != c.note {
			t.Errorf("bodyViewOf(%.20q, %q) = %.40q, %q, want %q", c.body, c.kind, v.Text, v.Note(), c.note)
		}
	}
	large := bodyViewOf("Body", strings.Repeat("ü", bodyShown), "text/plain", false).bounded("/all")
	if len(large.Text) > bodyShown || !utf8.ValidString(large.Text) || large.Whole != "/all" || !strings.Contains(large.Note(), "the first 20.0 KiB of 40.0 KiB") {
		t.Errorf("a large body: %d bytes, %q", len(large.Text), large.Note())
	}
}

func TestJSONDepth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "1": 0, "[[]]": 2, `{"[[[\"[":[1]}`: 2, "]]": 0} {
		if got := jsonDepth([]byte(text)); got != want {
			t.Errorf("jsonDepth(%s) = %d, want %d", text, got, want)
		}
	}
}
