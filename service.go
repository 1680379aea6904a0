package bellhop

import "encoding/json"

// WebhookType is the type of a service that Bellhop delivers events to; services of all
// other types are only kept (docs/contract/services.md section 7).
const WebhookType = "webhook"

// The states of a service (docs/contract/services.md section 3).
const (
	ServiceUnverified = "unverified" // its URL has not passed the challenge
	ServiceActive     = "active"
	ServiceInactive   = "inactive" // switched off, by an admin or by the server
)

// Service is an integration of an organization, as it is stored: without its secrets,
// which are [ServiceSecret].
type Service struct {
	ID           ID              `json:"id"`
	Organization ID              `json:"organization"`
	OrgPath      string          `json:"orgPath"`
	Name         string          `json:"name"`
	Type         string          `json:"type"`
	Bot          ID              `json:"bot,omitempty"`
	Status       string          `json:"status"`
	Params       json.RawMessage `json:"params"`
	Meta         map[string]any  `json:"meta"`
	CreatedBy    ID              `json:"createdBy,omitempty"`
	CreatedAt    Time            `json:"createdAt"`
	UpdatedAt    Time            `json:"updatedAt"`
}

// WebhookParams is params of a webhook service (docs/contract/services.md section 2,
// extensions.md section 3).
type WebhookParams struct {
	URL         string   `json:"url"`
	Secret      string   `json:"secret,omitempty"`
	Events      []string `json:"events,omitempty"`
	Signatures  []string `json:"signatures,omitempty"`
	Order       string   `json:"order,omitempty"`
	Concurrency int      `json:"concurrency,omitempty"`
	Rate        float64  `json:"rate,omitempty"`
	Timeout     int      `json:"timeout,omitempty"`

	Headers map[string]string `json:"headers,omitempty"`

	// PreviousSecret is the secret of before a rotation. It signs along until then.
	PreviousSecret      string `json:"previousSecret,omitempty"`
	PreviousSecretUntil Time   `json:"previousSecretUntil,omitzero"`
}

// ServiceSecret is what of a service must not be stored in clear: for a webhook its
// secret and that of before a rotation, what stands before the @ of its URL, and its
// headers; for others all params.
type ServiceSecret struct {
	Secret   string            `json:"secret,omitempty"`
	UserInfo string            `json:"userInfo,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Params   json.RawMessage   `json:"params,omitempty"`

	PreviousSecret      string `json:"previousSecret,omitempty"`
	PreviousSecretUntil Time   `json:"previousSecretUntil,omitzero"`
}
