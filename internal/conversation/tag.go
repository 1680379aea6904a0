package conversation

import (
	"strings"
	"unicode"

	"bellhop"
)

// tagsOf returns the tags in a text (docs/contract/conversations.md section 5, tag). What
// is put on a letter, as in many scripts, belongs to it.
func tagsOf(text string) []string {
	var tags []string
	known := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		tag := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_' || r == '-' {
				return r
			}
			return -1
		}, word)
		tags = withTag(tags, known, tag)
	}
	return tags
}

func completeTag(m *bellhop.Message) error {
	m.Text = strings.Join(tagsOf(m.Text), " ")
	if m.Text == "" {
		return bellhop.InvalidField("text", "has no tag")
	}
	return nil
}

// tag adds the tags of a message to its conversation.
func tag(c *bellhop.Conversation, m *bellhop.Message) {
	known := map[string]bool{}
	for _, tag := range c.Tags {
		known[tag] = true
	}
	for tag := range strings.FieldsSeq(m.Text) {
		c.Tags = withTag(c.Tags, known, tag)
	}
}

// withTag appends tag unless it is empty or known. A text has room for a hundred thousand tags, all
// of which would have to be compared with each other.
func withTag(tags []string, known map[string]bool, tag string) []string {
	if tag == "" || known[tag] {
		return tags
	}
	known[tag] = true
	return append(tags, tag)
}
