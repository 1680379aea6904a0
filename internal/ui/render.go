package ui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed templates
var templateFiles embed.FS

// templates are the pages by name, each with the frame and the parts that all share.
type templates map[string]*template.Template

// shared are the templates that every page may use.
const shared = "templates/*.html"

func parseTemplates(a *assets) (templates, error) {
	base, err := template.New("").Funcs(template.FuncMap{"asset": a.path}).ParseFS(templateFiles, shared)
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	names, err := fs.Glob(templateFiles, "templates/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("find templates: %w", err)
	}
	pages := templates{}
	for _, name := range names {
		page, err := base.Clone()
		if err == nil {
			page, err = page.ParseFS(templateFiles, name)
		}
		if err != nil {
			return nil, fmt.Errorf("parse templates: %w", err)
		}
		pages[strings.TrimSuffix(strings.TrimPrefix(name, "templates/pages/"), ".html")] = page
	}
	return pages, nil
}

// page is what a template is given: a struct of its own that embeds a frame.
type page interface {
	template() string // its name
	common() *frame
}

// render answers with a page, whole or not at all. What is confidential is not compressed:
// its length would tell of it to who can have something else put beside it.
func (ui *UI) render(w http.ResponseWriter, r *http.Request, status int, p page) error {
	var body bytes.Buffer
	if err := ui.pages.execute(&body, p); err != nil {
		return err
	}
	content := legible(body.Bytes())
	w.Header().Set("Vary", "Accept-Encoding")
	if !p.common().Confidential && takesGzip(r) {
		var err error
		if content, err = zip(content, gzip.BestSpeed); err != nil {
			return err
		}
		w.Header().Set("Content-Encoding", "gzip")
	}
	answerHTML(w, status, content)
	return nil
}

func answerHTML(w http.ResponseWriter, status int, content []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(content) // the visitor has gone
}

// legible replaces what is no text: pages show what others have sent, whatever its bytes are.
func legible(body []byte) []byte {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte(string(unicode.ReplacementChar)))
	}
	if !bytes.ContainsFunc(body, isNoText) {
		return body
	}
	return bytes.Map(func(r rune) rune {
		if isNoText(r) {
			return unicode.ReplacementChar
		}
		return r
	}, body)
}

func (t templates) execute(body *bytes.Buffer, p page) error {
	p.common().Page = p.template()
	if err := t[p.template()].ExecuteTemplate(body, "frame", p); err != nil {
		return fmt.Errorf("render page %s: %w", p.template(), err)
	}
	return nil
}
