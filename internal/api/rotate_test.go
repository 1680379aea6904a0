package api_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

type rotated struct {
	Secret string
	Params struct {
		Secret, PreviousSecret string
		PreviousSecretUntil    time.Time
	}
}

// TestRotate follows docs/contract/extensions.md section 3.
//
// Contract: extensions.md 3: All optional inside params
// Contract: extensions.md 3: previousSecret
// Contract: extensions.md Rotation: POST /v2/services/<id>/rotate
// Contract: extensions.md Rotation: Rotating again
// Contract: extensions.md Rotation: It is no verification
// Contract: extensions.md Rotation: A PATCH of params may
// Contract: extensions.md Rotation: The server generates
// Contract: extensions.md Rotation: 200 with the service
func TestRotate(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	path := "/v2/services/" + h.admin.create("/v2/services", object{"name": "W", "type": "webhook",
		"params": object{"url": receiver.URL, "secret": "first", "signatures": []string{"standard"}, "rate": 2.5}})
	rotate := func(body any, old string, overlap time.Duration) rotated {
		t.Helper()
		var got, read rotated
		before := time.Now().Truncate(time.Millisecond)
		answer := h.admin.must(200, "POST", path+"/rotate", body, &got)
		after := time.Now()
		if got.Secret == "" || got.Secret == old || got.Params.Secret != got.Secret || got.Params.PreviousSecret != old {
			t.Errorf("rotated %s, want a new secret beside %q", answer.body, old)
		}
		if until := got.Params.PreviousSecretUntil; old != "" && (until.Before(before.Add(overlap)) || until.After(after.Add(overlap))) {
			t.Errorf("the old secret ends at %v, want %v after now", until, overlap)
		}
		// But for the secret at its end the answer is the service as it is read.
		was := h.admin.must(200, "GET", path, nil, &read).body
		if want := strings.TrimSuffix(was, "}") + `,"secret":"` + read.Params.Secret + `"}`; answer.body != want {
			t.Errorf("answer = %s, want %s", answer.body, want)
		}
		return got
	}
	one := rotate(nil, "first", 24*time.Hour)
	two := rotate(object{"overlap": 60}, one.Secret, time.Minute) // of the old ones the newest is kept
	if asked := receiver.challenges.Load(); asked != 1 {
		t.Errorf("%d challenges, want that of the creation alone", asked)
	}

	// What was read may be sent back, and nothing happens.
	var read struct{ Params object }
	was := h.admin.must(200, "GET", path, nil, &read).body
	if got := h.admin.must(200, "PATCH", path, object{"params": read.Params}, nil).body; got != was {
		t.Errorf("sent back as it was read it becomes %s, want %s", got, was)
	}
	read.Params["rate"] = 5
	var patched struct{ Params object }
	h.admin.must(200, "PATCH", path, object{"params": read.Params}, &patched)
	if patched.Params["previousSecret"] != one.Secret || patched.Params["rate"] != 5.0 || patched.Params["secret"] != two.Secret {
		t.Errorf("patched with what was read: %v", patched.Params)
	}
	read.Params["previousSecret"] = "another"
	h.admin.must(400, "PATCH", path, object{"params": read.Params}, nil)
	h.admin.must(400, "POST", "/v2/services", object{"name": "W", "type": "webhook", "params": patched.Params}, nil)
	// What is left out falls back.
	var reset struct{ Params object }
	h.admin.must(200, "PATCH", path, object{"params": object{"url": receiver.URL, "secret": "s"}}, &reset)
	if len(reset.Params) != 2 {
		t.Errorf("params = %v, want URL and secret alone", reset.Params)
	}
	rotate(object{"overlap": 60}, "s", time.Minute)
	rotate(object{"overlap": 0}, "", 0)

	events := h.admin.must(200, "GET", "/v2/events?event=service.update&limit=1000", nil, nil)
	for _, secret := range []string{"previousSecret", "first", one.Secret, two.Secret} {
		if strings.Contains(events.body, secret) {
			t.Errorf("%s is in the events", secret)
		}
	}
	if n := strings.Count(events.body, `"event":"service.update","organization"`); n < 6 {
		t.Errorf("%d changes were told of, want one of each rotation and each change", n)
	}
}

// Rotations at the same time come one after the other, each on top of the one before.
func TestRotateAtOnce(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	path := "/v2/services/" + h.admin.create("/v2/services", object{"name": "W", "type": "webhook", "params": object{"url": receiver.URL, "secret": "first"}})
	answers := make([]rotated, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			got := h.admin.call("POST", path+"/rotate", nil)
			if err := json.Unmarshal([]byte(got.body), &answers[i]); got.status != 200 || err != nil {
				t.Errorf("rotate = %d %s", got.status, got.body)
			}
		})
	}
	wg.Wait()
	next := map[string]string{}
	for _, a := range answers {
		next[a.Params.PreviousSecret] = a.Secret
	}
	newest := "first"
	for range answers {
		newest = next[newest]
	}
	var now rotated
	h.admin.must(200, "GET", path, nil, &now)
	if newest == "" || now.Params.Secret != newest {
		t.Errorf("the secret is %q, want %q at the end of %d rotations", now.Params.Secret, newest, len(answers))
	}
}

// A bot on the SDK knows sha1 alone.
//
// Contract: extensions.md 3: signatures
func TestBotKeepsSHA1(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	_, bot := h.bot("Echo", h.acme, "bot")
	without := object{"url": receiver.URL, "signatures": []string{"sha256", "standard"}}
	body := object{"name": "W", "type": "webhook", "bot": bot, "organization": h.acme, "params": without}
	const want = "Validation failed: params.signatures must hold sha1 while the service has a bot"
	if got := h.admin.must(400, "POST", "/v2/services", body, nil); got.message() != want {
		t.Errorf("answer = %s", got.body)
	}
	body["params"] = object{"url": receiver.URL, "signatures": []string{"sha1", "standard"}}
	path := "/v2/services/" + h.admin.create("/v2/services", body)
	if got := h.admin.must(400, "PATCH", path, object{"params": without}, nil); got.message() != want {
		t.Errorf("answer = %s", got.body)
	}
	var s struct{ Params struct{ Signatures []string } }
	h.admin.must(200, "GET", path, nil, &s)
	if strings.Join(s.Params.Signatures, " ") != "sha1 standard" {
		t.Errorf("signatures = %v, want them as they were sent", s.Params.Signatures)
	}
	if asked := receiver.challenges.Load(); asked != 1 {
		t.Errorf("%d challenges, want none for what is refused", asked)
	}
	delete(body, "bot")
	body["params"] = without
	h.admin.must(201, "POST", "/v2/services", body, nil)
}
