package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

// handler answers a request of anybody, callerHandler one of somebody who is known.
type (
	handler       = func(w http.ResponseWriter, r *http.Request) error
	callerHandler = func(w http.ResponseWriter, r *http.Request, caller *account.Caller) error
)

// known finds out who is asking before f does anything: a request that is refused for its
// token is sent again, so it must not have had an effect (docs/contract/auth.md,
// "Verifying an access token").
func (a *API) known(f callerHandler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := a.accounts.Authenticate(r.Context(), r.Header.Get("Authorization"))
		if err != nil {
			return err
		}
		if err := a.limiter.User(caller.ID); err != nil {
			return err
		}
		return f(w, r, caller)
	}
}

// token does not look at the header Authorization: clients send their dead token along.
func (a *API) token(w http.ResponseWriter, r *http.Request) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	answer, err := a.accounts.Token(r.Context(), body, web.ClientAddress(r))
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusCreated, answer)
	return nil
}

// revoke ends the tokens of a user.
func (a *API) revoke(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	if err := a.accounts.Revoke(r.Context(), caller, idOf(r)); err != nil {
		return err
	}
	web.WriteNothing(w)
	return nil
}

// idOf is the id in the path. It may be no id at all: to the rules that is one that does
// not exist.
func idOf(r *http.Request) bellhop.ID { return bellhop.ID(r.PathValue("id")) }
