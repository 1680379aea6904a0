package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
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
	kills    int
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
	maxDuration = time.Hour
	perKill     = 1500 * time.Millisecond // of the load, if no duration is given
)

func (c *crashConfig) flags(env environment) *flag.FlagSet {
	fs := env.flagSet("selftest crash", "", "")
	fs.IntVar(&c.kills, "kills", 20, "`number` of times that the server is killed; 0 leaves this part out")
	fs.Uint64Var(&c.seed, "seed", 0, "`number` that the moments of the kills and the load are drawn from (default: another one each time)")
	fs.DurationVar(&c.duration, "duration", 0, "how `long` the load lasts that the kills, or the jumps of the clock, are spread over, such as 30s (default: 1.5 s for each kill, 3 s for each jump)")
	fs.StringVar(&c.dir, "dir", "", "`directory` in which it makes the one it works in (default: that for temporary files)")
	fs.BoolVar(&c.asJSON, "json", false, "print the result as JSON")
	fs.Var(&c.diskFull, "disk-full", "also fill the disk under the server; =tmpfs or =limit says `how`, see docs/selftest.md (default: tmpfs for root, else limit)")
	fs.BoolVar(&c.readOnly, "read-only", false, "also take the right to write from the server, and start it on a directory that it cannot write to")
	fs.BoolVar(&c.clock, "clock", false, "also let the server's clock jump by hours, forward and back")
	return fs
}

// check returns an error for what cannot be done, and fills in what is left open.
func (c *crashConfig) check() error {
	switch {
	case c.kills < 0 || c.kills > maxKills:
		return wrongUsage("--kills must be from 0 to %d", maxKills)
	case c.duration < 0 || c.duration > maxDuration:
		return wrongUsage("--duration must be at most %v", maxDuration)
	case c.kills == 0 && c.diskFull == "" && !c.readOnly && !c.clock:
		return wrongUsage("with --kills 0 something else must be asked for: --disk-full, --read-only or --clock")
	case (c.diskFull != "" || c.readOnly) && !canLimitFiles:
		return wrongUsage("--disk-full and --read-only need Linux")
	}
	if c.seed == 0 {
		c.seed = rand.Uint64N(1 << 32)
	}
	return nil
}

// load is how long the load of the kills lasts.
func (c *crashConfig) load() time.Duration {
	if c.duration > 0 {
		return c.duration
	}
	return time.Duration(c.kills) * perKill
}

// again is the command line that does the same once more.
func (c *crashConfig) again() string {
	line := fmt.Sprintf("bellhop selftest crash --kills %d --seed %d", c.kills, c.seed)
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
	if c.kills > 0 {
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
