//go:build !race

package main_test

import (
	"net/http"
	"testing"
)

// TestRetain serves with a short --retain: what was delivered goes, for clients it never was, and its id may be chosen
// again; what is pending stays.
//
// Contract: extensions.md 6: What is gone is 404
// Contract: extensions.md 2.1: Events that were removed
func TestRetain(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin, "env", "BELLHOP_RETAIN=4s", "BELLHOP_RETAIN_SIZE=1GiB")
	admin := s.login()
	receiver := newReceiver(t, func(path string, n notification) (int, any) {
		if path == "/broken" {
			return http.StatusServiceUnavailable, nil
		}
		return http.StatusOK, nil
	})
	whole := admin.newWebhook("whole", object{"url": receiver.URL, "events": []string{"order.**"}})
	broken := admin.newWebhook("broken", object{"url": receiver.URL + "/broken", "events": []string{"order.kept"}})

	event := object{"event": "order.gone", "id": "0190a6c4-7b00-7000-8000-000000000001"}
	var gone, kept struct{ ID string }
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.kept"}, &kept)
	admin.must(http.StatusAccepted, "POST", "/v2/events", event, &gone)
	eventually(t, "the event is gone", func() bool {
		status, _, err := admin.call(t.Context(), "GET", "/v2/events/"+gone.ID, nil)
		return err == nil && status == http.StatusNotFound
	})
	eventually(t, "what was delivered is gone", func() bool { return len(admin.deliveries(whole.ID)) == 0 })
	if !receiver.got(gone.ID) {
		t.Error("the event is gone and was not delivered")
	}
	admin.must(http.StatusAccepted, "POST", "/v2/events", event, nil)

	pending := admin.deliveries(broken.ID)
	if len(pending) != 1 || pending[0].Status != "pending" || pending[0].EventID != kept.ID {
		t.Fatalf("deliveries that fail: %+v, want that of event %s", pending, kept.ID)
	}
	admin.must(http.StatusOK, "GET", "/v2/events/"+kept.ID, nil, nil)
	admin.must(http.StatusOK, "GET", "/v2/deliveries/"+pending[0].ID, nil, nil)
}
