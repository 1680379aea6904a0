package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

const secret = "zICWczLmAOEDvh1DiPGSHw=="

// now is a little after the timestamp of the vectors of docs/contract/extensions.md section 3.
var now = time.Unix(1716718530, 0).Add(2 * time.Second)

const body = `{"event":"message.create.contact.chat","data":{"message":{"text":"a < b & c > d “ok” 👍"}}}`

func sum(h func() hash.Hash, key, text string) []byte {
	mac := hmac.New(h, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func hub(key, text string) string { return "sha1=" + hex.EncodeToString(sum(sha1.New, key, text)) }

func plain(text string) string {
	digest := sha1.Sum([]byte(text))
	return "sha1=" + hex.EncodeToString(digest[:])
}

func hub256(key, text string) string {
	return "sha256=" + hex.EncodeToString(sum(sha256.New, key, text))
}

func standard(key, text string) string {
	return "v1," + base64.StdEncoding.EncodeToString(sum(sha256.New, key, text))
}

// Contract: delivery.md 4: X-Hub-Signature: sha1=06ce
func TestRight(t *testing.T) {
	t.Parallel()
	verdicts, err := Diagnose(Question{
		Body: []byte(body), Secret: secret, Now: now, Tolerance: 5 * time.Minute,
		Header: map[string]string{
			event.HeaderSHA1:      "sha1=06ce75e64029960410fc60b7a7b758d9390c634a",
			event.HeaderSHA256:    "sha256=71bd871510c9e1c920cc86cff00856d953a08fbbffc4bdef16854151e9937c0d",
			event.HeaderStandard:  "v1,8uT/91tatx0DIY88wDex7XUo497plNKzlPn5KO1bQWA= v1,FBpOl4NMVBhYMwvGv5iX+fRf4RlSvyR/KfETJLBHYyU=",
			event.HeaderID:        "0190163d-8694-739b-aea5-966c26f8ad91",
			event.HeaderTimestamp: "1716718530",
		},
	})
	if err != nil || len(verdicts) != 3 {
		t.Fatalf("%v, %v", verdicts, err)
	}
	for _, v := range verdicts {
		if !v.Right || len(v.Causes) != 0 {
			t.Errorf("%+v, want it right", v)
		}
	}
}

// mistake is what went wrong, and what is found to have.
type mistake struct {
	cause  string // one or several, with a blank between
	secret string // "": that of above
	others []string
	body   string // "": that of above
	header map[string]string
}

func everyMistake() []mistake {
	key := event.StandardKey(secret)
	decoded := string(key)
	const id, at = "0190163d-8694-739b-aea5-966c26f8ad91", "1716718530"
	one := func(value string) map[string]string { return map[string]string{event.HeaderSHA1: value} }
	std := func(value string) map[string]string {
		return map[string]string{event.HeaderStandard: value, event.HeaderID: id, event.HeaderTimestamp: at}
	}
	signed := func(text string) map[string]string { return one(hub(secret, text)) }
	under := func(key string) map[string]string { return one(hub(key, body)) }
	spread := "{\n  \"b\": \"é/ü\",\n  \"a\": [\n    1,\n    \"<x>\"\n  ]\n}"
	compact := `{"b":"é/ü","a":[1,"<x>"]}`
	return []mistake{
		// the body
		{cause: "newline-lost", header: signed(body + "\n")},
		{cause: "newline-added", body: body + "\n", header: signed(body)},
		{cause: "blanks-added", body: "\n " + body + "\n\n", header: signed(body)},
		{cause: "crlf-added", body: strings.ReplaceAll(spread, "\n", "\r\n"), header: signed(spread)},
		{cause: "crlf-lost", body: spread, header: signed(strings.ReplaceAll(spread, "\n", "\r\n"))},
		{cause: "bom-lost", header: signed("\ufeff" + body)},
		{cause: "bom-added", body: "\ufeff" + body, header: signed(body)},
		{cause: "compacted", body: spread, header: signed(compact)},
		{cause: "compacted", body: spread, header: signed(compact + "\n")},
		{cause: "reserialized", body: `{"b":"\u00e9\/\u00fc","a":[1.0,"<x>"]}`, header: signed(compact)},
		{cause: "key-order", body: compact, header: signed(`{"a":[1,"<x>"],"b":"é/ü"}`)},
		{cause: "indented", body: compact, header: signed(spread)},
		{cause: "indented", body: compact, header: signed(strings.ReplaceAll(spread, "  ", "\t"))},
		{cause: "spaced", body: compact, header: signed(`{"b": "\u00e9/\u00fc", "a": [1, "<x>"]}`)},
		{cause: "spaced", body: compact, header: signed(`{"a": [1, "<x>"], "b": "é/ü"}`)},
		{cause: "escaped-unicode", header: signed(strings.NewReplacer("“", `\u201c`, "”", `\u201d`, "👍", `\ud83d\udc4d`).Replace(body))},
		{cause: "escaped-slashes", body: compact, header: signed(`{"b":"é\/ü","a":[1,"<x>"]}`)},
		{cause: "escaped-html", body: compact, header: signed(`{"b":"é/ü","a":[1,"\u003cx\u003e"]}`)},
		{cause: "escaped-html", body: compact, header: signed(`{"a":[1,"\u003cx\u003e"],"b":"é/ü"}` + "\n")},
		{cause: "latin1", body: compact, header: signed(strings.NewReplacer("é", "\xe9", "ü", "\xfc").Replace(compact))},
		{cause: "latin1", body: strings.NewReplacer("é", "\xe9", "ü", "\xfc").Replace(compact), header: signed(compact)},
		{cause: "utf8-twice", body: strings.NewReplacer("é", "Ã©", "ü", "Ã¼").Replace(compact), header: signed(compact)},
		{cause: "invalid-utf8", body: "a\xffb", header: signed("a\ufffdb")},
		{cause: "wrapped", header: signed(`{"payload":` + body + `}`)},
		{cause: "wrapped", header: signed(base64.StdEncoding.EncodeToString([]byte(body)))},
		{cause: "unwrapped", body: `{"body":` + body + `}`, header: signed(body)},
		{cause: "unwrapped", body: base64.StdEncoding.EncodeToString([]byte(body)), header: signed(body)},
		{cause: "unwrapped", body: `"{\"a\":1}"`, header: signed(`{"a":1}`)},
		{cause: "unwrapped", body: "payload=%7B%22a%22%3A1%7D", header: signed(`{"a":1}`)},
		{cause: "empty-body", header: signed("")},
		{cause: "object", header: signed("[object Object]")},
		// the secret
		{cause: "other-secret", others: []string{"old", "older"}, header: under("older")},
		{cause: "other-secret", others: []string{"old"}, header: std(standard("old", id+"."+at+"."+body))},
		{cause: "secret-blank", secret: " " + secret + "\n", header: under(secret)},
		{cause: "secret-blank", secret: "a b c", header: under("abc")},
		{cause: "secret-newline", header: under(secret + "\n")},
		{cause: "secret-newline", others: []string{"old"}, header: under("old\n")},
		{cause: "secret-quotes", header: under(`"` + secret + `"`)},
		{cause: "secret-quotes", secret: `"` + secret + `"`, header: under(secret)},
		{cause: "secret-padding", header: under(strings.TrimRight(secret, "="))},
		{cause: "secret-decoded", header: under(decoded)},
		{cause: "secret-verbatim", header: std(standard(secret, id+"."+at+"."+body))},
		{cause: "secret-no-whsec", secret: "whsec_" + secret, header: std(standard(secret, id+"."+at+"."+body))},
		{cause: "secret-whsec", header: under("whsec_" + secret)},
		{cause: "secret-encoded", header: under(base64.StdEncoding.EncodeToString([]byte(secret)))},
		{cause: "secret-hex", secret: "00ff10", header: under("\x00\xff\x10")},
		{cause: "secret-unescaped", secret: "a+b/c", header: under("a b/c")},
		{cause: "secret-escaped", header: under("zICWczLmAOEDvh1DiPGSHw%3D%3D")},
		{cause: "secret-case", header: under(strings.ToLower(secret))},
		{cause: "empty-secret", header: under("")},
		// how it is written
		{cause: "empty", header: one(" ")},
		{cause: "no-signature", header: one("sha1=cafe")},
		{cause: "no-signature", header: std("v1,cafe")},
		{cause: "upper-case", header: one("sha1=" + strings.ToUpper(hub(secret, body)[5:]))},
		{cause: "no-prefix", header: one(hub(secret, body)[5:])},
		{cause: "prefix", header: one(hub256(secret, body))},
		{cause: "prefix", header: map[string]string{event.HeaderSHA256: hub(secret, body)}},
		{cause: "other-hash", header: one("sha1=" + hex.EncodeToString(sum(sha512.New, secret, body)))},
		{cause: "base64", header: one("sha1=" + base64.StdEncoding.EncodeToString(sum(sha1.New, secret, body)))},
		{cause: "quotes", header: one(`"` + hub(secret, body) + `"`)},
		{cause: "hex", header: std("v1," + hex.EncodeToString(sum(sha256.New, decoded, id+"."+at+"."+body)))},
		{cause: "base64url", header: std(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(standard(decoded, id+"."+at+"."+body)))},
		{cause: "base64-of-hex", header: std("v1," + base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum(sha256.New, decoded, id+"."+at+"."+body)))))},
		{cause: "no-prefix", header: std(strings.TrimPrefix(standard(decoded, id+"."+at+"."+body), "v1,"))},
		// what is signed along
		{cause: "standard-frame", header: map[string]string{event.HeaderSHA256: hub256(secret, id+"."+at+"."+body), event.HeaderID: id, event.HeaderTimestamp: at}},
		{cause: "no-frame", header: std(standard(decoded, body))},
		{cause: "no-id", header: std(standard(decoded, at+"."+body))},
		{cause: "no-timestamp", header: std(standard(decoded, id+"."+body))},
		{cause: "frame-order", header: std(standard(decoded, at+"."+id+"."+body))},
		{cause: "no-dots", header: std(standard(decoded, id+at+body))},
		{cause: "milliseconds", header: std(standard(decoded, id+"."+at+"000."+body))},
		{cause: "milliseconds clock", header: map[string]string{event.HeaderStandard: standard(decoded, id+"."+at+"."+body), event.HeaderID: id, event.HeaderTimestamp: at + "000"}},
		{cause: "blank-id", header: map[string]string{event.HeaderStandard: standard(decoded, id+"."+at+"."+body), event.HeaderID: id + " ", event.HeaderTimestamp: at}},
		// when
		{cause: "clock", header: map[string]string{event.HeaderStandard: standard(decoded, id+".1716711330."+body), event.HeaderID: id, event.HeaderTimestamp: "1716711330"}},
		{cause: "clock", header: map[string]string{event.HeaderStandard: standard(decoded, id+".1716725730."+body), event.HeaderID: id, event.HeaderTimestamp: "1716725730"}},
		// two at once
		{cause: "secret-newline compacted", body: strings.Replace(compact, ":", ": ", 1) + " ", header: one(hub(secret+"\n", compact))},
		{cause: "no-frame other-secret", others: []string{"old"}, header: std(standard("old", body))},
		{cause: "newline-lost upper-case", header: one("sha1=" + strings.ToUpper(hub(secret, body+"\n")[5:]))},
		// no HMAC at all
		{cause: "no-hmac", header: one(plain(body))},
		{cause: "no-hmac", header: one(plain(secret + body))},
		{cause: "no-hmac", header: one(plain(body + secret))},
		{cause: "swapped", header: one(hub(body, secret))},
		{cause: "swapped", header: std(standard(id+"."+at+"."+body, decoded))},
		// written by other tools
		{cause: "indented", body: compact, header: signed("{\n    \"b\": \"\\u00e9\\/\\u00fc\",\n    \"a\": [\n        1,\n        \"<x>\"\n    ]\n}")},
		{cause: "latin1", body: "“é”", header: signed("\x1c\xe9\x1d")},
		{cause: "latin1", body: "é", header: signed("C)")},
		{cause: "wrapped", body: "{}", header: signed(`{"type":"Buffer","data":[123,125]}`)},
		{cause: "prefix", header: one(strings.Replace(hub(secret, body), "sha1", "SHA1", 1))},
		{cause: "prefix", header: one(strings.Replace(hub(secret, body), "=", ":", 1))},
		{cause: "prefix", header: one("HMAC-SHA1(body.json)= " + hub(secret, body)[5:])},
		{cause: "no-signature", header: one(hub(secret, body)[:44])},
		{cause: "no-signature", header: one("sha1=0123456789abcdef0123456789abcdef")},
		// nothing that is known
		{cause: "", header: under("nobody knows")},
	}
}

