package check

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/check.md anew")

const page = "../../docs/check.md"

// docs/check.md says of each check what the code says.
func TestThePageHasTheChecks(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	group := ""
	for _, c := range All() {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "### %s\n\n", group)
		}
		fmt.Fprintf(&b, "**`%s`** (%s): %s. %s\n\n", c.Name, c.Severity, c.Title, c.Reason)
		for _, a := range []struct{ who, text string }{{"ChipChat", c.Advice.ChipChat}, {"Go SDK", c.Advice.Go}, {"Your own", c.Advice.Own}} {
			if a.text != "" {
				fmt.Fprintf(&b, "* %s: %s\n", a.who, strings.ReplaceAll(a.text, "<", "&lt;"))
			}
		}
		fmt.Fprintln(&b)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), "<!-- checks -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end of checks -->")
	if !begun || !ended {
		t.Fatalf("%s has no place for the checks", page)
	}
	want := before + "<!-- checks -->\n" + b.String() + "<!-- end of checks -->" + after
	if string(text) == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not have the checks as they are; run go test ./internal/check -run %s -update", page, t.Name())
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
