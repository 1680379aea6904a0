package ui

import (
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

// One leads from page to page of a service's deliveries, though they are not counted.
func TestDeliveriesOfServiceInPages(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A") // one delivery of its own service.create
	for range deliveriesShown {
		h.publish("order.created")
	}
	first := admin.get(servicePath(id))
	first.says(t, "1 to 25 Older")
	first.hides(t, "service.create")
	if !strings.Contains(first.body, servicePath(id)+"?offset=25") {
		t.Error("no link leads to older deliveries")
	}
	second := admin.get(servicePath(id) + "?offset=25")
	second.says(t, "service.create", "26 to 26 Newer")
	second.hides(t, "Older</a>")
	admin.get(servicePath(id)+"?offset=50").says(t, "nothing here any more")
	admin.get(servicePath(id)+"?status=pending").says(t, "1 to 25 Older")
	dead := admin.get(servicePath(id) + "?status=dead")
	dead.says(t, "None of its deliveries has this status.")
	dead.hides(t, `aria-label="Pages"`)

	asked := url.Values{"service": {string(id)}, "limit": {"10"}, "offset": {"5"}}.Encode()
	page, err := h.subs.SomeDeliveries(t.Context(), h.root, asked, 0)
	must(t, err)
	if len(page.Items) != 10 || page.Total != 15 {
		t.Errorf("%d of %d, want 10 of the 15 up to there", len(page.Items), page.Total)
	}
	if page, err = h.subs.SomeDeliveries(t.Context(), h.root, asked, 20); err != nil || page.Total != 20 {
		t.Errorf("counted up to 20: %d, %v", page.Total, err)
	}
	if _, err := h.subs.SomeDeliveries(t.Context(), h.callerWith(bellhop.RoleAgent), asked, 0); !bellhop.HasCode(err, bellhop.Forbidden) {
		t.Errorf("for an agent: %v, want Forbidden", err)
	}
}
