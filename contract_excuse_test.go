package bellhop_test

import "testing"

// excuse says why no test holds a rule, which is named as in a citation.
type excuse struct{ file, section, words, reason string }

const (
	forReaders = "for the reader"
	saidBelow  = "said again where it belongs"
	platform   = "of the hosted platform"
	clients    = "what clients do"
)

var excused = []excuse{
	{"README.md", "Contract: Web1on1 (formerly ChatShipper) REST API v2 and webhooks", "*", forReaders},
	{"README.md", "How certain each statement is", "*", forReaders},
	{"README.md", "Words", "*", forReaders},
	{"README.md", "Base facts", "Base URL", platform},
	{"README.md", "Where sources disagree, and what holds here", "*", saidBelow},
	{"README.md", "Unknown in public sources", "*", forReaders},
	{"README.md", "Public pages this rests on", "*", forReaders},
	{"extensions.md", "5", "*", "not built yet"},
}

// excuses returns for each rule why no test holds it, or "".
func excuses(t *testing.T, rules []rule) []string {
	t.Helper()
	reasons := make([]string, len(rules))
	for _, e := range excused {
		found, err := citation{file: e.file, rule: e.section + ": " + e.words}.find(rules)
		if err != nil {
			t.Errorf("an excuse: %v", err)
		}
		for _, i := range found {
			reasons[i] = e.reason
		}
	}
	return reasons
}
