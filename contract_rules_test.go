package bellhop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rule is one statement of the contract: a sentence, a row of a table, or an example.
type rule struct {
	file, section string
	text          string // plain: without marks of Markdown, cells joined with " | "
	cell          string // the first cell of a row
}

// contractFiles are the pages of docs/contract/ that the server has to keep. sdk.md is kept by the tests of package
// chipchat.
var contractFiles = []string{
	"README.md", "auth.md", "resources.md", "services.md", "delivery.md", "events.md", "conversations.md", "extensions.md",
}

func readRules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	for _, file := range contractFiles {
		text, err := os.ReadFile(filepath.Join("docs", "contract", file))
		if err != nil {
			t.Fatal(err)
		}
		r := ruleReader{file: file}
		for line := range strings.Lines(string(text)) {
			r.line(strings.TrimRight(line, " \n"))
		}
		r.endBlock()
		all = append(all, r.rules...)
	}
	return all
}

// ruleReader takes a page apart, line by line.
type ruleReader struct {
	file, section string
	rules         []rule
	block         []string // lines of a paragraph or of a list's entry
	example       bool     // in a fenced block
	rows          int      // of the table so far, with its head
}

var (
	headingLine = regexp.MustCompile(`^#+ (?:(\d+(?:\.\d+)*)\.? )?(.*)$`)
	entryLine   = regexp.MustCompile(`^\s*(?:\*|\d+\.) +(.*)$`)
)

// plain takes the marks of Markdown away, but those in code.
func plain(text string) string {
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.NewReplacer("**", "", `\`, "").Replace(parts[i])
	}
	return strings.Join(strings.Fields(strings.Join(parts, "")), " ")
}

func (r *ruleReader) line(line string) {
	heading, entry := headingLine.FindStringSubmatch(line), entryLine.FindStringSubmatch(line)
	switch {
	case strings.HasPrefix(strings.TrimSpace(line), "```"):
		r.endBlock()
		r.example = !r.example
	case r.example:
		r.block = append(r.block, line)
	case heading != nil:
		r.endBlock()
		if r.section = heading[1]; r.section == "" {
			r.section = strings.TrimSuffix(plain(heading[2]), " (chosen)")
		}
	case strings.HasPrefix(line, "|"):
		if r.rows == 0 {
			r.endBlock()
		}
		if r.rows++; r.rows > 2 {
			r.row(line)
		}
	case line == "":
		r.endBlock()
	case entry != nil:
		r.endBlock()
		r.block = []string{entry[1]}
	default:
		r.block = append(r.block, line)
	}
	if !strings.HasPrefix(line, "|") {
		r.rows = 0
	}
}

// row adds a row of a table. A bar in a cell is written \|.
func (r *ruleReader) row(line string) {
	const bar = "\x00"
	var cells []string
	for cell := range strings.SplitSeq(strings.Trim(strings.ReplaceAll(line, `\|`, bar), "| "), "|") {
		cells = append(cells, strings.ReplaceAll(plain(cell), bar, "|"))
	}
	r.rules = append(r.rules, rule{r.file, r.section, strings.Join(cells, " | "), cells[0]})
}

func (r *ruleReader) endBlock() {
	text := plain(strings.Join(r.block, " "))
	r.block = nil
	switch {
	case text == "":
	case r.example:
		r.rules = append(r.rules, rule{r.file, r.section, text, ""})
	default:
		for _, s := range sentences(text) {
			if len(s) < 12 || len(s) < mostOfLead && strings.HasSuffix(s, ":") {
				continue
			}
			r.rules = append(r.rules, rule{r.file, r.section, s, ""})
		}
	}
}

// mostOfLead is how long a sentence is that only leads to what follows it: "Answer 201:".
const mostOfLead = 60

// sentences splits a text where a sentence ends outside of brackets and another begins.
func sentences(text string) []string {
	var found []string
	start, depth := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(depth-1, 0)
		case '.':
			if depth == 0 && i+2 < len(text) && text[i+1] == ' ' && text[i+2] != '(' && (text[i+2] < 'a' || text[i+2] > 'z') {
				found = append(found, text[start:i+1])
				start = i + 2
			}
		}
	}
	return append(found, text[start:])
}
