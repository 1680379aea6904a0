package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// api is the administrator's side of a server.
type api struct {
	url, token string
	client     *http.Client
}

// login returns the API as the user sees it.
func login(ctx context.Context, url, email, password string) (*api, error) {
	a := &api{url: url, client: &http.Client{Transport: newTransport(16)}}
	var tokens struct{ Token string }
	err := a.post(ctx, "/v2/auth/token", map[string]string{"email": email, "password": password}, &tokens)
	a.token = tokens.Token
	return a, err
}

func (a *api) post(ctx context.Context, path string, body, result any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header["Content-Type"] = jsonType
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("POST %s: read the answer: %w", path, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s: status %d: %s", path, resp.StatusCode, text)
	}
	return json.Unmarshal(text, result)
}

// webhook creates a webhook of an organization, or of the user's own if that is "", and expects it to be verified.
func (a *api) webhook(ctx context.Context, organization, name, url string, events ...string) error {
	service := map[string]any{
		"name": name, "type": "webhook", "params": map[string]any{"url": url, "events": events},
	}
	if organization != "" {
		service["organization"] = organization
	}
	var made struct{ Status string }
	if err := a.post(ctx, "/v2/services", service, &made); err != nil {
		return err
	}
	if made.Status != "active" {
		return fmt.Errorf("the webhook %s was not verified: it is %s", name, made.Status)
	}
	return nil
}

// organization creates one below the user's own.
func (a *api) organization(ctx context.Context, name string) (string, error) {
	var made struct{ ID string }
	err := a.post(ctx, "/v2/organizations", map[string]string{"name": name}, &made)
	return made.ID, err
}
