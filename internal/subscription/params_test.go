package subscription

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"testing"

	"bellhop"
)

// docs/contract/services.md section 2, extensions.md section 3.
//
// Contract: services.md 2: One sentence of the documentation
// Contract: services.md 5: * stands for a whole segment only
// Contract: extensions.md 3: order
// Contract: extensions.md 3: timeout
// Contract: extensions.md 3: headers
func TestWebhookParamsRefuses(t *testing.T) {
	h := newHouse(t)
	for _, test := range []struct{ name, params, want string }{
		{"absent", `null`, "params.url is required"},
		{"text", `"x"`, "params must be an object"},
		{"no url", `{}`, "params.url is required"},
		{"empty url", `{"url":""}`, "params.url is required"},
		{"url as object", `{"url":{"url":"https://example.com","secret":"s"}}`, "params.url must be a string"},
		{"relative", `{"url":"/hook"}`, "params.url"},
		{"scheme", `{"url":"ftp://example.com/"}`, "params.url"},
		{"no host", `{"url":"https:///hook"}`, "params.url"},
		{"fragment", `{"url":"https://example.com/#a"}`, "params.url"},
		{"private", `{"url":"http://10.0.0.1/"}`, "params.url"},
		{"empty secret", `{"url":"https://example.com/","secret":""}`, "params.secret must not be empty"},
		{"secret as number", `{"url":"https://example.com/","secret":1}`, "params.secret must be a string"},
		{"events as text", `{"url":"https://example.com/","events":"*"}`, "params.events must be an array"},
		{"events of numbers", `{"url":"https://example.com/","events":[1]}`, "params.events must hold strings"},
		{"partial wildcard", `{"url":"https://example.com/","events":["ok.*","mess*"]}`, "events[1]"},
		{"order", `{"url":"https://example.com/","order":"none!"}`, "params.order must be key or none"},
		{"concurrency", `{"url":"https://example.com/","concurrency":1001}`, "params.concurrency must be a whole number"},
		{"half a second", `{"url":"https://example.com/","timeout":0.5}`, "params.timeout must be a whole number"},
		{"headers as list", `{"url":"https://example.com/","headers":[]}`, "params.headers must be an object"},
		{"header as number", `{"url":"https://example.com/","headers":{"X-A":1}}`, "params.headers must hold strings"},
		{"no header name", `{"url":"https://example.com/","headers":{"X A":"b"}}`, `params.headers has "X A", which is no name for a header`},
		{"split header", `{"url":"https://example.com/","headers":{"X-A":"b\r\nX-B: c"}}`, "params.headers has a value for X-A"},
		{"our header", `{"url":"https://example.com/","headers":{"x-hub-signature":"b"}}`, "params.headers has x-hub-signature, which Bellhop sets"},
		{"the same twice", `{"url":"https://example.com/","headers":{"X-A":"b","x-a":"c"}}`, "params.headers has X-A twice"},
		{"signatures as text", `{"url":"https://example.com/","signatures":"sha1"}`, "params.signatures must be an array"},
		{"no signatures", `{"url":"https://example.com/","signatures":[]}`, "params.signatures must not be empty"},
		{"signatures of numbers", `{"url":"https://example.com/","signatures":[1]}`, "params.signatures must hold strings"},
		{"signature", `{"url":"https://example.com/","signatures":["sha1","md5"]}`, `params.signatures has "md5": there are sha1, sha256 and standard`},
		{"signature twice", `{"url":"https://example.com/","signatures":["sha1","sha256","sha1"]}`, "params.signatures has sha1 twice"},
		{"rate as text", `{"url":"https://example.com/","rate":"5"}`, "params.rate must be 0 or a number from 0.01 to 10000"},
		{"less than none", `{"url":"https://example.com/","rate":-1}`, "params.rate must be 0 or"},
		{"hardly any", `{"url":"https://example.com/","rate":0.009}`, "params.rate must be 0 or"},
		{"too many", `{"url":"https://example.com/","rate":10000.5}`, "params.rate must be 0 or"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sent any
			if err := json.Unmarshal([]byte(test.params), &sent); err != nil {
				t.Fatal(err)
			}
			_, _, err := webhookParams(h.egress, sent)
			wantError(t, err, bellhop.Invalid, test.want)
		})
	}
}

