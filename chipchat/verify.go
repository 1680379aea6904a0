package chipchat

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Why a delivery is not to be trusted; [errors.Is] finds them in what Verifier.Verify and VerifyRequest return.
var (
	ErrSignatureMissing   = errors.New("signature is missing")
	ErrSignatureMalformed = errors.New("signature is malformed")
	ErrSignatureWrong     = errors.New("signature is wrong")
	ErrSignatureTime      = errors.New("signature is right, but made too long ago or too far ahead of this clock")
	ErrNoSecret           = errors.New("there is no secret to verify with")
)

// The signatures that a delivery may carry, by the names that params.signatures of a webhook has for them
// (docs/contract/extensions.md section 3).
const (
	SHA1     = "sha1"     // X-Hub-Signature
	SHA256   = "sha256"   // X-Hub-Signature-256
	Standard = "standard" // webhook-id, webhook-timestamp and webhook-signature, of Standard Webhooks
)

// Names of headers, as http.Header has them.
const (
	hubHeader       = "X-Hub-Signature"
	hub256Header    = "X-Hub-Signature-256"
	idHeader        = "Webhook-Id"
	timestampHeader = "Webhook-Timestamp"
	standardHeader  = "Webhook-Signature"
)

// Verifier decides whether a delivery comes from who knows a secret (docs/contract/delivery.md section 4,
// docs/contract/extensions.md section 3). It is safe for concurrent use.
//
// A delivery may carry three signatures. Of those that are there the strongest decides: Standard Webhooks, then
// SHA-256, then SHA-1. Nothing that is wrong with it is made good by a weaker one, and a weaker one that is wrong
// beside it does no harm: during a rotation webhook-signature alone carries the old secret, too. Whoever has seen a
// delivery can send it again without its stronger headers, which have the time; Signatures with Standard alone
// refuses that, and a [DedupeStore] finds it.
type Verifier struct {
	Secrets    []string      // any of them will do; empty ones count for nothing
	Signatures []string      // SHA1, SHA256 and Standard; others are not looked at. Default: all
	Tolerance  time.Duration // how far webhook-timestamp may be from now, both ways; default 5 minutes, negative: any
}

// VerifyRequest verifies a request whose body, as it came, was read already, in a framework of the author's own:
//
//	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
//	...
//	if err := chipchat.VerifyRequest(r, body, secret); err != nil { // answer 401
//
// Any of the secrets will do. It is Verifier.Verify with the defaults, and returns its errors. The body must be the
// bytes that came: JSON that was decoded and encoded again has other ones.
func VerifyRequest(r *http.Request, body []byte, secrets ...string) error {
	return Verifier{Secrets: secrets}.Verify(r.Header, body)
}

// Verify returns nil if the strongest signature in header, whose names may have any case, is that of body; else it says
// in which header it has found what is wrong: ErrSignatureMissing, ErrSignatureMalformed, ErrSignatureWrong, or
// ErrSignatureTime, which only who knows a secret gets to see; or ErrNoSecret. Errors have no part of a secret or of a signature in them. Signatures
// are compared in a time that does not tell where they differ.
func (v Verifier) Verify(header http.Header, body []byte) error {
	secrets := slices.DeleteFunc(slices.Clone(v.Secrets), func(s string) bool { return s == "" })
	if len(secrets) == 0 {
		return ErrNoSecret
	}
	header = signing(header)
	switch {
	case v.looksAt(Standard) && anyOf(header, standardHeader, timestampHeader, idHeader):
		return v.verifyStandard(header, body, secrets)
	case v.looksAt(SHA256) && anyOf(header, hub256Header):
		return verifyHub(header, hub256Header, sha256Prefix, sign256, body, secrets)
	case v.looksAt(SHA1) && anyOf(header, hubHeader):
		return verifyHub(header, hubHeader, sha1Prefix, Sign, body, secrets)
	}
	return ErrSignatureMissing
}

func (v Verifier) looksAt(signature string) bool {
	return len(v.Signatures) == 0 || slices.Contains(v.Signatures, signature)
}

// check finds names that no signature has.
func (v Verifier) check() error {
	for _, name := range v.Signatures {
		if name != SHA1 && name != SHA256 && name != Standard {
			return fmt.Errorf("there is no signature %q", name)
		}
	}
	return nil
}

// signing are the headers about signatures, spelled as net/http does it: functions of a cloud and queues do not.
func signing(header http.Header) http.Header {
	found := http.Header{}
	for name, values := range header {
		switch name := http.CanonicalHeaderKey(name); name {
		case hubHeader, hub256Header, idHeader, timestampHeader, standardHeader:
			found[name] = append(found[name], values...)
		}
	}
	return found
}

func anyOf(header http.Header, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return len(header[name]) > 0 })
}

// only returns the value of a header that may be there once: who is to choose among several?
func only(header http.Header, name string) (string, error) {
	switch values := header[name]; len(values) {
	case 0:
		return "", fmt.Errorf("verify %s: %w", name, ErrSignatureMissing)
	case 1:
		return values[0], nil
	}
	return "", fmt.Errorf("verify %s: %w", name, ErrSignatureMalformed)
}

func verifyHub(header http.Header, name, prefix string, sign func(string, []byte) string, body []byte, secrets []string) error {
	got, err := only(header, name)
	if err != nil {
		return err
	}
	digits, ok := strings.CutPrefix(got, prefix)
	if _, err := hex.DecodeString(digits); !ok || err != nil || len(got) != len(sign("", nil)) || strings.ToLower(got) != got {
		return fmt.Errorf("verify %s: %w", name, ErrSignatureMalformed)
	}
	right := 0
	for _, secret := range secrets {
		right |= subtle.ConstantTimeCompare([]byte(sign(secret, body)), []byte(got))
	}
	if right == 0 {
		return fmt.Errorf("verify %s: %w", name, wrong(body))
	}
	return nil
}

// wrong is ErrSignatureWrong, with the most frequent reason for it in a framework.
func wrong(body []byte) error {
	if len(body) == 0 {
		return fmt.Errorf("%w (the body is empty: was it read before?)", ErrSignatureWrong)
	}
	return ErrSignatureWrong
}