func TestMistakesAreFound(t *testing.T) {
	t.Parallel()
	for i, m := range everyMistake() {
		t.Run(strconv.Itoa(i)+" "+m.cause, func(t *testing.T) {
			t.Parallel()
			q := Question{Body: []byte(body), Secret: secret, Others: m.others, Header: m.header, Now: now, Tolerance: 5 * time.Minute}
			if m.secret != "" {
				q.Secret = m.secret
			}
			if m.body != "" {
				q.Body = []byte(m.body)
			}
			verdicts, err := Diagnose(q)
			if err != nil || len(verdicts) != 1 {
				t.Fatalf("%+v, %v", verdicts, err)
			}
			v := verdicts[0]
			var names []string
			for _, c := range v.Causes {
				names = append(names, c.Name)
				if c.Text == "" || c.Hint == "" || !strings.HasSuffix(c.Text, ".") && !strings.HasSuffix(c.Text, `".`) {
					t.Errorf("%+v is said in part", c)
				}
				if strings.Contains(c.Text+c.Hint, secret) {
					t.Errorf("%+v has the secret", c)
				}
			}
			if got := strings.Join(names, " "); got != m.cause || v.Right {
				t.Errorf("right %v, causes %q, want %q: %+v", v.Right, got, m.cause, v.Causes)
			}
		})
	}
}

