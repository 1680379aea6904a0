//go:build !race

package main_test

import (
	"net/http"
	"testing"
)

// TestServiceOnPages does what an admin comes to a service's page for: with the keyboard alone, and on a phone without JavaScript.
func TestServiceOnPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	for _, c := range []struct {
		name     string
		width    int64
		hand     func(*browser) hand
		noScript bool
	}{
		{"keyboard", 1440, withKeyboard, false},
		{"phone without JavaScript", 390, withMouse, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			endpoint := newRecorder(t, http.StatusOK, "")
			service := admin.newWebhook("Orders", object{"url": endpoint.URL, "events": []string{"order.*"}})
			b := newBrowser(t, chromium, c.width, c.noScript)
			h := c.hand(b)
			b.logIn(h, s.url+"/services/"+service.ID)
			b.sees("Active: waiting for the first event")

			h.press("link", "Send test event")
			b.sees("A sample goes to “Orders” alone")
			b.open(s.url + "/services/" + service.ID + "/test?event=order.tried")
			h.press("button", "Send")
			b.sees("order.tried")
			admin.settled()
			b.open(s.url + "/services/" + service.ID)
			b.sees("Healthy: 1 delivered in the last hour, p99")

			h.press("link", "Switch off")
			h.press("button", "Switch off")
			b.sees("Switched off. Nothing is sent", "not kept for it")
			admin.publishOrders(3)
			h.press("button", "Switch on")
			b.sees("Verified, and switched on after")
			h.press("link", "Send what it missed")
			h.press("button", "Count them")
			b.sees("3 deliveries would be sent.", "What it never got")
			h.press("button", "Send 3")
			b.sees("Replay", "of 3 delivered")
			admin.settled()
			if c.noScript {
				b.open(s.url + "/services/" + service.ID + "/replays")
			} else {
				b.sees("Done: 3 of 3 delivered.", "3 of 3 delivered (100 %)")
				h.press("link", "Replays")
			}
			b.sees("Replay a range", "3 of 3 delivered")

			h.press("link", "Rotate secret")
			h.press("button", "Make a new secret")
			b.sees("There is a new secret.", "both secrets until")
			h.press("link", "Back to the service")
			h.press("link", "Charts")
			h.press("link", "last 24 hours")
			b.sees("Delivered and failed", "of 4 attempts in the last 24 hours", "Attempts in 15 minutes")

			h.press("link", "Delete")
			b.sees("Nothing is pending for it.")
			h.press("button", "Delete")
			b.sees("Orders was deleted.")
			b.open(s.url + "/services/" + service.ID)
			b.sees("This service was deleted.", "order.created")
		})
	}
}

// TestServiceInTrouble looks at a service whose endpoint is down, while it goes on failing.
func TestServiceInTrouble(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	endpoint := newRecorder(t, http.StatusOK, "")
	service := admin.newWebhook("CRM sync", object{"url": endpoint.URL + "/hook", "events": []string{"order.*", "contact.*"}})
	page := s.url + "/services/" + service.ID
	admin.publishOrders(300)
	admin.settled()
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, page)
	b.sees("Healthy: 300 delivered in the last hour, p99")
	b.shoot("service-healthy")

	again := admin.startReplay(service.ID, object{"status": "any", "rate": 1}) // it goes on for minutes, however slow the browser is
	h.press("link", "Replays")
	b.find("button", "Verify")
	b.shoot("service-replays")
	b.open(page + "/replays/new")
	b.shoot("replay-form")
	h.press("button", "Count them")
	b.sees("Nothing in that range would be sent.")
	b.shoot("replay-nothing")

	endpoint.Close()
	admin.publishOrders(20)
	b.open(page)
	b.sees("Paused since", "connection refused", "waiting, next probe in", "Start the bot, or correct the port.")
	b.shoot("service-paused")
	b.open(s.url + "/replays/" + again.ID)
	b.sees("Its service is paused: connection refused")
	b.shoot("replay-paused-service")
	h.press("button", "Pause")
	b.sees("No more are sent until you let it go on.")
	h.press("button", "Stop")
	b.sees("Stopped. What was pending was dropped.")
	for name, path := range map[string]string{"charts": "/charts", "settings": "/settings", "rotate": "/rotate", "test": "/test", "off": "/switch-off", "delete": "/delete"} {
		b.open(page + path)
		b.find("button", "Log out")
		b.shoot("service-" + name)
	}
}
