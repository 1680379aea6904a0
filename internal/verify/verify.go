// Package verify says whether a signature is right and, if it is not, what makes it so: `bellhop verify`.
//
// A wrong signature has few usual reasons: the body was parsed and written again, a line break was lost,
// the secret is another one, an encoding was mixed up. [Diagnose] makes the signature of each of them, the
// likely ones first and then two at a time, until one matches. What it names as the cause is proved: with
// exactly that change the signature is right. What matches nothing is reported as such.
//
// Nothing here does I/O or reads a clock. Secrets are in no result and no error.
package verify

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/event"
)

// Question is what is to be judged.
type Question struct {
	Body []byte

	// Header has the signatures and what belongs to them, by canonical names. At least one of
	// X-Hub-Signature, X-Hub-Signature-256 and Webhook-Signature must be there.
	Header map[string]string

	Secret string   // the one it should be
	Others []string // secrets that it may have been instead

	Now       time.Time
	Tolerance time.Duration // how far Webhook-Timestamp may be from Now; 0 means any time
}

// MaxBody is how much Diagnose takes. Bodies of the server stay below 100 KiB.
const MaxBody = 1 << 20

// errQuestion is wrapped by errors about what was asked.
var errQuestion = errors.New("cannot verify")

// Verdict is what there is to say about one signature header.
type Verdict struct {
	Header string `json:"header"`
	Right  bool   `json:"right"`

	// Causes are what makes it wrong, each alone a reason, all together proved. Empty if it is right, or
	// if nothing that was tried matches.
	Causes []Cause `json:"causes"`
}

// Cause is a reason why a signature does not match.
type Cause struct {
	Name string `json:"name"` // stable, for scripts
	Text string `json:"text"` // a sentence
	Hint string `json:"hint"` // what to do
}

