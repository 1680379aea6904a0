//go:build !race

package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"bellhop/internal/testenv"
)

// selftested is what selftest crash prints with --json.
type selftested struct {
	OK    bool
	Parts []struct {
		Part                                                    string
		Kills, Accepted, Lost, Duplicates, Unexplained, Refused int
		Problems                                                []string
		Faults                                                  []struct{ Kind string }
	}
}

// selftestCrash runs the command, which must succeed and leave nothing behind.
func selftestCrash(t *testing.T, bin string, args ...string) (result selftested) {
	t.Helper()
	return selftestCrashOn(t, bin, "", args...)
}

// selftestCrashOn is the same with a database, if it is not empty.
func selftestCrashOn(t *testing.T, bin, database string, args ...string) (result selftested) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin, append([]string{"selftest", "crash", "--json", "--dir", dir}, args...)...)
	cmd.Env = environment()
	if database != "" {
		cmd.Env = append(cmd.Env, "BELLHOP_DATABASE="+database)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &stderr, &stdout)
	}
	if err := json.Unmarshal(stdout.Bytes(), &result); err != nil {
		t.Fatalf("%v in %s", err, &stdout)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	t.Logf("%s", &stdout)
	return result
}

func TestSelftestCrash(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	result := selftestCrash(t, bin, "--kills", "6", "--duration", "4s")
	if p := result.Parts[0]; !result.OK || p.Kills != 6 || p.Accepted == 0 || p.Lost != 0 || p.Unexplained != 0 || p.Problems == nil || len(p.Problems) > 0 {
		t.Errorf("result %+v", result)
	}
}

// Three nodes share a database. One is killed, and one loses its connections in the middle of a commit. How long
// recovery takes is up to the machine.
func TestSelftestNodes(t *testing.T) {
	bin, database := bellhop(t), testenv.Postgres(t)
	t.Parallel()
	result := selftestCrashOn(t, bin, database, "--nodes", "3", "--faults", "2", "--fault-kinds", "kill,cut-commit", "--recovery", "10m")
	if p := result.Parts[0]; !result.OK || p.Kills != 1 || len(p.Faults) != 2 || p.Accepted == 0 || p.Lost != 0 || p.Unexplained != 0 {
		t.Errorf("result %+v", result)
	}
}

func TestSelftestClock(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	result := selftestCrash(t, bin, "--kills", "0", "--clock", "--duration", "3s")
	if p := result.Parts[0]; !result.OK || p.Kills != 2 || p.Accepted == 0 {
		t.Errorf("result %+v", result)
	}
}

func TestSelftestFullDisk(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	result := selftestCrash(t, bin, "--kills", "0", "--disk-full=limit")
	if p := result.Parts[0]; !result.OK || p.Accepted == 0 || p.Refused == 0 {
		t.Errorf("result %+v", result)
	}
}

// Whoever stops it finds nothing left: no directory and no process.
func TestSelftestInterrupted(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin, "selftest", "crash", "--kills", "50", "--dir", dir)
	cmd.Env = environment()
	var log transcript
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-log.seen(restarted, 0):
	case err := <-ended:
		t.Fatalf("ended before a kill: %v\n%s", err, log.bytes())
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("ended with %v, want code 130\n%s", err, log.bytes())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	// Its server had the directory on its command line.
	processes, _ := os.ReadDir("/proc")
	for _, p := range processes {
		if line, _ := os.ReadFile("/proc/" + p.Name() + "/cmdline"); strings.Contains(string(line), dir) {
			t.Errorf("process %s is left: %q", p.Name(), line)
		}
	}
}
