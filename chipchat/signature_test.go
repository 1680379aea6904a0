package chipchat

import (
	"strings"
	"testing"
)

// vectors are those of docs/contract/delivery.md section 4.
var vectors = []struct{ name, body, signature string }{
	{"A", `{"event":"message.create.contact.chat","data":{"message":{"text":"a < b & c > d “ok” 👍"}}}`,
		"sha1=06ce75e64029960410fc60b7a7b758d9390c634a"},
	{"B", `{"id":"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90","timestamp":"2024-05-26T10:15:30.123Z","event":"user.login","organization":"64b0f1a2c3d4e5f60718293a","activity":{"@context":"https://www.w3.org/ns/activitystreams","type":"Activity","actor":{"id":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940","type":"Person"},"object":{"id":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940","type":"Object"},"published":"2024-05-26T10:15:30.123Z","summary":"User Ada Smit logged in"},"data":{"user":{"id":"64b0f1a2c3d4e5f607182940","givenName":"Ada","familyName":"Smit","role":"admin"},"links":{"organization":"https://api.example.test/v2/organizations/64b0f1a2c3d4e5f60718293a","user":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940"}}}`,
		"sha1=b2a129f7d5d9f653a4bf620a09bbc308c901753b"},
	{"C", "hello", "sha1=0d47185c485b8d6aadf54f150333b74e1b1730aa"},
}

func TestSignatureVectors(t *testing.T) {
	lengths := map[string]int{"A": 97, "B": 754, "C": 5}
	for _, v := range vectors {
		if len(v.body) != lengths[v.name] {
			t.Errorf("vector %s has %d bytes, want %d", v.name, len(v.body), lengths[v.name])
		}
		if got := Sign(testSecret, []byte(v.body)); got != v.signature {
			t.Errorf("Sign(%s) = %s, want %s", v.name, got, v.signature)
		}
		if !Verify(testSecret, []byte(v.body), v.signature) {
			t.Errorf("Verify(%s) = false, want true", v.name)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	good := vectors[2].signature
	cases := []struct{ name, secret, body, signature string }{
		{"no signature", testSecret, "hello", ""},
		{"other body", testSecret, "hello\n", good},
		{"other secret", "x", "hello", good},
		{"no prefix", testSecret, "hello", strings.TrimPrefix(good, "sha1=")},
		{"cut", testSecret, "hello", good[:len(good)-1]},
		{"longer", testSecret, "hello", good + "0"},
		{"upper case", testSecret, "hello", strings.ToUpper(good)},
	}
	for _, c := range cases {
		if Verify(c.secret, []byte(c.body), c.signature) {
			t.Errorf("%s: Verify = true, want false", c.name)
		}
	}
}
