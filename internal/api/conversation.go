package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

// What conversations, messages and contacts have of their own
// (docs/contract/conversations.md sections 3 and 7).

// startConversation answers 200 if the messages were added to a conversation that was
// there already.
func (a *API) startConversation(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, created, err := a.conversations.Start(r.Context(), caller, body)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	web.WriteJSON(w, status, shown)
	return nil
}

func (a *API) createContact(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.conversations.CreateContact(r.Context(), caller, body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusCreated, shown)
	return nil
}

// postMessages posts to the conversation of the path, or to those that the messages name
// if the path has none.
func (a *API) postMessages(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.conversations.Post(r.Context(), caller, idOf(r), body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusCreated, shown)
	return nil
}

func (a *API) replaceMessage(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	body, err := web.ReadBody(r)
	if err != nil {
		return err
	}
	shown, err := a.conversations.Replace(r.Context(), caller, idOf(r), body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown)
	return nil
}

// listMessages is the list of messages with the filter conversation=<id>
// (docs/contract/resources.md section 1). The links to other pages have the filter in
// their query.
func (a *API) listMessages(w http.ResponseWriter, r *http.Request, caller *account.Caller) error {
	id := idOf(r)
	if !id.Valid() { // it would be read as operators of the list dialect
		return bellhop.Conversations.NotFound()
	}
	query := r.URL.RawQuery + "&conversation=" + string(id)
	page, err := a.resources.List(r.Context(), caller, bellhop.Messages, query)
	if err != nil {
		return err
	}
	a.writePage(w, r, "/v2/"+bellhop.Messages.Plural, page)
	return nil
}
