package ui

import "strings"

// paragraph is a piece of text, piece a part of it: plain, code, or a link.
type (
	paragraph []piece

	piece struct {
		Text string
		Code bool
		To   string
	}
)

// prose makes paragraphs of a text with blank lines between them.
func prose(text string) []paragraph {
	var all []paragraph
	for part := range strings.SplitSeq(text, "\n\n") {
		if part != "" {
			all = append(all, pieces(part))
		}
	}
	return all
}

// pieces makes code of what stands between backticks.
func pieces(text string) []piece {
	var all []piece
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			all = append(all, piece{Text: part, Code: i%2 == 1})
		}
	}
	return all
}
