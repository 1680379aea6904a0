package bellhop_test

import (
	"reflect"
	"testing"

	. "bellhop"
)

// TestE164 holds docs/contract/conversations.md section 7.
func TestE164(t *testing.T) {
	for number, want := range map[string]string{
		"+441134960999":          "+441134960999",
		"+44 (113) 496-0999":     "+441134960999",
		"+44\u00a0113\u20114960": "+441134960",
		"+31":                    "+31",
		"+123456789012345":       "+123456789012345",
		"+1234567890123456":      "",
		"+1":                     "",
		"+0113":                  "",
		"441134960999":           "",
		"+44113x":                "",
		"+٤٤١١٣":                 "",
		"++44":                   "",
		"":                       "",
	} {
		if got, ok := E164(number); got != want || ok != (want != "") {
			t.Errorf("E164(%q) = %q, %v, want %q", number, got, ok, want)
		}
	}
}

// TestProfile holds docs/contract/conversations.md sections 1 and 7 and resources.md
// section 7.
func TestProfile(t *testing.T) {
	for _, tt := range []struct {
		profile Profile
		name    string
		keys    []string
	}{
		{Profile{}, "", []string{}},
		{Profile{"name": "N", "givenName": "G"}, "N", []string{}},
		{Profile{"givenName": "G", "familyName": "F"}, "G F", []string{}},
		{Profile{"telephone": " +31 20 1234 ", "email": "A@b.c"}, "+31201234", []string{"telephone:o:+31201234", "email:o:a@b.c"}},
		{Profile{"email": " A@b.c ", "telephone": " "}, "A@b.c", []string{"email:o:a@b.c"}},
		{Profile{"email": nil, "name": nil}, "", []string{}},
	} {
		if err := tt.profile.Complete(); err != nil {
			t.Errorf("%v: %v", tt.profile, err)
		}
		if got := tt.profile.DisplayName(); got != tt.name {
			t.Errorf("DisplayName of %v = %q, want %q", tt.profile, got, tt.name)
		}
		if got := tt.profile.Keys("o"); !reflect.DeepEqual(got, tt.keys) {
			t.Errorf("Keys of %v = %q, want %q", tt.profile, got, tt.keys)
		}
	}
}

func TestProfileInvalid(t *testing.T) {
	for _, p := range []Profile{{"name": 1.0}, {"locale": []any{}}, {"email": "x"}, {"telephone": "113"}, {"telephone": 31.0}} {
		if err := p.Complete(); err == nil {
			t.Errorf("%v is valid", p)
		}
	}
}
