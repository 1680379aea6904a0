package main

import (
	"bytes"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	names := []string{"serve", "services", "deliveries", "replay", "dev"}
	for word, want := range map[string]string{
		"servces": "services", "deliv": "deliveries", "replya": "replay", "sreve": "serve", "dve": "dev", "quux": "", "x": "",
	} {
		if got := closest(word, names); got != want {
			t.Errorf("closest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestParseWords(t *testing.T) {
	for _, test := range []struct {
		args   string
		env    string
		wanted []string
		words  string
		text   string // of --text
		error  string
	}{
		{"a --text x b", "", []string{"ID", "TEXT"}, "a b", "x", ""},
		{"--text x -- --a b", "", []string{"WORD..."}, "--a b", "x", ""},
		{"", "", []string{"[ID...]"}, "", "", ""},
		{"", "", []string{"ID..."}, "", "", "try needs ID"},
		{"a", "", []string{"ID", "TEXT"}, "", "", "try needs TEXT"},
		{"a b", "", []string{"ID"}, "", "", `unexpected argument "b"`},
		{"a b", "", []string{"ID", "[TEXT]"}, "a b", "", ""},
		{"--txet x", "", nil, "", "", "try has no flag --txet"},
		{"--text", "", nil, "", "", "flag needs an argument: --text"},
		{"--json=maybe", "", nil, "", "", `invalid boolean value "maybe" for --json: parse error`},
		{"", "BELLHOP_TEXT", nil, "", "", ""},
		{"--text=", "", nil, "", "", "try needs a value for --text, which is empty"},
		{"--json", "BELLHOP_JSON", nil, "", "", ""},
		{"", "BELLHOP_JSON", nil, "", "", "the environment variable BELLHOP_JSON is not valid"},
	} {
		fs := environment{stderr: io.Discard}.flagSet("try", "", "")
		text := fs.String("text", "", "")
		fs.Bool("json", false, "")
		words, err := parseWords(fs, strings.Fields(test.args), func(name string) string {
			if name == test.env {
				return "sesame"
			}
			return ""
		}, test.wanted...)
		if test.error != "" {
			if err == nil || err.Error() != test.error || exitCode(t.Context(), err) != exitUsage {
				t.Errorf("%q: error %v, want %s", test.args, err, test.error)
			}
			continue
		}
		if err != nil || !slices.Equal(words, strings.Fields(test.words)) || *text != test.text {
			t.Errorf("%q: words %q, text %q, %v, want %q, %q", test.args, words, *text, err, test.words, test.text)
		}
	}
}

// An empty word is a variable that is not set: it must not mean the only service there is.
func TestEmptyWord(t *testing.T) {
	fs := environment{stderr: io.Discard}.flagSet("services delete", "SERVICE", "")
	_, err := parseWords(fs, []string{""}, func(string) string { return "" }, "SERVICE")
	if err == nil || err.Error() != "services delete needs SERVICE, which is empty" || exitCode(t.Context(), err) != exitUsage {
		t.Errorf("error %v", err)
	}
}

// A profile that is typed wins over the server and the token of the environment, and an email over the token.
func TestTypedWinsOverEnvironment(t *testing.T) {
	getenv := func(name string) string {
		return map[string]string{"BELLHOP_HOST": "elsewhere", "BELLHOP_TOKEN": "theirs", "BELLHOP_PROFILE": "other"}[name]
	}
	for _, test := range []struct {
		args                 string
		login                bool
		host, token, profile string
	}{
		{"", false, "elsewhere", "theirs", "other"},
		{"--profile mine", false, "", "", "mine"},
		{"--profile mine --host here", false, "here", "", "mine"},
		{"--host here", false, "here", "theirs", "other"},
		{"--profile mine", true, "elsewhere", "theirs", "mine"},
		{"--email me", true, "elsewhere", "", "other"},
		{"--email me", false, "elsewhere", "theirs", "other"},
	} {
		fs := environment{stderr: io.Discard}.flagSet("try", "", "")
		var c connection
		c.flags(fs)
		fs.String("email", "", "")
		if test.login {
			fs.String("password-file", "", "")
		}
		_, err := parseWords(fs, strings.Fields(test.args), getenv)
		if err != nil || c != (connection{test.host, test.token, test.profile}) {
			t.Errorf("%q: %+v, %v", test.args, c, err)
		}
	}
}

// Every command tells what it does and lists its flags, without doing anything.
// Who has moved back to a directory may still have the database in his environment.
func TestTypedDirectoryWins(t *testing.T) {
	getenv := func(name string) string {
		return map[string]string{"BELLHOP_DATABASE": "postgres://db.example.com/bellhop", "BELLHOP_DATA": "elsewhere", "BELLHOP_KEY_FILE": "key"}[name]
	}
	for _, test := range []struct{ args, data, database, keyFile string }{
		{"", "elsewhere", "postgres://db.example.com/bellhop", "key"},
		{"--data here", "here", "", "key"},
		{"-data=here", "here", "", "key"},
		{"--data here --database postgres://127.0.0.1/b --key-file mine", "here", "postgres://127.0.0.1/b", "mine"},
	} {
		var c config
		fs := c.flags("try", io.Discard)
		c.databaseFlag(fs)
		err := parse(fs, strings.Fields(test.args), getenv)
		if err != nil || c.data != test.data || c.database != test.database || c.keyFile != test.keyFile {
			t.Errorf("%q: data %q, database %q, key file %q, %v", test.args, c.data, c.database, c.keyFile, err)
		}
	}
}

func TestHelpOfEveryCommand(t *testing.T) {
	var walk func(path []string, all []command)
	walk = func(path []string, all []command) {
		for _, c := range all {
			line := append(slices.Clone(path), c.name)
			for _, args := range [][]string{append(slices.Clone(line), "--help"), append([]string{"help"}, line...)} {
				var out, text bytes.Buffer
				err := run(t.Context(), args, func(string) string { return "" }, strings.NewReader(""), &out, &text)
				if err != nil || out.Len() > 0 || !strings.Contains(text.String(), strings.Join(line, " ")) {
					t.Errorf("bellhop %s: %v, printed %q and %q", strings.Join(args, " "), err, &out, &text)
				}
			}
			if c.summary == "" {
				t.Errorf("bellhop %s has no summary", strings.Join(line, " "))
			}
			walk(line, c.sub)
		}
	}
	walk(nil, commands())
}

// The flags of a command can be had without running it.
func TestFlagSeeker(t *testing.T) {
	seeker := &flagSeeker{Writer: io.Discard}
	err := run(t.Context(), []string{"login"}, func(string) string { return "" }, nil, io.Discard, seeker)
	if err != nil || seeker.found == nil || seeker.found.Lookup("password-file") == nil {
		t.Errorf("login: %v, flags %v", err, seeker.found)
	}
	var seen []string
	seeker.found.VisitAll(func(f *flag.Flag) { seen = append(seen, f.Name) })
	if !slices.Equal(seen, []string{"email", "host", "json", "password-file", "profile", "token"}) {
		t.Errorf("flags of login: %v", seen)
	}
}
