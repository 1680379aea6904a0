package event

import (
	"strings"
	"unicode/utf8"
)

// maxNameInSummary keeps a summary readable, and an envelope small, whatever people call themselves.
const maxNameInSummary = 200

// Summary is the English sentence of an activity, such as "User Jenny Jones created a chat message"
// (docs/contract/delivery.md section 3). who is User, Bot, Contact or System; name, and thing, which
// gets its article here, may be empty: Summary("User", "Ada Smit", "logged in", "").
func Summary(who, name, verb, thing string) string {
	words := make([]string, 0, 5)
	for _, word := range []string{who, name, verb} {
		if word = strings.TrimSpace(cutText(word, maxNameInSummary)); word != "" {
			words = append(words, word)
		}
	}
	if thing = strings.TrimSpace(cutText(thing, maxNameInSummary)); thing != "" {
		words = append(words, article(thing), thing)
	}
	return strings.Join(words, " ")
}

// article is the indefinite article of thing. Sound decides, not spelling: a user, an hour.
func article(thing string) string {
	lower := strings.ToLower(thing)
	for _, start := range []string{"us", "uni", "eu", "one"} {
		if strings.HasPrefix(lower, start) {
			return "a"
		}
	}
	if strings.HasPrefix(lower, "hour") || strings.IndexByte("aeiou", lower[0]) >= 0 {
		return "an"
	}
	return "a"
}

// cutText shortens s to at most n bytes and an ellipsis, between characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
