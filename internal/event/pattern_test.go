package event

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Contract: services.md 5: A pattern is literal segments
// Contract: services.md 5: ** support is
// Contract: services.md 5: Matching is against
// Contract: services.md 5: No prefix matching
// Contract: services.md 5: A pattern with five segments
// Contract: services.md 5: conversation.message is accepted
// Contract: services.md 5: Event names are segments
// Contract: services.md 5: Unknown event names
func TestMatch(t *testing.T) {
	cases := []struct {
		pattern  string
		match    []string
		mismatch []string
	}{
		{"*", []string{"message"}, []string{"message.create"}},
		{"**", []string{"message", "message.create.contact.chat"}, nil},
		{"message.*", []string{"message.create"}, []string{"message", "message.create.contact.chat", "xmessage.create"}},
		{"message.**", []string{"message", "message.create.contact.chat.agent"}, []string{"user.login", "messages", "messag"}},
		{"**.chat", []string{"message.create.contact.chat", "chat"}, []string{"message.create.contact.chat.agent", "xchat"}},
		{"message.create.*.*", []string{"message.create.contact.chat"}, []string{"message.create.contact.chat.agent", "message.create.contact"}},
		{"message.create.*.chat.*", []string{"message.create.bot.chat.agent"}, []string{"message.create.bot.chat"}},
		{"message.**.chat", []string{"message.chat", "message.create.contact.chat"}, []string{"message.create", "message"}},
		{"*.update", []string{"user.update", "message.update"}, []string{"update", "a.b.update"}},
		{"message.create.contact.chat", []string{"message.create.contact.chat"},
			[]string{"message.create.contact", "message.create.contact.chat.agent", "Message.create.contact.chat", ""}},
		{"message.create", []string{"message.create"}, []string{"message.create.contact.chat"}},
		{"conversation.message", []string{"message.create.contact.chat", "message.create.system.command"},
			[]string{"conversation.message", "message.update", "message.create.contact"}},
		{"**.**", []string{"a", "a.b.c"}, nil},
		{"a.**.**.c", []string{"a.c", "a.b.c", "a.b.b.c", "a.c.c"}, []string{"a", "a.b", "c", "a.cc"}},
		{"**.a.*.**.b", []string{"a.x.b", "x.a.a.b", "a.a.x.b.b", "a.x.y.z.b"}, []string{"a.b", "x.b", "a.x.b.c"}},
		{"*.**", []string{"a", "a.b"}, nil},
		{"**.*", []string{"a", "a.b"}, nil},
		{"**.*.*", []string{"a.b", "a.b.c"}, []string{"a"}},
	}
	for _, c := range cases {
		ps, err := ParsePatterns([]string{c.pattern})
		if err != nil {
			t.Fatalf("ParsePatterns(%q): %v", c.pattern, err)
		}
		for _, name := range c.match {
			if !ps.Match(name) {
				t.Errorf("Match(%q, %q) = false, want true", c.pattern, name)
			}
		}
		for _, name := range c.mismatch {
			if ps.Match(name) {
				t.Errorf("Match(%q, %q) = true, want false", c.pattern, name)
			}
		}
	}
}

// Contract: services.md 5: By default a webhook
// Contract: services.md 2: params.events
func TestMatchAnyOf(t *testing.T) {
	for _, list := range [][]string{nil, {}, {"user.login", "message.**"}} {
		ps, err := ParsePatterns(list)
		if err != nil || !ps.Match("message.update") {
			t.Errorf("Match(%q, message.update) = false, want true (%v)", list, err)
		}
	}
	if !(Patterns{}).Match("x") {
		t.Error("the zero Patterns must want everything")
	}
}

