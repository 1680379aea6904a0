package event

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestRedactToken(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"token", `{"token":"abc","messages":[]}`, `{"token":"[redacted]","messages":[]}`},
		{"all names", `{"token":"1","refreshToken":"2","password":"3","secret":"4","text":"5"}`,
			`{"token":"[redacted]","refreshToken":"[redacted]","password":"[redacted]","secret":"[redacted]","text":"5"}`},
		{"deep, with blanks", "[ {\"a\" : { \"token\" :\n \"abc\" } } ]", "[ {\"a\" : { \"token\" :\n \"[redacted]\" } } ]"},
		{"escaped name", `{"t\u006fken":"abc"}`, `{"t\u006fken":"[redacted]"}`},
		{"other case", `{"Token":"abc","REFRESHTOKEN":"d"}`, `{"Token":"[redacted]","REFRESHTOKEN":"[redacted]"}`},
		{"escaped quote in the value", `{"token":"a\"b\\","x":1}`, `{"token":"[redacted]","x":1}`},
		{"no string", `{"token":12,"x":1}`, `{"token":"[redacted]","x":1}`},
		{"no string at the end", `{"token":12}`, `{"token":"[redacted]"}`},
		{"object", `{"token":{"a":["}"]},"x":1}`, `{"token":"[redacted]","x":1}`},
		{"array", `{"token":["a","b"] ,"x":1}`, `{"token":"[redacted]" ,"x":1}`},
		{"byte order mark", "\uFEFF{\"token\":\"abc\"}", "\uFEFF{\"token\":\"[redacted]\"}"},
		{"name as a value", `{"a":"token","b":"abc"}`, `{"a":"token","b":"abc"}`},
		{"name in a text", `{"text":"my \"token\":\"abc\""}`, `{"text":"my \"token\":\"abc\""}`},
		{"longer name", `{"tokens":"abc","mytoken":"b"}`, `{"tokens":"abc","mytoken":"b"}`},
		{"not JSON", `token "token":"abc"`, `token "token":"abc"`},
		{"HTML", `<p>{"token":"abc"}</p>`, `<p>{"token":"abc"}</p>`},
		{"nothing", ``, ``},
		{"cut in the value", `{"token":"ab`, `{"token":"[redacted]"`},
		{"cut in an escape", `{"token":"ab\`, `{"token":"[redacted]"`},
		{"cut in an object", `{"token":{"a":"b`, `{"token":"[redacted]"`},
		{"cut before the value", `{"token": `, `{"token": `},
		{"cut in the name", `{"tok`, `{"tok`},
		{"no value", `{"token":}`, `{"token":}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := []byte(c.in)
			got := RedactToken(in)
			if string(got) != c.want {
				t.Errorf("RedactToken(%s) = %s, want %s", c.in, got, c.want)
			}
			if string(in) != c.in {
				t.Errorf("RedactToken changed its argument to %s", in)
			}
			if again := RedactToken(got); !bytes.Equal(again, got) {
				t.Errorf("RedactToken(%s) = %s, want it unchanged", got, again)
			}
		})
	}
}

// TestRedactTokenCutAnywhere cuts an answer at every byte: never may a part of a secret be left.
func TestRedactTokenCutAnywhere(t *testing.T) {
	const secret = "SSSSSSSSSSSS"
	body := `{"a":"\"","token" : "` + secret + `","b":[{"p\u0061ssword":"` + secret + `\"` + secret + `","x":{"secret":["` + secret +
		`",{"y":"` + secret + `"}]}}],"refreshToken":"` + secret + `","z":"end"}`
	for n := range len(body) + 1 {
		if got := RedactToken([]byte(body[:n])); strings.Contains(string(got), "SS") {
			t.Errorf("RedactToken(%s) = %s", body[:n], got)
		}
	}
}

func FuzzRedactToken(f *testing.F) {
	f.Add([]byte(`{"token":"abc","b":[{"password":"d\"e"}]}`))
	f.Add([]byte(`[{"t\u006fken":{"a":"}"}}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := RedactToken(body)
		if again := RedactToken(got); !bytes.Equal(again, got) {
			t.Fatalf("RedactToken(%q) = %q, then %q", body, got, again)
		}
		if !json.Valid(body) {
			return
		}
		if !json.Valid(got) {
			t.Fatalf("RedactToken(%q) = %q is not JSON any more", body, got)
		}
		text, err := Canonical(nil, got)
		if err != nil {
			return
		}
		if root, ok := parseNode(text); !ok || leaks(&root) {
			t.Fatalf("RedactToken(%q) = %q still has a secret", body, got)
		}
	})
}

func leaks(n *node) bool {
	for i := range n.kids {
		kid := &n.kids[i]
		if kid.key != nil && isSecretName(kid.key) && string(kid.raw) != redacted || leaks(kid) {
			return true
		}
	}
	return false
}
