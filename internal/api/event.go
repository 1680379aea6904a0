package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/web"
)

// publish takes events of a client's own (docs/contract/extensions.md section 1).
func (a *API) publish(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	published, err := a.subscriptions.Publish(r.Context(), caller, body, r.Header.Get("Idempotency-Key"))
	if err != nil {
		return err
	}
	var answer []byte
	if published.Array {
		answer, err = event.AppendValue(nil, published.Events)
	} else {
		answer, err = event.AppendValue(nil, published.Events[0])
	}
	if err != nil {
		return err
	}
	status := http.StatusAccepted
	if published.Repeat {
		status = http.StatusOK
	}
	web.WriteJSON(w, status, answer)
	return nil
}

func (a *API) listEvents(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	page, err := a.subscriptions.Events(r.Context(), caller, r.URL.RawQuery)
	if err != nil {
		return err
	}
	return a.writeView(w, r, caller, bellhop.Events, page)
}

func (a *API) event(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	id, err := bellhop.ParseUUID(r.PathValue("id"))
	if err != nil {
		return bellhop.Events.NotFound()
	}
	shown, err := a.subscriptions.Event(r.Context(), caller, id)
	if err != nil {
		return err
	}
	return a.writeOne(w, r, caller, bellhop.Events, shown)
}

// Deliveries are read by docs/contract/extensions.md section 2.

func (a *API) listDeliveries(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	page, err := a.subscriptions.Deliveries(r.Context(), caller, r.URL.RawQuery)
	if err != nil {
		return err
	}
	return a.writeView(w, r, caller, bellhop.Deliveries, page)
}

func (a *API) delivery(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	id, err := bellhop.ParseUUID(r.PathValue("id"))
	if err != nil {
		return bellhop.Deliveries.NotFound()
	}
	shown, err := a.subscriptions.Delivery(r.Context(), caller, id)
	if err != nil {
		return err
	}
	return a.writeOne(w, r, caller, bellhop.Deliveries, shown)
}
