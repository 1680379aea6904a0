package conversation

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// set carries out /set (docs/contract/conversations.md section 5.3); rest is what follows
// the word.
func (s *stream) set(ctx context.Context, rest string) error {
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	end := strings.IndexFunc(rest, unicode.IsSpace)
	key, value := rest, ""
	if end >= 0 {
		_, separator := utf8.DecodeRuneInString(rest[end:])
		key, value = rest[:end], rest[end+separator:]
	}
	if name, ok := strings.CutPrefix(key, "@"); ok {
		return s.setProperty(ctx, name, value)
	}
	switch {
	case key == "":
	case value == "":
		delete(s.conv.Meta, key)
	default:
		s.conv.Meta[key] = value
	}
	return nil
}

func (s *stream) setProperty(ctx context.Context, name, value string) error {
	c := s.conv
	switch name {
	case "name":
		c.Name = value
	case "touchpoint":
		c.Touchpoint = value
	case "context":
		c.Context = value
	case "tags":
		c.Tags = splitTags(value)
	case "category":
		categories, err := categoriesOf(ctx, s.plan.tx, c.Organization)
		if err != nil {
			return err
		}
		setCategory(c, categories, value)
	case "categoryIndex":
		index, ok := categoryIndex(value)
		if !ok {
			return nil
		}
		categories, err := categoriesOf(ctx, s.plan.tx, c.Organization)
		if err != nil {
			return err
		}
		setCategoryIndex(c, categories, index)
	}
	return nil
}

func splitTags(list string) []string {
	tags := []string{}
	known := map[string]bool{}
	for tag := range strings.SplitSeq(list, ",") {
		tags = withTag(tags, known, strings.TrimSpace(tag))
	}
	return tags
}
