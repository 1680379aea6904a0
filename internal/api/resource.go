package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

// What all kinds share (docs/contract/resources.md section 3).

func (a *API) list(kind *bellhop.Kind) callerHandler {
	return func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
		page, err := a.resources.List(r.Context(), caller, kind, r.URL.RawQuery)
		if err != nil {
			return err
		}
		a.writePage(w, r, "/v2/"+kind.Plural, page)
		return nil
	}
}

func (a *API) get(kind *bellhop.Kind) callerHandler {
	return func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
		shown, err := a.resources.Get(r.Context(), caller, kind, idOf(r), r.URL.RawQuery)
		if err != nil {
			return err
		}
		web.WriteJSON(w, http.StatusOK, shown)
		return nil
	}
}

func (a *API) create(kind *bellhop.Kind) callerHandler {
	return func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
		body, err := web.ReadBody(r)
		if err != nil {
			return err
		}
		shown, err := a.resources.Create(r.Context(), caller, kind, body)
		if err != nil {
			return err
		}
		web.WriteJSON(w, http.StatusCreated, shown)
		return nil
	}
}

func (a *API) patch(kind *bellhop.Kind) callerHandler {
	return func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
		body, err := web.ReadBody(r)
		if err != nil {
			return err
		}
		shown, err := a.resources.Patch(r.Context(), caller, kind, idOf(r), body)
		if err != nil {
			return err
		}
		web.WriteJSON(w, http.StatusOK, shown)
		return nil
	}
}

func (a *API) delete(kind *bellhop.Kind) callerHandler {
	return func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
		if err := a.resources.Delete(r.Context(), caller, kind, idOf(r)); err != nil {
			return err
		}
		web.WriteNothing(w)
		return nil
	}
}