// What the server signs is right, whatever is in it, and so is what is written as another library would.
func FuzzDiagnose(f *testing.F) {
	f.Add([]byte(body), "sha1=06ce75e64029960410fc60b7a7b758d9390c634a", secret, "1", int64(1716718530))
	f.Add([]byte("{\"a\": [1]}\r\n"), "v1,AAAA v1a,", "whsec_", "a", int64(-1))
	f.Add([]byte("\xff\xfe"), `"sha256=00"`, " ", "id ", int64(0))
	f.Fuzz(func(t *testing.T, text []byte, value, key, id string, at int64) {
		if key == "" || id == "" || len(text) > 1000 {
			return
		}
		header := map[string]string{event.HeaderSHA1: value, event.HeaderSHA256: value, event.HeaderStandard: value, event.HeaderID: id, event.HeaderTimestamp: strconv.FormatInt(at, 10)}
		before := bytes.Clone(text)
		if _, err := Diagnose(Question{Body: text, Secret: key, Header: header, Now: now, Tolerance: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, text) {
			t.Fatal("the body was changed")
		}
		signed := map[string][]string{}
		event.NewSigner(event.Signing{Secret: key}).AddTo(signed, id, bellhop.TimeOf(now), text)
		header = map[string]string{}
		for name, values := range signed {
			header[name] = values[0]
		}
		verdicts, err := Diagnose(Question{Body: text, Secret: key, Header: header, Now: now, Tolerance: time.Minute})
		if err != nil || len(verdicts) != 3 || slices.ContainsFunc(verdicts, func(v Verdict) bool { return !v.Right }) {
			t.Fatalf("signed rightly: %+v, %v", verdicts, err)
		}
	})
}

// A body that is nested often and deeply is two hundred times as long when it is indented.
func TestDeepBodiesTakeNoRoom(t *testing.T) {
	t.Parallel()
	one := strings.Repeat("[", 90) + "1" + strings.Repeat("]", 90)
	deep := []byte("[" + one + strings.Repeat(","+one, 500) + "]")
	q := Question{Body: deep, Secret: secret}
	total := 0
	for _, v := range q.bodies() {
		total += len(v.value)
	}
	if most := 100 * len(deep); total > most {
		t.Errorf("what may have been signed has %d bytes, want at most %d", total, most)
	}
}

func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]Question{
		"no secret":    {Header: map[string]string{event.HeaderSHA1: "sha1="}},
		"no signature": {Secret: secret, Header: map[string]string{event.HeaderID: "1"}},
		"no id":        {Secret: secret, Header: map[string]string{event.HeaderStandard: "v1,", event.HeaderTimestamp: "1"}},
		"large":        {Secret: secret, Body: make([]byte, MaxBody+1), Header: map[string]string{event.HeaderSHA1: "sha1="}},
	} {
		if _, err := Diagnose(q); !errors.Is(err, errQuestion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
