package event

import (
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"bellhop"
)

const (
	vectorSecret = "zICWczLmAOEDvh1DiPGSHw=="
	vectorBodyA  = `{"event":"message.create.contact.chat","data":{"message":{"text":"a < b & c > d “ok” 👍"}}}`
	vectorBodyB  = `{"id":"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90","timestamp":"2024-05-26T10:15:30.123Z","event":"user.login","organization":"64b0f1a2c3d4e5f60718293a","activity":{"@context":"https://www.w3.org/ns/activitystreams","type":"Activity","actor":{"id":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940","type":"Person"},"object":{"id":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940","type":"Object"},"published":"2024-05-26T10:15:30.123Z","summary":"User Ada Smit logged in"},"data":{"user":{"id":"64b0f1a2c3d4e5f607182940","givenName":"Ada","familyName":"Smit","role":"admin"},"links":{"organization":"https://api.example.test/v2/organizations/64b0f1a2c3d4e5f60718293a","user":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940"}}}`
)

const (
	vectorID   = "0190163d-8694-739b-aea5-966c26f8ad91"
	vectorAt   = bellhop.Time(1716718530_999)
	vectorTime = "1716718530"
)

// The vectors of docs/contract/delivery.md section 4 and extensions.md section 3.
var signatureVectors = []struct {
	body                       string
	size                       int
	sha1                       string
	sha256, standard, previous string // previous is standard with the secret previousSecret
}{
	{
		vectorBodyA, 97,
		"sha1=06ce75e64029960410fc60b7a7b758d9390c634a",
		"sha256=71bd871510c9e1c920cc86cff00856d953a08fbbffc4bdef16854151e9937c0d",
		"v1,8uT/91tatx0DIY88wDex7XUo497plNKzlPn5KO1bQWA=", "v1,FBpOl4NMVBhYMwvGv5iX+fRf4RlSvyR/KfETJLBHYyU=",
	},
	{
		vectorBodyB, 754,
		"sha1=b2a129f7d5d9f653a4bf620a09bbc308c901753b",
		"sha256=8f269f55167cdd54bee768722d89b1b64c411b8e5b0e2d806ad9cafe8a3f217d",
		"v1,OWWEmYpOXO3MvQjIp5u7E8/jNDTNKbN88zZdELIRilI=", "v1,4N55AF/RqXILWCIDnMpWxkj+e0rTYoY2XcZnPL3o6nc=",
	},
	{
		"hello", 5,
		"sha1=0d47185c485b8d6aadf54f150333b74e1b1730aa",
		"sha256=0ff27a10d581b05697c5a05fe94c98c2e95be78dddd89741208163d12471a439",
		"v1,jKxgZsLSo4mlGfZz9/cXJcm0smqI6bWJiejdJEG7NeA=", "v1,gh8/pmclOGWZxPEao51YGKBRUQz7vhq79YBB+xbNa2g=",
	},
}

const previousSecret = "plain secret"

// Contract: delivery.md 4: X-Hub-Signature: sha1= + lower
// Contract: delivery.md 4: {"event":"message.create.contact.chat"
// Contract: delivery.md 4: X-Hub-Signature: sha1=06ce
// Contract: delivery.md 4: {"id":"5f0c
// Contract: delivery.md 4: X-Hub-Signature: sha1=b2a1
// Contract: delivery.md 4: Same secret; body hello
// Contract: services.md 2: params.secret
func TestSign(t *testing.T) {
	for _, v := range signatureVectors {
		if len(v.body) != v.size {
			t.Fatalf("the vector %.20s... has %d bytes, want %d", v.body, len(v.body), v.size)
		}
		if got := Sign(vectorSecret, []byte(v.body)); got != v.sha1 {
			t.Errorf("Sign(%.20s...) = %s, want %s", v.body, got, v.sha1)
		}
	}
}

