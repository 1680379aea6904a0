package query

import (
	"strings"
	"testing"
	"unicode"

	"bellhop"
)

// Contract: resources.md Filter operators: The value is converted
// Contract: resources.md Filter operators: A date without time
// Contract: resources.md Filter operators: A value that cannot be converted
func TestConversions(t *testing.T) {
	for text, want := range map[string]float64{"5": 5, "-5": -5, "+5": 5, "5.0": 5, "1e3": 1000, ".5": .5, "0": 0} {
		if got, ok := Number(text); !ok || got != want {
			t.Errorf("Number(%q) = %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", " 5", "five", "0x10", "1_000", "inf", "NaN", "1e999", "1,5", "-", "e"} {
		if got, ok := Number(text); ok {
			t.Errorf("Number(%q) = %v", text, got)
		}
	}
	for text, want := range map[string]bool{"true": true, "false": false} {
		if got, ok := Bool(text); !ok || got != want {
			t.Errorf("Bool(%q) = %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "1", "True", "yes"} {
		if _, ok := Bool(text); ok {
			t.Errorf("Bool(%q) is ok", text)
		}
	}
	for text, want := range map[string]string{
		"2024-01-31":                    "2024-01-31T00:00:00.000Z",
		"2024-05-26T10:15:30.123Z":      "2024-05-26T10:15:30.123Z",
		"2024-05-26T12:15:30.123+02:00": "2024-05-26T10:15:30.123Z",
		"2024-05-26T10:15:30":           "2024-05-26T10:15:30.000Z",
	} {
		if got, ok := Date(text); !ok || got.String() != want {
			t.Errorf("Date(%q) = %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "yesterday", "2024", "2024-13-01", "9999-12-31T23:00:00-02:00", "0000-01-01T00:00:00+01:00"} {
		if got, ok := Date(text); ok {
			t.Errorf("Date(%q) = %v", text, got)
		}
	}
}

func TestFold(t *testing.T) {
	for a, b := range map[string]string{
		"ABC xyz": "abc XYZ", "Straße": "sTRAßE", "ſ": "S", "K": "k", "ΣΑΣ": "σας", "É": "é", "": "", "\U00010400": "\U00010428",
	} {
		if Fold(a) != Fold(b) {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q", a, Fold(a), b, Fold(b))
		}
	}
	if Fold("ß") == Fold("ss") || Fold("İ") == Fold("i") {
		t.Error("that is full case folding, or Turkish")
	}
}

// Contract: resources.md Filter operators: ~ ^ $ take plain text
// Contract: resources.md Filter operators: "Ignoring case"
func TestFoldAgreesWithEqualFold(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		next := unicode.SimpleFold(r)
		if next != r && (foldRune(r) != foldRune(next) || !strings.EqualFold(string(foldRune(r)), string(r))) {
			t.Fatalf("fold(%U) = %U, fold(%U) = %U", r, foldRune(r), next, foldRune(next))
		}
	}
}

func TestLocate(t *testing.T) {
	tests := []struct {
		kind   *bellhop.Kind
		path   string
		steps  string // a list ends in []
		rest   string
		typ    bellhop.Type
		stated bool
	}{
		{bellhop.Conversations, "status", "status", "", bellhop.String, true},
		{bellhop.Conversations, "categoryIndex", "categoryIndex", "", bellhop.Number, true},
		{bellhop.Conversations, "tags", "tags[]", "", bellhop.String, true},
		{bellhop.Conversations, "participants.user", "participants[] user", "", bellhop.Ref, true},
		{bellhop.Organizations, "categories.forms", "categories[] forms[]", "", bellhop.Ref, true},
		{bellhop.Conversations, "participants", "participants[]", "", bellhop.Any, false},
		{bellhop.Conversations, "participants.nosuch", "participants[]", "nosuch", bellhop.Any, false},
		{bellhop.Conversations, "meta", "meta", "", bellhop.Any, false},
		{bellhop.Conversations, "meta.a.b", "meta", "a.b", bellhop.Any, false},
		{bellhop.Conversations, "status.x", "status", "x", bellhop.Any, false},
		{bellhop.Messages, "entities", "entities[]", "", bellhop.Any, false},
		{bellhop.Conversations, "no.such", "", "no.such", bellhop.Any, false},
		{&bellhop.Kind{}, "status", "", "status", bellhop.Any, false},
	}
	for _, test := range tests {
		p := Locate(test.kind, pathOf(test.path))
		var steps []string
		for _, s := range p.Steps {
			steps = append(steps, s.Name+map[bool]string{true: "[]"}[s.List])
		}
		if got := strings.Join(steps, " "); got != test.steps || p.Rest.String() != test.rest || p.Type != test.typ || p.Declared != test.stated {
			t.Errorf("Locate(%s) = %+v", test.path, p)
		}
	}
}
