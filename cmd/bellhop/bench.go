package main

import (
	"context"
	"encoding/json"
	"errors"
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
	c.Settings = bench.Full()
	var only, database string
	fs := env.flagSet("bench", "", "")
	fs.BoolVar(&c.Quick, "quick", false, "all scenarios in less than a minute, with smaller sizes and less precision")
	fs.StringVar(&only, "only", "", "`a,b,...`: only these scenarios")
	fs.BoolVar(&asJSON, "json", false, "print the report as JSON")
	fs.StringVar(&c.Profile, "profile", "", "`directory` for profiles of the server's processor time and memory")
	fs.IntVar(&c.Rounds, "rounds", c.Rounds, "`number` of rounds of each scenario")
	fs.DurationVar(&c.Duration, "duration", c.Duration, "`time` that a round sends for")
	fs.IntVar(&c.Connections, "connections", c.Connections, "`number` of connections of a sender")
	fs.Float64Var(&c.Rate, "rate", c.Rate, "`number` of events a second where latency is measured")
	fs.DurationVar(&c.Slow, "slow", c.Slow, "`time` that the slow endpoint takes")
	fs.IntVar(&c.Services, "services", c.Services, "`number` of services where there are many")
	fs.IntVar(&c.Backlog, "backlog", c.Backlog, "`number` of pending deliveries where there are many")
	fs.StringVar(&database, "database", "", "`URL` of a PostgreSQL server: databases are made beside the one it names, and measured in turns with SQLite. With a password in it better BELLHOP_DATABASE, which other users of the machine cannot see")
	fs.IntVar(&c.Nodes, "nodes", c.Nodes, "`number` of nodes where there are several, with --database")
	fs.Int64Var(&c.StoreSize, "store-size", c.StoreSize, "`bytes` that the store may have where old events are removed")
	// BELLHOP_PROFILE is a login, and no directory.
	getenv := func(name string) string {
		if name == "BELLHOP_PROFILE" {
			return ""
		}
		return env.getenv(name)
	}
	err = parse(fs, args, getenv)
	if err == nil && c.Quick {
		c.Settings = bench.Quick()
		err = parse(fs, args, getenv) // what was given wins over these, too
	}
	if err != nil {
		return c, false, err
	}
	c.Only = commas(only)
	if database != "" {
		c.Database = benchDatabase(database)
	}
	if c.Executable, err = os.Executable(); err != nil {
		return c, false, fmt.Errorf("find this program: %w", err)
	}
	c.Progress, c.Bar = env.stderr, isTerminal(env.stderr)
	if err := c.Check(); err != nil {
		return c, false, &coded{err, exitUsage}
	}
	return c, asJSON, nil
}
