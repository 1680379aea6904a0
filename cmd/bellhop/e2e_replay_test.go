//go:build !race

package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// replay is one of a range, as the API shows it.
type replay struct {
	ID, State                    string
	Total, Sent, Failed, Pending int
}

func (a api) startReplay(service string, body object) (r replay) {
	a.t.Helper()
	body["from"] = "2000-01-01"
	a.must(http.StatusAccepted, "POST", "/v2/services/"+service+"/replays", body, &r)
	return r
}

// done waits until a replay is done, and returns it.
func (a api) done(id string) (r replay) {
	a.t.Helper()
	eventually(a.t, "the replay is done", func() bool {
		a.must(http.StatusOK, "GET", "/v2/replays/"+id, nil, &r)
		return r.State == "done"
	})
	return r
}

// publishOrders publishes order.created n times and returns the ids of the events.
func (a api) publishOrders(n int) (ids []string) {
	a.t.Helper()
	events := make([]object, n)
	for i := range events {
		events[i] = object{"event": "order.created", "key": "orders", "data": object{"n": i}}
	}
	var published []struct{ ID string }
	a.must(http.StatusAccepted, "POST", "/v2/events", events, &published)
	for _, p := range published {
		ids = append(ids, p.ID)
	}
	return ids
}

// A recorder is an endpoint that passes the challenge, answers all else with a status, and keeps the requests.
type recorder struct {
	*httptest.Server
	held chan struct{} // requests after the first most wait until it is closed, if it is not nil
	most int

	mu      sync.Mutex
	events  []string
	headers []http.Header
	bodies  [][]byte
}

