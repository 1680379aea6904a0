package chipchat

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
)

// Sign returns the value of X-Hub-Signature for a body (docs/contract/delivery.md section 4). The bytes of secret
// are the key as they stand.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write(body)
	return "sha1=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify reports whether signature is that of body, in a time that does not tell where it differs.
func Verify(secret string, body []byte, signature string) bool {
	return subtle.ConstantTimeCompare([]byte(Sign(secret, body)), []byte(signature)) == 1
}
