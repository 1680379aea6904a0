package chipchattest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bellhop/chipchat"
)

// Want is what a message has to be like. Of the fields those count that are set.
type Want struct {
	Text    string                        // the whole text
	Match   *regexp.Regexp                // finds something in the text
	Type    string                        // chat, card, ...
	Actions []string                      // the texts of all buttons, in order; empty, but not nil, means none
	Check   func(*chipchat.Message) error // anything else; the error says what is wrong
}

// wantOf makes one of what Hears takes.
func wantOf(v any) (Want, error) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return Want{Match: regexp.MustCompile(`\A\z`)}, nil
		}
		return Want{Text: v}, nil
	case *regexp.Regexp:
		return Want{Match: v}, nil
	case Want:
		return v, nil
	case func(*chipchat.Message) error:
		return Want{Check: v}, nil
	}
	return Want{}, fmt.Errorf("a message is wanted as string, *regexp.Regexp, chipchattest.Want or func(*chipchat.Message) error, not as %T", v)
}

// wrong says what of m is not as wanted, or nothing.
func (w Want) wrong(m *chipchat.Message) string {
	switch {
	case w.Text != "" && m.Text != w.Text:
		return fmt.Sprintf("want the text %q", w.Text)
	case w.Match != nil && !w.Match.MatchString(m.Text):
		return fmt.Sprintf("want a text that matches %s", w.Match)
	case w.Type != "" && m.Type != w.Type:
		return fmt.Sprintf("want the type %s, not %s", w.Type, m.Type)
	case w.Actions != nil && !slices.Equal(buttons(m), w.Actions):
		return fmt.Sprintf("want the buttons %s", brackets(w.Actions))
	case w.Check != nil:
		if err := w.Check(m); err != nil {
			return err.Error()
		}
	}
	return ""
}

// String says what is wanted.
func (w Want) String() string {
	var words []string
	if w.Text != "" {
		words = append(words, fmt.Sprintf("%q", w.Text))
	} else if w.Match != nil {
		words = append(words, "a text that matches "+w.Match.String())
	}
	if w.Type != "" {
		words = append(words, "of type "+w.Type)
	}
	if w.Actions != nil {
		words = append(words, "with the buttons "+brackets(w.Actions))
	}
	if len(words) == 0 {
		return "a message"
	}
	return strings.Join(words, " ")
}

// buttons are the texts of the actions of m.
func buttons(m *chipchat.Message) []string {
	texts := make([]string, 0, len(m.Actions))
	for _, a := range m.Actions {
		texts = append(texts, a.Text)
	}
	return texts
}

func brackets(texts []string) string {
	if len(texts) == 0 {
		return "(none)"
	}
	return "[" + strings.Join(texts, "] [") + "]"
}
