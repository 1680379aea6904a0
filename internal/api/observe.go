package api

import (
	"net/http"

	"bellhop/internal/account"
	"bellhop/internal/web"
)

// What is seen of deliveries as they happen (docs/contract/extensions.md section 2).

func (a *API) serviceStats(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.stats.Of(r.Context(), caller, idOf(r), r.URL.RawQuery)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}
