package web

import (
	"net/http"
	"strings"
)

// ClientAddress returns who sent a request, without a port: the address at the other end
// of the connection or, if that is a proxy that is trusted, the one that the proxy names.
func ClientAddress(r *http.Request) string { return exchangeOf(r).proxies.client(r) }

// OverTLS reports whether the client has sent a request over TLS, to the server itself or
// to a proxy that is trusted.
func OverTLS(r *http.Request) bool { return exchangeOf(r).proxies.overTLS(r) }

// BaseURL returns the URL by which the client has reached the server, without a path: the
// public one if it is known, else what the request says (docs/contract/resources.md
// section 4, "Pagination headers"). X-Forwarded-Host is not believed: a proxy passes on the
// Host, or the public URL is known.
func BaseURL(r *http.Request, public string) string {
	if public != "" {
		return strings.TrimSuffix(public, "/")
	}
	if OverTLS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
