package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"bellhop/internal/query"
	"bellhop/internal/web"
)

// writePage answers with a part of a list: a bare array, with headers that say which part
// it is and where the others are (docs/contract/resources.md section 4, "Pagination
// headers"). The links are below path.
func (a *API) writePage(w http.ResponseWriter, r *http.Request, path string, items []json.RawMessage, total int, q *query.Query) {
	h := w.Header()
	h.Set("X-Total-Count", strconv.Itoa(total))
	h.Set("X-Limit", strconv.Itoa(q.Limit))
	h.Set("X-Offset", strconv.Itoa(q.Offset))
	if link := query.LinkHeader(web.BaseURL(r, a.publicURL)+path, q, total, len(items)); link != "" {
		h.Set("Link", link)
	}
	web.WriteJSON(w, http.StatusOK, array(items))
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
