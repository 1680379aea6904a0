package verify

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha1" // for crypto.SHA1
	_ "crypto/sha256"
	_ "crypto/sha512"
	"slices"
	"strconv"
	"strings"

	"bellhop/internal/event"
)

// variant is something that may have been in place of what should have been. The zero cause means that it is
// what should have been.
type variant struct {
	value []byte
	cause Cause
}

// search looks for the body and the key, and for what surrounds the body, that make one of the codes. It returns
// what about them is wrong, nothing if all is as it should be; ok says that something was found.
//
// The codes have lengths of hashes. Single mistakes come before two at once, since the first match is what is reported.
func (q *Question) search(name string, codes [][]byte) (causes []Cause, ok bool) {
	bodies, keys, frames := q.bodies(), q.keys(name), q.frames(name)
	for wrong := range 3 {
		if wrong == 2 {
			if cause := unkeyed(codes, keys[0].value, append(bytes.Clone(frames[0].head), q.Body...)); cause != nil {
				return []Cause{*cause}, true
			}
		}
		for f, frame := range frames {
			for k, key := range keys {
				for b, body := range bodies {
					if mistakes(f, k, b) == wrong && matches(codes, key.value, frame.head, body.value) {
						return named(frame.cause, key.cause, body.cause), true
					}
				}
			}
		}
	}
	return nil, false
}

// mistakes counts what is not the first, and so not right.
func mistakes(places ...int) (n int) {
	for _, place := range places {
		if place > 0 {
			n++
		}
	}
	return n
}

func named(causes ...Cause) (some []Cause) {
	for _, c := range causes {
		if c.Name != "" {
			some = append(some, c)
		}
	}
	return some
}

// unkeyed looks for a right key and a right text that were not made an HMAC of, or the other way round.
func unkeyed(codes [][]byte, key, text []byte) *Cause {
	if matches(codes, text, nil, key) {
		return &Cause{"swapped", "Key and text of the HMAC were swapped: the secret was signed with the body as the key.", "See the order of the arguments: mostly the key comes first."}
	}
	for _, code := range codes {
		for _, all := range [][]byte{text, slices.Concat(key, text), slices.Concat(text, key)} {
			digest := hashOf(code).New()
			digest.Write(all)
			if has(codes, digest.Sum(nil)) {
				return &Cause{"no-hmac", "It is a hash of the body, or of body and secret in a row, and no HMAC.", "Use HMAC with the secret as its key: createHmac, hmac.new, hash_hmac, openssl dgst -hmac."}
			}
		}
	}
	return nil
}

// hashOf is the hash that a signature was made with, by its length; 0 if there is none of that length.
func hashOf(code []byte) crypto.Hash {
	return map[int]crypto.Hash{20: crypto.SHA1, 32: crypto.SHA256, 48: crypto.SHA384, 64: crypto.SHA512}[len(code)]
}

// matches reports whether the HMAC of head and body is one of the codes.
func matches(codes [][]byte, key, head, body []byte) bool {
	for _, code := range codes {
		hash := hashOf(code)
		mac := hmac.New(hash.New, key)
		mac.Write(head)
		mac.Write(body)
		if has(codes, mac.Sum(nil)) {
			return true
		}
	}
	return false
}

// frame is what is signed before the body.
type frame struct {
	head  []byte
	cause Cause
}

func (q *Question) frames(name string) []frame {
	id, timestamp := q.Header[event.HeaderID], q.Header[event.HeaderTimestamp]
	if name != event.HeaderStandard {
		frames := []frame{{}}
		if id != "" && timestamp != "" {
			frames = append(frames, frame{[]byte(id + "." + timestamp + "."), Cause{
				"standard-frame", "Webhook-Id and Webhook-Timestamp were signed along with the body; this header covers the body alone.",
				"Sign the body alone for " + name + ".",
			}})
		}
		return frames
	}
	frames := []frame{{head: []byte(id + "." + timestamp + ".")}}
	add := func(head, cause, text string) {
		frames = append(frames, frame{[]byte(head), Cause{cause, text, "Sign <webhook-id>.<webhook-timestamp>.<body>, with dots between."}})
	}
	add("", "no-frame", "The body was signed alone, without Webhook-Id and Webhook-Timestamp.")
	if timestamp != "" {
		add(timestamp+".", "no-id", "Webhook-Id was not signed along.")
		add(timestamp+"."+id+".", "frame-order", "Webhook-Timestamp was signed before Webhook-Id.")
		add(id+timestamp, "no-dots", "There are no dots between what was signed.")
		if seconds, err := strconv.ParseInt(timestamp, 10, 64); err == nil {
			if seconds > 1e11 {
				add(id+"."+strconv.FormatInt(seconds/1000, 10)+".", "milliseconds", "Webhook-Timestamp is in milliseconds, and was signed in seconds.")
			} else {
				add(id+"."+timestamp+"000.", "milliseconds", "The time was signed in milliseconds, and Webhook-Timestamp has seconds.")
			}
		}
	}
	if id != "" {
		add(id+".", "no-timestamp", "Webhook-Timestamp was not signed along.")
		if trimmed := strings.TrimSpace(id); trimmed != id {
			add(trimmed+"."+strings.TrimSpace(timestamp)+".", "blank-id", "There are blanks around Webhook-Id.")
		}
	}
	return frames
}
