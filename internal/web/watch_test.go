package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWatch(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "panic" {
			panic("no such luck")
		}
		fmt.Fprint(w, "hello")
	})
	for _, test := range []struct {
		method, path string
		want         Answer
	}{
		{"GET", "/v2/users/ada", Answer{"GET", "GET /v2/users/{id}", 200, 0}},
		{"GET", "/v2/users/panic", Answer{"GET", "GET /v2/users/{id}", 500, 0}},
		{"KUMQUAT", "/kumquat", Answer{"other", "none", 404, 0}},
	} {
		var seen []Answer
		handler := Wrap(Watch(NewRouter(mux), func(a Answer) { seen = append(seen, a) }), slog.New(slog.DiscardHandler))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(test.method, test.path, nil))
		if len(seen) != 1 || seen[0].Duration <= 0 {
			t.Fatalf("%s %s: seen %v, want one answer", test.method, test.path, seen)
		}
		if seen[0].Duration = 0; seen[0] != test.want {
			t.Errorf("%s %s: seen %v, want %v", test.method, test.path, seen[0], test.want)
		}
	}
}

// An answer without an end hears that the server is to end, and so does not hold it up.
func TestEnding(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	listener := listen(t)
	entered := make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, listener, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-Ending(r.Context())
		}), slog.New(slog.DiscardHandler))
	}()
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			resp.Body.Close()
		}
		answered <- err
	}()
	<-entered
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the request got %v", err)
	}
	if Ending(t.Context()) != nil {
		t.Error("outside of a server something ends")
	}
}
