package chipchat

import (
	"strings"
	"testing"
	"time"
)

// wildcards is the table of docs/contract/sdk.md section 7, and what follows from its rules.
var wildcards = []struct {
	pattern, name string
	want          bool
}{
	{"*", "message", true},
	{"*", "message.create", false},
	{"message.*", "message.create", true},
	{"message.*", "message", false},
	{"message.*", "message.create.contact.chat", false},
	{"message.**", "message", true},
	{"message.**", "message.create.contact.chat", true},
	{"message.**", "message.create.contact.chat.agent", true},
	{"message.**", "user.login", false},
	{"**.chat", "message.create.contact.chat", true},
	{"**.chat", "chat", true},
	{"**.chat", "message.create.contact.chat.agent", false},
	{"message.create.*.*", "message.create.contact.chat", true},
	{"message.create.*.*", "message.create.contact.chat.agent", false},
	{"message.create.*.chat.*", "message.create.bot.chat.agent", true},
	{"message.create.*.chat.*", "message.create.bot.chat", false},
	{"message.**.chat", "message.chat", true},
	{"message.**.chat", "message.create.contact.chat", true},
	{"user.*", "user.login", true},
	{"*.update", "user.update", true},
	{"*.update", "message.update", true},
	{"message.c*", "message.create", false},
	{"message.c*", "message.c", false},
	{"**", "message.create.contact.chat", true},
	{"**", "message", true},
	{"**.**", "a", true},
	{"**.*", "a.b.c", true},
	{"**.a.**.b", "a.a.c.b.b", true},
	{"**.a.**.b", "b.a", false},
	{"message.create", "message.create.contact.chat", false},
	{"*", "*.x", false},
	{"", "message", false},
}

func TestPatternMatch(t *testing.T) {
	for _, c := range wildcards {
		if got := parsePattern(c.pattern).match(c.name); got != c.want {
			t.Errorf("match(%q, %q) = %t, want %t", c.pattern, c.name, got, c.want)
		}
	}
}

func TestPatternMatchIsNotExponential(t *testing.T) {
	p := parsePattern(strings.Repeat("**.a.", 500) + "b")
	name := strings.Repeat("a.", 5000) + "a"
	start := time.Now()
	if p.match(name) {
		t.Error("match = true, want false")
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("match took %v", took)
	}
}

// matchPlainly says what the wildcards mean, without regard to time.
func matchPlainly(p, name []string) bool {
	if len(p) == 0 {
		return len(name) == 0
	}
	if p[0] == "**" {
		return matchPlainly(p[1:], name) || len(name) > 0 && matchPlainly(p, name[1:])
	}
	return len(name) > 0 && (p[0] == "*" || p[0] == name[0]) && matchPlainly(p[1:], name[1:])
}

func FuzzPatternMatch(f *testing.F) {
	for _, c := range wildcards {
		f.Add(c.pattern, c.name)
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.Count(pattern, ".") > 12 || strings.Count(name, ".") > 12 {
			return // the plain matcher would take for ever
		}
		want := matchPlainly(strings.Split(pattern, "."), strings.Split(name, "."))
		if got := parsePattern(pattern).match(name); got != want {
			t.Errorf("match(%q, %q) = %t, want %t", pattern, name, got, want)
		}
	})
}
