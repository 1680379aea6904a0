package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bellhop/chipchat"
)

// call returns the answer of the API to the admin of r.
func (r *running) call(method, path string) *http.Response {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// docs/contract/extensions.md section 2: what happens is seen at once, and does not hold up
// the end of the server.
//
// Contract: extensions.md 2: All streams end
func TestAttemptsAreSeen(t *testing.T) {
	d := startDev(t, filepath.Join(t.TempDir(), "d"))
	r := runningOf(t, d)
	r.webhook("Seen", "", "")
	stream := r.call("GET", "/v2/deliveries/stream?event=order.*")
	events := make(chan string)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- data
			}
		}
	}()
	if _, err := r.admin.Events.Create(t.Context(), map[string]any{"event": "order.created", "key": "k1"}); err != nil {
		t.Fatal(err)
	}
	var seen struct {
		ID, Service, Event, Key, Status, DeliveredAt string
		Attempts                                     int
		Attempt                                      struct {
			Number, Status int
			Duration       struct{ Total float64 }
		}
	}
	if err := json.Unmarshal([]byte(<-events), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Event != "order.created" || seen.Key != "k1" || seen.Status != "delivered" || seen.DeliveredAt == "" || seen.Attempts != 1 ||
		seen.Attempt.Number != 1 || seen.Attempt.Status != 200 || seen.Attempt.Duration.Total <= 0 {
		t.Errorf("the stream shows %+v", seen)
	}
	// The stream and the list say the same.
	listed := r.settled()
	if !slices.ContainsFunc(listed, func(d chipchat.Delivery) bool { return string(d.ID) == seen.ID && d.Status == seen.Status }) {
		t.Errorf("the list shows %+v", listed)
	}

	var buckets []struct{ Delivered, Failed int }
	if err := json.NewDecoder(r.call("GET", "/v2/services/"+seen.Service+"/stats").Body).Decode(&buckets); err != nil {
		t.Fatal(err)
	}
	delivered := 0
	for _, b := range buckets {
		delivered += b.Delivered
	}
	if delivered < 1 {
		t.Errorf("stats count %d delivered, want what was seen at least", delivered)
	}

	d.end()
	d.err.mu.Lock()
	log := d.err.text.String()
	d.err.mu.Unlock()
	if strings.Contains(log, "requests were cut off at the end") {
		t.Error("the stream has held up the end")
	}
	if event, open := <-events; open {
		t.Error(fmt.Sprint("after the end the stream shows ", event))
	}
}
