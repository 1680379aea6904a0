package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// output is how a command prints its result: as JSON for scripts, or for people.
type output struct{ json bool }

// flags adds --json.
func (o *output) flags(fs *flag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "print the result as JSON")
}

// print writes v as one JSON document if that is asked for, and else what people writes.
func (o *output) print(env environment, v any, people func(w io.Writer) error) error {
	if o.json {
		return printJSON(env.stdout, v)
	}
	w := bufio.NewWriter(env.stdout)
	if err := people(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// printJSON writes v as an indented document.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	if _, err := w.Write(harmless(b.Bytes())); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// harmless is a JSON document that says the same, with what would steer a terminal escaped: JSON lets some of it stand in
// strings, where alone it can be.
func harmless(document []byte) []byte {
	document = bytes.ToValidUTF8(document, []byte("\ufffd"))
	if !bytes.ContainsFunc(document, isSteering) {
		return document
	}
	b := make([]byte, 0, len(document)+64)
	for _, r := range string(document) {
		if isSteering(r) && r != '\n' { // between the lines of the document
			b = fmt.Appendf(b, "\\u%04x", r)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// printLine writes v as one line of a stream.
func printLine(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	if _, err := w.Write(harmless(b.Bytes())); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// table is lines of cells, for people. On a terminal it is no wider than that: columns that can be missed are left out,
// then the widest ones give way. In a file everything is written in full.
type table struct {
	paint paint
	width int      // 0: any
	heads []string // with ! behind it a column is never cut, as one of ids is not; with ? it can be missed, with < its ends count
	rows  [][]cell
}

// cell is a text, and how it is painted; nil is not at all.
type cell struct {
	text  string
	paint func(string) string
}

// table begins a table that is written to standard output.
func (env environment) table(heads ...string) *table {
	return &table{paint: env.paint(env.stdout), width: columns(env.stdout), heads: heads}
}

// row adds a line. Cells are cells, or anything that fmt prints.
func (t *table) row(values ...any) {
	row := make([]cell, len(values))
	for i, v := range values {
		if c, ok := v.(cell); ok {
			row[i] = c
		} else {
			row[i].text = fmt.Sprint(v)
		}
		row[i].text = clean(row[i].text, "")
	}
	t.rows = append(t.rows, row)
}

const gap = 2 // between columns

// write writes the table, its heads first.
func (t *table) write(w io.Writer) error {
	widths := t.widths()
	heads := make([]cell, len(t.heads))
	for i, h := range t.heads {
		heads[i] = cell{strings.ToUpper(strings.TrimRight(h, "!?<")), t.paint.dim}
	}
	for _, row := range append([][]cell{heads}, t.rows...) {
		var b strings.Builder
		pad := 0
		for i, c := range row {
			if widths[i] == leftOut {
				continue
			}
			b.WriteString(strings.Repeat(" ", pad))
			text := cut(c.text, widths[i])
			if text != c.text && strings.HasSuffix(t.heads[i], "<") {
				text = runewidth.TruncateLeft(c.text, cells(c.text)-widths[i]+1, "…")
			}
			pad = widths[i] - cells(text) + gap
			if c.paint != nil {
				text = c.paint(text)
			}
			b.WriteString(text)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// leftOut is the width of a column that is not shown. A column that is empty is one, too.
const leftOut = -gap

// widths is how wide the columns are.
func (t *table) widths() []int {
	widths := make([]int, len(t.heads))
	for i := range t.heads {
		widths[i] = leftOut
		for _, row := range t.rows {
			if n := cells(row[i].text); n > 0 {
				widths[i] = max(widths[i], n)
			}
		}
		if widths[i] > 0 || !strings.HasSuffix(t.heads[i], "?") {
			widths[i] = max(widths[i], cells(strings.TrimRight(t.heads[i], "!?<")))
		}
	}
	if t.width == 0 {
		return widths
	}
	for i := len(t.heads) - 1; i >= 0; i-- {
		if strings.HasSuffix(t.heads[i], "?") && total(widths) > t.width+missing(t.heads, widths) {
			widths[i] = leftOut
		}
	}
	const least = 8
	for total(widths) > t.width {
		widest := -1
		for i, n := range widths {
			if n > least && !strings.HasSuffix(t.heads[i], "!") && (widest < 0 || n > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func total(widths []int) int {
	sum := -gap
	for _, n := range widths {
		sum += n + gap
	}
	return sum
}

// missing is how many characters may be cut off without a loss that hurts: a fifth of what can be cut.
func missing(heads []string, widths []int) (n int) {
	for i, width := range widths {
		if width > 0 && !strings.HasSuffix(heads[i], "!") && !strings.HasSuffix(heads[i], "?") {
			n += width / 5
		}
	}
	return n
}

// pairs writes names with their values below each other, without those that have no value.
func (env environment) pairs(w io.Writer, pairs ...[2]string) error {
	p := env.paint(env.stdout)
	longest := 0
	for _, pair := range pairs {
		if pair[1] != "" {
			longest = max(longest, cells(pair[0]))
		}
	}
	for _, pair := range pairs {
		if pair[1] == "" {
			continue
		}
		name := pair[0] + strings.Repeat(" ", longest-cells(pair[0])+gap)
		if _, err := fmt.Fprintln(w, p.dim(name)+clean(pair[1], "")); err != nil {
			return err
		}
	}
	return nil
}

// cells is how many columns of a terminal text takes.
func cells(text string) int { return runewidth.StringWidth(text) }

// cut is text in so many columns; 0 is any.
func cut(text string, width int) string {
	if width <= 0 || cells(text) <= width {
		return text
	}
	return runewidth.Truncate(text, width, "…")
}

// moment is a time as people read it in a list: today without the date.
func moment(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	at, now = at.Local(), now.Local()
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format(time.TimeOnly)
	}
	return at.Format("2006-01-02 15:04")
}

// span is a duration as people write it: 24h, not 24h0m0s.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
