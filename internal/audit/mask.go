package audit

import (
	"encoding/json"
	"regexp"
	"unicode/utf8"

	"bellhop/internal/event"
)

// masked stands for what is secret inside of a value.
const masked = "•••"

// secretName is in the names of fields that hold secrets, in free objects as meta, where clients keep
// what they like.
var secretName = regexp.MustCompile(`(?i)passw|passphrase|pwd|secret|token|bearer|(api|private|access|signing|encryption)[-_ ]?key|credential|authorization|cookie|^pin$|^otp$`)

// userInfo is what stands before the @ of a URL.
var userInfo = regexp.MustCompile(`(://)[^/?#\s"'<>]*@`)

func maskURLs(text string) string { return userInfo.ReplaceAllString(text, "${1}"+masked+"@") }

// clean returns a decoded value without secrets in it.
func clean(value any) any {
	switch v := value.(type) {
	case string:
		return maskURLs(v)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = clean(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			if secretName.MatchString(name) {
				object[name] = masked
			} else {
				object[name] = clean(member)
			}
		}
		return object
	}
	return value
}

// shown returns a value as records have it, nil if there is none: one that is too long becomes a text
// of how it begins.
func shown(value any) (json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	value = clean(value)
	text, err := event.AppendValue(nil, value)
	if err != nil || len(text) <= maxText {
		return text, err
	}
	begin, ok := value.(string)
	if !ok {
		begin = string(text)
	}
	return event.AppendString(nil, cut(begin)), nil
}

// cut keeps the beginning of a text.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
