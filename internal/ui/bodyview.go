package ui

import (
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bodyShown is how much of a body stands on a page; the whole of it has an address of its own.
const bodyShown = 20 << 10

// bodyView is a body as a page shows it: text, whatever it is.
type bodyView struct {
	Label string // for screen readers
	Text  string
	Notes []string // what it is, and what was done to it
	Raw   bool     // shown as it was sent, though it could be formatted
	Other *link    // the same in the other form; nil if there is none
	Whole string   // where all of it is, if that is not shown; else ""
}

// bodyViewOf formats JSON unless it is wanted raw; all other types are shown as they came.
func bodyViewOf(label, body, contentType string, raw bool) bodyView {
	v := bodyView{Label: label, Text: body, Raw: raw}
	pretty, isJSON := "", false
	if looksLikeJSON(body) {
		pretty, isJSON = indented([]byte(body))
	}
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case body == "":
		return v
	case isJSON && !raw:
		v.Text = pretty
		v.Notes = append(v.Notes, "JSON, with line breaks that were not sent")
	case isJSON:
		v.Notes = append(v.Notes, "JSON, exactly as it was sent")
	case err == nil && kind != "":
		v.Notes = append(v.Notes, kind+", shown as text")
	default:
		v.Notes = append(v.Notes, "no type was named; shown as text")
	}
	if strings.ContainsFunc(v.Text, isNoText) {
		v.Notes = append(v.Notes, "what is no text in it is shown as "+string(unicode.ReplacementChar))
		v.Text = strings.Map(func(r rune) rune {
			if isNoText(r) {
				return unicode.ReplacementChar
			}
			return r
		}, v.Text)
	}
	v.Raw = raw && isJSON
	return v
}

// bounded cuts what is too long for a page, and says so; whole is where all of it is.
func (v bodyView) bounded(whole string) bodyView {
	if len(v.Text) <= bodyShown {
		return v
	}
	size := bytesText(len(v.Text))
	v.Text = cutText(v.Text, bodyShown)
	v.Notes, v.Whole = append(v.Notes, "the first "+bytesText(bodyShown)+" of "+size), whole
	return v
}

// Note is what there is to know about a body, in one line.
func (v bodyView) Note() string { return sentence(strings.Join(v.Notes, "; ")) }

// cutText cuts at the end of a line if there is one near, and never within a character.
func cutText(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	text = text[:most]
	if i := strings.LastIndexByte(text, '\n'); i >= 0 && i > most-200 {
		text = text[:i]
	}
	return text
}

func looksLikeJSON(body string) bool {
	start := strings.TrimLeft(body, " \t\r\n")
	return start != "" && strings.ContainsAny(start[:1], `{["`)
}

// isNoText reports characters that are not written: controls but for those that make lines.
func isNoText(r rune) bool {
	return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r)
}
