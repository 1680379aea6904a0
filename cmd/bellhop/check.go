package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"bellhop/internal/check"
)

const checkAbout = `Tries an endpoint as the server uses it, and as those would who want it to fail: the challenge, good and
bad signatures, repeats, disorder, large and strange bodies, many at once. It takes some seconds, needs
no server, and says what to do where something is wrong. docs/check.md explains each check.

The events are called bellhop.check and are about nothing that exists; what --events names is sent once
each, with data.sample. It ends with 1 if something fails that must hold.`

// checkReceiver tries an endpoint, and prints what it found.
func checkReceiver(ctx context.Context, args []string, env environment) error {
	var secret secretFlag
	var out output
	var c check.Config
	var listOnly bool
	fs := env.flagSet("check", "URL", checkAbout)
	secret.flags(fs)
	out.flags(fs)
	fs.Var((*list)(&c.Events), "events", "`names` of events to send as well, with commas between, such as message.create.contact.chat")
	fs.Var((*list)(&c.Only), "only", "`names` of checks to make, with commas between (default: all)")
	fs.BoolVar(&listOnly, "list", false, "list the checks, and make none")
	fs.DurationVar(&c.Timeout, "timeout", 20*time.Second, "how `long` an answer is waited for; the server waits 20s")
	given, err := parseWords(fs, args, env.getenv, "[URL]")
	switch {
	case err != nil:
		return err
	case listOnly:
		return env.listChecks(out)
	case len(given) == 0:
		return hinted(wrongUsage("check needs URL"), "bellhop check --help shows how it is used")
	case c.Timeout <= 0:
		return wrongUsage("--timeout must be more than 0")
	}
	if c.Secret, err = secret.read(env); err != nil {
		return err
	}
	c.URL = given[0]
	bar := env.progress("Checking", 0)
	c.Progress = bar.set
	report, err := check.Run(ctx, c)
	bar.close()
	if errors.Is(err, check.ErrUsage) {
		return hinted(wrongUsage("%w", err), "bellhop check --list names the checks; a URL is like https://user:password@bot.example.com/hook")
	}
	if err != nil {
		return err
	}
	if err := out.print(env, report, func(w io.Writer) error { return env.printReport(w, report) }); err != nil {
		return err
	}
	if report.Broken() {
		return errors.New("check: the receiver fails what must hold")
	}
	return nil
}

func (env environment) listChecks(out output) error {
	type row struct {
		Name     string         `json:"name"`
		Group    string         `json:"group"`
		Severity check.Severity `json:"severity"`
		Title    string         `json:"title"`
		Reason   string         `json:"reason"`
	}
	var rows []row
	table := env.table("name", "severity", "shows that")
	for _, c := range check.All() {
		rows = append(rows, row{c.Name, c.Group, c.Severity, c.Title, c.Reason})
		table.row(c.Name, c.Severity, c.Title)
	}
	return out.print(env, rows, table.write)
}

// resultWords are what results are called, and how they are marked where there is no colour.
var resultWords = map[check.Result][2]string{
	check.Passed: {"✓", "passed"}, check.Failed: {"✗", "FAILED"}, check.Warning: {"!", "warning"},
	check.Untold: {"?", "untold"}, check.Skipped: {"-", "skipped"},
}

// printReport writes a report for people: a line for what is passed, and what to do for what is not.
func (env environment) printReport(w io.Writer, r *check.Report) error {
	p := env.paint(env.stdout)
	width := prose(env.stdout)
	paints := map[check.Result]func(string) string{
		check.Passed: p.green, check.Failed: p.red, check.Warning: p.yellow, check.Untold: p.yellow, check.Skipped: p.dim,
	}
	const indent = "      "
	say := func(label, text string, paint func(string) string) {
		if text == "" {
			return
		}
		head := label
		for _, line := range wrap(text, max(30, width-len(indent)-len(label))) {
			fmt.Fprintln(w, indent+p.dim(head)+paint(line))
			head = strings.Repeat(" ", len(label))
		}
	}
	fmt.Fprintln(w, r.URL)
	group := ""
	for _, o := range r.Checks {
		if o.Group != group {
			group = o.Group
			fmt.Fprintf(w, "\n%s\n", p.bold(group))
		}
		mark := resultWords[o.Result]
		fmt.Fprintf(w, "  %s  %s %s\n", paints[o.Result](fmt.Sprintf("%s %-7s", mark[0], mark[1])), cut(o.Title, width-13), p.dim("("+o.Name+")"))
		switch o.Result {
		case check.Passed:
		case check.Skipped:
			say("because ", o.Seen, p.dim)
		default:
			say("seen     ", o.Seen, plain)
			say("reason   ", string(o.Severity)+": "+o.Reason, plain)
			if o.Advice != nil {
				say("ChipChat ", o.Advice.ChipChat, plain)
				say("Go SDK   ", o.Advice.Go, plain)
				say("own      ", o.Advice.Own, plain)
			}
		}
	}
	score := p.green
	switch {
	case r.Broken():
		score = p.red
	case r.Failed+r.Warnings > 0:
		score = p.yellow
	}
	fmt.Fprintf(w, "\n%s  %s\n", score(fmt.Sprintf("Score %d of 100", r.Score)), r.Verdict)
	_, err := fmt.Fprintf(w, "%d passed, %d failed, %d warnings, %d untold, %d skipped\n", r.Passed, r.Failed, r.Warnings, r.Untold, r.Skipped)
	return err
}
