package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

// assets are the files that pages load. Each is served under a name that holds a hash of
// its content, so a browser asks for it once and never for an old one.
type assets struct {
	names map[string]string // "app.css" to "/static/app.0123456789ab.css"
	files map[string]asset  // by that path
}

// asset is one file, as it is and compressed.
type asset struct{ plain, zipped []byte }

// stylesheet is made of all files of static/css, in the order of their names.
const stylesheet = "app.css"

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func readAssets() (*assets, error) {
	a := &assets{names: map[string]string{}, files: map[string]asset{}}
	css, err := styles()
	if err != nil {
		return nil, err
	}
	if err := a.add(stylesheet, css); err != nil {
		return nil, err
	}
	names, err := fs.Glob(staticFiles, "static/*.*")
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	for _, name := range names {
		if err := a.read(path.Base(name)); err != nil {
			return nil, fmt.Errorf("read static files: %w", err)
		}
	}
	return a, nil
}

func styles() ([]byte, error) {
	names, err := fs.Glob(staticFiles, "static/css/*.css")
	if err != nil {
		return nil, fmt.Errorf("read styles: %w", err)
	}
	var all []byte
	for _, name := range names {
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read styles: %w", err)
		}
		all = append(all, content...)
	}
	return all, nil
}

// imported is how one of our modules names another.
var imported = regexp.MustCompile(`(?m)^import (?:.* from )?'\./([a-z-]+\.js)'`)

// read adds a file, and first those that it imports, which it then knows by the names that
// they are served under.
func (a *assets) read(name string) error {
	if _, ok := a.names[name]; ok {
		return nil
	}
	content, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return err
	}
	for _, m := range imported.FindAllSubmatch(content, -1) {
		if err := a.read(string(m[1])); err != nil {
			return err
		}
		content = bytes.ReplaceAll(content, []byte("'./"+string(m[1])+"'"), []byte("'"+a.names[string(m[1])]+"'"))
	}
	return a.add(name, content)
}

func (a *assets) add(name string, content []byte) error {
	zipped, err := zip(content, gzip.BestCompression)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	served := "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.names[name], a.files[served] = served, asset{content, zipped}
	return nil
}

// path is where a file is served. That there is none by that name is found by the first
// test that renders a page.
func (a *assets) path(name string) (string, error) {
	served, ok := a.names[name]
	if !ok {
		return "", fmt.Errorf("no static file %s", name)
	}
	return served, nil
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentTypes[path.Ext(r.URL.Path)])
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	content := file.plain
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content = file.zipped
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
