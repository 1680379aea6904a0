package subscription

import (
	"encoding/json"
	"fmt"
	"testing"

	"bellhop"
	"bellhop/internal/event"
)

// docs/contract/extensions.md section 3.
func TestSignaturesParam(t *testing.T) {
	for _, test := range []struct {
		sent string
		want event.Signatures
		bot  bool // fit for a service that has one
	}{
		{`null`, event.AllSignatures, true},
		{`["sha1"]`, event.SHA1, true},
		{`["standard"]`, event.Standard, false},
		{`["standard","sha256"]`, event.SHA256 | event.Standard, false},
		{`["sha256","sha1"]`, event.SHA1 | event.SHA256, true},
		{`["sha1","sha256","standard"]`, event.AllSignatures, true},
	} {
		t.Run(test.sent, func(t *testing.T) {
			var sent any
			if err := json.Unmarshal([]byte(test.sent), &sent); err != nil {
				t.Fatal(err)
			}
			names, err := signaturesParam(sent)
			if got := signaturesOf(names); err != nil || got != test.want {
				t.Errorf("signatures %b, %v, want %b", got, err, test.want)
			}
			if text, _ := json.Marshal(names); string(text) != test.sent {
				t.Errorf("kept as %s", text)
			}
			params := &bellhop.WebhookParams{Signatures: names}
			if err := checkBotSignatures(params, ""); err != nil {
				t.Errorf("without a bot: %v", err)
			}
			err = checkBotSignatures(params, "64b0f1a2c3d4e5f607182940")
			if test.bot && err != nil {
				t.Errorf("with a bot: %v", err)
			}
			if !test.bot {
				wantError(t, err, bellhop.Invalid, "params.signatures must hold sha1 while the service has a bot")
			}
		})
	}
}

// What is stored is what attempts are signed with.
func TestWebhookSignsAsItsParamsSay(t *testing.T) {
	params := bellhop.WebhookParams{
		URL: "https://example.com/", Secret: "new", Signatures: []string{"standard"}, Rate: 2.5,
		PreviousSecret: "old", PreviousSecretUntil: 5000,
	}
	clear, secret, err := splitParams(params)
	if err != nil {
		t.Fatal(err)
	}
	w, err := webhookOf(&bellhop.Document{ID: "64b0f1a2c3d4e5f607182950", Secret: secret}, &bellhop.Service{Params: clear})
	if err != nil || w.Rate != 2.5 {
		t.Fatalf("webhook %+v, %v, want its rate", w, err)
	}
	for _, at := range []bellhop.Time{4999, 5000} {
		got, want := map[string][]string{}, map[string][]string{}
		w.Signer.AddTo(got, "id", at, []byte("hello"))
		event.NewSigner(event.Signing{
			Secret: "new", Previous: "old", PreviousUntil: 5000, Signatures: event.Standard,
		}).AddTo(want, "id", at, []byte("hello"))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("headers at %d = %v, want %v", at, got, want)
		}
	}
}
