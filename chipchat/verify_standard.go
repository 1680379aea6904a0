package chipchat

import (
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	defaultTolerance = 5 * time.Minute
	// maxStandard bounds what one webhook-signature may have this side compare.
	maxStandard  = 32
	maxTimestamp = 10 // digits, which last until the year 2286
	maxHeaderID  = 256
)

func (v Verifier) verifyStandard(header http.Header, body []byte, secrets []string) error {
	id, err := only(header, idHeader)
	if err != nil {
		return err
	}
	timestamp, err := only(header, timestampHeader)
	if err != nil {
		return err
	}
	list, err := only(header, standardHeader)
	if err != nil {
		return err
	}
	// A dot in the id would let it pass for the end of another id, and what follows for its time.
	if id == "" || len(id) > maxHeaderID || strings.Contains(id, ".") {
		return fmt.Errorf("verify %s: %w", idHeader, ErrSignatureMalformed)
	}
	at, ok := parseSeconds(timestamp)
	if !ok {
		return fmt.Errorf("verify %s: %w", timestampHeader, ErrSignatureMalformed)
	}
	signatures := parseStandard(list)
	if signatures == nil {
		return fmt.Errorf("verify %s: %w", standardHeader, ErrSignatureMalformed)
	}
	right := false
	for _, secret := range secrets {
		want := signStandard(secret, id, timestamp, body)
		for _, got := range signatures {
			right = hmac.Equal(want, got) || right
		}
	}
	if !right {
		return fmt.Errorf("verify %s: %w", standardHeader, wrong(body))
	}
	if !v.near(at) {
		return fmt.Errorf("verify %s: %w", timestampHeader, ErrSignatureTime)
	}
	return nil
}

// near reports whether at is within the tolerance of now.
func (v Verifier) near(at time.Time) bool {
	tolerance := v.Tolerance
	if tolerance == 0 {
		tolerance = defaultTolerance
	}
	return tolerance < 0 || time.Since(at).Abs() <= tolerance
}

// parseSeconds reads a time in seconds since 1970.
func parseSeconds(s string) (time.Time, bool) {
	if s == "" || len(s) > maxTimestamp {
		return time.Time{}, false
	}
	var seconds int64
	for _, digit := range []byte(s) {
		if digit < '0' || digit > '9' {
			return time.Time{}, false
		}
		seconds = 10*seconds + int64(digit-'0')
	}
	return time.Unix(seconds, 0), true
}

// parseStandard reads the signatures of version 1 in a list that is separated by blanks; those of other versions are
// passed over. It returns nil if there is none, if one is malformed, or if there are too many of them.
func parseStandard(list string) [][]byte {
	var signatures [][]byte
	for i, one := range strings.Split(list, " ") {
		if i == maxStandard {
			return nil
		}
		encoded, ok := strings.CutPrefix(one, standardPrefix)
		if !ok {
			continue
		}
		signature, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(signature) != 32 {
			return nil
		}
		signatures = append(signatures, signature)
	}
	return signatures
}
