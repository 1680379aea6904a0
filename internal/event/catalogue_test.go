package event

import (
	"strings"
	"testing"

	"bellhop"
)

// Each event of the catalogue has words of its own, a name that can be subscribed to, and a topic.
func TestCatalogue(t *testing.T) {
	names, texts := map[string]bool{}, map[string]string{}
	for _, k := range Catalogue() {
		if names[k.Name] {
			t.Errorf("%s is there twice", k.Name)
		}
		if other, ok := texts[k.Text]; ok {
			t.Errorf("%s and %s have the same text %q", k.Name, other, k.Text)
		}
		names[k.Name], texts[k.Text] = true, k.Name
		if _, err := ParsePatterns([]string{k.Name}); err != nil || !ValidName(k.Name) {
			t.Errorf("%s is no name: %v", k.Name, err)
		}
		if strings.HasPrefix(k.Text, ",") || strings.Contains(k.Text, "  ") || strings.HasSuffix(k.Text, " ") || strings.HasSuffix(k.Text, ", ") || strings.Contains(k.Text, "new ,") {
			t.Errorf("the text of %s lacks a word: %q", k.Name, k.Text)
		}
		segments := strings.Split(k.Name, ".")
		for i := 1; i < len(segments); i++ {
			if Topic(segments[:i]...) == "" {
				t.Errorf("nothing says what %s is about", strings.Join(segments[:i], "."))
			}
		}
	}
	for _, kind := range bellhop.Kinds() {
		if nouns[kind.Name].one == "" {
			t.Errorf("%s has no noun", kind.Name)
		}
		if !names[kind.Name+".update"] || !names[kind.Name+".delete"] {
			t.Errorf("the catalogue lacks events of %s", kind.Name)
		}
	}
	if len(names) != 48+3+3*23+6 {
		t.Errorf("%d events, want 48 of new messages, 3 more of messages, 3 of each other kind, and 6 of a few", len(names))
	}
}
