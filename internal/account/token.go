package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"bellhop"
)

// The values of the claim grant_type.
const (
	grantAccess  = "access_token"
	grantRefresh = "refresh_token"
)

// claims are what a token says (docs/contract/auth.md, "Tokens").
type claims struct {
	User         bellhop.ID `json:"_id"`
	Organization bellhop.ID `json:"organization"`
	Scope        string     `json:"scope"`
	GrantType    string     `json:"grant_type,omitempty"`
	IssuedAt     int64      `json:"iat"`
	Expires      int64      `json:"exp,omitempty"` // 0 = never

	// Generation has to be that of the user, which every revocation raises. A time could
	// not tell what was issued in the second of the revocation before it from what was
	// issued after it.
	Generation int64 `json:"gen,omitempty"`
}

// expired reports whether the end of a token is not after now, in seconds.
func (c *claims) expired(now int64) bool { return c.Expires != 0 && c.Expires <= now }

// What is wrong with a token. Clients depend on the messages (docs/contract/auth.md,
// "Verifying an access token").
func errNoToken() error {
	return bellhop.Errorf(bellhop.Unauthenticated, "No authorization token was found")
}
func errMalformed() error    { return bellhop.Errorf(bellhop.Unauthenticated, "jwt malformed") }
func errInvalidToken() error { return bellhop.Errorf(bellhop.Unauthenticated, "invalid token") }
func errSignature() error    { return bellhop.Errorf(bellhop.Unauthenticated, "invalid signature") }
func errExpired() error      { return bellhop.Errorf(bellhop.Unauthenticated, "jwt expired") }

// signer makes tokens and checks their signature: JWS compact with HMAC-SHA-256. It is
// safe for concurrent use.
type signer struct{ key []byte }

var base64URL = base64.RawURLEncoding.Strict()

// header of all our tokens; others' may be written otherwise.
var header = base64URL.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))

func (s signer) sign(c claims) (string, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	text := header + "." + base64URL.EncodeToString(payload)
	return text + "." + s.signature(text), nil
}

func (s signer) signature(text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return base64URL.EncodeToString(mac.Sum(nil))
}

// verify returns what a token claims that was signed with our key. Whether the claims
// still hold, expiry included, is not looked at: the signature comes first.
func (s signer) verify(token string) (*claims, error) {
	if strings.Count(token, ".") != 2 {
		return nil, errMalformed()
	}
	dot := strings.LastIndexByte(token, '.')
	text, signature := token[:dot], token[dot+1:]
	head, payload, _ := strings.Cut(text, ".")

	var h struct {
		Algorithm string `json:"alg"`
	}
	c := new(claims)
	if !decodePart(head, &h) || !decodePart(payload, c) || h.Algorithm != "HS256" {
		return nil, errInvalidToken()
	}
	if _, err := base64URL.DecodeString(signature); err != nil {
		return nil, errInvalidToken()
	}
	if !hmac.Equal([]byte(s.signature(text)), []byte(signature)) {
		return nil, errSignature()
	}
	return c, nil
}

func decodePart(part string, v any) bool {
	text, err := base64URL.DecodeString(part)
	return err == nil && json.Unmarshal(text, v) == nil
}

// bearer returns the token in the value of a header, with or without the word Bearer
// before it.
func bearer(authorization string) string {
	const word = "Bearer"
	token := strings.TrimSpace(authorization)
	if len(token) >= len(word) && strings.EqualFold(token[:len(word)], word) {
		if rest := token[len(word):]; rest == "" || rest[0] == ' ' || rest[0] == '\t' {
			return strings.TrimSpace(rest)
		}
	}
	return token
}
