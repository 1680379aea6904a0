package bench

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// The admin of a server under measurement.
const adminEmail = "bench@example.com"

// house is a server with a store of its own.
type house struct {
	*process
	others []*process // more nodes with the same database
	api    *api
	data   string
	args   []string // of serve
	env    []string
	users  int // scenarios that are measured here
	total  int // events of those that are done

	database string    // its URL; empty: an SQLite store in data
	name     string    // of the database
	postgres *postgres // the processes of its server
	empty    Reading   // when there was nothing in it
}

// open makes a store, starts a server on it, and logs in.
func (b *bench) open(ctx context.Context, name string, flags ...string) (*house, error) {
	dir, err := os.MkdirTemp(b.dir, "data-"+name+"-")
	if err != nil {
		return nil, err
	}
	h := &house{data: filepath.Join(dir, "data")}
	h.env = []string{"BELLHOP_DATA=" + h.data}
	h.args = append([]string{"--listen", "127.0.0.1:0", "--egress-allow", "127.0.0.0/8"}, flags...)
	password := crand.Text()
	if err := b.setUp(ctx, h, password); err != nil {
		return nil, err
	}
	if err := b.serve(ctx, h); err != nil {
		return nil, err
	}
	h.api, err = login(ctx, h.hello.URL, adminEmail, password)
	return h, err
}

// setUp makes the organization and its admin.
func (b *bench) setUp(ctx context.Context, h *house, password string) error {
	setup := exec.CommandContext(ctx, b.Executable, "setup", "--organization", "Bench", "--email", adminEmail)
	setup.Env = append(append(ownEnvironment(), "BELLHOP_PASSWORD="+password), h.env...)
	if out, err := setup.CombinedOutput(); err != nil {
		return fmt.Errorf("set up a store: %w: %s", err, out)
	}
	return nil
}

// serve starts the server of a house. Where it listens changes each time.
func (b *bench) serve(ctx context.Context, h *house) (err error) {
	h.process, err = b.startWith(ctx, h.env, serverRole, h.args...)
	return err
}

// profile has the server write a profile of what it does from now on, if that is wanted. The function that it returns
// ends that.
func (b *bench) profile(ctx context.Context, h *house, name string) (stop func() error, err error) {
	if b.Profile == "" {
		return func() error { return nil }, nil
	}
	file := func(what string) string { return filepath.Join(b.Profile, name+"."+what+".pprof") }
	cpu, err := filepath.Abs(file("cpu"))
	if err != nil {
		return nil, err
	}
	memory, err := filepath.Abs(file("memory"))
	if err != nil {
		return nil, err
	}
	if err := h.tell(ctx, "profile", cpu, nil); err != nil {
		return nil, err
	}
	return func() error { return h.tell(ctx, "profiled", memory, nil) }, nil
}

// Most memory that a server should take, in MiB.
const (
	memoryLimit        = 100.0
	memoryLimitBacklog = 300.0
)

// close ends a house and removes its store. Before that it notes what the server took at most, and of the disk for each of
// some events.
func (b *bench) close(ctx context.Context, h *house, s *Scenario, limit float64, events int) error {
	u, err := h.team().usage(ctx)
	if err == nil && u.Peak > 0 {
		b.report.target(s.Name, "peak memory of the server", "MiB", float64(u.Peak)/(1<<20), limit, false)
	}
	if h.database != "" {
		return errors.Join(err, b.closeNodes(ctx, h, s, events))
	}
	database, log, diskErr := h.disk()
	if diskErr == nil && events > 0 {
		s.add("disk per event, with the log", "bytes", float64(database+log)/float64(events))
		s.add("disk per event, without", "bytes", float64(database)/float64(events))
	}
	return errors.Join(err, diskErr, b.raze(h))
}

// raze ends a house and removes its store.
func (b *bench) raze(h *house) error {
	b.end(h.process)
	return os.RemoveAll(filepath.Dir(h.data))
}

// freeze stops a server in its tracks, so that it does not disturb what is measured of another.
func (h *house) freeze() { h.signal(syscall.SIGSTOP) }

func (h *house) thaw() { h.signal(syscall.SIGCONT) }

// disk returns how many bytes the database has, and its log, which is used again and again.
func (h *house) disk() (database, log int64, err error) {
	for name, size := range map[string]*int64{"bellhop.db": &database, "bellhop.db-wal": &log} {
		info, err := os.Stat(filepath.Join(h.data, name))
		if err != nil {
			return 0, 0, fmt.Errorf("look how much disk is used: %w", err)
		}
		*size = info.Size()
	}
	return database, log, nil
}
