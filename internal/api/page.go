package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/query"
	"bellhop/internal/web"
)

// writePage answers with a part of a list: a bare array, with headers that say which part
// it is and where the others are (docs/contract/resources.md section 4, "Pagination
// headers"). The links are below path.
func (a *API) writePage(w http.ResponseWriter, r *http.Request, path string, page *query.Page) {
	h := w.Header()
	h.Set("X-Total-Count", strconv.Itoa(page.Total))
	h.Set("X-Limit", strconv.Itoa(page.Query.Limit))
	h.Set("X-Offset", strconv.Itoa(page.Query.Offset))
	if link := query.LinkHeader(web.BaseURL(r, a.publicURL)+path, page.Query, page.Total, len(page.Items)); link != "" {
		h.Set("Link", link)
	}
	web.WriteJSON(w, http.StatusOK, array(page.Items))
}

// writeView is writePage for a list of what subscriptions show, with what its query populates and
// selects.
func (a *API) writeView(w http.ResponseWriter, r *http.Request, caller *account.Caller, kind *bellhop.Kind, page *query.Page) error {
	var err error
	page.Items, err = a.resources.View(r.Context(), caller, kind, page.Items, page.Query)
	if err != nil {
		return err
	}
	a.writePage(w, r, "/v2/"+kind.Plural, page)
	return nil
}

// writeOne answers with one of them.
func (a *API) writeOne(w http.ResponseWriter, r *http.Request, caller *account.Caller, kind *bellhop.Kind, body json.RawMessage) error {
	q, err := query.ParseSingle(r.URL.RawQuery)
	if err != nil {
		return err
	}
	shown, err := a.resources.View(r.Context(), caller, kind, []json.RawMessage{body}, q)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, shown[0])
	return nil
}

// array joins JSON texts to an array of them.
func array(items []json.RawMessage) []byte {
	size := len("[]") + len(items)
	for _, item := range items {
		size += len(item)
	}
	list := append(make([]byte, 0, size), '[')
	for i, item := range items {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, item...)
	}
	return append(list, ']')
}
