package ui

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"bellhop"
)

// Pages are compressed, but for those that show a secret: their length would tell of it.
func TestCompressedPages(t *testing.T) {
	h := newHouse(t)
	id := h.webhook("A")
	bot := h.make(bellhop.Bots, map[string]any{"name": "Echo"})
	admin := h.admin()
	admin.headers = map[string]string{"Accept-Encoding": "gzip, br"}
	zipped := admin.part(servicePath(id)+"/settings", nil)
	if zipped.header.Get("Content-Encoding") != "gzip" || zipped.header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("a page has the headers %v", zipped.header)
	}
	z, err := gzip.NewReader(strings.NewReader(zipped.body))
	must(t, err)
	page, err := io.ReadAll(z)
	must(t, err)
	if !strings.Contains(string(page), "Show secret") || len(zipped.body) > len(page)/2 {
		t.Errorf("%d bytes are compressed to %d: %.200s", len(page), len(zipped.body), page)
	}
	for _, plain := range []answer{
		admin.part(servicePath(id)+"/settings?show=secret", nil),
		admin.part("/bots/"+string(bot)+"/tokens", map[string][]string{}),
	} {
		if plain.header.Get("Content-Encoding") != "" || !strings.Contains(plain.body, "</html>") {
			t.Errorf("a page with a secret has the headers %v", plain.header)
		}
	}
}
