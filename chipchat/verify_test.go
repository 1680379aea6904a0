package chipchat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	oldSecret = "plain secret"
	hookID    = "0190163d-8694-739b-aea5-966c26f8ad91"
)

// moreVectors are those of docs/contract/extensions.md section 3, of the bodies of vectors.
var moreVectors = []struct{ sha256, standard string }{
	{"sha256=71bd871510c9e1c920cc86cff00856d953a08fbbffc4bdef16854151e9937c0d",
		"v1,8uT/91tatx0DIY88wDex7XUo497plNKzlPn5KO1bQWA= v1,FBpOl4NMVBhYMwvGv5iX+fRf4RlSvyR/KfETJLBHYyU="},
	{"sha256=8f269f55167cdd54bee768722d89b1b64c411b8e5b0e2d806ad9cafe8a3f217d",
		"v1,OWWEmYpOXO3MvQjIp5u7E8/jNDTNKbN88zZdELIRilI= v1,4N55AF/RqXILWCIDnMpWxkj+e0rTYoY2XcZnPL3o6nc="},
	{"sha256=0ff27a10d581b05697c5a05fe94c98c2e95be78dddd89741208163d12471a439",
		"v1,jKxgZsLSo4mlGfZz9/cXJcm0smqI6bWJiejdJEG7NeA= v1,gh8/pmclOGWZxPEao51YGKBRUQz7vhq79YBB+xbNa2g="},
}

// Contract: extensions.md Signatures: A
// Contract: extensions.md Signatures: B
// Contract: extensions.md Signatures: C
func TestVerifyVectors(t *testing.T) {
	always := Verifier{Tolerance: -1}
	for i, v := range vectors {
		headers := []http.Header{
			{hubHeader: {v.signature}},
			{hub256Header: {moreVectors[i].sha256}},
			{idHeader: {hookID}, timestampHeader: {"1716718530"}, standardHeader: {moreVectors[i].standard}},
		}
		for n, header := range headers {
			always.Secrets = []string{testSecret}
			if err := always.Verify(header, []byte(v.body)); err != nil {
				t.Errorf("vector %s, signature %d: %v", v.name, n, err)
			}
			if err := always.Verify(header, []byte(v.body+" ")); !errors.Is(err, ErrSignatureWrong) {
				t.Errorf("vector %s, signature %d of other bytes: %v", v.name, n, err)
			}
			always.Secrets = []string{"", oldSecret}
			// The old secret is in webhook-signature alone.
			if err := always.Verify(header, []byte(v.body)); n == 2 && err != nil || n < 2 && !errors.Is(err, ErrSignatureWrong) {
				t.Errorf("vector %s, signature %d with the old secret: %v", v.name, n, err)
			}
		}
	}
}

// signed are the headers of a delivery as the server makes them now, during a rotation if old is a secret.
func signed(secret, old string, body []byte) http.Header {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	one := func(secret string) string { return standardValue(signStandard(secret, hookID, timestamp, body)) }
	list := one(secret)
	if old != "" {
		list += " " + one(old)
	}
	return http.Header{
		hubHeader: {Sign(secret, body)}, hub256Header: {sign256(secret, body)},
		idHeader: {hookID}, timestampHeader: {timestamp}, standardHeader: {list},
	}
}

func standardValue(signature []byte) string {
	return standardPrefix + base64.StdEncoding.EncodeToString(signature)
}

