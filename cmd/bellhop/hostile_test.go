package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"bellhop/chipchat"
	"bellhop/internal/listen"
)

// steering is what a terminal would act on: an escape sequence, the same in one character, the end of one, a line that is
// written over, and a turn of the direction of writing.
const steering = "\x1b[2J\u009b31m\x07\x7f\r\u202e"

// What other people, or another server, wrote does nothing to the terminal, whichever command shows it.
func TestHostileTexts(t *testing.T) {
	env := environment{getenv: func(string) string { return "" }, stdout: new(bytes.Buffer), stderr: new(bytes.Buffer)}
	displayed := func(f func(d *display)) func(w io.Writer) error {
		return func(w io.Writer) error {
			d, out := shown(&listening{verbose: true})
			f(d)
			_, err := w.Write(out.Bytes())
			return err
		}
	}
	quoted, err := json.Marshal(steering)
	if err != nil {
		t.Fatal(err)
	}
	everywhere := func(fields ...string) []byte {
		var members []string
		for _, name := range fields {
			members = append(members, `"`+name+`":`+string(quoted))
		}
		return []byte("{" + strings.Join(members, ",") + "}")
	}
	for name, show := range map[string]func(w io.Writer) error{
		"the reason of a local failure": displayed(func(d *display) {
			d.answered(exchange("user.login", 0, func(e *listen.Exchange) { e.Failure = "malformed MIME header line: " + steering }))
		}),
		"an answer": displayed(func(d *display) {
			d.answered(exchange("user.login", 500, func(e *listen.Exchange) { e.Answer, e.Path = []byte(steering), "/"+steering }))
		}),
		"a tunnel": displayed(func(d *display) { d.connected(listen.Tunnel{ID: steering, URL: "http://h/" + steering}) }),
		"a webhook": displayed(func(d *display) {
			d.webhook(&chipchat.Service{ID: steering, Name: steering, Params: map[string]any{"secret": steering, "events": []any{steering}}}, true)
		}),
		"an attempt": func(w io.Writer) error {
			return followLine(w, paint{}, serviceNames{}, everywhere("id", "event", "status", "service"))
		},
		"an attempt that failed": func(w io.Writer) error {
			return followLine(w, paint{}, serviceNames{}, []byte(`{"status":"other","attempt":`+string(everywhere("error"))+`}`))
		},
		"a message": func(w io.Writer) error {
			v := newVoices(env, &chipchat.Conversation{Name: steering})
			return v.write(w, &chipchat.Message{Type: steering, Text: steering, Role: "agent",
				Actions: []chipchat.Action{{Type: "reply", Text: steering, URI: steering}}, Items: []chipchat.Item{{Title: steering}}})
		},
		"JSON":           func(w io.Writer) error { return printJSON(w, json.RawMessage(everywhere("text"))) },
		"a line of JSON": func(w io.Writer) error { return printLine(w, map[string]string{steering: steering + "\xff"}) },
		"what happened": func(w io.Writer) error {
			r := env.request("x", "", "")
			r.env.stderr = w
			return r.say("%s", steering)
		},
	} {
		var b bytes.Buffer
		if err := show(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text := strings.ReplaceAll(b.String(), "\n", ""); text == "" || strings.ContainsFunc(text, isSteering) || !strings.ContainsAny(text, "2") {
			t.Errorf("%s is shown as %q", name, text)
		}
	}
}

// JSON that is harmless on a terminal still says the same.
func TestHarmlessJSON(t *testing.T) {
	var b bytes.Buffer
	if err := printJSON(&b, map[string]string{"text": steering + "é日"}); err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["text"] != steering+"é日" {
		t.Errorf("%s is read as %q, %v", &b, back, err)
	}
}
