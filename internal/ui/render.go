package ui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed templates
var templateFiles embed.FS

// templates are the frame and the parts that pages share, each once, and what every page has of its own. Copied for each
// page, what is shared would be most of the memory of an idle server.
type templates struct {
	frame *template.Template
	pages map[string]pageTemplates // by name
}

// pageTemplates are what a page puts into the frame.
type pageTemplates struct {
	main    *template.Template
	scripts *template.Template // nil if it has none
}

// shared are the templates that every page may use.
const shared = "templates/*.html"

func parseTemplates(a *assets) (templates, error) {
	functions := template.FuncMap{"asset": a.path}
	all, err := template.New("").Funcs(functions).ParseFS(templateFiles, shared)
	if err != nil {
		return templates{}, fmt.Errorf("parse templates: %w", err)
	}
	files, err := fs.Glob(templateFiles, "templates/pages/*.html")
	if err != nil {
		return templates{}, fmt.Errorf("find templates: %w", err)
	}
	t := templates{frame: all.Lookup("frame"), pages: map[string]pageTemplates{}}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		text, err := templateFiles.ReadFile(file)
		if err == nil {
			t.pages[name], err = addPage(all, template.New(file).Funcs(functions), name, string(text))
		}
		if err != nil {
			return templates{}, fmt.Errorf("parse the templates of page %s: %w", name, err)
		}
	}
	return t, nil
}

// addPage adds to all others the templates that the text of a page defines. "main" and "scripts", which other pages
// define too, get its name before theirs.
func addPage(all, own *template.Template, page, text string) (p pageTemplates, err error) {
	if own, err = own.Parse(text); err != nil {
		return p, err
	}
	for _, t := range own.Templates() {
		name := t.Name()
		if name == own.Name() {
			continue // what stands between those that are defined
		}
		if name == "main" || name == "scripts" {
			name = page + " " + name
		}
		if all.Lookup(name) != nil {
			return p, fmt.Errorf("template %q is defined twice", name)
		}
		added, err := all.AddParseTree(name, t.Tree)
		if err != nil {
			return p, err
		}
		switch t.Name() {
		case "main":
			p.main = added
		case "scripts":
			p.scripts = added
		}
	}
	if p.main == nil {
		return p, errors.New("there is no main")
	}
	return p, nil
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
	frame, name := p.common(), p.template()
	own, ok := t.pages[name]
	if !ok {
		return fmt.Errorf("there is no page %s", name)
	}
	frame.Page = name
	for _, part := range []struct {
		template *template.Template
		html     *template.HTML
	}{{own.main, &frame.Main}, {own.scripts, &frame.Scripts}} {
		*part.html = ""
		if part.template == nil {
			continue
		}
		if err := part.template.Execute(body, p); err != nil {
			return fmt.Errorf("render page %s: %w", name, err)
		}
		*part.html = template.HTML(body.String())
		body.Reset()
	}
	if err := t.frame.Execute(body, p); err != nil {
		return fmt.Errorf("render the frame of page %s: %w", name, err)
	}
	return nil
}