func TestVerifyDecidesByTheStrongest(t *testing.T) {
	body := []byte("hello")
	other := []byte("other")
	hub, hub256 := Sign(testSecret, body), sign256(testSecret, body)
	v1 := "v1," + base64.StdEncoding.EncodeToString(make([]byte, 32))
	set := func(pairs ...string) func(http.Header) {
		return func(h http.Header) {
			for i := 0; i < len(pairs); i += 2 {
				h[pairs[i]] = nil
				if pairs[i+1] != "-" {
					h[pairs[i]] = strings.Split(pairs[i+1], "|")
				} else {
					delete(h, pairs[i])
				}
			}
		}
	}
	cases := []struct {
		name    string
		secrets []string
		change  func(http.Header)
		want    error
	}{
		{"all three", []string{testSecret}, set(), nil},
		{"second secret", []string{"x", testSecret}, set(), nil},
		{"no secret", nil, set(), ErrNoSecret},
		{"empty secret", []string{"", ""}, func(h http.Header) {
			for name, values := range signed("", "", body) {
				h[name] = values
			}
		}, ErrNoSecret},
		{"other secret", []string{"x"}, set(), ErrSignatureWrong},
		{"old secret while the new one signs", []string{oldSecret}, func(h http.Header) {
			for name, values := range signed(testSecret, oldSecret, body) {
				h[name] = values
			}
		}, nil},
		{"nothing", []string{testSecret}, func(h http.Header) { clear(h) }, ErrSignatureMissing},

		{"standard wrong, others right", []string{testSecret}, set(standardHeader, v1), ErrSignatureWrong},
		{"standard malformed, others right", []string{testSecret}, set(standardHeader, "v1,AAAA"), ErrSignatureMalformed},
		{"standard empty, others right", []string{testSecret}, set(standardHeader, ""), ErrSignatureMalformed},
		{"standard of another version only", []string{testSecret}, set(standardHeader, "v1a,AAAA"), ErrSignatureMalformed},
		{"right behind other versions", []string{testSecret}, func(h http.Header) {
			h[standardHeader] = []string{strings.Repeat("v2,x ", maxStandard-1) + h[standardHeader][0]}
		}, nil},
		{"too many signatures", []string{testSecret}, func(h http.Header) {
			h[standardHeader] = []string{strings.Repeat("v2,x ", maxStandard) + h[standardHeader][0]}
		}, ErrSignatureMalformed},
		{"no standard signature, but its time", []string{testSecret}, set(standardHeader, "-"), ErrSignatureMissing},
		{"no time", []string{testSecret}, set(timestampHeader, "-"), ErrSignatureMissing},
		{"no id", []string{testSecret}, set(idHeader, "-"), ErrSignatureMissing},
		{"two ids", []string{testSecret}, set(idHeader, hookID+"|"+hookID), ErrSignatureMalformed},
		{"other id", []string{testSecret}, set(idHeader, "x"), ErrSignatureWrong},
		{"dot in the id", []string{testSecret}, set(idHeader, "a.1"), ErrSignatureMalformed},
		{"long id", []string{testSecret}, set(idHeader, strings.Repeat("a", maxHeaderID+1)), ErrSignatureMalformed},
		{"time is no number", []string{testSecret}, set(timestampHeader, "-5"), ErrSignatureMalformed},
		{"time is endless", []string{testSecret}, set(timestampHeader, strings.Repeat("1", 30)), ErrSignatureMalformed},
		{"other time", []string{testSecret}, set(timestampHeader, "1716718530"), ErrSignatureWrong},

		{"sha1 wrong beside stronger ones", []string{testSecret}, set(hubHeader, Sign(testSecret, other)), nil},
		{"sha256 wrong, sha1 right", []string{testSecret},
			set(standardHeader, "-", timestampHeader, "-", idHeader, "-", hub256Header, sign256("x", body)), ErrSignatureWrong},
		{"sha256 alone", []string{testSecret},
			set(standardHeader, "-", timestampHeader, "-", idHeader, "-", hubHeader, "-"), nil},
		{"sha256 with the prefix of sha1", []string{testSecret},
			set(standardHeader, "-", timestampHeader, "-", idHeader, "-", hub256Header, hub), ErrSignatureMalformed},
		{"sha1 twice", []string{testSecret}, func(h http.Header) {
			clear(h)
			h[hubHeader] = []string{hub, hub}
		}, ErrSignatureMalformed},
		{"sha1 in upper case", []string{testSecret}, func(h http.Header) {
			clear(h)
			h[hubHeader] = []string{"sha1=" + strings.ToUpper(hub[5:])}
		}, ErrSignatureMalformed},
		{"sha1 that is cut", []string{testSecret}, func(h http.Header) {
			clear(h)
			h[hubHeader] = []string{hub[:len(hub)-2]}
		}, ErrSignatureMalformed},
		{"sha1 that is no hex", []string{testSecret}, func(h http.Header) {
			clear(h)
			h[hubHeader] = []string{hub[:len(hub)-1] + "g"}
		}, ErrSignatureMalformed},
		{"sha1 that is empty", []string{testSecret}, func(h http.Header) {
			clear(h)
			h[hubHeader] = []string{""}
		}, ErrSignatureMalformed},
		{"sha256 in the header of sha1", []string{testSecret}, func(h http.Header) {
			clear(h)
			h[hubHeader] = []string{hub256}
		}, ErrSignatureMalformed},
	}
	for _, c := range cases {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header = signed(testSecret, "", body)
		c.change(r.Header)
		err := VerifyRequest(r, body, c.secrets...)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: VerifyRequest = %v, want %v", c.name, err, c.want)
		}
		if text := fmt.Sprint(err); strings.Contains(text, testSecret) || strings.Contains(text, hub[5:]) {
			t.Errorf("%s: the error tells what it should not: %s", c.name, text)
		}
	}
}

