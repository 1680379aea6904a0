package bellhop_test

import "testing"

// excuse says why no test holds a rule, which is named as in a citation.
type excuse struct{ file, section, words, reason string }

const (
	forReaders    = "for the reader"
	saidElsewhere = "said again where it belongs"
	platform      = "of the hosted platform"
	clients       = "what clients do"
)

var excused = []excuse{
	{"README.md", "Contract: Web1on1 (formerly ChatShipper) REST API v2 and webhooks", "*", forReaders},
	{"README.md", "How certain each statement is", "*", forReaders},
	{"README.md", "Words", "*", forReaders},
	{"README.md", "Base facts", "Base URL", platform},
	{"README.md", "Where sources disagree, and what holds here", "*", saidElsewhere},
	{"README.md", "Unknown in public sources", "*", forReaders},
	{"README.md", "Public pages this rests on", "*", forReaders},
	{"auth.md", "Tokens", "Clients are told to log in once", clients},
	{"auth.md", "Tokens", "The SDK refuses to start", clients},
	{"auth.md", "POST /v2/auth/token", "missing or wrong otp", "there is no two-factor login"},
	{"auth.md", "POST /v2/auth/token", "After a failed refresh", clients},
	{"extensions.md", "The description of the API", "Failures that any request", "of what the document leaves out"},
	{"services.md", "Services", "A service is an integration", forReaders},
	{"services.md", "1", "Prerequisite", forReaders},
	{"services.md", "6", "Documented only as a UI", forReaders},
	{"delivery.md", "5", "SDK endpoints never answer", clients},
	{"extensions.md", "Extensions: what Bellhop adds to the Web1on1 contract", "*", forReaders},
	{"extensions.md", "Signatures", "Names of headers", forReaders},
	{"extensions.md", "Signatures", "Vectors, with secret", forReaders},
	{"extensions.md", "2", "A crash may lose", "allows, and demands nothing"},
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
