package conversation

import (
	"slices"
	"strings"
	"unicode"

	"bellhop"
)

// tagsOf returns the tags in a text (docs/contract/conversations.md section 5, tag). What
// is put on a letter, as in many scripts, belongs to it.
func tagsOf(text string) []string {
	var tags []string
	for word := range strings.FieldsSeq(text) {
		tag := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_' || r == '-' {
				return r
			}
			return -1
		}, word)
		if tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
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
	for tag := range strings.FieldsSeq(m.Text) {
		if !slices.Contains(c.Tags, tag) {
			c.Tags = append(c.Tags, tag)
		}
	}
}
