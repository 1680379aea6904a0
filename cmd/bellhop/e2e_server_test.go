//go:build !race

package main_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The end-to-end tests run the real binary, as a process that can be killed, and speak to it over HTTP alone.

const (
	adminEmail    = "ada@example.com"
	adminPassword = "correct horse battery staple"

	// patience is how long a test waits for what should happen at once. It only ever runs out when something is broken.
	patience = 3 * time.Minute
)

// build is the binary under test, and beside it a data directory with an organization and its admin, of which each server
// gets a copy. They live while a test holds them, so that tests that run at the same time share them.
var build struct {
	sync.Mutex
	holders int
	dir     string
	err     error
}

// bellhop builds the server, once for all tests that call this before they call t.Parallel, and returns its path.
func bellhop(t *testing.T) string {
	t.Helper()
	build.Lock()
	defer build.Unlock()
	if build.holders == 0 {
		build.dir, build.err = compile()
	}
	build.holders++
	t.Cleanup(release)
	if build.err != nil {
		t.Fatal(build.err)
	}
	return filepath.Join(build.dir, "bellhop")
}

func compile() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "bellhop-e2e-"); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "bellhop")
	cmd := exec.Command("go", "build", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, errors.New("go build: " + err.Error() + "\n" + string(out))
	}
	setup := exec.Command(bin, "setup", "--data", setUpBeside(bin), "--organization", "Acme", "--email", adminEmail, "--password", adminPassword)
	setup.Env = environment()
	if out, err := setup.CombinedOutput(); err != nil {
		return dir, errors.New("bellhop setup: " + err.Error() + "\n" + string(out))
	}
	return dir, nil
}

func setUpBeside(bin string) string { return filepath.Join(filepath.Dir(bin), "data") }

func release() {
	build.Lock()
	defer build.Unlock()
	if build.holders--; build.holders == 0 {
		os.RemoveAll(build.dir)
	}
}

// A server is one data directory with an organization and its admin, and the process that serves it, if it runs. After
// the first start it keeps its port, so that clients find it again after a crash.
type server struct {
	t     *testing.T
	bin   string
	under []string // a program that runs the server, strace for one
	flags []string // further ones, from the next start on
	data  string
	addr  string
	url   string
	log   transcript
	run   *process
}

// process is one run of the server.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed after err is set
	err    error
}

// newServer starts serving an organization that has just been set up.
func newServer(t *testing.T, bin string, under ...string) *server {
	t.Helper()
	s := &server{t: t, bin: bin, under: under, data: t.TempDir(), addr: "127.0.0.1:0"}
	for _, name := range []string{"bellhop.db", "key"} {
		content, err := os.ReadFile(filepath.Join(setUpBeside(bin), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.data, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("log of the server, its end:\n%s", s.log.tail(8000))
		}
	})
	s.start()
	return s
}

// start returns when the server listens. A port that it had before may still be taken for a moment: then it tries again.
func (s *server) start() {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		from := s.log.len()
		p := s.spawn()
		select {
		case <-s.log.seen(listening, from):
			s.url = string(listening.FindSubmatch(s.log.bytes()[from:])[1])
			s.addr = strings.TrimPrefix(s.url, "http://")
			return
		case <-p.exited:
			if !bytes.Contains(s.log.bytes()[from:], []byte("address already in use")) {
				s.t.Fatalf("bellhop serve ended before it listened: %v\n%s", p.err, s.log.tail(4000))
			}
		case <-deadline:
			s.t.Fatalf("bellhop serve does not listen\n%s", s.log.tail(4000))
		}
	}
}

// ready returns when the server would be given requests by a balancer: when its dispatcher runs, which is after it listens.
func (s *server) ready() {
	s.t.Helper()
	eventually(s.t, "GET /readyz = 200", func() bool {
		status, _, err := api{t: s.t, url: s.url}.call(s.t.Context(), "GET", "/readyz", nil)
		return err == nil && status == http.StatusOK
	})
}

var restarted = regexp.MustCompile(`listens again`)

var listening = regexp.MustCompile(`msg=listening [^\n]*\burl=(http://[0-9.:]+)[^\n]*\n`)

func (s *server) spawn() *process {
	s.t.Helper()
	args := append(s.under[:len(s.under):len(s.under)], s.bin, "serve",
		"--listen", s.addr, "--data", s.data, "--egress-allow", "127.0.0.0/8")
	args = append(args, s.flags...)
	p := &process{cmd: exec.Command(args[0], args[1:]...), exited: make(chan struct{})}
	p.cmd.Env = environment()
	p.cmd.Stderr = &s.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		p.err = p.cmd.Wait()
	}()
	s.run = p
	return p
}

// kill is kill -9: the server cannot finish anything. It returns when the process is gone.
func (s *server) kill() {
	if s.run == nil {
		return
	}
	s.run.signal(syscall.SIGKILL)
	<-s.run.exited
	s.run = nil
}

// stop asks the server to end, and expects that it does so in order.
func (s *server) stop() {
	s.t.Helper()
	s.run.signal(syscall.SIGTERM)
	select {
	case <-s.run.exited:
		if s.run.err != nil {
			s.t.Fatalf("bellhop serve after SIGTERM: %v", s.run.err)
		}
	case <-time.After(patience):
		s.t.Fatal("bellhop serve does not end after SIGTERM")
	}
	s.run = nil
}

// signal reaches the whole group: whatever the server runs under, and the server. An error means that it is gone already.
func (p *process) signal(sig syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, sig)
}

// environment is ours without what would configure a server.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "BELLHOP_") {
			env = append(env, kv)
		}
	}
	return env
}

// A transcript keeps what a process writes and tells when something has appeared in it.
type transcript struct {
	mu      sync.Mutex
	text    []byte
	waiting []sighting
}

type sighting struct {
	pattern *regexp.Regexp
	from    int
	done    chan struct{}
}

func (tr *transcript) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.text = append(tr.text, p...)
	left := tr.waiting[:0]
	for _, w := range tr.waiting {
		if w.pattern.Match(tr.text[w.from:]) {
			close(w.done)
		} else {
			left = append(left, w)
		}
	}
	tr.waiting = left
	return len(p), nil
}

// seen returns a channel that is closed as soon as pattern matches the text after the first `from` bytes.
func (tr *transcript) seen(pattern *regexp.Regexp, from int) <-chan struct{} {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	done := make(chan struct{})
	if pattern.Match(tr.text[from:]) {
		close(done)
	} else {
		tr.waiting = append(tr.waiting, sighting{pattern, from, done})
	}
	return done
}

func (tr *transcript) bytes() []byte {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return bytes.Clone(tr.text)
}

func (tr *transcript) len() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.text)
}

func (tr *transcript) tail(n int) []byte {
	text := tr.bytes()
	return text[max(0, len(text)-n):]
}

// eventually waits until f is true. It asks often, because the tests are to be fast, and gives up loudly.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !f() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("still waiting for: %s", what)
		}
	}
}