func newRecorder(t *testing.T, status int, answer string) *recorder {
	r := new(recorder)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodGet {
			_, _ = io.WriteString(w, req.URL.Query().Get("challenge"))
			return
		}
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.events, r.headers, r.bodies = append(r.events, req.Header.Get("X-Event-Id")), append(r.headers, req.Header), append(r.bodies, body)
		held := r.held
		if len(r.events) <= r.most {
			held = nil
		}
		r.mu.Unlock()
		if held != nil {
			select {
			case <-held:
			case <-req.Context().Done():
			}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// TestReplayToAnotherURL: what is dead for a service goes to another URL, in order, signed with the secret of the service;
// the service has no part in it, and what the other URL answers is not posted.
//
// Contract: extensions.md 2.1: With url the deliveries
// Contract: extensions.md 2.1: They are signed with the secret
// Contract: extensions.md 2.1: Messages in answers of another URL
func TestReplayToAnotherURL(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	const secret = "zICWczLmAOEDvh1DiPGSHw=="
	broken := newRecorder(t, http.StatusBadRequest, "")
	service := admin.newWebhook("W", object{"url": broken.URL, "secret": secret, "events": []string{"order.*", "message.create.**"}})
	ids := admin.publishOrders(20)
	conversation := admin.newConversation("Jenny", "hello")
	admin.settled()
	before := len(broken.got())

	said := `{"token":"` + admin.token + `","messages":[{"text":"from elsewhere"}]}`
	other := newRecorder(t, http.StatusOK, said)
	url := strings.Replace(other.URL, "http://", "http://ada:geheim@", 1) + "/dev"
	r := admin.startReplay(service.ID, object{"url": url})
	if r.Total != 21 {
		t.Errorf("%d are dead, want 21", r.Total)
	}
	if r = admin.done(r.ID); r.Sent != 21 || r.Failed != 0 || r.Total != 21 {
		t.Errorf("replay = %+v", r)
	}
	// The message has another key, and so no order among the others.
	orders := slices.DeleteFunc(other.got(), func(id string) bool { return !slices.Contains(ids, id) })
	if !slices.Equal(orders, ids) || len(other.bodies) != 21 {
		t.Errorf("the other URL got %v, want %v, and %d in all, want 21", orders, ids, len(other.bodies))
	}
	for i, header := range other.headers {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write(other.bodies[i])
		if user := header.Get("Authorization"); user == "" || header.Get("X-Hub-Signature") != "sha1="+hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("request %d has the headers %v", i, header)
		}
	}
	if n := len(broken.got()); n != before {
		t.Errorf("the service got %d more", n-before)
	}
	if n := admin.count(conversation, "from elsewhere"); n != 0 {
		t.Errorf("%d messages of another URL were posted", n)
	}
	if text := s.log.bytes(); bytes.Contains(text, []byte("geheim")) || bytes.Contains(text, []byte("level=ERROR")) {
		t.Errorf("log:\n%s", text)
	}
	var dry struct{ Total int }
	admin.must(http.StatusOK, "POST", "/v2/services/"+service.ID+"/replays", object{"from": "2000-01-01", "dryRun": true}, &dry)
	if dry.Total != 21 {
		t.Errorf("%d are dead for the service itself, want all 21", dry.Total)
	}
}

// TestReplaySurvivesKill: a server that is killed in the middle of a replay goes on where it was.
//
// Contract: extensions.md 2.1: Nothing is counted twice
func TestReplaySurvivesKill(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	receiver := newRecorder(t, http.StatusOK, "")
	service := admin.newWebhook("W", object{"url": receiver.URL, "events": []string{"order.*"}})
	ids := admin.publishOrders(300)
	admin.settled()
	r := admin.startReplay(service.ID, object{"status": "any", "rate": 200})
	unstored := 0 // at most so many had come, and their results were not stored, when the server was killed
	for _, n := range []int{350, 450} {
		eventually(t, "it is in the middle", func() bool { return len(receiver.got()) >= n })
		var before replay
		admin.must(http.StatusOK, "GET", "/v2/replays/"+r.ID, nil, &before)
		s.kill()
		distinct := map[string]bool{}
		for _, id := range receiver.got()[300:] {
			distinct[id] = true
		}
		unstored += len(distinct) - before.Sent + 16 // which the receiver may not have taken note of yet
		s.start()
		admin.url = s.url
	}
	if r = admin.done(r.ID); r.Sent != 300 || r.Total != 300 || r.Failed != 0 {
		t.Errorf("replay = %+v", r)
	}
	replayed := map[string]int{}
	for _, id := range receiver.got()[300:] {
		replayed[id]++
	}
	repeated := 0
	for _, id := range ids {
		if repeated += replayed[id] - 1; replayed[id] == 0 {
			t.Errorf("event %s was not replayed", id)
		}
	}
	if repeated > unstored {
		t.Errorf("%d were repeated, want only those whose result was not stored, at most %d", repeated, unstored)
	}
}

// TestStoppedReplaySendsNoMore: also what the lane has in memory.
//
// Contract: extensions.md 2.1: PATCH {"state":...}
func TestStoppedReplaySendsNoMore(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	receiver := newRecorder(t, http.StatusOK, "")
	receiver.held, receiver.most = make(chan struct{}), 45 // now one comes in a second, so there is time to stop the rest
	service := admin.newWebhook("W", object{"url": receiver.URL, "concurrency": 1, "events": []string{"order.*"}})
	admin.publishOrders(40)
	admin.settled()
	r := admin.startReplay(service.ID, object{"status": "any"})
	eventually(t, "some are replayed", func() bool { return len(receiver.got()) >= 45 })
	admin.must(http.StatusOK, "PATCH", "/v2/replays/"+r.ID, object{"state": "stopped"}, &r)
	after := len(receiver.got())
	if r.State != "stopped" || r.Pending != 0 {
		t.Errorf("replay = %+v", r)
	}
	close(receiver.held)
	ids := admin.publishOrders(1) // it comes behind all that the lane has
	eventually(t, "what happens now is sent", func() bool { return slices.Contains(receiver.got(), ids[0]) })
	if n := len(receiver.got()) - 1 - after; n > 2 || after > 70 {
		t.Errorf("%d were sent after the stop, %d before", n, after)
	}
}

// TestSampleIsHarmless: a bot that answers to a sample as if a contact spoke posts nothing, and nothing is logged.
//
// Contract: extensions.md 2.2: Receivers may treat
func TestSampleIsHarmless(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	bot := admin.newBot("Echo")
	receiver := newRecorder(t, http.StatusOK, `{"messages":[{"text":"Which size?"}]}`)
	var service service
	admin.must(http.StatusCreated, "POST", "/v2/services",
		object{"name": "B", "type": "webhook", "bot": bot.ID, "params": object{"url": receiver.URL, "events": []string{"order.*"}}}, &service)
	from := s.log.len()
	for _, event := range []string{"message.create.contact.chat", "message.create.contact.command", "user.login", "order.created"} {
		var d delivery
		admin.must(http.StatusAccepted, "POST", "/v2/services/"+service.ID+"/test", object{"event": event}, &d)
		eventually(t, "the sample is delivered", func() bool {
			return slices.ContainsFunc(admin.deliveries(service.ID), func(other delivery) bool { return other.ID == d.ID && other.Status == "delivered" })
		})
	}
	var all []message
	admin.must(http.StatusOK, "GET", "/v2/messages?createdAt=>2000-01-01", nil, &all)
	if len(all) > 0 {
		t.Errorf("messages = %+v", all)
	}
	if text := s.log.bytes()[from:]; bytes.Contains(text, []byte("level=WARN")) || bytes.Contains(text, []byte("level=ERROR")) {
		t.Errorf("log:\n%s", text)
	}
	for i, body := range receiver.bodies {
		var e struct{ Data struct{ Sample bool } }
		if err := json.Unmarshal(body, &e); err != nil || !e.Data.Sample {
			t.Errorf("body %d: %v in %s", i, err, body)
		}
	}
	if len(receiver.bodies) != 4 {
		t.Errorf("%d were sent, want 4", len(receiver.bodies))
	}
}
