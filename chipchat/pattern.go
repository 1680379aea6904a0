package chipchat

import "strings"

// pattern matches event names: segments joined by dots, "*" for exactly one segment and "**" for any number,
// including none, both only as whole segments (docs/contract/sdk.md section 7).
type pattern []string

func parsePattern(s string) pattern { return strings.Split(s, ".") }

// match takes time at most proportional to the product of the lengths. After a mismatch only the last "**" has to
// be tried with one segment more: whatever an earlier one could take, the last one can take too.
func (p pattern) match(name string) bool {
	segments := strings.Split(name, ".")
	i, j := 0, 0
	star, from := -1, 0
	for j < len(segments) {
		switch {
		case i < len(p) && p[i] == "**":
			star, from = i, j
			i++
		case i < len(p) && (p[i] == "*" || p[i] == segments[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == "**" {
		i++
	}
	return i == len(p)
}
