//go:build !race

package main_test

import (
	"net/http"
	"testing"
)

// What happens while a list is looked at is offered above it, and what is shown stays where it is.
func TestLiveDeliveries(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	receiver := newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil })
	admin.newWebhook("A", object{"url": receiver.URL, "events": []string{"order.*"}})
	publish := func(name string) {
		admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": name}, nil)
		admin.settled()
	}
	publish("order.created")
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url+"/deliveries")
	b.sees("1 delivery, the newest first.")
	publish("order.paid")
	publish("order.sent")
	b.sees("3 deliveries, the newest first.")
	b.shoot("deliveries-new")
	b.holds("they are read out", `document.getElementById("said").textContent === "There are new deliveries."`)
	h.press("button", "2 new deliveries")
	b.find("link", "order.paid")
	b.find("link", "order.sent")
}
