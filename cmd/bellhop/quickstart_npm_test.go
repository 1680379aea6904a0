//go:build !race && unix

package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/internal/testenv"
)

// newNPM serves the npm packages that the tests of bots have installed, and returns the URL that npm finds them by. So
// `npm install` does what it does, and asks nobody outside of this machine.
func newNPM(t *testing.T) string {
	t.Helper()
	const dir = "testdata/node"
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if err != nil {
		testenv.Lack(t, "the npm packages in "+dir)
	}
	var lock struct {
		Packages map[string]struct{ Version string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	versions := map[string]map[string]string{} // by name and version, where they are
	for path, p := range lock.Packages {
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		if versions[name] == nil {
			versions[name] = map[string]string{}
		}
		versions[name][p.Version] = filepath.Join(dir, path)
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, q *http.Request) {
		name := q.PathValue("name")
		all := map[string]any{}
		latest := ""
		for version, path := range versions[name] {
			var manifest map[string]any
			text, err := os.ReadFile(filepath.Join(path, "package.json"))
			if err != nil || json.Unmarshal(text, &manifest) != nil {
				http.Error(w, "the manifest cannot be read", http.StatusInternalServerError)
				return
			}
			manifest["dist"] = map[string]string{"tarball": server.URL + "/archives/" + version + "/" + name}
			all[version], latest = manifest, max(latest, version)
		}
		if len(all) == 0 {
			http.NotFound(w, q)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{"name": name, "dist-tags": map[string]string{"latest": latest}, "versions": all}); err != nil {
			t.Errorf("answer for %s: %v", name, err)
		}
	})
	mux.HandleFunc("GET /archives/{version}/{name...}", func(w http.ResponseWriter, q *http.Request) {
		path, ok := versions[q.PathValue("name")][q.PathValue("version")]
		if !ok {
			http.NotFound(w, q)
			return
		}
		if err := archive(w, path); err != nil {
			t.Errorf("pack %s: %v", path, err)
		}
	})
	return server.URL + "/"
}

// archive writes the files of a package as npm publishes them; packages below it have archives of their own.
func archive(w http.ResponseWriter, dir string) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	files := tar.NewWriter(z)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" && path != dir {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if err := files.WriteHeader(&tar.Header{Name: "package/" + filepath.ToSlash(name), Mode: 0o644, Size: int64(len(text))}); err != nil {
			return err
		}
		_, err = files.Write(text)
		return err
	})
	if err == nil {
		err = files.Close()
	}
	if err == nil {
		err = z.Close()
	}
	return err
}