// Contract: services.md 5: Accepted syntax
func TestParsePatternsRefuses(t *testing.T) {
	cases := []struct {
		list []string
		want string
	}{
		{[]string{"a", "b", "c", "mess*"}, `events[3] "mess*": * stands for a whole segment only`},
		{[]string{"***"}, `events[0] "***": * stands for a whole segment only`},
		{[]string{""}, `events[0] "": is empty`},
		{[]string{"a..b"}, `events[0] "a..b": has an empty segment`},
		{[]string{"*", "a."}, `events[1] "a.": has an empty segment`},
		{[]string{".a"}, `events[0] ".a": has an empty segment`},
		{[]string{"Message"}, `events[0] "Message": segments consist of a-z, 0-9, _ and -`},
		{[]string{"a b\n"}, `events[0] "a b\n": segments consist of a-z, 0-9, _ and -`},
		{[]string{strings.Repeat("é", 80)}, `events[0] "` + strings.Repeat("é", 50) + `…": segments consist of a-z, 0-9, _ and -`},
		{slices.Repeat([]string{"a"}, 101), `events: 101 patterns, at most 100 are allowed`},
	}
	for _, c := range cases {
		_, err := ParsePatterns(c.list)
		if _, ok := errors.AsType[*PatternError](err); !ok || err.Error() != c.want {
			t.Errorf("ParsePatterns(%.60q): %v, want %s", c.list, err, c.want)
		}
	}
	if _, err := ParsePatterns(slices.Repeat([]string{"a"}, 100)); err != nil {
		t.Errorf("ParsePatterns of 100: %v", err)
	}
}

func TestMatchDoesNotBlowUp(t *testing.T) {
	ps, err := ParsePatterns([]string{strings.Repeat("**.a.", 500) + "b"})
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(strings.Repeat("a.", 2000), ".")
	if ps.Match(name) { // would take years if every ** were tried everywhere
		t.Error("Match = true, want false")
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	ps, err := ParsePatterns([]string{"user.login", "message.**.chat", "*.update"})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { ps.Match("message.create.contact.postback") }); n != 0 {
		t.Errorf("Match allocates %v times", n)
	}
}

var patternSyntax = regexp.MustCompile(`^(\*\*|\*|[a-z0-9_-]+)(\.(\*\*|\*|[a-z0-9_-]+))*$`)

// slowMatch is the definition of a match.
func slowMatch(pattern, name []string) bool {
	switch {
	case len(pattern) == 0:
		return len(name) == 0
	case pattern[0] == "**":
		return slowMatch(pattern[1:], name) || len(name) > 0 && slowMatch(pattern, name[1:])
	case len(name) == 0:
		return false
	}
	return (pattern[0] == "*" || pattern[0] == name[0]) && slowMatch(pattern[1:], name[1:])
}

func FuzzMatch(f *testing.F) {
	f.Add("message.**.chat", "message.create.contact.chat")
	f.Add("**.a.**.a.*", "a.b.a.b.a.b")
	f.Add("conversation.message", "message.create.bot.tag")
	f.Add("mess*", "message")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		ps, err := ParsePatterns([]string{pattern})
		if (err == nil) != patternSyntax.MatchString(pattern) {
			t.Fatalf("ParsePatterns(%q): %v", pattern, err)
		}
		if err != nil || len(pattern) > 40 || len(name) > 40 || !validSegment(strings.ReplaceAll(name, ".", "")) {
			return
		}
		if pattern == messageAlias {
			pattern = messageAll
		}
		segments := strings.Split(name, ".")
		if slices.Contains(segments, "") {
			return // no name of an event
		}
		want := slowMatch(strings.Split(pattern, "."), segments)
		if got := ps.Match(name); got != want {
			t.Fatalf("Match(%q, %q) = %t, want %t", pattern, name, got, want)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, list := range [][]string{
		nil,
		{"message.create.contact.chat", "message.create.contact.postback", "conversation.update"},
		{"message.create.*.*"},
		{"user.**", "**.chat", "message.**.postback"},
	} {
		ps, err := ParsePatterns(list)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.Join(list, ","), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ps.Match("message.create.contact.postback")
			}
		})
	}
}
