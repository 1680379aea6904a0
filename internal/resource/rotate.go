package resource

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/subscription"
)

// Rotate gives a webhook a new secret beside which the old one goes on signing for a while
// (docs/contract/extensions.md section 3). It returns the service as caller is shown it, with
// the new secret.
func (r *Resources) Rotate(ctx context.Context, caller *account.Caller, id bellhop.ID, body []byte) (json.RawMessage, error) {
	rotation, err := subscription.NewRotation(body)
	if err != nil {
		return nil, err
	}
	shown, err := r.change(ctx, &Change{
		Caller: caller, Kind: bellhop.Services, Action: Update, Sent: map[string]any{}, Rotation: rotation, Verb: bellhop.AuditRotate,
	}, id)
	if err != nil {
		return nil, err
	}
	answer := append(shown[:len(shown)-1:len(shown)-1], `,"secret":`...)
	return append(event.AppendString(answer, rotation.Secret), '}'), nil
}
