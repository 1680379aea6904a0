package web

import (
	"net"
	"net/http"
	"strings"
)

// ClientAddress returns who sent a request: the address at the other end of the
// connection, without its port.
func ClientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// BaseURL returns the URL by which the client has reached the server, without a path: the
// public one if it is known, else what the request says (docs/contract/resources.md
// section 4, "Pagination headers").
func BaseURL(r *http.Request, public string) string {
	if public != "" {
		return strings.TrimSuffix(public, "/")
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