// added is what a signer adds to no headers.
func added(s *Signer, at bellhop.Time, body string) map[string][]string {
	header := map[string][]string{}
	s.AddTo(header, vectorID, at, []byte(body))
	return header
}

// Contract: extensions.md 3: signatures
// Contract: extensions.md Signatures: X-Hub-Signature-256: HMAC
// Contract: extensions.md Signatures: A
// Contract: extensions.md Signatures: B
// Contract: extensions.md Signatures: C
func TestSignerAddsWhatIsAskedFor(t *testing.T) {
	for _, which := range []Signatures{0, SHA1, SHA256, Standard, SHA1 | SHA256, SHA1 | Standard, SHA256 | Standard, AllSignatures} {
		signer := NewSigner(Signing{Secret: vectorSecret, Signatures: which})
		for range 2 { // a signer is used again
			for _, v := range signatureVectors {
				want := map[string][]string{}
				if which == 0 || which&SHA1 != 0 {
					want["X-Hub-Signature"] = []string{v.sha1}
				}
				if which == 0 || which&SHA256 != 0 {
					want["X-Hub-Signature-256"] = []string{v.sha256}
				}
				if which == 0 || which&Standard != 0 {
					want["Webhook-Id"], want["Webhook-Timestamp"] = []string{vectorID}, []string{vectorTime}
					want["Webhook-Signature"] = []string{v.standard}
				}
				if got := added(signer, vectorAt, v.body); !reflect.DeepEqual(got, want) {
					t.Errorf("signatures %b of %.20s... = %v, want %v", which, v.body, got, want)
				}
			}
		}
	}
}

// Each header may be added to by others without a change of its neighbours.
func TestSignerKeepsHeadersApart(t *testing.T) {
	header := http.Header{"Accept": {"application/json"}}
	NewSigner(Signing{Secret: vectorSecret}).AddTo(header, vectorID, vectorAt, []byte("hello"))
	header.Add("X-Hub-Signature", "another")
	if got, want := header.Get("X-Hub-Signature-256"), signatureVectors[2].sha256; got != want || header.Get("Accept") == "" {
		t.Errorf("header = %v, want X-Hub-Signature-256 %s beside what was there", header, want)
	}
}

// Contract: extensions.md Rotation: Attempts that start before
// Contract: extensions.md Rotation: X-Hub-Signature and -256
func TestSignerOverlaps(t *testing.T) {
	v := signatureVectors[0]
	for _, c := range []struct {
		name    string
		signing Signing
		want    string
	}{
		{"before its end", Signing{Previous: previousSecret, PreviousUntil: vectorAt + 1}, v.standard + " " + v.previous},
		{"at its end", Signing{Previous: previousSecret, PreviousUntil: vectorAt}, v.standard},
		{"long over", Signing{Previous: previousSecret, PreviousUntil: 1}, v.standard},
		{"no rotation", Signing{PreviousUntil: vectorAt + 1}, v.standard},
		{"not asked for", Signing{Previous: previousSecret, PreviousUntil: vectorAt + 1, Signatures: SHA1 | SHA256}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.signing.Secret = vectorSecret
			got := http.Header(added(NewSigner(c.signing), vectorAt, v.body))
			if got.Get("Webhook-Signature") != c.want {
				t.Errorf("Webhook-Signature = %q, want %q", got.Get("Webhook-Signature"), c.want)
			}
			// These have room for one signature only: that of the new secret.
			if got.Get("X-Hub-Signature") != v.sha1 && c.want != "" || got.Get("X-Hub-Signature-256") != v.sha256 {
				t.Errorf("header = %v, want sha1 and sha256 with the new secret", got)
			}
		})
	}
}

