package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Write writes a report for a human.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d processors, %s; %d rounds of %v, %d connections", r.Machine.System, r.Machine.Processors,
		r.Machine.Go, r.Settings.Rounds, r.Settings.Duration.Round(time.Millisecond), r.Settings.Connections)
	if r.Settings.Quick {
		b.WriteString("; --quick: smaller and less precise")
	}
	b.WriteString("\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tfigure\tmedian\tspread\tunit")
	for _, s := range r.Scenarios {
		fmt.Fprintf(t, "%s\t%s\t\t\t\n", s.Name, s.Title)
		fmt.Fprintf(t, "\t  events sent, arrived, repeated\t%d\t%d\t%d\n", s.Sent, s.Arrived, s.Repeats)
		for _, f := range s.Figures {
			fmt.Fprintf(t, "\t  %s\t%s\t%s\t%s\n", f.Name, short(f.Median), f.spread(), f.Unit)
		}
	}
	if len(r.Targets) > 0 {
		fmt.Fprintln(t, "\t\t\t\t")
		fmt.Fprintln(t, "\ttarget\tmedian\tspread\tlimit\t")
	}
	for _, g := range r.Targets {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", g.Scenario, g.Name, short(g.Median), g.spread(), g.limit(), g.verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range r.Scenarios {
		for _, note := range s.Notes {
			fmt.Fprintf(&b, "\n%s  %s", s.Name, note)
		}
		if s.Error != "" {
			fmt.Fprintf(&b, "\n%s  NOT MEASURED TO THE END: %s", s.Name, s.Error)
		}
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

func (f *Figure) spread() string { return short(f.Min) + " - " + short(f.Max) }

func (t *Target) limit() string {
	sign := "<="
	if t.AtLeast {
		sign = ">="
	}
	return strings.TrimSpace(sign + " " + short(t.Limit) + " " + t.Unit)
}

func (t *Target) verdict() string {
	if t.Met {
		return "met"
	}
	return "NOT MET"
}

// short writes a number with three digits that count, or all before the point.
func short(v float64) string {
	if math.Abs(v) >= 100 || v == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', max(digits, 0), 64)
}
