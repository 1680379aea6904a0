//go:build !race

package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bellhop/internal/testenv"
)

// benchSizes are so small that the figures mean nothing and all else can be seen.
var benchSizes = []string{"--rounds", "2", "--duration", "50ms", "--connections", "4", "--services", "30", "--backlog", "100",
	"--slow", "50ms", "--store-size", "1048576", "--nodes", "2"}

type benchFigure struct {
	Name             string
	Values           []float64
	Median, Min, Max float64
}

type benchReport struct {
	Settings  struct{ Rounds, Services int }
	Scenarios []struct {
		Name, Error            string
		Sent, Arrived, Repeats int
		Figures                []benchFigure
	}
	Targets []benchTarget
}

type benchTarget struct {
	benchFigure
	Scenario string
}

// benchmark starts the command in a directory for temporary files of its own.
func benchmark(t *testing.T, tmp string, args ...string) (cmd *exec.Cmd, stdout, stderr *transcript) {
	t.Helper()
	return benchmarkWith(t, nil, tmp, args...)
}

// benchmarkWith is benchmark with more in its environment.
func benchmarkWith(t *testing.T, env []string, tmp string, args ...string) (cmd *exec.Cmd, stdout, stderr *transcript) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), bellhop(t), append(append([]string{"bench"}, benchSizes...), args...)...)
	cmd.Env = append(append(environment(), "TMPDIR="+tmp), env...)
	stdout, stderr = new(transcript), new(transcript)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout, stderr
}

func TestBench(t *testing.T) {
	tmp := t.TempDir()
	scenarios := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "k"}
	cmd, stdout, stderr := benchmark(t, tmp, "--json", "--only", strings.Join(scenarios, ","))
	t.Parallel()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("bellhop bench: %v\n%s", err, stderr.bytes())
	}
	var report benchReport
	if err := json.Unmarshal(stdout.bytes(), &report); err != nil {
		t.Fatalf("%v:\n%s", err, stdout.bytes())
	}
	if report.Settings.Rounds != 2 || report.Settings.Services != 30 {
		t.Errorf("settings %+v, want those that were given", report.Settings)
	}
	var names []string
	for _, s := range report.Scenarios {
		names = append(names, s.Name)
		if s.Error != "" || s.Sent == 0 || len(s.Figures) == 0 {
			t.Errorf("scenario %s: %d sent, %d figures, %s", s.Name, s.Sent, len(s.Figures), s.Error)
		}
		// What was not acknowledged before a kill may have arrived all the same.
		if s.Arrived < s.Sent || s.Name != "k" && (s.Arrived != s.Sent || s.Repeats > 0) {
			t.Errorf("scenario %s: %d sent, %d arrived, %d repeated", s.Name, s.Sent, s.Arrived, s.Repeats)
		}
		for _, f := range s.Figures {
			if len(f.Values) == 0 || f.Min > f.Median || f.Median > f.Max {
				t.Errorf("scenario %s: %+v", s.Name, f)
			}
		}
	}
	if strings.Join(names, "") != strings.Join(scenarios, "") {
		t.Errorf("scenarios %v, want %v", names, scenarios)
	}
	judged := make(map[string]bool)
	for _, target := range report.Targets {
		judged[target.Scenario] = true
	}
	for _, name := range scenarios[2:] {
		if !judged[name] {
			t.Errorf("scenario %s has no target", name)
		}
	}
	expectEmpty(t, tmp)
}

// The same on PostgreSQL, in turns with SQLite. Nothing is left on the server.
func TestBenchDatabase(t *testing.T) {
	database, tmp := testenv.Postgres(t), t.TempDir()
	cmd, stdout, stderr := benchmarkWith(t, []string{"BELLHOP_DATABASE=" + database}, tmp, "--json", "--only", "c,l,m,n")
	t.Parallel()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("bellhop bench: %v\n%s", err, stderr.bytes())
	}
	var report benchReport
	if err := json.Unmarshal(stdout.bytes(), &report); err != nil {
		t.Fatalf("%v:\n%s", err, stdout.bytes())
	}
	want := []string{"processor time of the database", "log of the database per event", "rows written per event", "disk per event"}
	for _, s := range report.Scenarios {
		if s.Error != "" || s.Sent == 0 || s.Arrived != s.Sent || s.Repeats > 0 {
			t.Errorf("scenario %s: %d sent, %d arrived, %d repeated, %s", s.Name, s.Sent, s.Arrived, s.Repeats, s.Error)
		}
		for _, name := range want {
			i := slices.IndexFunc(s.Figures, func(f benchFigure) bool { return f.Name == name })
			if s.Name == "l" && strings.HasSuffix(name, "per event") && i < 0 {
				continue // l and m share their nodes, and m ends last
			}
			if on := s.Name != "c"; on != (i >= 0) || on && s.Figures[i].Median <= 0 {
				t.Errorf("scenario %s, %s: %+v", s.Name, name, s.Figures)
			}
		}
	}
	if len(report.Scenarios) != 4 || !slices.ContainsFunc(report.Targets, func(g benchTarget) bool { return g.Scenario == "l" && g.Name == "throughput against SQLite (c)" }) {
		t.Errorf("%d scenarios, targets %+v", len(report.Scenarios), report.Targets)
	}
	if bytes.Contains(append(stdout.bytes(), stderr.bytes()...), []byte(database)) {
		t.Errorf("it tells the URL of the database: %s%s", stdout.bytes(), stderr.bytes())
	}
	expectEmpty(t, tmp)
}

// Whoever interrupts a run gets what was measured so far, and finds nothing left.
func TestBenchInterrupted(t *testing.T) {
	tmp := t.TempDir()
	cmd, stdout, stderr := benchmark(t, tmp, "--duration", "10m", "--profile", t.TempDir())
	t.Parallel()
	select {
	case <-stderr.seen(regexp.MustCompile(`(?m)^a  one hop`), 0):
	case <-time.After(patience):
		t.Fatalf("no progress: %s", stderr.bytes())
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !bytes.Contains(stderr.bytes(), []byte("bellhop: interrupted")) {
		t.Errorf("bellhop bench: %v\n%s", err, stderr.bytes())
	}
	if !bytes.Contains(stdout.bytes(), []byte("one hop")) {
		t.Errorf("it prints\n%s", stdout.bytes())
	}
	expectEmpty(t, tmp)
}

// When the command is killed it cannot clean up. Then the processes that it has started do, and end.
func TestBenchKilled(t *testing.T) {
	tmp := t.TempDir()
	cmd, stdout, stderr := benchmark(t, tmp, "--duration", "10m", "--only", "c")
	t.Parallel()
	var data []string
	eventually(t, "a server has a store", func() bool {
		data, _ = filepath.Glob(filepath.Join(tmp, "*", "data-c-*", "data", "bellhop.db-wal"))
		return len(data) > 0
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || stdout.len() > 0 {
		t.Errorf("bellhop bench: %v, and it prints %s, %s", err, stdout.bytes(), stderr.bytes())
	}
	eventually(t, "nothing is left", func() bool {
		left, err := os.ReadDir(tmp)
		return err == nil && len(left) == 0
	})
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left behind (%v)", left, err)
	}
}
