package ui

import (
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// signatureView is a signature header of a request, explained. No secret is on it, only which one
// it was made with.
type signatureView struct {
	Name, Value string
	How         string // what was signed in which way
	By          badge  // with which secret
}

// signatureWays are those of docs/contract/extensions.md section 3, as records write them.
var signatureWays = []struct{ name, how string }{
	{"X-Hub-Signature", "HMAC-SHA1 of the body, in hex, with the secret as it stands."},
	{"X-Hub-Signature-256", "HMAC-SHA256 of the body, in hex, with the secret as it stands."},
	{"Webhook-Signature", "Standard Webhooks: HMAC-SHA256 of Webhook-Id, Webhook-Timestamp and the body, joined by dots, in Base64. The secret is decoded from Base64 if it is that."},
}

// explainSignatures explains the signatures of an attempt. params are nil if the service is gone, or the
// visitor may not see them.
func explainSignatures(a *attempt, id bellhop.UUID, body []byte, params *bellhop.WebhookParams) []signatureView {
	var views []signatureView
	for _, h := range signatureWays {
		value, ok := a.Request.Headers[h.name]
		if !ok {
			continue
		}
		views = append(views, signatureView{Name: h.name, Value: value, How: h.how, By: signedBy(h.name, value, a.At, id, body, params)})
	}
	return views
}

// signedBy tries the secrets that the service has.
func signedBy(name, value string, at bellhop.Time, id bellhop.UUID, body []byte, params *bellhop.WebhookParams) badge {
	if params == nil {
		return badge{toneOff, "cannot be checked: the service is gone"}
	}
	made := func(secret, value string) bool {
		header := map[string][]string{}
		event.NewSigner(event.Signing{Secret: secret}).AddTo(header, id.String(), at, body)
		return secret != "" && strings.Join(header[name], "") == value
	}
	first, second, both := strings.Cut(value, " ")
	switch {
	case made(params.Secret, value):
		return badge{toneOK, "right for the secret that the service has now"}
	case made(params.PreviousSecret, value):
		return badge{toneWait, "right for the previous secret, of before a rotation"}
	case both && made(params.Secret, first) && made(params.PreviousSecret, second):
		return badge{toneOK, "two, during a rotation: for the secret of now, and for the previous one"}
	}
	return badge{toneOff, "made with a secret that the service does not have any more"}
}
