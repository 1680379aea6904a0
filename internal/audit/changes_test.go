package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"bellhop"
)

func TestChanges(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"nothing", `{"name":"a","updatedAt":"x"}`, `{"name":"a","updatedAt":"y"}`, `[]`},
		{"what is empty is not there", `{"a":"","b":[],"c":{}}`, `{"a":null}`, `[]`},
		{"a new one", ``, `{"id":"1","name":"a","tags":["x"]}`, `[{"field":"name","new":"a"},{"field":"tags","new":["x"]}]`},
		{"one that is gone", `{"name":"a","on":false}`, ``, `[{"field":"name","old":"a"},{"field":"on","old":false}]`},
		{"a member", `{"meta":{"a":1,"b":2}}`, `{"meta":{"a":1,"b":3}}`, `[{"field":"meta.b","old":2,"new":3}]`},
		{"an object in the place of a text", `{"a":"x"}`, `{"a":{"b":1}}`, `[{"field":"a","old":"x","new":{"b":1}}]`},
		{"deep", `{"a":{"b":{"c":{"d":1}}}}`, `{"a":{"b":{"c":{"d":2}}}}`, `[{"field":"a.b.c","old":{"d":1},"new":{"d":2}}]`},
		{"by its name", `{"meta":{"API-Key":"x"}}`, `{"meta":{"API-Key":"y","accessToken":"z"}}`,
			`[{"field":"meta.API-Key","secret":true},{"field":"meta.accessToken","secret":true}]`},
		{"by other names", `{}`, `{"meta":{"dbPwd":"x","signingKey":"x","encryption_key":"x","bearer":"x","pwdHint":"x","key":"y"}}`,
			`[{"field":"meta.bearer","secret":true},{"field":"meta.dbPwd","secret":true},{"field":"meta.encryption_key","secret":true},{"field":"meta.key","new":"y"},` +
				`{"field":"meta.pwdHint","secret":true},{"field":"meta.signingKey","secret":true}]`},
		{"in a list", `{"a":[]}`, `{"a":[{"password":"x","b":"http://u:p@h/"}]}`, `[{"field":"a","new":[{"b":"http://•••@h/","password":"•••"}]}]`},
		{"a URL", `{"url":"https://ada:pw@x.example/a?b=c@d"}`, `{"url":"see https://pw@x.example and ftp://a@b"}`,
			`[{"field":"url","old":"https://•••@x.example/a?b=c@d","new":"see https://•••@x.example and ftp://•••@b"}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := func(body string) *bellhop.Document {
				if body == "" {
					return nil
				}
				return &bellhop.Document{Body: json.RawMessage(body)}
			}
			found, err := Changes(doc(test.old), doc(test.new))
			if err != nil {
				t.Fatal(err)
			}
			if found == nil {
				found = []bellhop.AuditChange{}
			}
			if got, _ := json.Marshal(found); string(got) != test.want {
				t.Errorf("Changes = %s, want %s", got, test.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	for _, text := range []string{"short", strings.Repeat("x", maxText), strings.Repeat("é", maxText), "x" + strings.Repeat("é", maxText), strings.Repeat("\xff", 2*maxText)} {
		got := cut(text)
		if len(got) > maxText+len("…") || len(text) <= maxText && got != text || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("cut(%.20q of %d bytes) has %d", text, len(text), len(got))
		}
	}
}
