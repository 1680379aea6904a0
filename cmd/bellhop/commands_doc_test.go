//go:build !race

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// commandsPage is docs/commands.md, made of the help of the commands, and of what they print in the scripts.
const commandsPage = "../../docs/commands.md"

const commandsIntro = `# Commands

Made from the help of the program and from the scripts that test it, by
` + "`go test ./cmd/bellhop -run TestScripts -update`" + `. How a server is run is in [operations](operations.md).

Everything that people read goes to standard error, and every result to standard output: a table, or with ` + "`--json`" + ` one
JSON document, or one object a line where it goes on. Colours are on terminals alone, and nowhere with ` + "`NO_COLOR`" + `.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | it failed |
| 2 | the command line cannot be carried out as it stands |
| 3 | not logged in, or not allowed |
| 4 | there is no such thing |
| 130 | interrupted |
`

// examples are what commands printed in the scripts, by the command.
type examples struct {
	mu   sync.Mutex
	text map[string][]string
}

// show runs a command as a script does, and keeps what it printed as an example for the page.
func (e *examples) show(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || args[0] != "bellhop" {
		ts.Fatalf("usage: show bellhop ...")
	}
	err := ts.Exec(args[0], args[1:]...)
	if (err != nil) != neg {
		ts.Fatalf("bellhop %s: %v", strings.Join(args[1:], " "), err)
	}
	c, _, findErr := find(args[1:])
	ts.Check(findErr)
	var line strings.Builder
	for i, word := range args {
		if i > 0 {
			line.WriteByte(' ')
		}
		if strings.ContainsAny(word, " {}*;'\"") {
			word = "'" + word + "'"
		}
		line.WriteString(word)
	}
	text := "$ " + line.String() + "\n" + ts.ReadFile("stdout") + ts.ReadFile("stderr")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text[c.name] = append(e.text[c.name], steady(text, ts.Getenv("HOST"), ts.Getenv("HOOK"), ts.Getenv("WORK")))
}

var (
	anyID    = regexp.MustCompile(`\b[0-9a-f]{24}\b`)
	anyUUID  = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	anyTime  = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
	anyDay   = regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d\b`)
	anyStamp = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	anySize  = regexp.MustCompile(`\b(Content-Length: |Payload, )\d+`) // with the length of the port
	anySpan  = regexp.MustCompile(`\b\d+(\.\d)? ms( \(.*\))?`)
	anySum   = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	anyMove  = regexp.MustCompile(`(?m)^Copied in \S+, compared in \S+\.$`)
	anyCopy  = regexp.MustCompile(`(?m)^(Size +)\S.*`)
	anyKey   = regexp.MustCompile(`((?:Secret|X-Hub-Signature\S*|Webhook-Signature|Date|X-Request-Id|Webhook-Timestamp): *|Secret +|SHA-256 +|TOKEN=)\S.*`)
	ofNobody = "64b0f1a2c3d4e5f6071829"
)

// steady is text without what differs each time: ids, times, addresses and secrets.
func steady(text, host, hook, work string) string {
	text = strings.ReplaceAll(text, hook, "https://bot.example.com")
	text = strings.ReplaceAll(text, host, "https://bellhop.example.com")
	text = strings.ReplaceAll(text, work, "~")
	number := func(pattern *regexp.Regexp, format string) {
		seen := map[string]string{}
		text = pattern.ReplaceAllStringFunc(text, func(id string) string {
			if seen[id] == "" {
				seen[id] = fmt.Sprintf(format, len(seen)+0x30)
			}
			return seen[id]
		})
	}
	number(anyID, ofNobody+"%02x")
	number(anyUUID, "01a21b9e-3a10-7bd4-8000-0000000000%02x")
	text = anyStamp.ReplaceAllString(text, "2026-05-06T10:15:30.000Z")
	text = anySize.ReplaceAllString(text, "${1}1234")
	text = anyDay.ReplaceAllString(text, "2026-05-06 10:15")
	text = anyTime.ReplaceAllString(text, "10:15:30")
	text = anySum.ReplaceAllString(text, strings.Repeat("0123456789abcdef", 4))
	text = anyMove.ReplaceAllString(text, "Copied in 7.6s, compared in 5.3s.")
	text = anyCopy.ReplaceAllString(text, "${1}805 MiB in 6.8s")
	text = anySpan.ReplaceAllString(text, "1.2 ms")
	return anyKey.ReplaceAllString(text, "${1}...")
}

// check compares the page with the commands and the examples.
func (e *examples) check(t *testing.T) {
	t.Helper()
	page := commandsIntro
	for _, g := range groups() {
		page += "\n## " + g.name + "\n"
		for _, c := range g.commands {
			page += e.section(t, nil, c)
		}
	}
	old, err := os.ReadFile(commandsPage)
	if err == nil && string(old) == page {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the commands say and print (%v); run go test ./cmd/bellhop -run TestScripts -update", commandsPage, cmp.Or(err, firstDifference(string(old), page)))
	}
	if err := os.WriteFile(commandsPage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(a, b string) error {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Errorf("line %d: %q, now %q", i+1, x[i], y[i])
		}
	}
	return fmt.Errorf("%d lines, now %d", len(x), len(y))
}

// section is what the page says of a command and of those below it.
func (e *examples) section(t *testing.T, path []string, c command) string {
	path = append(slices.Clone(path), c.name)
	name := strings.Join(path, " ")
	heading := "###"
	if len(path) > 1 {
		heading = "####"
	}
	text := "\n" + heading + " bellhop " + name + "\n\n" + strings.ToUpper(c.summary[:1]) + c.summary[1:] + ".\n"
	if c.run != nil && !slices.ContainsFunc(c.sub, func(s command) bool { return s.name == "list" }) {
		var help bytes.Buffer
		if err := run(t.Context(), append(slices.Clone(path), "--help"), func(string) string { return "" }, nil, io.Discard, &help); err != nil {
			t.Fatal(err)
		}
		text += "\n```\n" + strings.TrimSpace(help.String()) + "\n```\n"
	} else if c.run != nil {
		text += "Without a word it is `bellhop " + name + " list`.\n"
	}
	e.mu.Lock()
	for _, example := range e.text[name] {
		text += "\n```console\n" + strings.TrimRight(example, "\n") + "\n```\n"
	}
	e.mu.Unlock()
	for _, s := range c.sub {
		text += e.section(t, path, s)
	}
	return text
}