// docs/contract/extensions.md section 3.
//
// Contract: extensions.md Signatures: Key of the Standard
// Contract: extensions.md Signatures: Valid is the standard
// Contract: extensions.md Signatures: Where nothing is left
// Contract: extensions.md Signatures: A plain secret
func TestStandardKey(t *testing.T) {
	for _, c := range []struct{ secret, want string }{
		{"zICWczLmAOEDvh1DiPGSHw==", "\xcc\x80\x96s2\xe6\x00\xe1\x03\xbe\x1dC\x88\xf1\x92\x1f"},
		{"whsec_zICWczLmAOEDvh1DiPGSHw==", "\xcc\x80\x96s2\xe6\x00\xe1\x03\xbe\x1dC\x88\xf1\x92\x1f"},
		{"aGVsbG8=", "hello"},
		{"aGVsbG8", "aGVsbG8"},                // no padding
		{"aGVsbG8=\n", "aGVsbG8=\n"},          // a line break
		{"_-_-", "_-_-"},                      // the alphabet of URLs
		{"password", "\xa5\xab,\xc2\x8a\xdd"}, // a word of four letters or eight may be Base64
		{"plain secret", "plain secret"},
		{"whsec_plain secret", "plain secret"},
		{"WHSEC_aGVsbG8=", "WHSEC_aGVsbG8="},
		{"whsec_whsec_aGVsbG8=", "whsec_aGVsbG8="}, // only one is taken off
		{"whsec_", "whsec_"},                       // nobody's key is the empty one
		{"schlüssel 🔑", "schlüssel 🔑"},
	} {
		if got := string(StandardKey(c.secret)); got != c.want {
			t.Errorf("StandardKey(%q) = %q, want %q", c.secret, got, c.want)
		}
	}
}

func TestSignatureNamed(t *testing.T) {
	for name, want := range map[string]Signatures{"sha1": SHA1, "sha256": SHA256, "standard": Standard, "SHA1": 0, "": 0} {
		if got := SignatureNamed(name); got != want {
			t.Errorf("SignatureNamed(%q) = %b, want %b", name, got, want)
		}
	}
}

func TestSignerIsConcurrent(t *testing.T) {
	signer := NewSigner(Signing{Secret: vectorSecret, Previous: previousSecret, PreviousUntil: vectorAt + 1})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				for _, v := range signatureVectors {
					got := http.Header(added(signer, vectorAt, v.body))
					if got.Get("X-Hub-Signature") != v.sha1 || got.Get("X-Hub-Signature-256") != v.sha256 ||
						got.Get("Webhook-Signature") != v.standard+" "+v.previous {
						t.Errorf("headers of %.20s... = %v", v.body, got)
					}
				}
			}
		})
	}
	wg.Wait()
}

// The signer stands on the way of every attempt. The map has room for what it adds.
func TestSignerAllocatesLittle(t *testing.T) {
	state := Signing{Secret: vectorSecret, Previous: previousSecret, PreviousUntil: vectorAt + 1}.begin()
	header, body := map[string][]string{}, []byte(vectorBodyB)
	if got := testing.AllocsPerRun(100, func() { state.addTo(header, vectorID, vectorAt, body) }); got > 2 {
		t.Errorf("addTo makes %v allocations, want at most 2", got)
	}
}

func TestVectorBodiesAreCanonical(t *testing.T) {
	for _, v := range signatureVectors[:2] {
		if got, err := Canonical(nil, []byte(v.body)); err != nil || string(got) != v.body {
			t.Errorf("Canonical(%s) = %s, %v, want it unchanged", v.body, got, err)
		}
	}
}

func BenchmarkSigner(b *testing.B) {
	body := []byte(strings.Repeat("x", 2500))
	rotated := Signing{Secret: vectorSecret, Previous: previousSecret, PreviousUntil: vectorAt + 1}
	for name, signing := range map[string]Signing{
		"sha1": {Secret: vectorSecret, Signatures: SHA1}, "all": {Secret: vectorSecret}, "rotated": rotated,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			signer := NewSigner(signing)
			for b.Loop() {
				header := make(map[string][]string, 12)
				signer.AddTo(header, vectorID, vectorAt, body)
			}
		})
	}
}
