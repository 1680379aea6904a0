package query

import (
	"strings"
	"unicode"
)

// Fold returns s so that two texts that differ in case alone become the same: Unicode
// simple case folding, which maps one character to one character. ASCII letters become
// lower case. It is the one definition of "ignoring case" for every database
// (docs/contract/resources.md section 4).
func Fold(s string) string { return strings.Map(foldRune, s) }

// foldRune returns one of the characters that differ from r in case alone, for each of them
// the same one: the smallest, but the small letter if that is ASCII.
func foldRune(r rune) rune {
	smallest := r
	if r >= 0x80 {
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			smallest = min(smallest, next)
		}
	}
	if 'A' <= smallest && smallest <= 'Z' {
		return smallest + 'a' - 'A'
	}
	return smallest
}
