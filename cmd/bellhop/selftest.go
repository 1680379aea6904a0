package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"
)

// selftestCrash tries on this machine what the server promises of crashes.
func selftestCrash(ctx context.Context, args []string, env environment) error {
	var c crashConfig
	fs := c.flags(env)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	var err error
	if c.program, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	return c.run(ctx, env)
}

// crashConfig is what the flags of selftest crash say.
type crashConfig struct {
	kills    optional
	nodes    int
	database string
	faults   optional
	kinds    string
	recovery time.Duration
	postgres string // data directory of PostgreSQL
	restart  string // command that restarts it
	seed     uint64
	duration time.Duration
	dir      string
	asJSON   bool
	diskFull diskLimit
	readOnly bool
	clock    bool

	program string // what is tested: this program
}

const (
	maxKills    = 10_000
	maxFaults   = 1000
	maxNodes    = 10
	maxDuration = time.Hour
	perKill     = 1500 * time.Millisecond // of the load, if no duration is given
)

func (c *crashConfig) flags(env environment) *flag.FlagSet {
	fs := env.flagSet("selftest crash", "", "")
	fs.Var(&c.kills, "kills", "`number` of times that a server with an SQLite store is killed; 0 leaves this part out (default: 20, with --database or --faults 0)")
	fs.IntVar(&c.nodes, "nodes", 1, "`number` of servers that share the database")
	fs.StringVar(&c.database, "database", "", "`URL` of a PostgreSQL database: one is made beside it for the nodes, or it is used itself if that is not allowed, and must then be empty. With a password in it better BELLHOP_DATABASE, which other users of the machine cannot see")
	fs.Var(&c.faults, "faults", "`number` of faults of nodes, of the database, and of what is between them (default: with --database 20)")
	fs.StringVar(&c.kinds, "fault-kinds", "", "`kind,...` of faults, see docs/selftest.md (default: all that can happen here)")
	fs.DurationVar(&c.recovery, "recovery", 12*time.Second, "how `long` it may take after a fault until nothing is late any more")
	fs.StringVar(&c.postgres, "postgres-data", "", "`directory` of the PostgreSQL server, which may then be restarted with pg_ctl")
	fs.StringVar(&c.restart, "restart-database", "", "`command` that restarts it, instead of pg_ctl")
	fs.Uint64Var(&c.seed, "seed", 0, "`number` that the moments of the kills and the load are drawn from (default: another one each time)")
	fs.DurationVar(&c.duration, "duration", 0, "how `long` the load lasts that the kills, or the jumps of the clock, are spread over, such as 30s (default: 1.5 s for each kill, 3 s for each jump)")
	fs.StringVar(&c.dir, "dir", "", "`directory` in which it makes the one it works in (default: that for temporary files)")
	fs.BoolVar(&c.asJSON, "json", false, "print the result as JSON")
	fs.Var(&c.diskFull, "disk-full", "also fill the disk under the server; =tmpfs or =limit says `how`, see docs/selftest.md (default: tmpfs for root, else limit)")
	fs.BoolVar(&c.readOnly, "read-only", false, "also take the right to write from the server, and start it on a directory that it cannot write to")
	fs.BoolVar(&c.clock, "clock", false, "also let the server's clock jump by hours, forward and back")
	return fs
}

// optional is a flag with a number, and whether it was given.
type optional struct {
	n     int
	given bool
}

func (o *optional) String() string {
	if !o.given {
		return ""
	}
	return strconv.Itoa(o.n)
}

func (o *optional) Set(text string) (err error) {
	o.n, err = strconv.Atoi(text)
	o.given = true
	return err
}

// check returns an error for what cannot be done, and fills in what is left open.
func (c *crashConfig) check() error {
	c.fill()
	switch {
	case c.kills.n < 0 || c.kills.n > maxKills:
		return wrongUsage("--kills must be from 0 to %d", maxKills)
	case c.faults.n < 0 || c.faults.n > maxFaults:
		return wrongUsage("--faults must be from 0 to %d", maxFaults)
	case c.nodes < 1 || c.nodes > maxNodes:
		return wrongUsage("--nodes must be from 1 to %d", maxNodes)
	case c.nodes > 1 && c.database == "":
		return wrongUsage("--nodes above 1 needs --database: several servers cannot share an SQLite store")
	case (c.postgres != "" || c.restart != "") && c.database == "":
		return wrongUsage("--postgres-data and --restart-database need --database")
	case c.postgres != "" && c.restart != "":
		return wrongUsage("--postgres-data and --restart-database exclude each other")
	case c.recovery <= 0:
		return wrongUsage("--recovery must be above zero")
	case c.duration < 0 || c.duration > maxDuration:
		return wrongUsage("--duration must be at most %v", maxDuration)
	case c.kills.n == 0 && c.faults.n == 0 && c.diskFull == "" && !c.readOnly && !c.clock:
		return wrongUsage("with --kills 0 something else must be asked for: --disk-full, --read-only, --clock or --faults")
	case c.faults.n > 0 && !canLimitFiles:
		return wrongUsage("--database and --faults need Linux")
	case (c.diskFull != "" || c.readOnly) && !canLimitFiles:
		return wrongUsage("--disk-full and --read-only need Linux")
	}
	if c.database != "" {
		if _, err := parseDatabase(c.database); err != nil {
			return wrongUsage("%w", err)
		}
	}
	if _, err := chooseFaults(c.faultKinds(), faultNames()); err != nil {
		return wrongUsage("%w", err)
	}
	if c.seed == 0 {
		c.seed = rand.Uint64N(1 << 32)
	}
	return nil
}

