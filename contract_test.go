package bellhop_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/contract-coverage.md anew")

// coverageFile lists the rules of the contract and the tests that hold each.
const coverageFile = "docs/contract-coverage.md"

// citation is a line "Contract: auth.md Permissions: get own user" in a comment of a test: it names the file, the innermost
// heading by its number or text, and the rule by how it begins or by words that only it has. "*" stands for all rules of
// the section.
type citation struct {
	file string
	rule string // section and words
	test string // internal/api.TestMatrix
	at   token.Position
}

var citationLine = regexp.MustCompile(`^\s*(?:// ?)?Contract: (\S+\.md) (.+: .+?)\s*$`)

// TestContract fails for a rule that no test holds, for a citation of a rule that there is not, or that a test has twice,
// and when the list of both is not up to date: then run it with -update.
func TestContract(t *testing.T) {
	rules := readRules(t)
	held := make([][]string, len(rules))
	cited := map[citation]bool{}
	for _, c := range readCitations(t) {
		once := citation{file: c.file, rule: c.rule, test: c.test}
		if cited[once] {
			t.Errorf("%s: %s cites %s %s twice", c.at, c.test, c.file, c.rule)
		}
		cited[once] = true
		found, err := c.find(rules)
		if err != nil {
			t.Errorf("%s: %v", c.at, err)
		}
		for _, i := range found {
			if !slices.Contains(held[i], c.test) {
				held[i] = append(held[i], c.test)
			}
		}
	}
	reasons := excuses(t, rules)
	for i, r := range rules {
		switch {
		case len(held[i]) == 0 && reasons[i] == "":
			t.Errorf("%s %s: no test holds %q", r.file, r.section, r.text)
		case len(held[i]) > 0 && reasons[i] != "":
			t.Errorf("%s %s: has a test and an excuse: %q", r.file, r.section, r.text)
		}
	}
	page := coveragePage(rules, held, reasons)
	if *update {
		if err := os.WriteFile(coverageFile, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(coverageFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page) {
		t.Errorf("%s is not what the tests say: go test . -run TestContract -update", coverageFile)
	}
}

// find returns the indexes of the rules that c names.
func (c citation) find(rules []rule) ([]int, error) {
	var section, starts, has, cells []int
	name, words := c.split(rules)
	words = bare(words)
	for i, r := range rules {
		if r.file != c.file || r.section != name {
			continue
		}
		section = append(section, i)
		if r.cell != "" && bare(r.cell) == words {
			cells = append(cells, i)
		}
		if strings.HasPrefix(bare(r.text), words) {
			starts = append(starts, i)
		}
		if strings.Contains(bare(r.text), words) {
			has = append(has, i)
		}
	}
	if len(section) == 0 {
		return nil, fmt.Errorf("%s has no such section: %q", c.file, c.rule)
	}
	if words == "" { // it was *
		return section, nil
	}
	for _, found := range [][]int{cells, starts, has} {
		if len(found) == 1 {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%s %s: %d rules begin with %q, %d have it: one is wanted", c.file, name, len(starts), words, len(has))
}

// bare is what is compared: citations need no asterisks.
func bare(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "*", "")), " ")
}

// split finds where the section ends and the words begin: the name of a section may have a colon, too.
func (c citation) split(rules []rule) (section, words string) {
	text := plain(c.rule)
	for _, r := range rules {
		rest, ok := strings.CutPrefix(text, r.section+":")
		if ok && r.file == c.file && len(r.section) >= len(section) {
			section, words = r.section, strings.TrimSpace(rest)
		}
	}
	return section, words
}

// readCitations reads the comments of all tests.
func readCitations(t *testing.T) []citation {
	t.Helper()
	var all []citation
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case !entry.IsDir() && (strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest")):
			found, err := citationsIn(path)
			all = append(all, found...)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func citationsIn(path string) ([]citation, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var all []citation
	for _, group := range file.Comments {
		said := map[string]bool{}
		for _, comment := range group.List {
			for line := range strings.Lines(comment.Text) {
				m := citationLine.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				at := files.Position(comment.Pos())
				if said[m[0]] {
					return nil, fmt.Errorf("%s: said twice: %s", at, m[0])
				}
				said[m[0]] = true
				all = append(all, citation{m[1], m[2], filepath.ToSlash(filepath.Dir(path)) + "." + functionAt(file, comment.Pos()), at})
			}
		}
	}
	return all, nil
}

// functionAt returns the name of the function that a comment is in or above, else of the variable.
func functionAt(file *ast.File, at token.Pos) string {
	for _, d := range file.Decls {
		if at > d.End() {
			continue
		}
		switch d := d.(type) {
		case *ast.FuncDecl:
			return d.Name.Name
		case *ast.GenDecl:
			if spec, ok := d.Specs[0].(*ast.ValueSpec); ok {
				return spec.Names[0].Name
			}
		}
	}
	return file.Name.Name
}

// coveragePage writes the list.
func coveragePage(rules []rule, held [][]string, reasons []string) []byte {
	var b bytes.Buffer
	b.WriteString("# What holds the contract\n\nEach sentence, row and example of docs/contract/ with the tests that hold it. Made by\n" +
		"`go test . -run TestContract -update` from the comments of the tests; sdk.md is not in it.\n")
	tested := 0
	for i := range rules {
		if len(held[i]) > 0 {
			tested++
		}
	}
	fmt.Fprintf(&b, "\n%d rules: %d are held by tests, %d state nothing that a test could break.\n", len(rules), tested, len(rules)-tested)
	for i, r := range rules {
		if i == 0 || rules[i-1].file != r.file {
			fmt.Fprintf(&b, "\n## %s\n", r.file)
		}
		if i == 0 || rules[i-1].section != r.section || rules[i-1].file != r.file {
			fmt.Fprintf(&b, "\n### %s, %s\n\n| rule | held by |\n| --- | --- |\n", r.file, r.section)
		}
		by := reasons[i]
		if len(held[i]) > 0 {
			slices.Sort(held[i])
			by = "`" + strings.Join(held[i], "`, `") + "`"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", shortened(r.text), by)
	}
	return b.Bytes()
}

// shortened is the beginning of a rule, as a cell of a table.
func shortened(text string) string {
	const most = 110
	if runes := []rune(text); len(runes) > most {
		text = strings.TrimSpace(string(runes[:most])) + " ..."
	}
	return strings.NewReplacer("|", `\|`, "<", `\<`, "_", `\_`).Replace(text)
}
