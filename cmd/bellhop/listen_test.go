package main

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/listen"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"3000":                       "http://127.0.0.1:3000",
		":3000":                      "http://127.0.0.1:3000",
		"localhost:3000/bot":         "http://localhost:3000/bot",
		"https://u:p@192.0.2.7/?k=1": "https://u:p@192.0.2.7/?k=1",
		"0":                          "http://0", // a host, which nobody listens at
		"ftp://h":                    "",
		"http://":                    "",
		"http://h/#part":             "",
		"a b":                        "",
		"":                           "",
	} {
		u, err := parseTarget(text)
		if got := ""; err == nil {
			if got = u.String(); got != want {
				t.Errorf("parseTarget(%q) = %s, want %s", text, got, want)
			}
		} else if want != "" {
			t.Errorf("parseTarget(%q): %v, want %s", text, err, want)
		}
	}
}

func TestListenFlags(t *testing.T) {
	env := environment{getenv: func(string) string { return "" }, stderr: new(bytes.Buffer)}
	for args, want := range map[string]string{
		"":                                "listen needs PORT-or-URL",
		"3000 --name Mine":                "--name must be 1 to 64",
		"3000 --events mess*":             `--events: "mess*": * stands for a whole segment only`,
		"3000 --filter a,mess*":           `--filter: "mess*"`,
		"3000 --path /hook":               "--path is about the webhook",
		"3000 --bot 1":                    "--bot is about the webhook",
		"3000 --events ** --path /a?b":    "--path must be a path",
		"3000 --events ** --path //h":     "--path must be a path",
		"3000 --events ** --path hook":    "",
		"3000 --print-secret --path hook": "",
	} {
		_, err := parseListen(strings.Fields(args), env)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || exitCode(t.Context(), err) != exitUsage) {
			t.Errorf("listen %s: %v, want %q", args, err, want)
		}
	}
}

// shown is a display of 60 columns for a process on port 3000.
func shown(l *listening) (d *display, out *bytes.Buffer) {
	out = new(bytes.Buffer)
	if l.target == nil {
		l.target = &url.URL{Scheme: "http", Host: "127.0.0.1:3000"}
	}
	filter, _ := event.ParsePatterns(l.filter)
	return &display{listening: l, filter: filter, out: out, err: out, columns: func() int { return 60 }, told: make(map[string]bool), eventWidth: 27}, out
}

const shownID = "01a21bb4-e145-7000-8000-ba47f7970001"

func exchange(name string, status int, edit func(*listen.Exchange)) listen.Exchange {
	e := listen.Exchange{
		At: time.Date(2026, 5, 26, 10, 15, 30, 0, time.Local), Method: "POST", Path: "/?x=1", Status: status, Took: 12345 * time.Microsecond,
		Header: http.Header{"X-Delivery-Id": {shownID}, "X-Delivery-Attempt": {"1"}, "Authorization": {"Basic YTpi"}},
		Body:   []byte(`{"event":"` + name + `","data":{"links":{"conversation":"http://s/v2/conversations/64b0f1a2c3d4e5f607182950"}}}`),
	}
	if edit != nil {
		edit(&e)
	}
	return e
}

