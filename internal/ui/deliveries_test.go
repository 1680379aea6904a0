package ui

import (
	"testing"

	"bellhop"
)

// While a service is paused no attempt has a time: it waits until the endpoint is back.
func TestDeliveriesOfThePausedWait(t *testing.T) {
	h := newHouse(t)
	id := h.webhook("A")
	h.publish("order.created")
	waits := h.attempted("event=order.created", bellhop.Pending, 1)
	admin := h.admin()
	admin.get(servicePath(id)).says(t, "status 503 next in")
	admin.get(deliveryPath(waits)).says(t, "The next attempt is")
	h.paused = []bellhop.ID{id}
	for _, path := range []string{"/deliveries", servicePath(id)} {
		got := admin.get(path)
		got.says(t, "status 503 waits: the service is paused")
		got.hides(t, "next in")
	}
	got := admin.get(deliveryPath(waits))
	got.says(t, "status 503. It waits, because the service is paused.")
	got.hides(t, "The next attempt is")
}
