package chipchat

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Auth is what an access token says about its owner: its claims, decoded without verification, because only
// the server has the key (docs/contract/auth.md "Tokens").
type Auth struct {
	User         ID        // the bot's user; from the email bot+<id>@... while there is no token
	Organization ID        // default owner of what the bot creates
	Scope        string    // words, lowest first
	GrantType    string    // access_token, or empty for old tokens
	Email        string    // as given in the options
	IssuedAt     time.Time // zero if unknown
	ExpiresAt    time.Time // zero: does not expire
}

var (
	botEmail = regexp.MustCompile(`(?i)^bot\+([0-9a-f]{24})@(?:chatshipper\.com|web1on1\.chat)$`)

	// refreshableScope is the scope with which the contract allows a refresh (auth.md "Tokens").
	refreshableScope = regexp.MustCompile(`admin|bot`)

	errRefreshAsToken = errors.New("Invalid token grant_type refresh_token") // text of sdk.md section 1
)

// identify reads the claims of token, and fills what they leave open from email.
func identify(token, email string) (Auth, error) {
	auth, err := claims(token)
	auth.Email = email
	if auth.User == "" {
		if m := botEmail.FindStringSubmatch(email); m != nil {
			auth.User = ID(strings.ToLower(m[1]))
		}
	}
	return auth, err
}

func claims(token string) (Auth, error) {
	if token == "" {
		return Auth{}, nil
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Auth{}, errors.New("token has not three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Auth{}, errors.New("claims of token are not base64url") // the cause would quote the token
	}
	var c struct {
		ID           ID      `json:"_id"`
		Organization ID      `json:"organization"`
		Scope        string  `json:"scope"`
		GrantType    string  `json:"grant_type"`
		IssuedAt     float64 `json:"iat"`
		ExpiresAt    float64 `json:"exp"`
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return Auth{}, fmt.Errorf("claims of token are not JSON of the right shape")
	}
	return Auth{
		User: c.ID, Organization: c.Organization, Scope: c.Scope, GrantType: c.GrantType,
		IssuedAt: seconds(c.IssuedAt), ExpiresAt: seconds(c.ExpiresAt),
	}, nil
}

func seconds(s float64) time.Time {
	if s <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
