package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Requests are answered while the endpoint that hears of them has not answered yet.
//
// Contract: resources.md 3: Webhooks are never waited for
func TestRequestsDoNotWaitForWebhooks(t *testing.T) {
	r := startServer(t)
	ctx := t.Context()
	called, release := make(chan struct{}, 100), make(chan struct{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			io.WriteString(w, q.URL.Query().Get("challenge"))
			return
		}
		called <- struct{}{}
		<-release
	}))
	t.Cleanup(endpoint.Close)
	t.Cleanup(func() { close(release) })
	if _, err := r.admin.Services.Create(ctx, map[string]any{"name": "Slow", "type": "webhook", "params": map[string]any{"url": endpoint.URL}}); err != nil {
		t.Fatal(err)
	}
	contact, err := r.admin.Contacts.Create(ctx, map[string]any{"profile": map[string]any{"name": "Jenny"}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-called: // and is held
	case <-time.After(patience):
		t.Fatal("the endpoint was not called")
	}
	ctx, cancel := context.WithTimeout(ctx, 18*time.Second) // the attempt takes 20 s, and has just begun
	defer cancel()
	if _, err := r.admin.Contacts.Update(ctx, contact.ID, map[string]any{"profile": map[string]any{"name": "Jenny Jones"}}); err != nil {
		t.Error(err)
	}
	if err := r.admin.Contacts.Delete(ctx, contact.ID); err != nil {
		t.Error(err)
	}
}
