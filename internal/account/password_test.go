package account

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// cheap keeps tests fast.
var cheap = cost{kibibytes: 8, passes: 1, lanes: 1}

func TestHasher(t *testing.T) {
	h := newHasher(cheap)
	hash, err := h.hash(t.Context(), "pässword\x00")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := h.hash(t.Context(), "pässword\x00"); again == hash {
		t.Error("two hashes of one password are the same: no salt")
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("hash = %s", hash)
	}
	other := newHasher(cost{kibibytes: 16, passes: 1, lanes: 1}) // reads the cost from the hash
	for _, test := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "pässword\x00", true},
		{hash, "pässword", false},
		{hash, "", false},
		{"", "", false},
		{"", "x", false},
		{h.dummy, "", false},
		{hash[:len(hash)-3], "pässword\x00", false},
		{strings.Replace(hash, "argon2id", "argon2i", 1), "pässword\x00", false},
		{strings.Replace(hash, "m=8", "m=4000000000", 1), "pässword\x00", false},
		{strings.Replace(hash, "t=1", "t=0", 1), "pässword\x00", false},
		{"$argon2id$v=19$m=8,t=1,p=1$!$!", "", false},
		{"nonsense", "", false},
	} {
		if got := other.matches(test.hash, test.password); got != test.want {
			t.Errorf("matches(%q, %q) = %v, want %v", test.hash, test.password, got, test.want)
		}
	}
}

// The parameters that passwords are really hashed with.
func TestUsualCost(t *testing.T) {
	h := newHasher(usualCost)
	hash, err := h.hash(t.Context(), "p")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || !h.matches(hash, "p") {
		t.Errorf("hash = %q, %v", hash, err)
	}
}

func TestHashersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(cheap)
		for range hashersAtOnce {
			if err := h.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.hash(ctx, "p"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("third hasher: %v, want it to wait until its context ends", err)
		}
		done := make(chan error)
		for range maxHashersWaiting {
			go func() {
				err := h.enter(t.Context())
				if err == nil {
					h.leave()
				}
				done <- err
			}()
		}
		synctest.Wait()
		if err := h.enter(t.Context()); codeOf(err) != bellhop.TooMany {
			t.Errorf("one too many: %v, want to be turned away", err)
		}
		for range hashersAtOnce {
			h.leave()
		}
		for range maxHashersWaiting {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
