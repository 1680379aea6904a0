package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postgres is the processes of a PostgreSQL server on this machine.
type postgres struct {
	proc string // where the system tells of processes
	pid  int    // of the process that starts all others
}

// findPostgres returns the server that one of its processes belongs to. It returns nil if that is on another machine, or the
// system does not tell.
func findPostgres(process int) (*postgres, error) { return findPostgresIn("/proc", process) }

func findPostgresIn(proc string, process int) (*postgres, error) {
	p, err := readProcess(proc, process)
	if errors.Is(err, os.ErrNotExist) || err == nil && p.name != "postgres" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &postgres{proc, p.parent}, nil
}

func (*postgres) title() string { return "database" }

// usage is the processor time of the server since it began: of its processes, and of those that have ended.
func (p *postgres) usage(context.Context) (usage, error) {
	entries, err := filepath.Glob(filepath.Join(p.proc, "[0-9]*"))
	if err != nil {
		return usage{}, err
	}
	server, err := readProcess(p.proc, p.pid)
	if err != nil {
		return usage{}, fmt.Errorf("read the processor time of the database: %w", err)
	}
	all := server.own + server.ended
	for _, entry := range entries {
		pid, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		child, err := readProcess(p.proc, pid)
		if err != nil || child.parent != p.pid {
			continue // it has ended, or is somebody else's
		}
		all += child.own
	}
	return usage{CPU: all}, nil
}

// processTimes is what the system tells of a process.
type processTimes struct {
	name       string
	parent     int
	own, ended time.Duration // processor time: its own, and that of its children that have ended
}

// tick is the unit of processor times in /proc, on all systems that Go runs on.
const tick = 10 * time.Millisecond

// readProcess reads the file stat of a process. Its second field is a name in parentheses, which may have any in it.
func readProcess(proc string, pid int) (p processTimes, err error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return p, err
	}
	open, closing := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	if open < 0 || closing < open {
		return p, fmt.Errorf("process %d: its times cannot be read", pid)
	}
	p.name = string(text[open+1 : closing])
	fields := strings.Fields(string(text[closing+1:]))
	const parent, user, childrenSystem = 1, 11, 14 // from the third field on
	if len(fields) <= childrenSystem {
		return p, fmt.Errorf("process %d: its times cannot be read", pid)
	}
	var numbers [childrenSystem + 1]int64
	for _, i := range []int{parent, user, user + 1, user + 2, childrenSystem} {
		if numbers[i], err = strconv.ParseInt(fields[i], 10, 64); err != nil {
			return p, fmt.Errorf("process %d: %w", pid, err)
		}
	}
	p.parent = int(numbers[parent])
	p.own = time.Duration(numbers[user]+numbers[user+1]) * tick
	p.ended = time.Duration(numbers[user+2]+numbers[childrenSystem]) * tick
	return p, nil
}