// Diagnose judges each signature of q, in the order sha1, sha256, standard.
func Diagnose(q Question) ([]Verdict, error) {
	switch {
	case q.Secret == "":
		return nil, fmt.Errorf("%w: no secret is given", errQuestion)
	case len(q.Body) > MaxBody:
		return nil, fmt.Errorf("%w: the body has more than %d bytes", errQuestion, MaxBody)
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	var all []Verdict
	for _, name := range signatures() {
		if value, ok := q.Header[name]; ok {
			all = append(all, q.judge(name, value))
		}
	}
	return all, nil
}

func signatures() []string {
	return []string{event.HeaderSHA1, event.HeaderSHA256, event.HeaderStandard}
}

// Check returns an error if there is no signature to judge, or if what belongs to it is not there.
func (q *Question) Check() error {
	if !slices.ContainsFunc(signatures(), func(name string) bool { _, ok := q.Header[name]; return ok }) {
		return fmt.Errorf("%w: no signature is given", errQuestion)
	}
	_, signed := q.Header[event.HeaderStandard]
	if signed && (q.Header[event.HeaderID] == "" || q.Header[event.HeaderTimestamp] == "") {
		return fmt.Errorf("%w: Webhook-Signature needs Webhook-Id and Webhook-Timestamp, which it covers", errQuestion)
	}
	return nil
}

func (q *Question) judge(name, value string) Verdict {
	v := Verdict{Header: name, Causes: []Cause{}}
	codes, misspelt := q.codes(name, value)
	if len(codes) == 0 {
		v.Causes = append(v.Causes, noCode(value))
		return v
	}
	found, ok := q.search(name, codes)
	if !ok {
		return v
	}
	v.Causes = append(v.Causes, found...)
	if misspelt != nil {
		v.Causes = append(v.Causes, *misspelt)
	}
	if name == event.HeaderStandard {
		if late := q.clock(); late != nil {
			v.Causes = append(v.Causes, *late)
		}
	}
	v.Right = len(v.Causes) == 0
	return v
}

func noCode(value string) Cause {
	if strings.TrimSpace(value) == "" {
		return Cause{"empty", "The header is empty.", "See what on the way takes its value away."}
	}
	return Cause{"no-signature", "The header holds no signature: neither 40 or 64 digits of hex, nor Base64 of as much.", "See that all of the value was copied."}
}

// inFront finds what stands before the digits in place of the prefix, as openssl prints it, in upper case or with a colon.
var inFront = regexp.MustCompile(`^(?:HMAC-.*= ?|SHA.*[=:] ?|sha[^=]*(?:: ?|= ))([0-9A-Fa-f]+)$`)

// codes returns the signatures in a value, and what is wrong with how they are written.
func (q *Question) codes(name, value string) (all [][]byte, misspelt *Cause) {
	note := func(cause, text, hint string) {
		if misspelt == nil {
			misspelt = &Cause{cause, text, hint}
		}
	}
	plain := strings.TrimSpace(value)
	if trimmed := strings.Trim(plain, `"'`); trimmed != plain {
		plain = trimmed
		note("quotes", "There are quotation marks around the value of the header.", "Send the value without them.")
	}
	if name == event.HeaderStandard {
		return standardCodes(plain, note), misspelt
	}
	prefix := map[string]string{event.HeaderSHA1: "sha1=", event.HeaderSHA256: "sha256="}[name]
	size := map[string]int{event.HeaderSHA1: 20, event.HeaderSHA256: 32}[name]
	before, digits, ok := strings.Cut(plain, "=")
	other := inFront.FindStringSubmatch(plain)
	switch {
	case strings.HasPrefix(plain, prefix):
		digits = plain[len(prefix):]
	case other != nil:
		digits = other[1]
		note("prefix", fmt.Sprintf("The value begins with %q in place of %q.", strings.TrimSuffix(plain, digits), prefix), "Write "+prefix+" in lower case, and then the digits alone.")
	case ok && strings.HasPrefix(strings.ToLower(before), "sha") && digits != "":
		note("prefix", fmt.Sprintf("The value begins with %q, and %s begins with %q.", before+"=", name, prefix), "Use the header that belongs to the hash: sha1 in X-Hub-Signature, sha256 in X-Hub-Signature-256.")
	default:
		digits = plain
		note("no-prefix", fmt.Sprintf("The value does not begin with %q.", prefix), "Compare the whole value, prefix included.")
	}
	if sum, err := hex.DecodeString(digits); err == nil && hashOf(sum) != 0 {
		if digits != strings.ToLower(digits) {
			note("upper-case", "The digits are written in upper case.", "Write hex in lower case, or compare the decoded bytes.")
		}
		if len(sum) != size {
			note("other-hash", fmt.Sprintf("It has %d bytes, and %s has %d: it is of another hash.", len(sum), name, size), "Use the hash that belongs to the header: SHA-1 for X-Hub-Signature, SHA-256 for X-Hub-Signature-256.")
		}
		return [][]byte{sum}, misspelt
	}
	if sum, ok := unbase64(digits); ok && hashOf(sum) != 0 {
		note("base64", "The signature is written as Base64, and this header has hex.", "Take the digest as hex: digest('hex'), hexdigest(), hex.EncodeToString.")
		return [][]byte{sum}, misspelt
	}
	return nil, misspelt
}

func standardCodes(value string, note func(cause, text, hint string)) (all [][]byte) {
	for part := range strings.FieldsSeq(value) {
		rest, ok := strings.CutPrefix(part, "v1,")
		if !ok {
			if version, other, found := strings.Cut(part, ","); found && version != "" {
				rest = other
			}
			note("no-prefix", `A signature does not begin with "v1,".`, `Each part of Webhook-Signature is "v1," and Base64.`)
		}
		if sum, err := hex.DecodeString(rest); err == nil && hashOf(sum) != 0 {
			note("hex", "The signature is written as hex, and this header has Base64.", "Take the digest as Base64, of its bytes and not of its hex digits.")
			all = append(all, sum)
			continue
		}
		sum, ok := unbase64(rest)
		if !ok {
			continue
		}
		if digits, err := hex.DecodeString(string(sum)); err == nil && hashOf(digits) != 0 {
			note("base64-of-hex", "The signature is Base64 of the hex digits, and not of the bytes.", "Encode the bytes of the digest.")
			sum = digits
		} else if base64.StdEncoding.EncodeToString(sum) != rest {
			note("base64url", "The signature is not written in the standard alphabet of Base64 with padding.", "Use the standard encoding, not that for URLs.")
		}
		if hashOf(sum) != 0 {
			all = append(all, sum)
		}
	}
	return all
}

// unbase64 decodes either alphabet, with and without padding.
func unbase64(text string) ([]byte, bool) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	sum, err := base64.RawStdEncoding.DecodeString(text)
	return sum, err == nil && len(sum) > 0
}

// clock returns what is wrong with the time of a Standard Webhooks signature.
func (q *Question) clock() *Cause {
	seconds, err := strconv.ParseInt(q.Header[event.HeaderTimestamp], 10, 64)
	if q.Tolerance <= 0 || err != nil {
		return nil
	}
	off := q.Now.Sub(time.Unix(seconds, 0))
	if off.Abs() <= q.Tolerance {
		return nil
	}
	side := "before"
	if off < 0 {
		side = "after"
	}
	return &Cause{
		"clock", fmt.Sprintf("The signature is right, but Webhook-Timestamp is %v %s now, and %v are allowed.", off.Abs().Round(time.Second), side, q.Tolerance),
		"An old delivery that was kept: verify it with --tolerance 0. A new one: set the clock by NTP, and see that the timestamp is in seconds.",
	}
}

// has reports whether sum is one of the signatures.
func has(codes [][]byte, sum []byte) bool {
	return slices.ContainsFunc(codes, func(code []byte) bool { return hmac.Equal(code, sum) })
}
