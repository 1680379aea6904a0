package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/web"
)

// healthz answers as long as the process is up (docs/contract/extensions.md section 6).
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) error {
	web.WriteJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
	return nil
}

// readyz answers whether requests can be served. That they cannot is an answer, and no request that has failed: it is
// asked every second, also while the server starts, and whoever makes Ready tells of it.
func (a *API) readyz(w http.ResponseWriter, r *http.Request) error {
	if a.ready != nil {
		if err := a.ready(r.Context()); err != nil {
			web.Quiet(r)
			return &bellhop.Error{Code: bellhop.Unavailable, Message: "Not ready", Err: err}
		}
	}
	web.WriteJSON(w, http.StatusOK, []byte(`{"status":"ready"}`))
	return nil
}
