package event

import (
	"fmt"
	"iter"
	"strings"
)

// MaxPatterns is how many patterns one webhook may have (docs/contract/services.md section 5).
const MaxPatterns = 100

// messageAlias is an old name for all message creations (docs/contract/services.md section 5).
const (
	messageAlias = "conversation.message"
	messageAll   = "message.create.*.*"
)

// Patterns says which events a webhook wants (docs/contract/services.md section 5). The zero value
// wants all of them. It is immutable and safe for concurrent use.
type Patterns struct {
	list []pattern
}

// pattern is one pattern, parsed: what stands before the first wildcard, and the segments from there
// on. A pattern without wildcards is all prefix.
type pattern struct {
	prefix   string
	segments []string
}

// PatternError says which pattern is refused and why. Its text is written for the caller.
type PatternError struct {
	Index   int    // which one; -1 if it is the list as a whole
	Pattern string // as it was given
	Reason  string
}

// Error is like: events[3] "mess*": * stands for a whole segment only.
func (e *PatternError) Error() string {
	if e.Index < 0 {
		return "events: " + e.Reason
	}
	return fmt.Sprintf("events[%d] %q: %s", e.Index, cutText(e.Pattern, 100), e.Reason)
}

// ParsePatterns parses the patterns of params.events. No patterns mean all events. Its error is a
// *[PatternError].
func ParsePatterns(list []string) (Patterns, error) {
	if len(list) > MaxPatterns {
		reason := fmt.Sprintf("%d patterns, at most %d are allowed", len(list), MaxPatterns)
		return Patterns{}, &PatternError{Index: -1, Reason: reason}
	}
	if len(list) == 0 {
		return Patterns{}, nil
	}
	ps := Patterns{list: make([]pattern, 0, len(list))}
	for i, text := range list {
		p, fault := parsePattern(text)
		if fault != "" {
			return Patterns{}, &PatternError{Index: i, Pattern: text, Reason: fault}
		}
		ps.list = append(ps.list, p)
	}
	return ps, nil
}

// parsePattern also returns what is wrong with text, if anything.
func parsePattern(text string) (p pattern, fault string) {
	if text == "" {
		return p, "is empty"
	}
	if text == messageAlias {
		text = messageAll
	}
	at := 0
	for segment := range strings.SplitSeq(text, ".") {
		wild := segment == "*" || segment == "**"
		switch {
		case !wild && !validSegment(segment):
			return pattern{}, segmentFault(segment)
		case !wild && p.segments == nil:
		case segment == "**" && len(p.segments) > 0 && p.segments[len(p.segments)-1] == "**":
			// a second one in a row says nothing new
		case p.segments == nil:
			p.prefix = text[:at]
			fallthrough
		default:
			p.segments = append(p.segments, segment)
		}
		at += len(segment) + 1
	}
	if p.segments == nil {
		p.prefix = text
	}
	return p, ""
}

func segmentFault(segment string) string {
	switch {
	case segment == "":
		return "has an empty segment"
	case strings.Contains(segment, "*"):
		return "* stands for a whole segment only"
	}
	return "segments consist of a-z, 0-9, _ and -"
}

// All yields the patterns, each in one way of writing: an alias as what it stands for, of several ** in
// a row one. That there are no patterns is the pattern **.
func (ps Patterns) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(ps.list) == 0 {
			yield("**")
			return
		}
		for i := range ps.list {
			if p := &ps.list[i]; !yield(p.prefix + strings.Join(p.segments, ".")) {
				return
			}
		}
	}
}

// Match reports whether the event called name is wanted: one of the patterns matches the whole name,
// case-sensitively, or there are no patterns.
func (ps Patterns) Match(name string) bool {
	for i := range ps.list {
		if ps.list[i].match(name) {
			return true
		}
	}
	return len(ps.list) == 0
}

func (p *pattern) match(name string) bool {
	if p.segments == nil {
		return name == p.prefix
	}
	rest, ok := strings.CutPrefix(name, p.prefix)
	if !ok {
		// a.** wants a as well, which lacks the dot of the prefix
		return len(p.segments) == 1 && p.segments[0] == "**" && len(p.prefix) == len(name)+1 && p.prefix[:len(name)] == name
	}
	return matchSegments(p.segments, rest)
}

// matchSegments goes back to the last ** only: what an earlier one took need never change, because the
// later one can take what follows. So the time is at most the product of both lengths.
func matchSegments(segments []string, name string) bool {
	const done = -1
	next := 0           // where the next segment of name starts, or done
	retry, from := 0, 0 // the pattern after the last **, and where in name it was tried
	starred := false
	for i := 0; i < len(segments) || next != done; {
		if i < len(segments) {
			if segments[i] == "**" {
				i++
				starred, retry, from = true, i, next
				continue
			}
			if next != done {
				segment, after := segmentAt(name, next)
				if segments[i] == "*" || segments[i] == segment {
					i, next = i+1, after
					continue
				}
			}
		}
		if !starred || from == done {
			return false
		}
		_, from = segmentAt(name, from)
		i, next = retry, from
	}
	return true
}

// segmentAt is the segment of name that starts at i, and where the one after it starts, -1 at the end.
func segmentAt(name string, i int) (segment string, after int) {
	for j := i; j < len(name); j++ {
		if name[j] == '.' {
			return name[i:j], j + 1
		}
	}
	return name[i:], -1
}
