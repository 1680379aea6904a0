//go:build !race

package main_test

import (
	"testing"
)

// TestDocsPages reads the description of the API as somebody who is not logged in, on a phone and on a wide screen, without
// JavaScript.
//
// Contract: extensions.md The description of the API: GET /docs/api
func TestDocsPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	for _, width := range []int64{390, 1440} {
		b := newBrowser(t, chromium, width, true)
		h := withMouse(b)
		b.open(s.url + "/docs/api")
		b.sees("operations, described by OpenAPI 3.1", "/v2/conversations/{id}/messages", "When a request fails")
		h.press("link", "services")
		b.sees("Give a webhook a new secret", "/v2/services/{id}/rotate")
		h.press("link", "ServiceInput")
		b.sees("WebhookParamsInput", "null")
		h.press("link", "WebhookParamsInput")
		b.sees("concurrency", "At most 1000")
	}
}
