package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

// Replays, samples and explanations are those of docs/contract/extensions.md section 2.

func (a *API) replayDelivery(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	id, err := bellhop.ParseUUID(r.PathValue("id"))
	if err != nil {
		return bellhop.Deliveries.NotFound()
	}
	shown, err := a.subscriptions.ReplayDelivery(r.Context(), caller, id)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusAccepted, shown)
	return nil
}

func (a *API) createReplay(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, dry, err := a.subscriptions.CreateReplay(r.Context(), caller, idOf(r), body)
	if err != nil {
		return err
	}
	status := http.StatusAccepted
	if dry {
		status = http.StatusOK
	}
	web.WriteJSON(w, status, shown)
	return nil
}

func (a *API) listReplays(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	page, err := a.subscriptions.Replays(r.Context(), caller, r.URL.RawQuery)
	if err != nil {
		return err
	}
	return a.writeView(w, r, caller, bellhop.Replays, page)
}

func (a *API) replay(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.subscriptions.Replay(r.Context(), caller, idOf(r))
	if err != nil {
		return err
	}
	return a.writeOne(w, r, caller, bellhop.Replays, shown)
}

func (a *API) patchReplay(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.subscriptions.PatchReplay(r.Context(), caller, idOf(r), body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}

func (a *API) testService(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.subscriptions.TestService(r.Context(), caller, idOf(r), body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusAccepted, shown)
	return nil
}

func (a *API) explain(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.subscriptions.Explain(r.Context(), caller, idOf(r), r.URL.Query().Get("event"))
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}
