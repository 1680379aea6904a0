package subscription

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

// Webhook is a webhook service, ready to be delivered to. It does not change.
type Webhook struct {
	Service      bellhop.ID
	Name         string
	Organization bellhop.ID
	OrgPath      string
	Bot          bellhop.ID // empty for a general webhook
	Status       string
	URL          *url.URL // with user and password
	Signer       *event.Signer
	Headers      map[string]string // sent along with every delivery; secret
	Timeout      time.Duration
	Concurrency  int
	Rate         float64 // attempts per second at most; 0 means any number
	Unordered    bool    // no order by key is asked for

	patterns event.Patterns
	events   []string // the patterns as they are written
}

// The defaults of docs/contract/extensions.md section 3.
const (
	defaultConcurrency = 64
	defaultTimeout     = 20
)

// webhookOf reads a stored service of type webhook.
func webhookOf(doc *bellhop.Document, service *bellhop.Service) (*Webhook, error) {
	var params bellhop.WebhookParams
	if err := json.Unmarshal(service.Params, &params); err != nil {
		return nil, fmt.Errorf("params of service %s: %w", doc.ID, err)
	}
	secret, err := secretOf(doc)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(withUserInfo(params.URL, secret.UserInfo))
	if err != nil {
		// The cause would show the password.
		return nil, fmt.Errorf("the URL of service %s cannot be parsed", doc.ID)
	}
	patterns, err := event.ParsePatterns(params.Events)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", doc.ID, err)
	}
	w := &Webhook{
		Service: doc.ID, Name: service.Name, Organization: doc.Organization, OrgPath: doc.OrgPath,
		Bot: service.Bot, Status: service.Status, URL: u,
		Signer: event.NewSigner(event.Signing{
			Secret: secret.Secret, Previous: secret.PreviousSecret, PreviousUntil: secret.PreviousSecretUntil,
			Signatures: signaturesOf(params.Signatures),
		}),
		Headers:     secret.Headers,
		Timeout:     time.Duration(params.Timeout) * time.Second,
		Concurrency: params.Concurrency, Rate: params.Rate, Unordered: params.Order == orderNone,
		patterns: patterns, events: params.Events,
	}
	if w.Timeout == 0 {
		w.Timeout = defaultTimeout * time.Second
	}
	if w.Concurrency == 0 {
		w.Concurrency = defaultConcurrency
	}
	return w, nil
}

func secretOf(doc *bellhop.Document) (bellhop.ServiceSecret, error) {
	var secret bellhop.ServiceSecret
	if doc.Secret == nil {
		return secret, nil
	}
	if err := json.Unmarshal(doc.Secret, &secret); err != nil {
		return secret, fmt.Errorf("the secrets of service %s are not readable", doc.ID)
	}
	return secret, nil
}

// splitUserInfo takes what stands before the @ of a URL out of it. The text of the rest
// stays as it is.
func splitUserInfo(raw string) (clear, userInfo string) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw, ""
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return raw, ""
	}
	return scheme + "://" + rest[at+1:], rest[:at]
}

// withUserInfo puts back what splitUserInfo took out.
func withUserInfo(clear, userInfo string) string {
	scheme, rest, ok := strings.Cut(clear, "://")
	if !ok || userInfo == "" {
		return clear
	}
	return scheme + "://" + userInfo + "@" + rest
}
