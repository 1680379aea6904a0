package ui

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestAssets(t *testing.T) {
	p := newHouse(t).anybody()
	page := p.get("/login")
	for _, file := range []string{"app.css", "app.js", "icon.svg"} {
		path, err := p.ui.assets.path(file)
		must(t, err)
		if !strings.Contains(page.body, `"`+path+`"`) {
			t.Errorf("the page does not load %s", path)
		}
		got := p.get(path)
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.header.Get("Content-Type") == "" {
			t.Errorf("GET %s = %d %v", path, got.status, got.header)
		}
	}
	for _, path := range []string{"/static/", "/static/app.css", "/static/app.000000000000.css"} {
		if got := p.get(path); got.status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, got.status)
		}
	}
	if _, err := p.ui.assets.path("none.css"); err == nil {
		t.Error("a file that does not exist has a path")
	}
}

// What a page loads is ours, and nothing in it needs a weaker policy.
func TestNothingForeign(t *testing.T) {
	foreign := regexp.MustCompile(`(?i)(src|href)="(https?:)?//|(?-i:url\()|@import|style="|\bon[a-z]+="|<style|<script>|javascript:`)
	for _, files := range []fs.FS{templateFiles, staticFiles} {
		must(t, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, name)
			if found := foreign.Find(text); found != nil {
				t.Errorf("%s has %q", name, found)
			}
			return err
		}))
	}
}
