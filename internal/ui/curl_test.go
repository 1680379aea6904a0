package ui

import (
	"os/exec"
	"strings"
	"testing"

	"bellhop/internal/testenv"
)

// attemptTo is an attempt with what a command is made of.
func attemptTo(url string, headers map[string]string) *attempt {
	a := &attempt{Number: 1}
	a.Request.URL, a.Request.Headers = url, headers
	return a
}

func TestCurl(t *testing.T) {
	c := curlOf(attemptTo("https://bob:xxxxx@bot.example/a/../hook?x=[1]", map[string]string{
		"Authorization": "xxxxx", "Content-Length": "2", "Content-Type": "application/json", "X-Empty": "", "X-Own": "xxxxx",
	}), "{}")
	want := `curl --include --http1.1 \
  --globoff \
  --path-as-is \
  --user 'bob:FILL_IN' \
  --header 'Content-Type: application/json' \
  --header 'X-Empty;' \
  --header 'X-Own: FILL_IN' \
  --header 'Expect:' \
  --data-raw '{}' \
  'https://bot.example/a/../hook?x=[1]'`
	if c.Text != want {
		t.Errorf("curlOf =\n%s\nwant\n%s", c.Text, want)
	}
	if got := c.HiddenText(); !strings.Contains(got, "the password of the URL, X-Own") {
		t.Errorf("HiddenText = %q", got)
	}
	if c := curlOf(attemptTo("https://bot.example/hook", map[string]string{"Authorization": "xxxxx"}), ""); len(c.Hidden) != 1 || strings.Contains(c.Text, "--user") {
		t.Errorf("without a user in the URL: %+v", c)
	}
	if c := curlOf(attemptTo("https://bot.example/hook", nil), ""); c.HiddenText() != "" {
		t.Errorf("nothing is hidden, but it says %q", c.HiddenText())
	}
}

// Whatever a text is, a shell makes the same of it.
func TestShellQuoted(t *testing.T) {
	shell := testenv.Need(t, "sh")
	for _, text := range []string{
		"", "plain", "it's", "''", `a\'b\\`, "$HOME `id` $(id)", "two\nlines\t!", `"quoted" & | ; < > * ? [a] {b} ~ #`, "ü 👍 \u2028", "@file", "-n",
	} {
		out, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+shellQuoted(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("a shell makes %q of %s, %v, want %q", out, shellQuoted(text), err, text)
		}
	}
}
