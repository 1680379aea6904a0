package chipchat

import (
	"reflect"
	"regexp"
	"strings"
)

// Conditions say of which events a handler wants to hear (docs/contract/sdk.md section 7). All keys have to match;
// none, and it is called for every event. For a key k with the test t one of these has to hold:
//
//  1. the message has a k that matches t; of events that are not of messages, the payload;
//  2. k begins with "@", and the conversation's property of that name matches t;
//  3. the conversation's meta has a k that matches t;
//  4. the meta of the message has a k that matches t.
//
// A test is
//
//   - a string, a number or a boolean: the value is the same, without conversion;
//   - nil: the value is null;
//   - [Missing]: the conversation has no such key (2 and 3 alone);
//   - a *regexp.Regexp: it finds something in the text of the value, which is JSON unless it is a string;
//   - a slice of tests, of which one has to match.
//
// A value that is a list, such as meta.users, matches if one of its elements does. Anything else, such as a map or a
// function, never matches, and is warned of when it is registered.
type Conditions map[string]any

type missing struct{}

// Missing is the test that a key of the conversation passes which is not there.
var Missing = missing{}

// admit reports whether the event fulfils the conditions.
func (c Conditions) admit(e *Event) bool {
	if len(c) == 0 {
		return true
	}
	known := e.facts
	if known == nil {
		known = &facts{}
	}
	known.read(e)
	for key, test := range c {
		if !known.fulfil(key, test, e.Conversation) {
			return false
		}
	}
	return true
}

func (f *facts) fulfil(key string, test any, c *Conversation) bool {
	if v, ok := f.own[key]; ok && passes(test, v) {
		return true
	}
	if c != nil {
		m := c.copy
		if m == nil {
			m = &memory{raw: c.Raw}
		}
		if name, ok := strings.CutPrefix(key, "@"); ok && passesIf(test)(m.property(name)) {
			return true
		}
		if passesIf(test)(m.remembered(key)) {
			return true
		}
	}
	v, ok := f.meta[key]
	return ok && passes(test, v)
}

// passesIf is passes for a value that may be missing.
func passesIf(test any) func(v any, ok bool) bool {
	return func(v any, ok bool) bool {
		if ok {
			return passes(test, v)
		}
		return wantsNone(test)
	}
}

func wantsNone(test any) bool {
	if _, ok := test.(missing); ok {
		return true
	}
	if tests, ok := elements(test); ok {
		for _, t := range tests {
			if wantsNone(t) {
				return true
			}
		}
	}
	return false
}

// passes reports whether v, a value as JSON decodes to, is what test wants.
func passes(test, v any) bool {
	if values, ok := v.([]any); ok {
		for _, element := range values {
			if passes(test, element) {
				return true
			}
		}
		return false
	}
	if tests, ok := elements(test); ok {
		for _, t := range tests {
			if passes(t, v) {
				return true
			}
		}
		return false
	}
	switch test := test.(type) {
	case nil:
		return v == nil
	case *regexp.Regexp:
		return test != nil && v != nil && test.MatchString(text(v))
	}
	want := plainValue(test)
	return want != nil && want == v
}

// elements are the tests of a list of tests.
func elements(test any) ([]any, bool) {
	list := reflect.ValueOf(test)
	if list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
		return nil, false
	}
	tests := make([]any, list.Len())
	for i := range tests {
		tests[i] = list.Index(i).Interface()
	}
	return tests, true
}

// plainValue is a string, number or boolean as JSON decodes to it; nil if test is none.
func plainValue(test any) any {
	v := reflect.ValueOf(test)
	switch {
	case !v.IsValid():
		return nil
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Bool:
		return v.Bool()
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return nil
}

// isTest reports whether a condition can match at all.
func isTest(test any) bool {
	if tests, ok := elements(test); ok {
		for _, t := range tests {
			if !isTest(t) {
				return false
			}
		}
		return len(tests) > 0
	}
	switch test.(type) {
	case nil, missing, *regexp.Regexp:
		return true
	}
	return plainValue(test) != nil
}
