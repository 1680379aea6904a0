package event

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"hash"
	"sync"
)

const signaturePrefix = "sha1="

// Sign is the value of the header X-Hub-Signature for body: "sha1=" and the HMAC-SHA1 of body in
// lower-case hex. The secret is the key as it stands, never Base64-decoded (docs/contract/delivery.md
// section 4).
func Sign(secret string, body []byte) string {
	return string(newMAC([]byte(secret)).appendSign(nil, body))
}

// Signer signs many bodies with one secret and derives the key once. It is safe for concurrent use and
// must not be copied.
type Signer struct {
	macs sync.Pool // of *mac
}

// NewSigner returns a signer with the secret of a webhook.
func NewSigner(secret string) *Signer {
	key := []byte(secret)
	return &Signer{macs: sync.Pool{New: func() any { return newMAC(key) }}}
}

// Sign is what the function [Sign] returns with the secret of s.
func (s *Signer) Sign(body []byte) string {
	var buf [len(signaturePrefix) + 2*sha1.Size]byte
	return string(s.AppendSign(buf[:0], body))
}

// AppendSign appends what Sign returns to dst.
func (s *Signer) AppendSign(dst, body []byte) []byte {
	m := s.macs.Get().(*mac)
	m.hash.Reset()
	dst = m.appendSign(dst, body)
	s.macs.Put(m)
	return dst
}

// mac computes one signature after the other.
type mac struct {
	hash hash.Hash
	sum  []byte // reused
}

func newMAC(key []byte) *mac {
	return &mac{hash: hmac.New(sha1.New, key), sum: make([]byte, 0, sha1.Size)}
}

func (m *mac) appendSign(dst, body []byte) []byte {
	m.hash.Write(body) // a hash never returns an error
	m.sum = m.hash.Sum(m.sum[:0])
	return hex.AppendEncode(append(dst, signaturePrefix...), m.sum)
}
