package subscription

import (
	"context"
	"time"

	"bellhop"
	"bellhop/internal/account"
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
