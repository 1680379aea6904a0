package ui

import (
	"maps"
	"slices"
	"strings"

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
		input.Error = sentence(reasonFor(name, e.Fields[name]))
		f.Errors = append(f.Errors, formError{Text: sentence(input.Label + ": " + reasonFor(name, e.Fields[name])), For: input.ID})
	}
	if len(e.Fields) == 0 {
		f.Errors = append(f.Errors, formError{Text: sentence(e.Message)})
	}
}

// reasonFor leaves out the name of the field that a reason may begin with.
func reasonFor(name, reason string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.TrimPrefix(strings.TrimPrefix(reason, last), ": ")
}
