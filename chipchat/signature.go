package chipchat

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

const (
	sha1Prefix     = "sha1="
	sha256Prefix   = "sha256="
	standardPrefix = "v1,"
)

// Sign returns the value of X-Hub-Signature for a body (docs/contract/delivery.md section 4). The bytes of secret
// are the key as they stand.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write(body)
	return sha1Prefix + hex.EncodeToString(mac.Sum(nil))
}

// Verify reports whether signature is the X-Hub-Signature of body, in a time that does not tell where it differs.
// [VerifyRequest] looks at the other signatures, too.
func Verify(secret string, body []byte, signature string) bool {
	return subtle.ConstantTimeCompare([]byte(Sign(secret, body)), []byte(signature)) == 1
}

// sign256 is the value of X-Hub-Signature-256 (docs/contract/extensions.md section 3).
func sign256(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return sha256Prefix + hex.EncodeToString(mac.Sum(nil))
}

// signStandard is what webhook-signature has encoded behind "v1,".
func signStandard(secret, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, standardKey(secret))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// standardKey is the key that a secret stands for in Standard Webhooks: its Base64 decoded, without whsec_, else its
// bytes (docs/contract/extensions.md section 3).
func standardKey(secret string) []byte {
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