func TestVerifyTellsOfABodyThatWasReadBefore(t *testing.T) {
	err := Verifier{Secrets: []string{testSecret}}.Verify(signed(testSecret, "", []byte("hello")), nil)
	if !errors.Is(err, ErrSignatureWrong) || !strings.Contains(err.Error(), "was it read before?") {
		t.Errorf("Verify = %v", err)
	}
}

func TestVerifyReadsNamesInAnyCase(t *testing.T) {
	body := []byte("hello")
	for _, c := range []struct {
		header http.Header
		want   error
	}{
		{http.Header{"x-hub-signature": {Sign(testSecret, body)}}, nil},
		{http.Header{"X-HUB-SIGNATURE-256": {sign256(testSecret, body)}}, nil},
		{http.Header{"x-hub-signature": {Sign("x", body)}}, ErrSignatureWrong},
		{http.Header{"x-hub-signature": {Sign(testSecret, body)}, "X-Hub-Signature": {Sign(testSecret, body)}}, ErrSignatureMalformed},
	} {
		if err := (Verifier{Secrets: []string{testSecret}}).Verify(c.header, body); !errors.Is(err, c.want) {
			t.Errorf("Verify(%v) = %v, want %v", c.header, err, c.want)
		}
	}
}

func TestVerifyLooksOnlyAtSignatures(t *testing.T) {
	body := []byte("hello")
	strict := Verifier{Secrets: []string{testSecret}, Signatures: []string{Standard}}
	header := signed(testSecret, "", body)
	if err := strict.Verify(header, body); err != nil {
		t.Errorf("Verify = %v", err)
	}
	for _, name := range []string{idHeader, timestampHeader, standardHeader} { // sent again by who has seen it
		delete(header, name)
	}
	if err := strict.Verify(header, body); !errors.Is(err, ErrSignatureMissing) {
		t.Errorf("Verify of what is left of a delivery = %v, want missing", err)
	}
	weak := Verifier{Secrets: []string{testSecret}, Signatures: []string{SHA1}}
	header = signed(testSecret, "", body)
	header[standardHeader], header[hub256Header] = []string{"v1,x"}, []string{"x"}
	if err := weak.Verify(header, body); err != nil {
		t.Errorf("Verify of sha1 alone = %v", err)
	}
	if _, err := New(Options{Signatures: []string{"md5"}}); err == nil {
		t.Error("New with an unknown signature = nil, want an error")
	}
}

