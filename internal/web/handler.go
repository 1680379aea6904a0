package web

import "net/http"

// Handler makes a function that may fail a handler: what it returns is answered as
// WriteError does.
func Handler(f func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			WriteError(w, r, err)
		}
	})
}
