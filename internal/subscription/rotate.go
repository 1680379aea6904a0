package subscription

import (
	"time"

	"bellhop"
)

// The overlap of a rotation, in seconds (docs/contract/extensions.md section 3).
const (
	defaultOverlap = 24 * 60 * 60
	maxOverlap     = 7 * defaultOverlap
)

// Rotation is a new secret for a webhook, and how long the old one goes on signing.
type Rotation struct {
	Secret  string
	Overlap time.Duration
}

// NewRotation reads what a client sent to have a secret rotated, and makes the new one.
func NewRotation(body []byte) (*Rotation, error) {
	r := &Rotation{Secret: newSecret(), Overlap: defaultOverlap * time.Second}
	if len(body) == 0 {
		return r, nil
	}
	var sent map[string]any
	if err := readRequest(body, &sent); err != nil {
		return nil, err
	}
	if sent["overlap"] == nil {
		return r, nil
	}
	seconds, ok := sent["overlap"].(float64)
	if !ok || seconds != float64(int(seconds)) || seconds < 0 || seconds > maxOverlap {
		return nil, bellhop.InvalidField("overlap", "must be a whole number of seconds from 0 to %d", maxOverlap)
	}
	r.Overlap = time.Duration(seconds) * time.Second
	return r, nil
}

// rotate gives the webhook of d its new secret. Of the old ones the newest is kept.
func rotate(d *Draft, service *bellhop.Service) error {
	if service.Type != bellhop.WebhookType {
		return bellhop.InvalidField("type", "is not webhook: there is no secret to rotate")
	}
	params, err := joinParams(d.Old, service.Params)
	if err != nil {
		return err
	}
	old := params.Secret
	params.Secret, params.PreviousSecret, params.PreviousSecretUntil = d.Rotation.Secret, "", 0
	if d.Rotation.Overlap > 0 {
		params.PreviousSecret, params.PreviousSecretUntil = old, d.New.UpdatedAt.Add(d.Rotation.Overlap)
	}
	return setWebhookParams(d, params)
}

// keepPrevious decides about previousSecret and previousSecretUntil that a client sent in
// params. Rotations alone set them, but he may send back what he read: was is what is
// stored, nil for a new service. What is over is as good as absent.
func keepPrevious(params *bellhop.WebhookParams, sent any, was *bellhop.WebhookParams, now bellhop.Time) error {
	fields, _ := sent.(map[string]any)
	secret, until := fields["previousSecret"], fields["previousSecretUntil"]
	if secret == nil && until == nil {
		return nil
	}
	text, ok := secret.(string)
	if !ok {
		return bellhop.InvalidField("params.previousSecret", "must be a string, and belongs to previousSecretUntil")
	}
	date, _ := until.(string)
	end, err := bellhop.ParseTime(date)
	if err != nil {
		return bellhop.InvalidField("params.previousSecretUntil", "must be a date, and belongs to previousSecret")
	}
	switch {
	case end <= now:
		return nil
	case was == nil || text != was.PreviousSecret || end != was.PreviousSecretUntil:
		return bellhop.InvalidField("params.previousSecret", "can only be sent back as it is: it is set by rotate")
	}
	params.PreviousSecret, params.PreviousSecretUntil = text, end
	return nil
}
