//go:build !race

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// api is the server as one user sees it.
type api struct {
	t     *testing.T
	url   string
	token string
}

type credentials struct {
	ID, User, Email, Token, RefreshToken string
}

type service struct {
	ID, Status string
	Params     struct{ URL, Secret string }
}

type message struct {
	ID, Text, Role, User string
}

type delivery struct {
	ID, Service, Event, EventID, Status string
	Attempts, LastStatus                int
}

// login returns the API as the admin of the server sees it.
func (s *server) login() api {
	s.t.Helper()
	a := api{t: s.t, url: s.url}
	a.token = a.authenticate().Token
	return a
}

func (a api) authenticate() (c credentials) {
	a.t.Helper()
	a.must(http.StatusCreated, "POST", "/v2/auth/token", object{"email": adminEmail, "password": adminPassword}, &c)
	return c
}

type object = map[string]any

// call sends one request, with body as JSON if there is one. An error means that there was no complete answer; one that is
// not as the OpenAPI document says fails the test.
func (a api) call(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	var sent []byte
	var content io.Reader
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(sent)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, content)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err == nil {
		asDescribed(a.t, req, sent, resp, answer)
	}
	return resp.StatusCode, answer, err
}

// must sends a request that has to be answered with status want, and decodes the answer into out unless that is nil.
func (a api) must(want int, method, path string, body, out any) {
	a.t.Helper()
	status, answer, err := a.call(a.t.Context(), method, path, body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	if status != want {
		a.t.Fatalf("%s %s = %d, want %d: %s", method, path, status, want, answer)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer, out); err != nil {
		a.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
}

func (a api) newBot(name string) (c credentials) {
	a.t.Helper()
	a.must(http.StatusCreated, "POST", "/v2/bots", object{"name": name}, &c)
	return c
}

// newWebhook creates a webhook, whose endpoint must pass the verification.
func (a api) newWebhook(name string, params object) (s service) {
	a.t.Helper()
	a.must(http.StatusCreated, "POST", "/v2/services", object{"name": name, "type": "webhook", "params": params}, &s)
	if s.Status != "active" {
		a.t.Fatalf("webhook %s is %s, want active", name, s.Status)
	}
	return s
}

// newConversation makes a contact write a first message, and returns the id of the conversation.
func (a api) newConversation(contact, text string) string {
	a.t.Helper()
	var c struct{ ID string }
	a.must(http.StatusCreated, "POST", "/v2/conversations", object{
		"type":     "contact",
		"contact":  object{"profile": object{"name": contact, "email": strings.ToLower(contact) + "@example.com"}},
		"messages": []object{{"text": text, "role": "contact", "touchpoint": "web"}},
	}, &c)
	return c.ID
}

// say lets the contact of a conversation speak.
func (a api) say(conversation, text string) {
	a.t.Helper()
	a.must(http.StatusCreated, "POST", "/v2/conversations/"+conversation+"/messages",
		object{"text": text, "role": "contact"}, nil)
}

// messages returns all messages of a conversation, oldest first.
func (a api) messages(conversation string) []message {
	a.t.Helper()
	return list[message](a, "/v2/conversations/"+conversation+"/messages?sort=createdAt")
}

// count returns how many messages of a conversation have exactly this text.
func (a api) count(conversation, text string) int {
	a.t.Helper()
	n := 0
	for _, m := range a.messages(conversation) {
		if m.Text == text {
			n++
		}
	}
	return n
}

// deliveries returns the deliveries of a service, or of all services for the empty id.
func (a api) deliveries(service string) []delivery {
	a.t.Helper()
	path := "/v2/deliveries?sort=createdAt"
	if service != "" {
		path += "&service=" + service
	}
	return list[delivery](a, path)
}

// settled waits until no delivery of the server is under way.
func (a api) settled() {
	a.t.Helper()
	eventually(a.t, "no delivery is pending", func() bool {
		var pending []delivery
		a.must(http.StatusOK, "GET", "/v2/deliveries?status=pending&limit=1", nil, &pending)
		return len(pending) == 0
	})
}

// list reads a list to its end, page by page. The path has a query already.
func list[T any](a api, path string) (all []T) {
	a.t.Helper()
	const limit = 1000
	for {
		var page []T
		a.must(http.StatusOK, "GET", fmt.Sprintf("%s&limit=%d&offset=%d", path, limit, len(all)), nil, &page)
		if all = append(all, page...); len(page) < limit {
			return all
		}
	}
}
