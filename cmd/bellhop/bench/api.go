package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
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
	_, err = a.do(ctx, http.MethodPost, path, raw, result)
	return err
}

// do returns the headers of the answer.
func (a *api) do(ctx context.Context, method, path string, body []byte, result any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header["Content-Type"] = jsonType
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: status %d: %s", method, path, resp.StatusCode, text)
	}
	return resp.Header, json.Unmarshal(text, result)
}

// mostCounted is how far lists of deliveries count (docs/contract/resources.md section 4).
const mostCounted = 10_000

// pending returns how many deliveries are pending, mostCounted for more.
func (a *api) pending(ctx context.Context) (int, error) {
	var some []any
	header, err := a.do(ctx, http.MethodGet, "/v2/deliveries?status=pending&limit=1", nil, &some)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(header.Get("X-Total-Count"))
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
