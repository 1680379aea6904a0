package bellhop_test

import (
	"errors"
	"strings"
	"testing"

	"bellhop"
)

func TestValidEmail(t *testing.T) {
	for email, want := range map[string]bool{
		"ada@example.com": true, "bot+64b0f1a2c3d4e5f607182930@web1on1.chat": true, "a@localhost": true,
		"o'neill.x-y_z@sub.example.co": true, "jürgen@müller.example": true,
		"": false, "ada": false, "@example.com": false, "ada@": false, "a@b@c": false, "a b@example.com": false,
		"ada@.example.com": false, "ada@example.com.": false, "ada@example..com": false, "ada@example.com\n": false,
		"<ada@example.com>": false, "a,b@example.com": false, "a\u0000@example.com": false, "a\uFFFD@example.com": false,
		strings.Repeat("a", 250) + "@example.com": false,
	} {
		if got := bellhop.ValidEmail(email); got != want {
			t.Errorf("ValidEmail(%q) = %v, want %v", email, got, want)
		}
	}
}

func TestUserValidate(t *testing.T) {
	const org, other bellhop.ID = "64b0f1a2c3d4e5f60718293a", "64b0f1a2c3d4e5f60718293b"
	at := func(id bellhop.ID, role bellhop.Role, selected bool) bellhop.Membership {
		return bellhop.Membership{Organization: id, OrgPath: string(id), Role: role, Selected: selected}
	}
	for _, test := range []struct {
		want   string
		change func(u *bellhop.User)
	}{
		{"", func(u *bellhop.User) {}},
		{"email is required", func(u *bellhop.User) { u.Email = "" }},
		{"email is not an email address", func(u *bellhop.User) { u.Email = "ada" }},
		{"name is required", func(u *bellhop.User) { u.DisplayName = " " }},
		{"status must be one of active, invited, inactive", func(u *bellhop.User) { u.Status = "" }},
		{"organizations must have an entry", func(u *bellhop.User) { u.Organizations = nil }},
		{"organizations must have exactly one selected entry", func(u *bellhop.User) { u.Organizations[0].Selected = false }},
		{"organizations has an unknown role", func(u *bellhop.User) { u.Organizations[0].Role = "king" }},
		{"organizations has an entry without organization", func(u *bellhop.User) { u.Organizations[0].Organization = "x" }},
		{"organizations has two entries for one organization", func(u *bellhop.User) {
			u.Organizations = append(u.Organizations, at(org, bellhop.RoleAgent, false))
		}},
		{"organizations of a bot has one entry", func(u *bellhop.User) {
			u.Organizations = []bellhop.Membership{at(org, bellhop.RoleBot, true), at(other, bellhop.RoleBot, false)}
		}},
	} {
		u := bellhop.User{DisplayName: "Ada", Email: "ada@example.com", Status: bellhop.UserActive,
			Organizations: []bellhop.Membership{at(org, bellhop.RoleAdmin, true)}}
		test.change(&u)
		check(t, u.Validate(), test.want)
	}
}

// check compares an error with what it says of a field; "" means no error.
func check(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		got = strings.TrimPrefix(e.Message, "Validation failed: ")
	} else if err != nil {
		got = "internal: " + err.Error()
	}
	if got != want {
		t.Errorf("Validate = %q, want %q", got, want)
	}
}

func TestComposeName(t *testing.T) {
	for _, test := range []struct{ given, family, want string }{
		{"Joe", "Johnson", "Joe Johnson"}, {"Joe", "", "Joe"}, {" ", "Johnson ", "Johnson"}, {"", "", ""},
	} {
		u := bellhop.User{GivenName: test.given, FamilyName: test.family}
		if got := u.ComposeName(); got != test.want {
			t.Errorf("ComposeName(%q, %q) = %q, want %q", test.given, test.family, got, test.want)
		}
	}
}
