package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// crashClient is the API as the admin of the tested server sees it. It never repeats a
// request: what an SDK would hide is what the test is about.
type crashClient struct {
	door  crashDoor
	http  *http.Client
	token string
}

// crashDoor is where requests go: one server, or several of which each takes its turn.
type crashDoor interface {
	url() string
	failed(url string) // there was no complete answer from there
}

// crashAnswerTime is longer than any answer takes that is to come.
const crashAnswerTime = 30 * time.Second

func newCrashClient(door crashDoor, patience time.Duration) *crashClient {
	return &crashClient{door: door, http: &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 5 * time.Second},
	}}
}

// call sends a request. An error means that there was no complete answer.
func (c *crashClient) call(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	url := c.door.url()
	defer func() {
		if err != nil {
			c.door.failed(url)
		}
	}()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(text)
	}
	q, err := http.NewRequestWithContext(ctx, method, url+path, content)
	if err != nil {
		return 0, nil, err
	}
	q.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// must sends a request that has to succeed, and decodes the answer into out.
func (c *crashClient) must(ctx context.Context, method, path string, body, out any) error {
	status, answer, err := c.call(ctx, method, path, body)
	if err != nil {
		return err
	}
	if status < 200 || status >= 300 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, status, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// logIn gets a token of the admin that setup has made.
func (c *crashClient) logIn(ctx context.Context) error {
	var login struct{ Token string }
	err := c.must(ctx, http.MethodPost, "/v2/auth/token", map[string]any{"email": crashEmail, "password": crashPassword}, &login)
	c.token = login.Token
	return err
}

// webhook makes a webhook, whose endpoint must answer the challenge.
func (c *crashClient) webhook(ctx context.Context, name, bot string, params map[string]any) error {
	params["secret"] = crashSecret
	body := map[string]any{"name": name, "type": "webhook", "params": params}
	if bot != "" {
		body["bot"] = bot
	}
	var service struct{ Status string }
	if err := c.must(ctx, http.MethodPost, "/v2/services", body, &service); err != nil {
		return err
	}
	if service.Status != "active" {
		return fmt.Errorf("the webhook %s is %s", name, service.Status)
	}
	return nil
}

// pending returns whether any delivery is pending.
func (c *crashClient) pending(ctx context.Context) (bool, error) {
	var some []json.RawMessage
	err := c.must(ctx, http.MethodGet, "/v2/deliveries?status=pending&limit=1", nil, &some)
	return len(some) > 0, err
}

// dead returns how many deliveries have died, of those that a list shows at once.
func (c *crashClient) dead(ctx context.Context) (int, error) {
	var some []json.RawMessage
	err := c.must(ctx, http.MethodGet, "/v2/deliveries?status=dead&limit=1000", nil, &some)
	return len(some), err
}

// texts counts the messages of a conversation by their text.
func (c *crashClient) texts(ctx context.Context, conversation string, into map[string]int) error {
	const limit = 1000
	for offset := 0; ; offset += limit {
		var page []struct{ Text string }
		path := fmt.Sprintf("/v2/conversations/%s/messages?sort=createdAt&limit=%d&offset=%d", conversation, limit, offset)
		if err := c.must(ctx, http.MethodGet, path, nil, &page); err != nil {
			return err
		}
		for _, m := range page {
			into[m.Text]++
		}
		if len(page) < limit {
			return nil
		}
	}
}
