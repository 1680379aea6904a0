package account

import (
	"context"
	crand "crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"bellhop"
)

const (
	saltSize = 16
	hashSize = 32

	// maxPassword bounds what is hashed, far above what anybody types.
	maxPassword = 1024

	// hashersAtOnce bounds memory: argon2 takes much of it on purpose.
	hashersAtOnce = 2

	// maxHashersWaiting is how many may wait for them; more are turned away.
	maxHashersWaiting = 200
)

// cost is how hard argon2id is to compute.
type cost struct {
	kibibytes uint32
	passes    uint32
	lanes     uint8
}

// usualCost is what OWASP recommends with 19 MiB.
var usualCost = cost{kibibytes: 19 << 10, passes: 2, lanes: 1}

// weakCost is the least that there is.
var weakCost = cost{kibibytes: 8, passes: 1, lanes: 1}

// hasher hashes passwords with argon2id, few at once. It is safe for concurrent use.
type hasher struct {
	cost    cost
	dummy   string        // a hash that no password has, for those who have none
	running chan struct{} // an element for each that hashes
	waiting chan struct{} // an element for each that hashes or waits to
}

func newHasher(c cost) *hasher {
	h := &hasher{
		cost:    c,
		running: make(chan struct{}, hashersAtOnce),
		waiting: make(chan struct{}, hashersAtOnce+maxHashersWaiting),
	}
	h.dummy = h.format(random(saltSize), random(hashSize))
	return h
}

// enter waits for a place to hash. The caller calls leave when it returned nil. It
// returns a bellhop.TooMany error if too many wait already, or what ended ctx.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.waiting <- struct{}{}:
	default:
		return tooMany(time.Second)
	}
	select {
	case h.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-h.waiting
		return ctx.Err()
	}
}

func (h *hasher) leave() {
	<-h.running
	<-h.waiting
}

// hash returns the PHC string of password under a new salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := random(saltSize)
	return h.format(salt, h.cost.key(password, salt, hashSize)), nil
}

// matches reports whether hash was made of password. It takes as long for a user without
// hash as for one with. The caller has entered.
func (h *hasher) matches(hash, password string) bool {
	usable := hash != "" && len(password) <= maxPassword
	if !usable {
		hash, password = h.dummy, ""
	}
	c, salt, want, err := parsePHC(hash)
	if err != nil {
		return false
	}
	got := c.key(password, salt, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && usable
}

func (c cost) key(password string, salt []byte, size uint32) []byte {
	return argon2.IDKey([]byte(password), salt, c.passes, c.kibibytes, c.lanes, size)
}

func (h *hasher) format(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.kibibytes, h.cost.passes, h.cost.lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// parsePHC reads what format writes. Its errors do not quote the hash.
func parsePHC(phc string) (c cost, salt, sum []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, fmt.Errorf("not an argon2id hash of version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.kibibytes, &c.passes, &c.lanes); err != nil {
		return cost{}, nil, nil, fmt.Errorf("parameters of a password hash: %w", err)
	}
	if c.kibibytes > 1<<20 || c.passes == 0 || c.passes > 100 || c.lanes == 0 {
		return cost{}, nil, nil, fmt.Errorf("parameters of a password hash are out of range")
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	sum, errSum := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errSum != nil || len(salt) < 8 || len(sum) < 16 {
		return cost{}, nil, nil, fmt.Errorf("salt or sum of a password hash is malformed")
	}
	return c, salt, sum, nil
}

// checkPassword returns the *bellhop.Error of a password that nobody can have.
func checkPassword(password string) error {
	switch {
	case password == "":
		return bellhop.InvalidField("password", "must not be empty")
	case len(password) > maxPassword:
		return bellhop.InvalidField("password", "must have at most %d bytes", maxPassword)
	}
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	crand.Read(b) // never fails
	return b
}

// tooMany is the answer to those who should come again later.
func tooMany(after time.Duration) error {
	return &bellhop.Error{Code: bellhop.TooMany, Message: "Too many requests", RetryAfter: after}
}
