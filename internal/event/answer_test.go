package event

import (
	"strings"
	"testing"
)

// Contract: delivery.md Messages in the answer: Accepted bodies
func TestParseAnswer(t *testing.T) {
	cases := []struct {
		name, body, token string
		messages          []string
	}{
		{"messages", `{"token":"t","messages":[{"text":"Which size?"}]}`, "t", []string{`{"text":"Which size?"}`}},
		{"no token", `{"messages":[{"text":"a"},{"text":"b"}]}`, "", []string{`{"text":"a"}`, `{"text":"b"}`}},
		{"one message", ` {"text":"a","role":"agent"}` + "\n", "", []string{`{"text":"a","role":"agent"}`}},
		{"one message with token", `{"text":"a","token":"t\u002f","role":"agent"}`, "t/", []string{`{"text":"a","role":"agent"}`}},
		{"array", `[{"text":"a"},{"text":"b"}]`, "", []string{`{"text":"a"}`, `{"text":"b"}`}},
		{"empty ones go", `{"messages":[{"text":""},{},{"text":"a"},null,"b",[1],{"text":null},{"actions":[]}]}`, "", []string{`{"text":"a"}`}},
		{"actions", `{"messages":[{"actions":[{"type":"reply"}]},{"text":"","items":[{}]},{"results":[1]}]}`, "",
			[]string{`{"actions":[{"type":"reply"}]}`, `{"text":"","items":[{}]}`, `{"results":[1]}`}},
		{"one message of actions", `{"text":"","actions":[{}]}`, "", []string{`{"text":"","actions":[{}]}`}},
		{"canonical", `{"messages":[{"text":"\u00e9\u0000","n":1.0,"a":1,"a":2}]}`, "", []string{"{\"text\":\"é\uFFFD\",\"n\":1,\"a\":2}"}},
		{"characters", `{"messages":[{"0":"H","1":"i"}]}`, "", []string{`{"0":"H","1":"i"}`}},
		{"text that is no string", `{"messages":[{"text":5}]}`, "", []string{`{"text":5}`}},
		{"token null", `{"token":null,"text":"a"}`, "", []string{`{"text":"a"}`}},
		{"token that is no string", `{"token":{"a":1},"text":"a"}`, `{"a":1}`, []string{`{"text":"a"}`}},
		{"messages that are none", `{"messages":5,"text":"a"}`, "", []string{`{"messages":5,"text":"a"}`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ParseAnswer([]byte(c.body))
			if !ok || got.Token != c.token || len(got.Messages) != len(c.messages) {
				t.Fatalf("ParseAnswer(%s) = %q %s, %t, want %q %s", c.body, got.Token, got.Messages, ok, c.token, c.messages)
			}
			for i, want := range c.messages {
				if string(got.Messages[i]) != want {
					t.Errorf("message %d = %s, want %s", i, got.Messages[i], want)
				}
			}
		})
	}
}

// Contract: delivery.md Messages in the answer: Ignored: an empty body
func TestParseAnswerWithoutMessages(t *testing.T) {
	for _, body := range []string{
		``, ` `, `ok`, `"text"`, `5`, `null`, `{}`, `[]`, `{"status":"ok"}`, `{"messages":[]}`, `{"messages":[{"text":""}]}`, `{"text":""}`,
		`{"text":null}`, `{"messages":null}`, `{"messages":{"text":"a"}}`, `{"actions":[{}]}`, `[[{"text":"a"}]]`, `["a"]`,
		`{"messages":[{"text":"a"}]`, `{"messages":[{"text":"a"}]} x`, `{"token":"t"}`, `{"text":"a","n":1e999}`, `<html>`,
		strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200),
	} {
		if got, ok := ParseAnswer([]byte(body)); ok {
			t.Errorf("ParseAnswer(%.60s) = %s, want none", body, got.Messages)
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(`{"token":"t","messages":[{"text":"Which size?"},{"0":"H"}]}`))
	f.Add([]byte(`{"text":"a","token":5,"items":[{}]}`))
	f.Add([]byte(`[{"text":"a"},{"text":""}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, ok := ParseAnswer(body)
		if ok != (len(a.Messages) > 0) {
			t.Fatalf("ParseAnswer(%q) = %d messages, %t", body, len(a.Messages), ok)
		}
		for _, m := range a.Messages {
			if again, err := Clean(nil, m); err != nil || string(again) != string(m) || m[0] != '{' {
				t.Fatalf("ParseAnswer(%q): message %q, clean %q, %v", body, m, again, err)
			}
		}
	})
}