// fill sets the numbers that were not given.
func (c *crashConfig) fill() {
	if !c.faults.given && c.database != "" {
		c.faults.n = 20
	}
	if !c.kills.given && c.faults.n == 0 {
		c.kills.n = 20
	}
}

func (c *crashConfig) faultKinds() []string { return commas(c.kinds) }

// load is how long the load of the kills lasts.
func (c *crashConfig) load() time.Duration {
	if c.duration > 0 {
		return c.duration
	}
	return time.Duration(c.kills.n) * perKill
}

// again is the command line that does the same once more.
func (c *crashConfig) again() string {
	line := "bellhop selftest crash"
	if c.faults.n == 0 || c.kills.n > 0 {
		line += fmt.Sprintf(" --kills %d", c.kills.n)
	}
	line += fmt.Sprintf(" --seed %d", c.seed)
	if c.faults.n > 0 {
		line += fmt.Sprintf(" --nodes %d --faults %d --recovery %v", c.nodes, c.faults.n, c.recovery)
		for _, flag := range []struct{ name, value string }{
			{"fault-kinds", c.kinds}, {"postgres-data", c.postgres}, {"restart-database", c.restart},
		} {
			if flag.value != "" {
				line += " --" + flag.name + " " + quoted(flag.value)
			}
		}
		if c.database != "" {
			line += " --database URL" // it may have a password in it
		}
	}
	if c.duration > 0 {
		line += fmt.Sprintf(" --duration %v", c.duration)
	}
	if c.diskFull != "" {
		line += " --disk-full=" + string(c.diskFull)
	}
	if c.readOnly {
		line += " --read-only"
	}
	if c.clock {
		line += " --clock"
	}
	return line
}

// quoted is a word as a shell needs it.
func quoted(word string) string {
	if !strings.ContainsAny(word, " \t'\"\\$;&|<>()*?`") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// crashPart is one part of the test, with a server of its own.
type crashPart struct {
	name string
	run  func(context.Context, *crashRig) error
}

// parts are those that are asked for; the kills come last.
func (c *crashConfig) parts() (parts []crashPart) {
	if c.diskFull != "" {
		parts = append(parts, crashPart{"disk-full", c.fillDisk})
	}
	if c.readOnly {
		parts = append(parts, crashPart{"read-only", c.forbidWriting})
	}
	if c.clock {
		parts = append(parts, crashPart{"clock", c.turnClock})
	}
	if c.faults.n > 0 {
		parts = append(parts, crashPart{"nodes", c.shake})
	}
	if c.kills.n > 0 {
		parts = append(parts, crashPart{"kills", c.kill})
	}
	return parts
}

// run goes through the parts, and keeps the directory of one that failed.
func (c *crashConfig) run(ctx context.Context, env environment) error {
	if c.dir != "" {
		if err := os.MkdirAll(c.dir, 0o700); err != nil {
			return fmt.Errorf("make the directory: %w", err)
		}
	}
	dir, err := os.MkdirTemp(c.dir, "bellhop-selftest-")
	if err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	fmt.Fprintf(env.stderr, "seed %d, directory %s\n", c.seed, dir)
	results, err := c.runParts(ctx, dir, env)
	problems := 0
	for _, r := range results {
		problems += len(r.Problems)
	}
	if err == nil && ctx.Err() == nil {
		err = c.print(env, results, problems == 0)
	}
	if ctx.Err() != nil {
		// Whoever stops it does not want to know what is left.
		return errors.Join(context.Cause(ctx), os.RemoveAll(dir))
	}
	if err == nil && problems == 0 {
		return os.RemoveAll(dir)
	}
	if err == nil {
		err = fmt.Errorf("%d promises were not kept", problems)
	}
	return fmt.Errorf("%w\nkept: %s\nagain: %s", err, dir, c.again())
}

func (c *crashConfig) runParts(ctx context.Context, dir string, env environment) (results []*crashResult, err error) {
	for _, part := range c.parts() {
		result, err := c.runPart(ctx, part, dir, env)
		if err != nil {
			return results, fmt.Errorf("%s: %w", part.name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

func (c *crashConfig) print(env environment, results []*crashResult, ok bool) error {
	if c.asJSON {
		return json.NewEncoder(env.stdout).Encode(struct {
			OK    bool           `json:"ok"`
			Seed  uint64         `json:"seed"`
			Parts []*crashResult `json:"parts"`
		}{ok, c.seed, results})
	}
	for _, r := range results {
		if _, err := fmt.Fprintln(env.stdout, r.line()); err != nil {
			return err
		}
	}
	return nil
}
