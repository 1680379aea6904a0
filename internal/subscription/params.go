package subscription

import (
	"bytes"
	crand "crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
)

// The values of params.order.
const (
	orderKey  = "key"
	orderNone = "none"
)

// webhookParams checks what a client sent as params of a webhook
// (docs/contract/services.md section 2). The URL in the result has its user info.
func webhookParams(client *egress.Client, sent any) (bellhop.WebhookParams, *url.URL, error) {
	var params bellhop.WebhookParams
	fields, ok := sent.(map[string]any)
	if !ok && sent != nil {
		return params, nil, bellhop.InvalidField("params", "must be an object")
	}
	u, err := webhookURL(client, fields["url"])
	if err != nil {
		return params, nil, err
	}
	params.URL = fields["url"].(string)
	for _, set := range []func() error{
		func() (err error) { params.Secret, err = secretParam(fields["secret"]); return err },
		func() (err error) { params.Events, err = eventsField("params.", fields["events"]); return err },
		func() (err error) { params.Headers, err = headersParam(fields["headers"]); return err },
		func() (err error) { params.Signatures, err = signaturesParam(fields["signatures"]); return err },
		func() (err error) { params.Order, err = orderParam(fields["order"]); return err },
		func() (err error) {
			params.Concurrency, err = numberParam("concurrency", fields["concurrency"], 1, 1000)
			return err
		},
		func() (err error) { params.Rate, err = rateParam(fields["rate"]); return err },
		func() (err error) { params.Timeout, err = numberParam("timeout", fields["timeout"], 1, 20); return err },
	} {
		if err := set(); err != nil {
			return params, nil, err
		}
	}
	return params, u, nil
}

func webhookURL(client *egress.Client, sent any) (*url.URL, error) {
	raw, ok := sent.(string)
	switch {
	case sent == nil || ok && raw == "":
		return nil, bellhop.InvalidField("params.url", "is required")
	case !ok:
		return nil, bellhop.InvalidField("params.url", "must be a string")
	}
	u, err := client.CheckURL(raw)
	if err != nil {
		return nil, bellhop.InvalidField("params.url", "%s", err)
	}
	return u, nil
}

func secretParam(sent any) (string, error) {
	secret, ok := sent.(string)
	switch {
	case sent == nil:
		return newSecret(), nil
	case !ok:
		return "", bellhop.InvalidField("params.secret", "must be a string")
	case secret == "":
		return "", bellhop.InvalidField("params.secret", "must not be empty")
	case len(secret) > 1024:
		return "", bellhop.InvalidField("params.secret", "is longer than 1024 bytes")
	}
	return secret, nil
}

// newSecret returns 16 random bytes in Base64.
func newSecret() string {
	random := make([]byte, 16)
	crand.Read(random)
	return base64.StdEncoding.EncodeToString(random)
}

// eventsField checks patterns of events that a client sent in the field events of where, which
// is "" or ends in a dot.
func eventsField(where string, sent any) ([]string, error) {
	if sent == nil {
		return nil, nil
	}
	list, ok := sent.([]any)
	if !ok {
		return nil, bellhop.InvalidField(where+"events", "must be an array of event names")
	}
	events := make([]string, len(list))
	for i, element := range list {
		if events[i], ok = element.(string); !ok {
			return nil, bellhop.InvalidField(where+"events", "must hold strings only")
		}
	}
	if _, err := event.ParsePatterns(events); err != nil {
		if e, ok := errors.AsType[*event.PatternError](err); ok {
			return nil, &bellhop.Error{
				Code: bellhop.Invalid, Message: "Validation failed: " + where + e.Error(),
				Fields: map[string]string{where + "events": e.Error()},
			}
		}
		return nil, err
	}
	return events, nil
}

func orderParam(sent any) (string, error) {
	order, _ := sent.(string)
	if sent != nil && !slices.Contains([]string{orderKey, orderNone}, order) {
		return "", bellhop.InvalidField("params.order", "must be key or none")
	}
	return order, nil
}

func numberParam(name string, sent any, low, high float64) (int, error) {
	if sent == nil {
		return 0, nil
	}
	n, ok := sent.(float64)
	if !ok || n != float64(int(n)) || n < low || n > high {
		return 0, bellhop.InvalidField("params."+name, "must be a whole number from %v to %v", low, high)
	}
	return int(n), nil
}

// The bounds of params.rate, but for 0, which is no limit.
const (
	minRate = 0.01
	maxRate = 10_000
)

func rateParam(sent any) (float64, error) {
	rate, ok := sent.(float64)
	if sent != nil && (!ok || rate != 0 && (rate < minRate || rate > maxRate)) {
		return 0, bellhop.InvalidField("params.rate", "must be 0 or a number from %v to %v", minRate, maxRate)
	}
	return rate, nil
}

// paramDefaults are what parameters of other services fall back to.
var paramDefaults = map[string]map[string]any{"smartsupp": {"port": 5222}}

// otherParams checks params of a service that is no webhook: they are opaque.
func otherParams(kind string, sent any) (json.RawMessage, error) {
	fields, ok := sent.(map[string]any)
	if !ok {
		return nil, bellhop.InvalidField("params", "must be an object")
	}
	for name, value := range paramDefaults[kind] {
		if fields[name] == nil {
			fields[name] = value
		}
	}
	return event.AppendValue(nil, fields)
}

// splitParams divides params into what is stored in clear and what is sealed.
func splitParams(params bellhop.WebhookParams) (clear json.RawMessage, secret json.RawMessage, err error) {
	hidden := bellhop.ServiceSecret{
		Secret: params.Secret, Headers: params.Headers,
		PreviousSecret: params.PreviousSecret, PreviousSecretUntil: params.PreviousSecretUntil,
	}
	params.Secret, params.Headers, params.PreviousSecret, params.PreviousSecretUntil = "", nil, "", 0
	params.URL, hidden.UserInfo = splitUserInfo(params.URL)
	if secret, err = json.Marshal(hidden); err != nil {
		return nil, nil, err
	}
	clear, err = event.AppendValue(nil, params)
	return clear, secret, err
}

// joinParams is the reverse of splitParams: params as an admin is shown them.
func joinParams(doc *bellhop.Document, clear json.RawMessage) (bellhop.WebhookParams, error) {
	var params bellhop.WebhookParams
	if err := json.Unmarshal(clear, &params); err != nil {
		return params, err
	}
	secret, err := secretOf(doc)
	params.Secret, params.Headers = secret.Secret, secret.Headers
	params.PreviousSecret, params.PreviousSecretUntil = secret.PreviousSecret, secret.PreviousSecretUntil
	params.URL = withUserInfo(params.URL, secret.UserInfo)
	return params, err
}

// sameService reports whether two readings of a service found the same.
func sameService(a, b *bellhop.Document) bool {
	return bytes.Equal(a.Body, b.Body) && bytes.Equal(a.Secret, b.Secret)
}
