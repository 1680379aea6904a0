package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/web"
)

// fromAPI says in the context of a request how who sends it has come.
func fromAPI(f handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		origin := audit.Origin{Via: bellhop.ViaAPI, Address: web.ClientAddress(r)}
		return f(w, r.WithContext(audit.From(r.Context(), origin)))
	}
}

// The audit is that of docs/contract/extensions.md section 8.

func (a *API) listAudit(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	page, err := a.resources.AuditRecords(r.Context(), caller, r.URL.RawQuery)
	if err != nil {
		return err
	}
	a.writePage(w, r, "/v2/"+bellhop.AuditRecords.Plural, page)
	return nil
}

func (a *API) auditRecord(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	shown, err := a.resources.AuditRecord(r.Context(), caller, idOf(r), r.URL.RawQuery)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}
