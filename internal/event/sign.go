package event

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"sync"

	"bellhop"
)

// Signatures says which signatures a delivery carries (docs/contract/extensions.md section 3).
type Signatures uint8

// The signatures there are.
const (
	SHA1     Signatures = 1 << iota // X-Hub-Signature
	SHA256                          // X-Hub-Signature-256
	Standard                        // Webhook-Id, Webhook-Timestamp and Webhook-Signature

	AllSignatures = SHA1 | SHA256 | Standard
)

// Names of the headers that signatures are made of (docs/contract/delivery.md section 4, extensions.md section 3).
const (
	HeaderSHA1      = "X-Hub-Signature"
	HeaderSHA256    = "X-Hub-Signature-256"
	HeaderStandard  = "Webhook-Signature"
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
)

// SignatureNamed returns the signature that params.signatures calls by that name, or 0.
func SignatureNamed(name string) Signatures {
	switch name {
	case "sha1":
		return SHA1
	case "sha256":
		return SHA256
	case "standard":
		return Standard
	}
	return 0
}

const (
	sha1Prefix     = "sha1="
	sha256Prefix   = "sha256="
	standardPrefix = "v1,"
)

// Sign is the value of the header X-Hub-Signature for body: "sha1=" and the HMAC-SHA1 of body in
// lower-case hex. The secret is the key as it stands, never Base64-decoded (docs/contract/delivery.md
// section 4).
func Sign(secret string, body []byte) string {
	m := newMAC(sha1.New, []byte(secret))
	return string(hex.AppendEncode([]byte(sha1Prefix), m.sign(nil, body)))
}

// Signing says how what is sent to a webhook is signed.
type Signing struct {
	Secret string

	// Previous is the secret of before a rotation: up to PreviousUntil the Standard Webhooks signature
	// is made with it, too. "" means that there is none.
	Previous      string
	PreviousUntil bellhop.Time

	Signatures Signatures // 0 means all
}

// Signer signs what is sent to one webhook. The states of its keys are derived once and used again. It is
// safe for concurrent use and must not be copied.
type Signer struct {
	states sync.Pool // of *signing
}

// NewSigner returns a signer that signs as s says.
func NewSigner(s Signing) *Signer {
	return &Signer{states: sync.Pool{New: func() any { return s.begin() }}}
}

// AddTo adds the signature headers of an attempt to header: id is the delivery's, at is when the attempt
// starts, and body is what it sends.
func (s *Signer) AddTo(header map[string][]string, id string, at bellhop.Time, body []byte) {
	state := s.states.Get().(*signing)
	state.addTo(header, id, at, body)
	s.states.Put(state)
}

// signing is what it takes to sign one delivery after the other.
type signing struct {
	sha1, sha256, standard, previous *mac // nil for what is not sent

	until bellhop.Time // of previous
	text  []byte       // the values of the headers, one after the other; reused
	head  []byte       // what a Standard Webhooks signature covers before the body; reused
}

func (s Signing) begin() *signing {
	begun := &signing{until: s.PreviousUntil}
	which := s.Signatures
	if which == 0 {
		which = AllSignatures
	}
	if which&SHA1 != 0 {
		begun.sha1 = newMAC(sha1.New, []byte(s.Secret))
	}
	if which&SHA256 != 0 {
		begun.sha256 = newMAC(sha256.New, []byte(s.Secret))
	}
	if which&Standard != 0 {
		begun.standard = newMAC(sha256.New, StandardKey(s.Secret))
		if s.Previous != "" {
			begun.previous = newMAC(sha256.New, StandardKey(s.Previous))
		}
	}
	return begun
}

// StandardKey is the key of a Standard Webhooks signature: the secret without a leading whsec_,
// Base64-decoded if it is valid Base64, else its bytes (docs/contract/extensions.md section 3).
func StandardKey(secret string) []byte {
	rest := strings.TrimPrefix(secret, "whsec_")
	if rest == "" {
		return []byte(secret) // nobody's key is the empty one
	}
	// The decoder would skip line breaks.
	if key, err := base64.StdEncoding.DecodeString(rest); err == nil && !strings.ContainsAny(rest, "\r\n") {
		return key
	}
	return []byte(rest)
}

// addTo makes two allocations, whatever is signed: the text of all values and their slice.
func (s *signing) addTo(header map[string][]string, id string, at bellhop.Time, body []byte) {
	text := s.text[:0]
	if s.sha1 != nil {
		text = hex.AppendEncode(append(text, sha1Prefix...), s.sha1.sign(nil, body))
	}
	sha1End := len(text)
	if s.sha256 != nil {
		text = hex.AppendEncode(append(text, sha256Prefix...), s.sha256.sign(nil, body))
	}
	sha256End := len(text)
	timeEnd := sha256End
	if s.standard != nil {
		text = strconv.AppendInt(text, int64(at)/1000, 10)
		timeEnd = len(text)
		s.head = append(append(s.head[:0], id...), '.')
		s.head = append(append(s.head, text[sha256End:]...), '.')
		text = base64.StdEncoding.AppendEncode(append(text, standardPrefix...), s.standard.sign(s.head, body))
		if s.previous != nil && at < s.until {
			text = append(append(text, ' '), standardPrefix...)
			text = base64.StdEncoding.AppendEncode(text, s.previous.sign(s.head, body))
		}
	}
	s.text = text

	all, values := string(text), make([]string, 0, 5)
	set := func(name, value string) {
		n := len(values)
		values = append(values, value)
		header[name] = values[n : n+1 : n+1]
	}
	if s.sha1 != nil {
		set(HeaderSHA1, all[:sha1End])
	}
	if s.sha256 != nil {
		set(HeaderSHA256, all[sha1End:sha256End])
	}
	if s.standard != nil {
		set(HeaderID, id)
		set(HeaderTimestamp, all[sha256End:timeEnd])
		set(HeaderStandard, all[timeEnd:])
	}
}

// mac authenticates one message after the other.
type mac struct {
	hash hash.Hash
	sum  []byte // reused
}

func newMAC(h func() hash.Hash, key []byte) *mac {
	m := &mac{hash: hmac.New(h, key)}
	m.sum = make([]byte, 0, m.hash.Size())
	return m
}

// sign returns the code of head and body, which is good until the next call.
func (m *mac) sign(head, body []byte) []byte {
	m.hash.Reset()
	m.hash.Write(head) // a hash never returns an error
	m.hash.Write(body)
	m.sum = m.hash.Sum(m.sum[:0])
	return m.sum
}