func TestVerifyTolerance(t *testing.T) {
	body := []byte("hello")
	cases := []struct {
		tolerance, passed time.Duration
		want              error
	}{
		{0, 0, nil},
		{0, 5 * time.Minute, nil},
		{0, 5*time.Minute + time.Second, ErrSignatureTime},
		{0, -5 * time.Minute, nil},
		{0, -5*time.Minute - time.Second, ErrSignatureTime},
		{time.Minute, time.Minute + time.Second, ErrSignatureTime},
		{time.Hour, time.Hour, nil},
		{-1, 1000 * time.Hour, nil},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(max(0, -c.passed))
			header := signed(testSecret, "", body)
			time.Sleep(max(0, c.passed))
			now := Verifier{Secrets: []string{testSecret}, Tolerance: c.tolerance}
			if c.passed < 0 { // the sender's clock is ahead
				at, _ := strconv.ParseInt(header[timestampHeader][0], 10, 64)
				ahead := strconv.FormatInt(at+int64(-c.passed/time.Second), 10)
				header[timestampHeader] = []string{ahead}
				header[standardHeader] = []string{standardValue(signStandard(testSecret, hookID, ahead, body))}
			}
			if err := now.Verify(header, body); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("tolerance %v, %v later: Verify = %v, want %v", c.tolerance, c.passed, err, c.want)
			}
		})
	}
}

// Contract: extensions.md Signatures: Key of the Standard
// Contract: extensions.md Signatures: Valid is the standard
func TestStandardKey(t *testing.T) {
	cases := []struct{ secret, key string }{
		{"whsec_aGVsbG8=", "hello"},
		{"aGVsbG8=", "hello"},
		{"abcd", "\x69\xb7\x1d"},
		{"aGVsbG8", "aGVsbG8"},
		{"aGVs\nbG8=", "aGVs\nbG8="},
		{"plain secret", "plain secret"},
		{"whsec_", "whsec_"},
		{"whsec_plain secret", "plain secret"},
	}
	for _, c := range cases {
		if got := string(standardKey(c.secret)); got != c.key {
			t.Errorf("standardKey(%q) = %q, want %q", c.secret, got, c.key)
		}
	}
}

func FuzzVerify(f *testing.F) {
	for i, v := range vectors {
		f.Add(v.signature, moreVectors[i].sha256, hookID, "1716718530", moreVectors[i].standard, []byte(v.body))
	}
	f.Add("sha1=", "sha256=", "a.b", "-1", "v1,,v1, v1,= v2,x", []byte(""))
	f.Add("", "", "", "", "", []byte("hello"))
	f.Fuzz(func(t *testing.T, hub, hub256, id, timestamp, standard string, body []byte) {
		header := http.Header{}
		for name, value := range map[string]string{hubHeader: hub, hub256Header: hub256, idHeader: id,
			timestampHeader: timestamp, standardHeader: standard} {
			if value != "" {
				header[name] = []string{value}
			}
		}
		verifier := Verifier{Secrets: []string{testSecret, oldSecret}, Tolerance: -1}
		if err := verifier.Verify(header, body); err == nil {
			// It found a signature of one of the secrets, so there must be one.
			if hub != Sign(testSecret, body) && hub != Sign(oldSecret, body) &&
				hub256 != sign256(testSecret, body) && hub256 != sign256(oldSecret, body) &&
				!strings.Contains(standard, base64.StdEncoding.EncodeToString(signStandard(testSecret, id, timestamp, body))) &&
				!strings.Contains(standard, base64.StdEncoding.EncodeToString(signStandard(oldSecret, id, timestamp, body))) {
				t.Errorf("Verify(%q, %q) = nil", header, body)
			}
		} else if !errors.Is(err, ErrSignatureMissing) && !errors.Is(err, ErrSignatureMalformed) && !errors.Is(err, ErrSignatureWrong) {
			t.Errorf("Verify = %v", err)
		}
		// Without any of the secrets nothing is right.
		if err := (Verifier{Secrets: []string{"another"}, Tolerance: -1}).Verify(header, body); err == nil {
			t.Errorf("Verify(%q, %q) with another secret = nil", header, body)
		}
	})
}
