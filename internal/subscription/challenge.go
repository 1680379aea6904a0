package subscription

import crand "crypto/rand"

const challengeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newChallenge returns 15 random letters and digits: with them no encoding matters
// (docs/contract/delivery.md section 1).
func newChallenge() string {
	challenge := make([]byte, 0, 15)
	var random [32]byte
	for len(challenge) < cap(challenge) {
		crand.Read(random[:])
		for _, b := range random {
			// A byte has 256 values; those past the last whole round would favour some.
			if int(b) < 256/len(challengeLetters)*len(challengeLetters) && len(challenge) < cap(challenge) {
				challenge = append(challenge, challengeLetters[int(b)%len(challengeLetters)])
			}
		}
	}
	return string(challenge)
}
