package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/openapi/openapitest"
)

// running is a server in this process, with its admin.
type running struct {
	t     *testing.T
	url   string
	front string // the same, where what is sent and answered is held to the OpenAPI document
	token string // of the admin
	admin *chipchat.Bot
}

func startServer(t *testing.T) *running {
	t.Helper()
	return runningOf(t, startDev(t, filepath.Join(t.TempDir(), "d")))
}

// runningOf takes over a server that was started.
func runningOf(t *testing.T, d *devRun) *running {
	t.Helper()
	r := &running{t: t, url: d.out.find(t, `Pages +(http\S+)/`), token: d.out.find(t, `API token +(\S+)`)}
	r.front = r.watch()
	r.admin = r.as(r.token)
	// The demo bot would answer, too.
	services, err := r.admin.Services.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.admin.Services.Delete(t.Context(), services.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	return r
}

// checker is made once for all tests.
var checker = sync.OnceValues(openapitest.New)

// watch returns the address of a proxy that holds what passes through to the OpenAPI document.
func (r *running) watch() string {
	r.t.Helper()
	c, err := checker()
	if err != nil {
		r.t.Fatal(err)
	}
	server, err := url.Parse(r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	front := httptest.NewServer(c.Proxy(server, func(err error) { r.t.Error(err) }))
	r.t.Cleanup(front.Close)
	return front.URL
}

func (r *running) as(token string) *chipchat.Bot {
	r.t.Helper()
	bot, err := chipchat.New(chipchat.Options{Host: r.front, Token: token})
	if err != nil {
		r.t.Fatal(err)
	}
	return bot
}

// webhook creates a webhook whose endpoint answers the first delivery of a contact's
// message with body, and waits until it did.
func (r *running) webhook(name string, bot chipchat.ID, body string) {
	r.t.Helper()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			io.WriteString(w, q.URL.Query().Get("challenge"))
			return
		}
		payload, _ := io.ReadAll(q.Body)
		if strings.Contains(string(payload), `"role":"contact"`) || !strings.Contains(string(payload), `"event":"message.`) {
			io.WriteString(w, body)
		}
	}))
	r.t.Cleanup(endpoint.Close)
	service := map[string]any{"name": name, "type": "webhook", "params": map[string]any{"url": endpoint.URL}}
	if bot != "" {
		service["bot"] = bot
	}
	if _, err := r.admin.Services.Create(r.t.Context(), service); err != nil {
		r.t.Fatal(err)
	}
}

// settled waits until no delivery is pending any more, and returns those that there were.
func (r *running) settled() []chipchat.Delivery {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		page, err := r.admin.Deliveries.List(ctx, chipchat.Query{"limit": 1000})
		if err != nil {
			r.t.Fatal(err)
		}
		if !slices.ContainsFunc(page.Items, func(d chipchat.Delivery) bool { return d.Status == "pending" }) {
			return page.Items
		}
		<-ticker.C
	}
}

