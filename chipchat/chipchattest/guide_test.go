package chipchattest_test

import (
	"os"
	"strings"
	"testing"
)

// The test that the guide and the package documentation show is the one that is run.
func TestGuide(t *testing.T) {
	_, shown, found := strings.Cut(read(t, "example_test.go"), "\nfunc TestShop")
	if !found {
		t.Fatal("there is no TestShop")
	}
	shown = "func TestShop" + strings.TrimSpace(shown) + "\n"
	if !strings.Contains(read(t, "../../docs/testing-bots.md"), shown) {
		t.Error("docs/testing-bots.md shows another TestShop")
	}
	var comment strings.Builder
	for line := range strings.Lines(shown) {
		if line == "\n" {
			comment.WriteString("//\n")
		} else {
			comment.WriteString("//\t" + line)
		}
	}
	if !strings.Contains(read(t, "doc.go"), comment.String()) {
		t.Error("the package documentation shows another TestShop")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
