package web

import (
	"net/http"
	"strconv"
)

// The headers that are the same in all answers of the API. They are shared by all
// requests and never changed.
var (
	jsonType = []string{"application/json"}
	noSniff  = []string{"nosniff"}
	noStore  = []string{"no-store"}
	noFrame  = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// WriteJSON answers with a JSON text.
func WriteJSON(w http.ResponseWriter, status int, body []byte) { write(w, status, jsonType, body) }

// WriteAs answers 200 with a text of another media type.
func WriteAs(w http.ResponseWriter, mediaType string, body []byte) {
	write(w, http.StatusOK, []string{mediaType}, body)
}

func write(w http.ResponseWriter, status int, mediaType []string, body []byte) {
	h := w.Header()
	apiHeaders(h)
	h["Content-Type"] = mediaType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	// A client who does not take the answer cannot be told so.
	_, _ = w.Write(body)
}

// WriteNothing answers 204.
func WriteNothing(w http.ResponseWriter) {
	apiHeaders(w.Header())
	w.WriteHeader(http.StatusNoContent)
}

// apiHeaders keep answers, which are for programs and one caller alone, from being stored
// or shown as a page.
func apiHeaders(h http.Header) {
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Content-Security-Policy"] = noFrame
}
