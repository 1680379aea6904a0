package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Config is what to measure, and how.
type Config struct {
	Settings
	Executable string    // this program
	Only       []string  // names of scenarios; empty means all
	Profile    string    // a directory for profiles of the server, or ""
	Progress   io.Writer // tells how far the run is
	Bar        bool      // Progress is a terminal, on which a line can be written over
	Database   Database  // nil: nothing is measured on PostgreSQL
}

// Settings are the sizes of a run. They are a part of its report.
type Settings struct {
	Quick       bool          `json:"quick"`
	Rounds      int           `json:"rounds"`
	Duration    time.Duration `json:"durationNs"` // of sending, in one round of one scenario
	Connections int           `json:"connections"`
	Rate        float64       `json:"rate"`      // events a second where latency is measured
	Slow        time.Duration `json:"slowNs"`    // how long the slow endpoint takes
	Services    int           `json:"services"`  // of the scenario with many
	Backlog     int           `json:"backlog"`   // pending deliveries of the scenario with many
	StoreSize   int64         `json:"storeSize"` // that the store may have where old events are removed
	Nodes       int           `json:"nodes"`     // of the scenarios with several, on PostgreSQL
}

// Full are the sizes that the targets are about.
func Full() Settings {
	return Settings{
		Rounds: 5, Duration: 3 * time.Second, Connections: 64, Rate: 100, Slow: 2 * time.Second,
		Services: 10_000, Backlog: 1_000_000, StoreSize: 64 << 20, Nodes: 3,
	}
}

// Quick are sizes with which all scenarios together take less than a minute.
func Quick() Settings {
	s := Full()
	s.Quick, s.Rounds, s.Duration = true, 2, 400*time.Millisecond
	s.Services, s.Backlog, s.StoreSize = 500, 10_000, 4<<20
	return s
}

// Check returns an error for what cannot be measured.
func (c *Config) Check() error {
	for _, name := range c.Only {
		if !slices.Contains(Names(), name) {
			return fmt.Errorf("there is no scenario %q, only %s", name, strings.Join(Names(), ", "))
		}
		if c.Database == nil && slices.Contains(onDatabase(), name) {
			return fmt.Errorf("scenario %q needs a database", name)
		}
	}
	switch {
	case c.Nodes < 1 || c.Nodes > 10:
		return errors.New("there can be from 1 to 10 nodes")
	case c.Rounds < 1 || c.Duration <= 0 || c.Connections < 1 || c.Rate <= 0 || c.Services < 1:
		return errors.New("rounds, duration, connections, rate and services must be above zero")
	case c.Services > 99_999:
		return errors.New("there can be at most 99999 services")
	case c.Backlog < deadServices || c.StoreSize < 1<<20:
		return fmt.Errorf("the backlog must be at least %d, and the size of the store 1 MiB", deadServices)
	}
	return nil
}

// group is scenarios that are measured in turns.
type group struct {
	scenarios []Scenario // names and titles
	run       func(ctx context.Context, b *bench, s map[string]*Scenario) error
}

func groups() []group {
	return []group{
		{hops(), measureHops},
		{[]Scenario{{Name: "e", Title: "latency at a gentle rate"}}, measureLatency},
		{[]Scenario{{Name: "f", Title: "a healthy service beside a dead and a slow one"}}, measureIsolation},
		{[]Scenario{{Name: "g", Title: "many services with patterns"}}, measureServices},
		{[]Scenario{{Name: "h", Title: "many pending deliveries of other services"}}, measureBacklog},
		{[]Scenario{{Name: "i", Title: "a full store, of which as much is removed as comes"}}, measureRetention},
		{[]Scenario{{Name: "k", Title: "killed under load, and started again"}}, measureCrash},
	}
}

// Names returns the names of all scenarios.
func Names() []string {
	var names []string
	for _, g := range groups() {
		for _, s := range g.scenarios {
			names = append(names, s.Name)
		}
	}
	return names
}

// bench is a run under way.
type bench struct {
	Config
	dir      string
	report   *Report
	progress *progress
	running  []*process

	databases []string          // that were made and are to be removed
	shared    map[string]*house // nodes that more than one scenario uses

	receiver, publisher *process
}

// Run measures. What it has measured until an error it returns with it. A target that was not met is no error.
func Run(ctx context.Context, c Config) (*Report, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bellhop-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{
		Config: c, dir: dir,
		report: &Report{
			Machine:  Machine{System: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU(), Go: runtime.Version()},
			Settings: c.Settings, Scenarios: []*Scenario{}, Targets: []*Target{},
		},
		progress: newProgress(c.Progress, c.Bar), shared: make(map[string]*house),
	}
	err = b.runAll(ctx)
	b.progress.done()
	for len(b.running) > 0 {
		b.end(b.running[len(b.running)-1])
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	for len(b.databases) > 0 {
		if dropErr := b.dropDatabase(context.WithoutCancel(ctx), b.databases[0]); dropErr != nil {
			err = errors.Join(err, dropErr)
			break
		}
	}
	return b.report, errors.Join(err, os.RemoveAll(dir))
}

func (b *bench) runAll(ctx context.Context) (err error) {
	if b.Profile != "" {
		if err := os.MkdirAll(b.Profile, 0o755); err != nil {
			return err
		}
	}
	if b.receiver, err = b.start(ctx, receiverRole, b.Slow.String(), b.dir); err != nil {
		return err
	}
	if b.publisher, err = b.start(ctx, senderRole); err != nil {
		return err
	}
	for _, g := range groups() {
		chosen := make(map[string]*Scenario)
		for _, s := range g.scenarios {
			if b.chosen(s.Name) {
				chosen[s.Name] = &s
				b.report.Scenarios = append(b.report.Scenarios, &s)
			}
		}
		if len(chosen) == 0 {
			continue
		}
		if err := g.run(ctx, b, chosen); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			for _, s := range chosen {
				s.fail(err)
			}
		}
		// What the scenarios have started and not ended would disturb the next.
		for len(b.running) > 2 {
			b.end(b.running[len(b.running)-1])
		}
	}
	return nil
}

// chosen reports whether a scenario is to be measured. With a database and no other choice it is what is compared with it.
func (c *Config) chosen(name string) bool {
	switch {
	case len(c.Only) > 0:
		return slices.Contains(c.Only, name)
	case c.Database == nil:
		return !slices.Contains(onDatabase(), name)
	}
	return slices.ContainsFunc(hops(), func(s Scenario) bool { return s.Name == name })
}

func (s *Scenario) fail(err error) {
	if s.Error == "" {
		s.Error = err.Error()
	}
}

// start starts a process that lives until it is ended, or until the run is over.
func (b *bench) start(ctx context.Context, role string, args ...string) (*process, error) {
	return b.startWith(ctx, nil, role, args...)
}

// startWith is start with more in the environment, which others cannot see.
func (b *bench) startWith(ctx context.Context, env []string, role string, args ...string) (*process, error) {
	p, err := start(ctx, b.Executable, b.dir, env, role, args...)
	if err == nil {
		b.running = append(b.running, p)
	}
	return p, err
}

func (b *bench) end(p *process) {
	p.kill()
	b.running = slices.DeleteFunc(b.running, func(q *process) bool { return q == p })
}
