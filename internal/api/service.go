package api

import (
	"net/http"

	"bellhop/internal/account"
	"bellhop/internal/web"
)

// rotate gives a webhook a new secret (docs/contract/extensions.md section 3).
func (a *API) rotate(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.resources.Rotate(r.Context(), caller, idOf(r), body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}

// tryService says whether a webhook with a URL would be verified (docs/contract/extensions.md
// section 2.4).
func (a *API) tryService(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.subscriptions.Try(r.Context(), caller, body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}
