package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// operations is docs/operations.md, whose list of flags is that of the program.
const operations = "../../docs/operations.md"

func TestOperationsListsTheFlags(t *testing.T) {
	var help bytes.Buffer
	for _, name := range []string{"serve", "dev", "setup", "passwd", "migrate", "backup", "restore", "move", "bench", "selftest crash"} {
		help.WriteString("$ bellhop " + name + " --help\n")
		if err := run(t.Context(), append(strings.Fields(name), "--help"), func(string) string { return "" }, nil, io.Discard, &help); err != nil {
			t.Fatal(err)
		}
		help.WriteByte('\n')
	}
	page, err := os.ReadFile(operations)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), "<!-- flags -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- end of flags -->")
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the flags", operations)
	}
	want := before + "<!-- flags -->\n```\n" + strings.TrimSpace(help.String()) + "\n```\n<!-- end of flags -->" + after
	if string(page) == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the flags as they are; run go test ./cmd/bellhop -run %s -update", operations, t.Name())
	}
	if err := os.WriteFile(operations, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConfig(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		env  string // BELLHOP_X=value
		want string // part of the error, "" for none
	}{
		{"defaults", nil, "", ""},
		{"wildcard", []string{"--listen", "0.0.0.0:80"}, "", "--public-url is required"},
		{"no host", []string{"--listen", ":80"}, "", "--public-url is required"},
		{"wildcard with a URL", []string{"--listen", "0.0.0.0:80", "--public-url", "https://bellhop.example/"}, "", ""},
		{"path in URL", []string{"--public-url", "https://bellhop.example/base"}, "", "--public-url must be"},
		{"no port", []string{"--listen", "localhost"}, "", "--listen"},
		{"relative URL", []string{"--public-url", "bellhop.example"}, "", "--public-url must be"},
		{"user in URL", []string{"--public-url", "https://u:p@bellhop.example"}, "", "--public-url must be"},
		{"log format", []string{"--log-format", "xml"}, "", "--log-format must be"},
		{"metrics without a port", []string{"--metrics-listen", "127.0.0.1"}, "", "--metrics-listen"},
		{"networks", []string{"--egress-allow", "10.0.0.0/8, ::1"}, "", ""},
		{"no network", []string{"--egress-allow", "10.0.0.0/99"}, "", "neither a network nor an address"},
		{"from the environment", nil, "BELLHOP_LOG_FORMAT=xml", "--log-format must be"},
		{"flags win", []string{"--log-format", "json"}, "BELLHOP_LOG_FORMAT=xml", ""},
		{"bad environment", nil, "BELLHOP_EGRESS_ALLOW=x", "BELLHOP_EGRESS_ALLOW is not valid"},
		{"retention", []string{"--retain", "1d12h", "--retain-size", "500MB"}, "", ""},
		{"no retention", []string{"--retain", "0", "--retain-size", "0"}, "", ""},
		{"no duration", []string{"--retain", "7"}, "", `"7" is not a duration`},
		{"no days", []string{"--retain", "xd"}, "", "is not a duration"},
		{"negative duration", []string{"--retain", "-1h"}, "", "must not be negative"},
		{"negative days", []string{"--retain", "-1d"}, "", "is not a duration"},
		{"short duration", []string{"--retain", "10ms"}, "", "--retain must be"},
		{"no size", []string{"--retain-size", "20 apples"}, "", "is not a size"},
		{"negative size", []string{"--retain-size", "-1"}, "", "is not a size"},
		{"no limit of loops", []string{"--loop-limit", "0"}, "", ""},
		{"negative limit of loops", []string{"--loop-limit", "-1"}, "", "--loop-limit must be"},
		{"high limit of loops", []string{"--loop-limit", "1001"}, "", "--loop-limit must be"},
		{"small size", []string{"--retain-size", "10KB"}, "", "--retain-size must be"},
		{"retention from the environment", nil, "BELLHOP_RETAIN=week", "BELLHOP_RETAIN is not valid"},
		{"rate limit", []string{"--rate-limit", "20:100"}, "", ""},
		{"no rate", []string{"--rate-limit", "many"}, "", "is not a rate"},
		{"rate from the environment", nil, "BELLHOP_RATE_LIMIT=-1", "BELLHOP_RATE_LIMIT is not valid"},
		{"proxies", []string{"--trusted-proxies", "10.0.0.0/8,::1"}, "", ""},
		{"no proxy", []string{"--trusted-proxies", "balancer"}, "", "neither a network nor an address"},
		{"argument", []string{"now"}, "", "unexpected argument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c config
			fs := c.flags("serve", io.Discard)
			c.serverFlags(fs)
			err := parse(fs, test.args, func(name string) string {
				key, value, _ := strings.Cut(test.env, "=")
				if key == name {
					return value
				}
				return ""
			})
			if err == nil {
				err = c.checkServer()
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// A password comes from the flag, the environment, or standard input, in this order.
func TestSetupTakesThePasswordFrom(t *testing.T) {
	for _, test := range []struct{ name, flag, env, stdin, want string }{
		{"flag", "correct horse", "", "", ""},
		{"environment", "", "correct horse", "", ""},
		{"standard input", "", "", "correct horse\n", ""},
		{"nowhere", "", "", "", "a password is needed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"setup", "--data", filepath.Join(t.TempDir(), "d"), "--organization", "Acme", "--email", "ada@example.com", "--json"}
			if test.flag != "" {
				args = append(args, "--password", test.flag)
			}
			var out bytes.Buffer
			err := run(t.Context(), args, func(name string) string {
				if name == "BELLHOP_PASSWORD" {
					return test.env
				}
				return ""
			}, strings.NewReader(test.stdin), &out, io.Discard)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				return
			}
			if err != nil || !strings.HasPrefix(out.String(), `{"organization":"`) || !strings.Contains(out.String(), `"email":"ada@example.com"}`) {
				t.Errorf("setup printed %s, %v", &out, err)
			}
		})
	}
}

// docs/contract/auth.md: exactly one organization of level 1; setup refuses a second time.
func TestSetupTwiceAndPasswd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	try := func(args ...string) error {
		return run(t.Context(), append(args, "--data", dir), func(string) string { return "" }, strings.NewReader("another horse\n"), io.Discard, io.Discard)
	}
	if err := try("setup", "--organization", "Acme", "--email", "ada@example.com", "--password", "correct horse"); err != nil {
		t.Fatal(err)
	}
	if err := try("setup", "--organization", "Other", "--email", "eve@example.com", "--password", "correct horse"); err == nil || !strings.Contains(err.Error(), "set up already") {
		t.Errorf("second setup: %v, want a refusal", err)
	}
	if err := try("passwd", "--email", "ada@example.com"); err != nil {
		t.Errorf("passwd: %v", err)
	}
	if err := try("passwd", "--email", "eve@example.com"); err == nil {
		t.Error("passwd of nobody succeeds")
	}
}
