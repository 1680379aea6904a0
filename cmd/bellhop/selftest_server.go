package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	crashEmail    = "admin@selftest.example"
	crashPassword = "a password for a moment"

	startPatience = 30 * time.Second // for a server to listen
	drainPatience = 40 * time.Second // for a server to end by itself
)

// crashServer is the tested server: this program once more, on a data directory of its
// own. One goroutine starts and ends it; others may ask where it is.
type crashServer struct {
	program  string
	data     string
	database string // URL of the database that it shares with others, or empty
	keyFile  string // with the key that it shares with them
	node     int    // its number among those
	clock    string // file with the offset of its clock, or empty
	ahead    time.Duration
	log      *os.File
	ledger   *crashLedger

	run *crashProcess

	mu      sync.Mutex
	address string
}

// crashProcess is one run of the server.
type crashProcess struct {
	cmd       *exec.Cmd
	life      *crashLife
	listening chan string   // the address, once
	exited    chan struct{} // closed after err is set
	err       error
}

// newCrashServer makes one whose log is in dir, under that name.
func newCrashServer(program, dir, name, data string, ledger *crashLedger) (*crashServer, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &crashServer{program: program, data: data, log: log, ledger: ledger}, nil
}

func (s *crashServer) close() error {
	if s.run != nil {
		s.kill()
	}
	return s.log.Close()
}

func (s *crashServer) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// failed makes no difference where there is no other server.
func (s *crashServer) failed(string) {}

// environ is the environment of this process without what would set flags.
func (s *crashServer) environ() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "BELLHOP_") {
			env = append(env, kv)
		}
	}
	if s.clock != "" {
		env = append(env, clockVariable+"="+s.clock)
	}
	if s.database != "" {
		// Here its password is seen by nobody else.
		env = append(env, "BELLHOP_DATABASE="+s.database)
	}
	return env
}

// store are the flags that say where the store is.
func (s *crashServer) store() []string {
	if s.database != "" {
		return []string{"--key-file", s.keyFile}
	}
	return []string{"--data", s.data}
}

// setUp makes the organization and its admin.
func (s *crashServer) setUp(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.program, append([]string{"setup", "--organization", "Selftest", "--email", crashEmail}, s.store()...)...)
	cmd.Env, cmd.SysProcAttr = s.environ(), processAttributes()
	cmd.Stdin = strings.NewReader(crashPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("setup: %w\n%s", err, out)
	}
	return nil
}

// spawn starts the process and does not wait for it to serve.
func (s *crashServer) spawn() (*crashProcess, error) {
	p := &crashProcess{
		cmd: exec.Command(s.program, append([]string{"serve", "--listen", "127.0.0.1:0", "--egress-allow", "127.0.0.0/8", "--log-format", "json",
			"--loop-limit", "0"}, s.store()...)...), // answers that were held up come when nobody else speaks any more
		listening: make(chan string, 1), exited: make(chan struct{}),
	}
	p.life = s.ledger.begin(s)
	p.cmd.Env, p.cmd.SysProcAttr = s.environ(), processAttributes()
	if s.ledger.several {
		p.cmd.Env = append(p.cmd.Env, addressVariable+"="+p.life.address().String())
	}
	p.cmd.Stderr = &crashLog{file: s.log, process: p, ledger: s.ledger}
	started := make(chan error, 1)
	go func() {
		// Where the child dies with its parent it dies with this thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.run = p
	return p, nil
}

// start returns when the server listens.
func (s *crashServer) start(ctx context.Context) error {
	p, err := s.spawn()
	if err != nil {
		return err
	}
	timeout := time.NewTimer(startPatience)
	defer timeout.Stop()
	select {
	case address := <-p.listening:
		s.mu.Lock()
		s.address = address
		s.mu.Unlock()
		s.ledger.set(func() { p.life.listening = time.Now() })
		return nil
	case <-p.exited:
		s.run = nil
		s.ledger.set(func() { p.life.ended = time.Now() })
		return fmt.Errorf("the server ended before it listened: %w", p.err)
	case <-timeout.C:
		return fmt.Errorf("the server does not listen after %v", startPatience)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kill ends the server with SIGKILL and returns when it is gone.
func (s *crashServer) kill() {
	p := s.run
	s.ledger.set(func() { p.life.ended, p.life.killed = time.Now(), true })
	// Fails only if it has ended already, which the next line waits for.
	_ = p.cmd.Process.Kill()
	<-p.exited
	s.run = nil
}

// ask sends SIGTERM.
func (s *crashServer) ask() error { return s.run.cmd.Process.Signal(syscall.SIGTERM) }

// stop asks the server to end, which it must do in order.
func (s *crashServer) stop() error {
	p := s.run
	if err := s.ask(); err != nil {
		return fmt.Errorf("ask the server to end: %w", err)
	}
	timeout := time.NewTimer(drainPatience)
	defer timeout.Stop()
	select {
	case <-p.exited:
		s.run = nil
		s.ledger.set(func() { p.life.ended = time.Now() })
		if p.err != nil {
			return fmt.Errorf("the server after SIGTERM: %w", p.err)
		}
		return nil
	case <-timeout.C:
		return fmt.Errorf("the server has not ended %v after SIGTERM", drainPatience)
	}
}

// died returns an error if the server has ended by itself.
func (s *crashServer) died() error {
	select {
	case <-s.run.exited:
		return errors.Join(errors.New("the server ended by itself"), s.run.err)
	default:
		return nil
	}
}

// crashLog keeps what the server says, and reads in it.
type crashLog struct {
	file    io.Writer
	process *crashProcess
	ledger  *crashLedger
	rest    []byte
}

// joinedNodes is what a node says when it begins, and again when it was taken for dead and has
// come back as another one.
const joinedNodes = "joined the nodes"

// maxLogLine is how much of a line is looked at.
const maxLogLine = 1 << 20

func (l *crashLog) Write(p []byte) (int, error) {
	if _, err := l.file.Write(p); err != nil {
		return 0, err
	}
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			break
		}
		l.read(line)
		l.rest = rest
	}
	if len(l.rest) > maxLogLine {
		l.rest = nil
	}
	return len(p), nil
}

func (l *crashLog) read(line []byte) {
	var record struct{ Msg, URL string }
	if json.Unmarshal(line, &record) != nil {
		// The log is JSON; what is not comes from the runtime, or is the last error.
		if bytes.HasPrefix(line, []byte("panic:")) || bytes.HasPrefix(line, []byte("fatal error:")) || bytes.Contains(line, []byte("DATA RACE")) {
			l.ledger.strange("the server said %q", line)
		}
		return
	}
	switch {
	case record.Msg == joinedNodes:
		l.ledger.set(func() { l.process.life.joined = append(l.process.life.joined, time.Now()) })
	case record.Msg == "listening":
		l.process.listening <- record.URL
	case strings.HasPrefix(record.Msg, "panic"):
		l.ledger.strange("the server said %q", record.Msg)
	}
}
