package ui

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssRule    = regexp.MustCompile(`([^{}]+)\{`)
	cssClass   = regexp.MustCompile(`\.([a-z][a-z0-9-]*)`)
	cssFirst   = regexp.MustCompile(`^\.([a-z][a-z0-9-]*)(.*)$`)
)

// stylesOf returns the selectors of a file of static/css.
func stylesOf(t *testing.T, name string) (selectors []string) {
	css, err := staticFiles.ReadFile(name)
	must(t, err)
	for _, rule := range cssRule.FindAllStringSubmatch(cssComment.ReplaceAllString(string(css), ""), -1) {
		if text := strings.TrimSpace(rule[1]); !strings.HasPrefix(text, "@") {
			selectors = append(selectors, splitSelectors(text)...)
		}
	}
	return selectors
}

// splitSelectors takes a list of selectors apart, but not what is in parentheses.
func splitSelectors(list string) (each []string) {
	depth, from := 0, 0
	for i, c := range list + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			each, from = append(each, strings.TrimSpace(list[from:i])), i+1
		}
	}
	return each
}

// The files 70-* are each about their own pages. One that styled an element for itself, a part that all
// share, or a class of another one would change pages that it does not know.
func TestStylesOfPages(t *testing.T) {
	names, err := fs.Glob(staticFiles, "static/css/*.css")
	must(t, err)
	shared, owner := map[string]bool{}, map[string]string{}
	for _, name := range names {
		for _, selector := range stylesOf(t, name) {
			if first := cssFirst.FindStringSubmatch(selector); first != nil && !strings.HasPrefix(path.Base(name), "70-") {
				shared[first[1]] = true
			}
		}
	}
	for _, name := range names {
		if !strings.HasPrefix(path.Base(name), "70-") {
			continue
		}
		for _, selector := range stylesOf(t, name) {
			first := cssFirst.FindStringSubmatch(selector)
			switch {
			case first == nil && !cssClass.MatchString(selector):
				t.Errorf("%s: %s is about every page", path.Base(name), selector)
			case first == nil || shared[first[1]] && strings.ContainsAny(first[2], " .:>+["):
			case shared[first[1]]:
				t.Errorf("%s: %s is a part that all pages share", path.Base(name), selector)
			case owner[first[1]] != "" && owner[first[1]] != name:
				t.Errorf("%s: .%s belongs to %s", path.Base(name), first[1], path.Base(owner[first[1]]))
			default:
				owner[first[1]] = name
			}
		}
	}
}

// What is styled is there, in a template, a script, or by a name that a page computes.
func TestStylesAreUsed(t *testing.T) {
	computed := map[string]bool{
		"below-1": true, "below-2": true, "depth-1": true, "depth-2": true, // how deep an organization lies
		"put": true, "patch": true, // methods of the API
		"agent": true, "team": true, // sides of a conversation
		"delivered": true, "p50": true, "p95": true, "p99": true, "pending": true, // of charts and bars
	}
	var all strings.Builder
	for _, files := range []fs.FS{templateFiles, staticFiles} {
		must(t, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if ext := path.Ext(name); err != nil || ext != ".html" && ext != ".js" {
				return err
			}
			text, err := fs.ReadFile(files, name)
			all.Write(text)
			return err
		}))
	}
	used := map[string]bool{}
	for _, word := range regexp.MustCompile(`[A-Za-z0-9-]+`).FindAllString(all.String(), -1) {
		used[word] = true
	}
	names, err := fs.Glob(staticFiles, "static/css/*.css")
	must(t, err)
	for _, name := range names {
		for _, selector := range stylesOf(t, name) {
			for _, class := range cssClass.FindAllStringSubmatch(selector, -1) {
				if !used[class[1]] && !computed[class[1]] {
					t.Errorf("%s: nothing has the class %s", path.Base(name), class[1])
				}
			}
		}
	}
}
