package ui

import (
	"strings"
	"testing"
)

// What is attempted while a page is on its way is told by the stream that it opens.
func TestStreamsBeginWithTheirPage(t *testing.T) {
	h := newHouse(t)
	hook := h.webhook("Echo")
	admin := h.admin()
	for _, path := range []string{"/", "/deliveries", servicePath(hook), servicePath(hook) + "/replays"} {
		from := "after=" + h.ui.live.ID()
		_, stream, ok := strings.Cut(admin.get(path).body, ` data-live="`)
		if stream, _, _ = strings.Cut(stream, `"`); !ok || !strings.Contains(stream, from) {
			t.Errorf("the stream of %s is %q, want one with %s", path, stream, from)
		}
	}
}

// A list that was empty when its page was opened is exchanged as a whole when something is in it.
func TestEmptyListsAreExchanged(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	hook := h.webhook("Echo")
	for _, path := range []string{"/deliveries?status=dead", "/conversations", servicePath(hook) + "?status=dead", servicePath(hook) + "/replays"} {
		if !strings.Contains(admin.get(path).body, `<div id="listed" data-part>`) {
			t.Errorf("the empty list of %s stays empty", path)
		}
	}
	h.start("Jenny", "Hello")
	for _, path := range []string{"/deliveries", "/conversations", servicePath(hook)} {
		if !strings.Contains(admin.get(path).body, `<div id="listed">`) {
			t.Errorf("the list of %s is exchanged as a whole, though rows are", path)
		}
	}
}
