package store

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"bellhop"
)

func TestAttemptIsWrittenAsJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "plain", "Content-Type", `"quoted" \ back`, "<a&b>", "ünï", "\u2028", "line\nbreak", "\xff", "\x7f", "https://example.com/a?b=c%20d"}
	text := func() string { return texts[r.IntN(len(texts))] }
	texted := func() map[string]string {
		if r.IntN(4) == 0 {
			return nil
		}
		m := map[string]string{}
		for range r.IntN(5) {
			m[text()+text()] = text()
		}
		return m
	}
	number := func() int64 { return r.Int64N(1<<r.IntN(40) + 1) }
	for range 2000 {
		a := bellhop.Attempt{Number: int(number()), At: bellhop.Time(number()), Status: int(number()), Error: text(), URL: text(),
			Timing: bellhop.Timing{DNS: time.Duration(number()), Connect: time.Duration(number()), TLS: time.Duration(number()),
				FirstByte: time.Duration(number()), Total: time.Duration(number())},
			RequestHeaders: bellhop.HeadersOf(texted()), ResponseHeaders: bellhop.HeadersOf(texted()), Truncated: r.IntN(2) == 0, NextAttemptAt: bellhop.Time(number() - 1)}
		if r.IntN(4) > 0 {
			a.ResponseBody = []byte(text())
		}
		want, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendAttempt(nil, &a)); got != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}
