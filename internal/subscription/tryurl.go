package subscription

import (
	"context"
	"encoding/json"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
)

// Trial is what there is to say about a URL before a webhook is made of it.
type Trial struct {
	Encrypted bool   // it is https
	Host      string // with the port, if one is named
	User      bool   // it has a user or a password

	Reason string        // why the challenge was not passed; "" if it was
	Took   time.Duration // how long that was
}

// TryURL checks a URL, and asks the challenge, as the creation of a webhook does
// (docs/contract/services.md section 4), and stores nothing. It is for who may create
// services in that organization. What is wrong with the URL itself is an Invalid error.
func (s *Subscriptions) TryURL(ctx context.Context, caller *account.Caller, organization bellhop.ID, raw string) (*Trial, error) {
	path, err := s.pathOf(ctx, organization)
	if err != nil {
		return nil, err
	}
	if err := caller.MayCreate(bellhop.Services, organization, path); err != nil {
		return nil, err
	}
	u, err := webhookURL(s.egress, raw)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	reason, err := s.verify(ctx, u)
	if err != nil {
		return nil, err
	}
	return &Trial{
		Encrypted: u.Scheme == "https", Host: u.Host, User: u.User != nil,
		Reason: reason, Took: time.Since(start),
	}, nil
}

// Try is TryURL for a request with a JSON body, and its answer (docs/contract/extensions.md
// section 2.4).
func (s *Subscriptions) Try(ctx context.Context, caller *account.Caller, body []byte) (json.RawMessage, error) {
	var asked struct {
		URL          string     `json:"url"`
		Organization bellhop.ID `json:"organization"`
	}
	if err := readRequest(body, &asked); err != nil {
		return nil, err
	}
	if asked.Organization == "" {
		asked.Organization = caller.Organization
	}
	trial, err := s.TryURL(ctx, caller, asked.Organization, asked.URL)
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, struct {
		Verified bool    `json:"verified"`
		Reason   string  `json:"reason,omitempty"`
		Duration float64 `json:"duration"`
	}{trial.Reason == "", trial.Reason, float64(trial.Took.Microseconds()) / 1000})
}
