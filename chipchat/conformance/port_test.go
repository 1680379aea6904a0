package conformance

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const port = "Port:"

// elsewhere are the lines of the contract that no scenario can show, by their beginnings, and why.
var elsewhere = map[string]string{
	"Port: interface `TokenStore` in the options.":           shape,
	"Port: the options are the struct `Options`":             shape,
	"Port: a resource is a `Resource[T]`":                    shape,
	"Port: the event `token` carries no token":               "what plays a scenario takes it from Tokens; that no event has it is for the tests of chipchat",
	"Port: `Options.Pagination` has `List` follow the pages": shape,
	"Port: copies of conversations are kept for an hour":     "neither an hour nor 10,000 conversations are for a table",
	"Port: `Handler` is the handler alone":                   shape,
	"Port: names are separated by blanks.":                   shape,
	"Port: `AddReplyListener(conversation, handler)`":        shape,
	"Port: numbers of all Go types compare by value":         shape,
	"Port: receiving it is `func(ctx, bot, event) error`":    shape,
	"Port: a redirect to another host":                       "it takes a second host, and the table has one",
	"Port: the same, and no panic crosses":                   "the original has no panics; what the errors say is how they are compared",
}

const shape = "it says how Go spells what the scenarios do all the same"

// TestPort holds the differences in the table, and the lines of the contract that say that there are some, to each other.
func TestPort(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "contract", "sdk.md"))
	if err != nil {
		t.Fatal(err)
	}
	contract := strings.Join(strings.Fields(string(content)), " ")
	_, contract, _ = strings.Cut(contract, "## 1. Construction") // what the word means stands before
	shown := map[int]bool{}
	show := func(quote, who string) {
		at := strings.Index(contract, quote)
		switch {
		case !strings.Contains(quote, port):
			t.Errorf("%s quotes %q, which is no line that says %q", who, quote, port)
		case at < 0:
			t.Errorf("%s quotes %q, which the contract does not say", who, quote)
		case strings.Count(contract, quote) > 1:
			t.Errorf("%s quotes %q, which the contract says more than once", who, quote)
		default:
			shown[at+strings.Index(quote, port)] = true
		}
	}
	for _, s := range table(t) {
		for _, quote := range s.Port {
			show(quote, s.Name)
		}
		if s.Port != nil && s.Only == "" && reflect.DeepEqual(s.wanted(s.Go), s.wanted(s.Node)) {
			t.Errorf("%s names a line that says what differs, and nothing does", s.Name)
		}
	}
	for quote := range elsewhere {
		show(quote, "the list of what no scenario shows")
	}
	for at := 0; ; at += len(port) {
		next := strings.Index(contract[at:], port)
		if next < 0 {
			break
		}
		if at += next; !shown[at] {
			t.Errorf("no scenario shows %q", contract[at:min(len(contract), at+80)])
		}
	}
}
