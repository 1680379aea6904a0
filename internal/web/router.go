package web

import (
	"net/http"
	"net/url"
	"strings"

	"bellhop"
)

// NewRouter returns a handler that serves the routes of mux and answers everything else
// with a JSON error: 405 with the header Allow where another method has a route, else 404.
// A slash at the end of a path is ignored (docs/contract/resources.md section 1).
func NewRouter(mux *http.ServeMux) http.Handler { return router{mux} }

type router struct{ mux *http.ServeMux }

func (t router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trimPath(r)
	handler, pattern := t.mux.Handler(r)
	if pattern != "" {
		t.mux.ServeHTTP(w, r) // not handler: it lacks the values of the path
		return
	}
	if allow := allowed(handler, r); allow != "" {
		w.Header().Set("Allow", allow)
		WriteError(w, r, bellhop.Errorf(bellhop.MethodNotAllowed, "Method not allowed"))
		return
	}
	WriteError(w, r, errNotFound())
}

// trimPath removes a slash from the end of the path.
func trimPath(r *http.Request) {
	escaped := r.URL.EscapedPath()
	trimmed := strings.TrimSuffix(escaped, "/")
	if trimmed == escaped || trimmed == "" {
		return
	}
	u := *r.URL
	u.RawPath = trimmed
	if path, err := url.PathUnescape(trimmed); err == nil {
		u.Path = path
	}
	r.URL = &u
}

// allowed asks the handler that a mux has for what it has no route for which methods it
// has one for.
func allowed(handler http.Handler, r *http.Request) string {
	a := &asked{header: http.Header{}}
	handler.ServeHTTP(a, r)
	return a.header.Get("Allow")
}

// asked is a ResponseWriter of which only the header is wanted.
type asked struct{ header http.Header }

func (a *asked) Header() http.Header         { return a.header }
func (a *asked) Write(b []byte) (int, error) { return len(b), nil }
func (a *asked) WriteHeader(int)             {}