// Contract: services.md 5: Accepted syntax
func TestWebhookParamsTakesManyPatterns(t *testing.T) {
	h := newHouse(t)
	events := make([]any, 101)
	for i := range events {
		events[i] = "a.b"
	}
	if _, _, err := webhookParams(h.egress, map[string]any{"url": "https://example.com/", "events": events[:100]}); err != nil {
		t.Errorf("100 patterns: %v", err)
	}
	_, _, err := webhookParams(h.egress, map[string]any{"url": "https://example.com/", "events": events})
	wantError(t, err, bellhop.Invalid, "params.events")
}

// Contract: extensions.md 3: rate
func TestWebhookParamsTakesRates(t *testing.T) {
	h := newHouse(t)
	for _, rate := range []any{nil, 0.0, 0.01, 2.5, 10_000.0} {
		params, _, err := webhookParams(h.egress, map[string]any{"url": "https://example.com/", "rate": rate})
		if want, _ := rate.(float64); err != nil || params.Rate != want {
			t.Errorf("rate %v became %v, %v", rate, params.Rate, err)
		}
	}
}

// Contract: services.md 2: Generated secret
func TestGeneratedSecret(t *testing.T) {
	secret := newSecret()
	raw, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || len(raw) != 16 || len(secret) != 24 || secret == newSecret() {
		t.Errorf("secret %q of %d bytes, %v", secret, len(raw), err)
	}
}

// The URL comes back as it was stored, and its secrets are apart from the rest.
func TestUserInfoIsSplitOff(t *testing.T) {
	for _, raw := range []string{
		"https://user:s3cret@example.com/hook", "https://example.com/a@b", "http://u@h", "https://u:p@w@h:8443/?x=@",
		"https://example.com", "https://user:@host/#", "nonsense",
	} {
		clear, userInfo := splitUserInfo(raw)
		if got := withUserInfo(clear, userInfo); got != raw {
			t.Errorf("%s became %s", raw, got)
		}
	}
	clear, userInfo := splitUserInfo("https://u:p@w@h:8443/?x=@")
	if clear != "https://h:8443/?x=@" || userInfo != "u:p@w" {
		t.Errorf("clear %q, user info %q", clear, userInfo)
	}
}

func TestParamsAreStoredWithoutSecrets(t *testing.T) {
	params := bellhop.WebhookParams{
		URL: "https://user:s3cret@example.com/hook", Secret: "zICWczLmAOEDvh1DiPGSHw==", Events: []string{"a.b"},
		Signatures: []string{"sha256", "sha1"}, Rate: 2.5, Headers: map[string]string{"X-A": "b"},
		PreviousSecret: "old", PreviousSecretUntil: 1716718530123,
	}
	clear, secret, err := splitParams(params)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"url":"https://example.com/hook","events":["a.b"],"signatures":["sha256","sha1"],"rate":2.5}`; string(clear) != want {
		t.Errorf("in clear: %s, want %s", clear, want)
	}
	got, err := joinParams(&bellhop.Document{Secret: secret}, clear)
	if err != nil || !reflect.DeepEqual(got, params) {
		t.Errorf("joined: %+v, %v, want %+v", got, err, params)
	}
}

// docs/contract/resources.md section 3, the example of PATCH.
func TestOtherParamsFallBack(t *testing.T) {
	params, err := otherParams("smartsupp", map[string]any{"jid": "j2", "password": "p2", "host": "h1"})
	if want := `{"host":"h1","jid":"j2","password":"p2","port":5222}`; err != nil || string(params) != want {
		t.Errorf("params = %s, %v, want %s", params, err, want)
	}
}
