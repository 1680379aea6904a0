package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// shownAttempt is a delivery as lists show it, with its newest attempt.
type shownAttempt struct {
	*delivery
	Attempt struct {
		Number   int          `json:"number"`
		At       bellhop.Time `json:"at"`
		Duration any          `json:"duration"`
		Status   int          `json:"status,omitzero"`
		Error    string       `json:"error,omitzero"`
		Next     bellhop.Time `json:"nextAttemptAt,omitzero"`
	} `json:"attempt"`
}

// ShowAttempt returns a delivery and its newest attempt as the live stream shows them
// (docs/contract/extensions.md section 2).
func (s *Subscriptions) ShowAttempt(d *store.StoredDelivery, a *bellhop.Attempt) (json.RawMessage, error) {
	shown := shownAttempt{delivery: deliveryOf(d)}
	whole := attemptOf(a)
	shown.Attempt.Number, shown.Attempt.At, shown.Attempt.Duration = whole.Number, whole.At, whole.Duration
	shown.Attempt.Status, shown.Attempt.Error, shown.Attempt.Next = whole.Status, whole.Error, whole.Next
	return event.AppendValue(nil, shown)
}

// OwnerPath returns the path of the organization whose admins may see the deliveries of a
// service: that of the service, or if it is deleted, the one at the top of eventPath.
func (s *Subscriptions) OwnerPath(ctx context.Context, service bellhop.ID, eventPath string) (string, error) {
	w, err := s.Webhook(ctx, service)
	if err == nil {
		return w.OrgPath, nil
	}
	if !errors.Is(err, ErrNoWebhook) {
		return "", err
	}
	top, _, _ := strings.Cut(eventPath, "#")
	return top, nil
}
