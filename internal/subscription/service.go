package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// ErrChanged is returned when a service is not any more what its verification was about.
var ErrChanged = errors.New("the service has changed since it was verified")

// Draft is a service that is about to be stored.
type Draft struct {
	Caller *account.Caller
	Old    *bellhop.Document // what it replaces; nil for a new one
	New    *bellhop.Document // gets the sealed part and the keys
	Fields map[string]any    // the service, decoded; gets its status and its params in clear
	Sent   map[string]any    // what the client sent of it

	Verification *Verification // what Prepare returned
	Rotation     *Rotation     // the secret is rotated, and nothing else is changed; nil if it is not
}

// Verification is what Prepare found out about a webhook.
type Verification struct {
	about  *bellhop.Document // what the service was; nil for a new one
	params *bellhop.WebhookParams
	asked  bool   // a challenge was asked
	failed string // why it was not passed
}

// Asked reports whether a challenge was asked.
func (v *Verification) Asked() bool { return v != nil && v.asked }

// ErrUnverified is in the error of Prepare if the challenge was asked and not passed.
var ErrUnverified = errors.New("the challenge was not passed")

// Prepare checks params and asks the challenge where docs/contract/services.md section 4
// wants it. It runs before the transaction: an endpoint may take 20 s to answer. A PATCH
// whose challenge fails is a Forbidden error.
func (s *Subscriptions) Prepare(ctx context.Context, old *bellhop.Document, sent map[string]any) (*Verification, error) {
	if old == nil {
		return s.prepareNew(ctx, sent)
	}
	var service bellhop.Service
	if err := old.Decode(&service); err != nil {
		return nil, err
	}
	if service.Type != bellhop.WebhookType {
		return nil, nil
	}
	v := &Verification{about: old}
	was, err := joinParams(old, service.Params)
	if err != nil {
		return nil, err
	}
	status, err := patchedStatus(sent)
	if err != nil {
		return nil, err
	}
	target := was.URL
	if next, ok := sent["params"]; ok { // also null, which would remove the URL
		if v.params, _, err = s.sentParams(next, service.Bot, &was); err != nil {
			return nil, err
		}
		target = v.params.URL
	}
	v.asked = status == bellhop.ServiceActive || status == "" && target != was.URL
	if !v.asked {
		return v, nil
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, errors.New("a stored webhook URL cannot be parsed")
	}
	if v.failed, err = s.verify(ctx, u); err != nil {
		return nil, err
	}
	if v.failed != "" {
		return nil, &bellhop.Error{Code: bellhop.Forbidden, Message: "Webhook could not be verified: " + v.failed, Err: ErrUnverified}
	}
	return v, nil
}

func (s *Subscriptions) prepareNew(ctx context.Context, sent map[string]any) (*Verification, error) {
	if sent["type"] != bellhop.WebhookType {
		return nil, nil
	}
	bot, _ := sent["bot"].(string)
	params, u, err := s.sentParams(sent["params"], bellhop.ID(bot), nil)
	if err != nil {
		return nil, err
	}
	v := &Verification{params: params, asked: true}
	v.failed, err = s.verify(ctx, u)
	return v, err
}

// sentParams checks what a client sent as params of a webhook, which may have a bot, and
// whose params were was, nil for a new one.
func (s *Subscriptions) sentParams(sent any, bot bellhop.ID, was *bellhop.WebhookParams) (*bellhop.WebhookParams, *url.URL, error) {
	params, u, err := webhookParams(s.egress, sent)
	if err != nil {
		return nil, nil, err
	}
	if err := checkBotSignatures(&params, bot); err != nil {
		return nil, nil, err
	}
	return &params, u, keepPrevious(&params, sent, was, bellhop.TimeOf(s.now()))
}

// patchedStatus returns the status that a PATCH asks for, "" if it asks for none.
func patchedStatus(sent map[string]any) (string, error) {
	value, ok := sent["status"]
	if !ok {
		return "", nil
	}
	if value != bellhop.ServiceActive && value != bellhop.ServiceInactive {
		return "", bellhop.InvalidField("status", "must be active or inactive")
	}
	return value.(string), nil
}

