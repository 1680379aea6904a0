package chipchattest

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"bellhop/chipchat"
)

func TestWant(t *testing.T) {
	m := &chipchat.Message{Type: "chat", Text: "Which size?", Actions: []chipchat.Action{{Text: "S"}, {Text: "L"}}}
	for _, test := range []struct {
		want  any
		wrong string // a part of what is said, or nothing
	}{
		{"Which size?", ""},
		{"Which size", `want the text "Which size"`}, // it is the whole text
		{"", "matches"},
		{regexp.MustCompile("[Ss]ize"), ""},
		{regexp.MustCompile("colour"), "want a text that matches colour"},
		{Want{}, ""},
		{Want{Text: "Which size?", Type: "chat", Actions: []string{"S", "L"}}, ""},
		{Want{Type: "card"}, "want the type card, not chat"},
		{Want{Actions: []string{"L", "S"}}, "want the buttons [L] [S]"},
		{Want{Actions: []string{}}, "want the buttons (none)"},
		{Want{Check: func(*chipchat.Message) error { return errors.New("of another colour") }}, "of another colour"},
		{func(*chipchat.Message) error { return nil }, ""},
		{func(*chipchat.Message) error { return errors.New("too small") }, "too small"},
	} {
		want, err := wantOf(test.want)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := want.wrong(m); test.wrong == "" && wrong != "" || !strings.Contains(wrong, test.wrong) {
			t.Errorf("wanted as %v it is %q, want %q", want, wrong, test.wrong)
		}
	}
	for _, v := range []any{nil, 17, []string{"a"}, *m} {
		if _, err := wantOf(v); err == nil {
			t.Errorf("%T is wanted without an error", v)
		}
	}
}
