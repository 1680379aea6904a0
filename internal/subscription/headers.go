package subscription

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/egress"
)

const (
	maxHeaders     = 20
	maxHeaderName  = 100
	maxHeaderValue = 4096
)

// ownHeaders are what docs/contract/delivery.md and extensions.md send, and what belongs
// to the connection.
var ownHeaders = []string{
	"Content-Type", "Content-Length", "Content-Encoding", "Accept", "Accept-Encoding", "User-Agent", "Authorization",
	"X-Hub-Signature", "X-Hub-Signature-256", "X-Delivery-Id", "X-Delivery-Attempt", "X-Event-Id",
	"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Traceparent", "Tracestate",
	"Host", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
}

// headersParam checks params.headers (docs/contract/extensions.md section 3).
func headersParam(sent any) (map[string]string, error) {
	if sent == nil {
		return nil, nil
	}
	fields, ok := sent.(map[string]any)
	switch {
	case !ok:
		return nil, bellhop.InvalidField("params.headers", "must be an object")
	case len(fields) > maxHeaders:
		return nil, bellhop.InvalidField("params.headers", "has more than %d entries", maxHeaders)
	}
	headers := map[string]string{}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value, ok := fields[name].(string)
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !ok:
			return nil, bellhop.InvalidField("params.headers", "must hold strings only")
		case len(name) > maxHeaderName || !egress.IsToken(name):
			return nil, bellhop.InvalidField("params.headers", "has %.100q, which is no name for a header", name)
		case slices.Contains(ownHeaders, canonical):
			return nil, bellhop.InvalidField("params.headers", "has %s, which Bellhop sets", name)
		case seen[canonical]:
			return nil, bellhop.InvalidField("params.headers", "has %s twice", canonical)
		case !isHeaderValue(value):
			return nil, bellhop.InvalidField("params.headers", "has a value for %s that is no text for a header", name)
		}
		headers[name], seen[canonical] = value, true
	}
	return headers, nil
}

// isHeaderValue reports whether s may follow the colon: visible ASCII, with blanks inside.
func isHeaderValue(s string) bool {
	if len(s) > maxHeaderValue || s != strings.TrimSpace(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r >= 0x7f })
}