// Create completes a new service.
func (s *Subscriptions) Create(ctx context.Context, tx *store.Tx, d *Draft) error {
	delete(d.Fields, "status") // a client's value is ignored
	if d.Fields["type"] != bellhop.WebhookType {
		if d.Fields["bot"] != nil {
			return bellhop.InvalidField("bot", "is for services of type webhook")
		}
		d.Fields["status"] = bellhop.ServiceActive
		return setOtherParams(d)
	}
	d.Fields["status"] = bellhop.ServiceActive
	if d.Verification.failed != "" {
		d.Fields["status"] = bellhop.ServiceUnverified
	}
	if err := s.bindBot(ctx, tx, d); err != nil {
		return err
	}
	return setWebhookParams(d, *d.Verification.params)
}

// Update completes a service that is changed. It returns ErrChanged if it is not what
// Prepare saw.
func (s *Subscriptions) Update(ctx context.Context, tx *store.Tx, d *Draft) error {
	var old bellhop.Service
	if err := d.Old.Decode(&old); err != nil {
		return err
	}
	if d.Rotation != nil {
		return rotate(d, &old)
	}
	if d.Fields["type"] != old.Type {
		return bellhop.InvalidField("type", "cannot be changed")
	}
	if bot, _ := d.Fields["bot"].(string); bellhop.ID(bot) != old.Bot {
		return bellhop.InvalidField("bot", "cannot be changed")
	}
	d.New.Secret = d.Old.Secret
	if old.Type != bellhop.WebhookType {
		if _, err := patchedStatus(d.Sent); err != nil {
			return err
		}
		if _, ok := d.Sent["params"]; !ok {
			return nil
		}
		return setOtherParams(d)
	}
	v := d.Verification
	if !sameService(v.about, d.Old) {
		return ErrChanged
	}
	if v.asked {
		d.Fields["status"] = bellhop.ServiceActive
	}
	if v.params == nil {
		return nil
	}
	return setWebhookParams(d, *v.params)
}

func setWebhookParams(d *Draft, params bellhop.WebhookParams) error {
	clear, secret, err := splitParams(params)
	if err != nil {
		return err
	}
	d.Fields["params"], d.New.Secret = clear, secret
	return nil
}

func setOtherParams(d *Draft) error {
	kind, _ := d.Fields["type"].(string)
	params, err := otherParams(kind, d.Fields["params"])
	if err != nil {
		return err
	}
	secret, err := json.Marshal(bellhop.ServiceSecret{Params: params})
	if err != nil {
		return err
	}
	d.Fields["params"], d.New.Secret = json.RawMessage("{}"), secret
	return nil
}

// bindBot checks the bot of a bot-specific webhook; a bot has at most one
// (docs/contract/services.md section 6).
func (s *Subscriptions) bindBot(ctx context.Context, tx *store.Tx, d *Draft) error {
	bot, _ := d.Fields["bot"].(string)
	if bot == "" {
		return nil
	}
	doc, err := tx.Document(ctx, bellhop.Bots, bellhop.ID(bot))
	if err != nil {
		return err
	}
	// The webhook hears what happens wherever the bot is enabled: who binds it must have it.
	if err := d.Caller.MayUpdate(bellhop.Bots, doc); err != nil {
		return err
	}
	d.New.Keys = []string{"bot:" + bot}
	return nil
}

// showService returns a service with its secrets, as admins are shown it.
func showService(doc *bellhop.Document) (json.RawMessage, error) {
	var service bellhop.Service
	if err := doc.Decode(&service); err != nil {
		return nil, err
	}
	if service.Type != bellhop.WebhookType {
		secret, err := secretOf(doc)
		if err != nil {
			return nil, err
		}
		service.Params = secret.Params
		return event.AppendValue(nil, service)
	}
	params, err := joinParams(doc, service.Params)
	if err != nil {
		return nil, err
	}
	if service.Params, err = event.AppendValue(nil, params); err != nil {
		return nil, err
	}
	return event.AppendValue(nil, service)
}