// docs/contract/delivery.md section 5, "Messages in the answer".
//
// Contract: delivery.md Messages in the answer: A 2xx answer to a message
// Contract: delivery.md Messages in the answer: {"token":"<access token>"
// Contract: delivery.md Messages in the answer: They are posted into the conversation
// Contract: delivery.md Messages in the answer: Without token
// Contract: delivery.md Messages in the answer: With an invalid token
// Contract: delivery.md Messages in the answer: Of an answer to message
// Contract: services.md 6: Answers with messages but
func TestMessagesInTheAnswer(t *testing.T) {
	r := startServer(t)
	ctx := t.Context()
	bot, err := r.admin.Bots.Create(ctx, map[string]any{"name": "Echo"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := r.admin.Bots.Create(ctx, map[string]any{"name": "Other"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		bot  chipchat.ID // of the webhook
		body string
		want []string // what is posted, with who
	}{
		{"documented", "", `{"token":"TOKEN","messages":[{"text":"Which size?","role":"agent"},{"text":"S or L?","role":"agent"}]}`, []string{"Echo Which size?", "Echo S or L?"}},
		{"one message", "", `{"text":"hi","role":"agent","token":"TOKEN"}`, []string{"Echo hi"}},
		{"array", bot.ID, `[{"text":"a"},{"text":""},{"text":"b"}]`, []string{"Echo a", "Echo b"}},
		{"bot-specific without token", other.ID, `{"messages":[{"text":"me"}]}`, []string{"Other me"}},
		{"general without token", "", `{"messages":[{"text":"who?"}]}`, nil},
		{"invalid token", "", `{"token":"a.b.c","messages":[{"text":"no"}]}`, nil},
		{"no messages", "", `{"token":"TOKEN","status":"ok"}`, nil},
		{"no json", "", `<html>`, nil},
		{"a message that is refused", "", `{"token":"TOKEN","messages":[{"text":"first"},{"type":"nonsense","text":"second"}]}`, nil},
		{"too long", "", `{"token":"TOKEN","text":"` + strings.Repeat("x", 1<<20) + `"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r.t = t
			r.webhook(test.name, test.bot, strings.ReplaceAll(test.body, "TOKEN", bot.Token))
			conversation, err := r.admin.Conversations.Create(ctx, map[string]any{
				"type":    "contact",
				"contact": map[string]any{"profile": map[string]any{"email": strings.ReplaceAll(test.name, " ", ".") + "@example.com"}},
				"messages": []any{
					map[string]any{"text": "Hello", "role": "contact", "touchpoint": "web"},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range r.settled() {
				if d.Status != "delivered" {
					t.Errorf("a delivery is %s: %s", d.Status, d.LastError)
				}
			}
			page, err := r.admin.Messages.List(ctx, chipchat.Query{"conversation": conversation.ID, "role": "!contact"})
			if err != nil {
				t.Fatal(err)
			}
			names := map[chipchat.ID]string{bot.ID: "Echo", other.ID: "Other"}
			var got []string
			for _, m := range page.Items {
				got = append(got, fmt.Sprint(names[m.User], " ", m.Text))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("posted %q, want %q", got, test.want)
			}
			// The next test has its own webhook alone.
			services, err := r.admin.Services.List(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range services.Items {
				if err := r.admin.Services.Delete(ctx, s.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A bot that answers again posts again.
//
// Contract: extensions.md 2.1: Retries, service.error and messages
func TestReplayIsAnsweredAgain(t *testing.T) {
	r := startServer(t)
	ctx := t.Context()
	bot, err := r.admin.Bots.Create(ctx, map[string]any{"name": "Echo"})
	if err != nil {
		t.Fatal(err)
	}
	r.webhook("Echo", bot.ID, `{"text":"Which size?","role":"agent"}`)
	conversation, err := r.admin.Conversations.Create(ctx, map[string]any{
		"type": "contact", "contact": map[string]any{"profile": map[string]any{"email": "jenny@example.com"}},
		"messages": []any{map[string]any{"text": "Hello", "role": "contact", "touchpoint": "web"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := func() int {
		t.Helper()
		page, err := r.admin.Messages.List(ctx, chipchat.Query{"conversation": conversation.ID, "text": "Which size?"})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Items)
	}
	var first string
	for _, d := range r.settled() {
		if d.Event == "message.create.contact.chat" && d.Key == string(conversation.ID) {
			first = string(d.ID) // the newest come first
		}
	}
	if n := answers(); n != 1 {
		t.Fatalf("%d answers, want 1", n)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.front+"/v2/deliveries/"+first+"/replay", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := http.DefaultClient.Do(request)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	r.settled()
	if n := answers(); n != 2 {
		t.Errorf("%d answers after the replay, want 2", n)
	}
}

// docs/contract/delivery.md sections 5 and 6, docs/contract/services.md section 3.
//
// Contract: delivery.md 5: 410 additionally
// Contract: delivery.md 6: When deliveries die
func TestDeathTellsAndGoneSwitchesOff(t *testing.T) {
	r := startServer(t)
	ctx := t.Context()
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			io.WriteString(w, q.URL.Query().Get("challenge"))
			return
		}
		w.WriteHeader(http.StatusGone)
	}))
	defer gone.Close()
	service, err := r.admin.Services.Create(ctx, map[string]any{"name": "Gone", "type": "webhook",
		"params": map[string]any{"url": gone.URL, "events": []string{"order.*"}}})
	if err != nil || service.Status != "active" {
		t.Fatal(service, err)
	}
	if _, err := r.admin.Events.Create(ctx, map[string]any{"event": "order.created"}); err != nil {
		t.Fatal(err)
	}
	d := r.settled()[0]
	if d.Status != "dead" || d.LastStatus != http.StatusGone {
		t.Errorf("the delivery is %s with %d", d.Status, d.LastStatus)
	}
	if service, err = r.admin.Services.Get(ctx, service.ID, nil); err != nil || service.Status != "inactive" {
		t.Errorf("the service is %v, %v", service, err)
	}
	page, err := r.admin.Events.List(ctx, chipchat.Query{"event": "service.error"})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%d service.error, %v, want one", len(page.Items), err)
	}
}