func TestDisplay(t *testing.T) {
	for _, c := range []struct {
		name string
		l    listening
		e    listen.Exchange
		want string
	}{
		{"delivered", listening{}, exchange("message.create.contact.chat", 200, nil),
			"10:15:30  message.create.contact.c…  c3d4e5f6  200     12 ms\n"},
		{"attempt", listening{}, exchange("user.login", 204, func(e *listen.Exchange) { e.Header.Set("X-Delivery-Attempt", "2"); e.Repeated = true }),
			"10:15:30  user.login                 c3d4e5f6  204     12 ms\n"},
		{"signature", listening{}, exchange("user.login", 401, func(e *listen.Exchange) { e.Answer = []byte("{\"error\":\"Invalid\u202e signature.\"}\nmore") }),
			"10:15:30  user.login                 c3d4e5f6  401     12 ms\n" +
				"          {\"error\":\"Invalid\ufffd signature.\"}\n" +
				"          hint: the bot refused the signature: give it the secret of this webhook (--print-secret), and have it check the bytes as they came\n"},
		{"down", listening{}, exchange("user.login", 0, func(e *listen.Exchange) { e.Failure = listen.ConnectionRefused }),
			"10:15:30  user.login                 c3d4e5f6  ---     12 ms\n" +
				"          connection refused\n" +
				"          hint: nothing listens at 127.0.0.1:3000: start your bot; the delivery comes again\n"},
		{"crash", listening{}, exchange("user.login", 0, func(e *listen.Exchange) { e.Failure = listen.ConnectionClosed }),
			"10:15:30  user.login                 c3d4e5f6  ---     12 ms\n" +
				"          connection closed before the answer was complete\n" +
				"          hint: the bot has stopped or crashed: see what it printed; the delivery comes again\n"},
		{"path", listening{}, exchange("user.login", 404, nil),
			"10:15:30  user.login                 c3d4e5f6  404     12 ms\n" +
				"          hint: nothing answers at this path: give it with --path, or with the URL, as in bellhop listen http://127.0.0.1:3000/webhook\n"},
		{"path, elsewhere", listening{target: &url.URL{Scheme: "http", User: url.UserPassword("u", "p"), Host: "localhost:8000"}}, exchange("user.login", 404, nil),
			"10:15:30  user.login                 c3d4e5f6  404     12 ms\n" +
				"          hint: nothing answers at this path: give it with --path, or with the URL, as in bellhop listen http://localhost:8000/webhook\n"},
		{"stranger", listening{}, exchange("", 200, func(e *listen.Exchange) {
			e.Header.Set("X-Delivery-Id", "../users/1")
			e.Path = "/a\x1b[2J?type=subscribe"
		}),
			"10:15:30  POST /a\ufffd[2J (challenge)              200     12 ms\n"},
		{"filtered", listening{filter: list{"message.**"}}, exchange("user.login", 500, nil), ""},
		{"json", listening{output: output{json: true}}, exchange("user.login", 200, func(e *listen.Exchange) { e.At = e.At.UTC().Truncate(24 * time.Hour) }),
			`{"type":"delivery","at":"2026-05-26T00:00:00Z","delivery":"` + shownID + `","event":"user.login","key":"64b0f1a2c3d4e5f607182950","attempt":"1","method":"POST","path":"/?x=1","status":200,"durationMs":12.345}` + "\n"},
	} {
		d, out := shown(&c.l)
		d.answered(c.e)
		if out.String() != c.want {
			t.Errorf("%s: shown is\n%s\nwant\n%s", c.name, out, c.want)
		}
	}
}

func TestDisplayWithRoom(t *testing.T) {
	d, out := shown(&listening{verbose: true})
	d.columns = func() int { return 0 }
	d.answered(exchange("message.create.contact.chat", 200, func(e *listen.Exchange) {
		e.Header.Set("X-Delivery-Attempt", "3")
		e.Repeated, e.Answer, e.Took = true, []byte(`{"token":"s3cret","messages":[]}`), 12*time.Second
	}))
	for _, want := range []string{
		"10:15:30  message.create.contact.chat  c3d4e5f6  200    12.0 s  attempt 3, answered before\n",
		"          Authorization: •••\n", `"token":"[redacted]"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("shown is\n%s\nwithout %s", out, want)
		}
	}
}

// A hint is shown once, until something succeeds. What a stranger sends is never replayed.
func TestDisplayRemembers(t *testing.T) {
	d, out := shown(&listening{})
	down := exchange("user.login", 0, func(e *listen.Exchange) { e.Failure = listen.ConnectionRefused })
	d.answered(down)
	d.answered(down)
	if n := strings.Count(out.String(), "hint:"); n != 1 {
		t.Errorf("the hint is shown %d times, want once", n)
	}
	d.answered(exchange("user.login", 200, nil))
	d.answered(down)
	if n := strings.Count(out.String(), "hint:"); n != 2 {
		t.Errorf("after a success the hint is shown %d times, want twice", n)
	}
	d.answered(exchange("", 200, func(e *listen.Exchange) { e.Header.Set("X-Delivery-Id", "../users/1") }))
	if last := d.lastDelivery(); last != shownID {
		t.Errorf("the last delivery is %q, want %s", last, shownID)
	}
	if d.toggleFailures(); !d.failuresOnly {
		t.Error("f does not turn on failures only")
	}
	out.Reset()
	d.answered(exchange("user.login", 200, nil))
	d.answered(exchange("user.login", 500, nil))
	if text := out.String(); strings.Contains(text, "  200  ") || !strings.Contains(text, "  500  ") {
		t.Errorf("with failures only shown is\n%s", text)
	}
}

func TestPlainKeys(t *testing.T) {
	for typed, want := range map[string]string{"r": "r", "\x1b[A\x1b[1;5Cq": "q", "\x1bOPp": "p", "\x1b": "", "\x1b[": "", "": ""} {
		if got := string(plainKeys([]byte(typed))); got != want {
			t.Errorf("the keys in %q are %q, want %q", typed, got, want)
		}
	}
}
