package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"bellhop/cmd/bellhop/bench"
)

// benchmark measures this machine: what it can do without a server, then Bellhop.
func benchmark(ctx context.Context, args []string, env environment) error {
	if bench.IsRole(args) {
		return bench.Play(ctx, args, bench.Stage{
			In: env.stdin, Out: env.stdout, Log: env.stderr,
			Serve: func(ctx context.Context, args []string, log io.Writer) error {
				env := env
				env.stderr = log
				return serve(ctx, args, env)
			},
		})
	}
	c, asJSON, err := benchConfig(args, env)
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, c)
	if report == nil {
		return err
	}
	write := report.Write
	if asJSON {
		write = func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			return enc.Encode(report)
		}
	}
	if failed := report.Failed(); err == nil && len(failed) > 0 {
		err = fmt.Errorf("scenarios that were not measured to the end: %s", strings.Join(failed, ", "))
	}
	return errors.Join(err, write(env.stdout))
}

// benchConfig reads the flags. With --quick the sizes that were not given are small.
func benchConfig(args []string, env environment) (c bench.Config, asJSON bool, err error) {
	given := bench.Full()
	var only string
	fs := flag.NewFlagSet("bellhop bench", flag.ContinueOnError)
	fs.SetOutput(env.stderr)
	fs.BoolVar(&given.Quick, "quick", false, "all scenarios in less than a minute, with smaller sizes and less precision")
	fs.StringVar(&only, "only", "", "`a,b,...`: only these scenarios")
	fs.BoolVar(&asJSON, "json", false, "print the report as JSON")
	fs.StringVar(&c.Profile, "profile", "", "`directory` for profiles of the server's processor time and memory")
	fs.IntVar(&given.Rounds, "rounds", given.Rounds, "`number` of rounds of each scenario")
	fs.DurationVar(&given.Duration, "duration", given.Duration, "`time` that a round sends for")
	fs.IntVar(&given.Connections, "connections", given.Connections, "`number` of connections of a sender")
	fs.IntVar(&given.Services, "services", given.Services, "`number` of services in scenario g")
	fs.IntVar(&given.Backlog, "backlog", given.Backlog, "`number` of pending deliveries in scenario h")
	if err := parse(fs, args, env.getenv); err != nil {
		return c, false, err
	}
	c.Settings = given
	if given.Quick {
		c.Settings = bench.Quick()
		fs.Visit(func(f *flag.Flag) {
			switch f.Name {
			case "rounds":
				c.Rounds = given.Rounds
			case "duration":
				c.Duration = given.Duration
			case "connections":
				c.Connections = given.Connections
			case "services":
				c.Services = given.Services
			case "backlog":
				c.Backlog = given.Backlog
			}
		})
	}
	for name := range strings.SplitSeq(only, ",") {
		if name = strings.TrimSpace(name); name != "" {
			c.Only = append(c.Only, name)
		}
	}
	if c.Rounds < 1 || c.Duration <= 0 || c.Connections < 1 || c.Services < 1 || c.Backlog < 1 {
		return c, false, errors.New("the sizes of a benchmark must be above zero")
	}
	c.Executable, err = os.Executable()
	c.Progress, c.Bar = env.stderr, isTerminal(env.stderr)
	return c, asJSON, err
}

// isTerminal reports whether w is a character device, on which a line can be written over.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
