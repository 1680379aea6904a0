package ui

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop"
)

// form is what is wrong with a form as a whole.
type form struct {
	Errors []formError
}

// formError is a line of the summary; it leads to the field that it is about, if it is
// about one.
type formError struct {
	Text string
	For  string
}

// field is one input with its label and what is wrong with it.
type field struct {
	ID       string // also its name
	Label    string
	Value    string
	Error    string
	Required bool
}

// How a field for date and time has one; most browsers leave out seconds that are 0.
const (
	timeInField   = "2006-01-02T15:04:05"
	minuteInField = "2006-01-02T15:04"
)

// inField writes a time as a field for date and time wants it.
func inField(t time.Time) string {
	if t.Second() == 0 {
		return t.UTC().Format(minuteInField)
	}
	return t.UTC().Format(timeInField)
}

// refuse puts what the rules found wrong beside the fields and into the summary. fields
// are by the name that the API has for them; what concerns none of them is only in the
// summary.
func (f *form) refuse(e *bellhop.Error, fields map[string]*field) {
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		input := fields[name]
		if input == nil {
			f.Errors = append(f.Errors, formError{Text: sentence(name + " " + e.Fields[name])})
			continue
		}
		input.Error = sentence(inWords(input.Label, name, e.Fields[name]))
		f.Errors = append(f.Errors, formError{Text: input.Error, For: input.ID})
	}
	if len(e.Fields) == 0 {
		f.Errors = append(f.Errors, formError{Text: sentence(e.Message)})
	}
}

// nthOf is how a reason begins that is about one of a list: events[3] "mess*": ...
var nthOf = regexp.MustCompile(`^(\w+)\[(\d+)\]`)

// inWords says what is wrong with a field, by the name that it has on the page.
func inWords(label, name, reason string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if m := nthOf.FindStringSubmatch(reason); m != nil && m[1] == last {
		n, _ := strconv.Atoi(m[2])
		return label + ", number " + strconv.Itoa(n+1) + reason[len(m[0]):]
	}
	if rest, ok := strings.CutPrefix(reason, last+":"); ok {
		return label + ":" + rest
	}
	return label + " " + reason
}
