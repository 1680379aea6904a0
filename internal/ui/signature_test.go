package ui

import (
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/event"
)

func TestSignedBy(t *testing.T) {
	id, at, body := bellhop.NewUUID(1, 2, 3), bellhop.Time(1_716_724_800_123), []byte(`{"a":1}`)
	sign := func(s event.Signing) map[string]string {
		header, first := map[string][]string{}, map[string]string{}
		event.NewSigner(s).AddTo(header, id.String(), at, body)
		for name, values := range header {
			first[name] = values[0]
		}
		return first
	}
	params := &bellhop.WebhookParams{Secret: "new", PreviousSecret: "old"}
	for _, c := range []struct {
		name    string
		signing event.Signing
		params  *bellhop.WebhookParams
		want    []string
	}{
		{"now", event.Signing{Secret: "new"}, params, []string{"that the service has now", "that the service has now", "that the service has now"}},
		{"before the rotation", event.Signing{Secret: "old"}, params, []string{"previous", "previous", "previous"}},
		{"during it", event.Signing{Secret: "new", Previous: "old", PreviousUntil: at + 1}, params, []string{"that the service has now", "that the service has now", "two, during a rotation"}},
		{"long ago", event.Signing{Secret: "forgotten"}, params, []string{"does not have any more", "does not have any more", "does not have any more"}},
		{"only one", event.Signing{Secret: "new", Signatures: event.SHA1}, params, []string{"that the service has now"}},
		{"deleted", event.Signing{Secret: "new", Signatures: event.SHA1}, nil, []string{"the service is gone"}},
	} {
		a := &attempt{At: at}
		a.Request.Headers = sign(c.signing)
		views := explainSignatures(a, id, body, c.params)
		if len(views) != len(c.want) {
			t.Fatalf("%s: %d signatures, want %d", c.name, len(views), len(c.want))
		}
		for i, v := range views {
			if !strings.Contains(v.By.Word, c.want[i]) || strings.Contains(v.How+v.By.Word, "forgotten") {
				t.Errorf("%s: %s is %q, want %q", c.name, v.Name, v.By.Word, c.want[i])
			}
		}
	}
}
