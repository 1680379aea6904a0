package testenv

import (
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Program is a PostgreSQL server that this process has started.
type Program struct {
	url    *url.URL
	port   string
	bin    string // where its programs are
	dir    string // all that it has
	as     *syscall.Credential
	env    []string // beside that of this process
	parent *os.File // is closed when this process ends, and then the guard ends the server
	guard  *exec.Cmd
}

// guardScript waits for the end of whoever started it, and leaves nothing behind. It is a process of its own, since
// nobody can clean up when he is killed.
const guardScript = `read -r line
"$1/pg_ctl" stop -D "$2/data" -m immediate
rm -rf "$2"`

// StartPostgres starts a server that lasts until Stop, or until this process ends, also if it is killed. It is for tests:
// a power cut may take what it has. It returns nil if this machine has no server.
func StartPostgres() (*Program, error) {
	bin := postgresPrograms()
	if bin == "" {
		return nil, nil
	}
	p := &Program{bin: bin}
	var err error
	if p.dir, err = os.MkdirTemp("", "bellhop-postgres-"); err != nil {
		return nil, err
	}
	if p.as, err = unprivileged(); err == nil && p.as != nil {
		err = os.Chown(p.dir, int(p.as.Uid), int(p.as.Gid))
	}
	if err == nil {
		err = p.startGuard()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	password := rand.Text()
	if err := p.initialize(password); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	for range 20 { // somebody else may take the port
		if err = p.choosePort(password); err == nil {
			if err = p.Start(); err == nil {
				return p, nil
			}
		}
	}
	return nil, errors.Join(err, p.Stop())
}

// URL names a database of the server, which is for making others, with its password.
func (p *Program) URL() string { return p.url.String() }

// Stop ends the server and removes what it has stored.
func (p *Program) Stop() error {
	return errors.Join(p.parent.Close(), p.guard.Wait())
}

// Crash ends the server at once, as a crash does.
func (p *Program) Crash() error {
	if err := p.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", filepath.Join(p.dir, "data")); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}

// Start starts the server that has crashed, with its port and its data, and with more settings, such as "ssl=on".
func (p *Program) Start(settings ...string) error {
	settings = append([]string{
		"listen_addresses=127.0.0.1", "port=" + p.port, "unix_socket_directories=", "max_connections=600",
		"fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_wal_senders=0", "wal_level=minimal",
	}, settings...)
	options := "-c " + strings.Join(settings, " -c ")
	if err := p.run("pg_ctl", "start", "-w", "-D", filepath.Join(p.dir, "data"), "-l", p.log(), "-o", options); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	return nil
}

// Keep writes a file that the server alone can read, and returns its path.
func (p *Program) Keep(name string, text []byte) (string, error) {
	file := filepath.Join(p.dir, name)
	err := os.WriteFile(file, text, 0o600)
	if err == nil && p.as != nil {
		err = os.Chown(file, int(p.as.Uid), int(p.as.Gid))
	}
	return file, err
}

func (p *Program) log() string { return filepath.Join(p.dir, "log") }

func (p *Program) startGuard() error {
	in, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	p.parent = out
	p.guard = exec.Command("/bin/sh", "-c", guardScript, "guard", p.bin, p.dir)
	p.guard.Stdin, p.guard.Dir = in, "/"
	// In a group of its own it outlives what a terminal sends to this one.
	p.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.as}
	if err := p.guard.Start(); err != nil {
		return errors.Join(fmt.Errorf("start who watches over the server: %w", err), out.Close())
	}
	return nil
}

func (p *Program) initialize(password string) error {
	file, err := p.Keep("password", []byte(password+"\n"))
	if err == nil {
		err = p.run("initdb", "-D", filepath.Join(p.dir, "data"), "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync",
			"--auth=md5", "--pwfile="+file) // others take much longer to check
	}
	if err != nil {
		return fmt.Errorf("make a database cluster: %w", err)
	}
	return nil
}

// choosePort finds a port that is free just now. It is none of those that the system gives to whoever asks for any, or
// connects: such a one would be somebody else's while the server is away, and it could not come back.
func (p *Program) choosePort(password string) error {
	p.port = strconv.Itoa(15_000 + mathrand.IntN(15_000))
	address := net.JoinHostPort("127.0.0.1", p.port)
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	p.url = &url.URL{Scheme: "postgres", User: url.UserPassword("postgres", password), Host: address, Path: "/postgres", RawQuery: "sslmode=disable"}
	return ln.Close()
}

// find returns the path of a program of PostgreSQL. Those of clients may lie elsewhere.
func (p *Program) find(name string) string {
	path := filepath.Join(p.bin, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(dirs) > 0 {
		return slices.MaxFunc(dirs, func(a, b string) int { return versionOf(filepath.Dir(a)) - versionOf(filepath.Dir(b)) })
	}
	return name
}

// run runs a program of PostgreSQL. Nothing but the system waits for it, since a bubble of testing/synctest may be
// around, whose time is another.
func (p *Program) run(name string, args ...string) error {
	out, err := os.CreateTemp("", "bellhop-postgres-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(p.find(name), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, "/"
	cmd.Env = append(append(os.Environ(), "LC_ALL=C"), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.as}
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		log, _ := os.ReadFile(p.log())
		return fmt.Errorf("%s: %w\n%s%s", name, err, text, log)
	}
	return nil
}

// postgresPrograms returns the directory with the programs of the server, the newest that there is, "" if there is none.
// Debian keeps them off the path.
func postgresPrograms() string {
	var found string
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return versionOf(a) - versionOf(b) })
	for _, dir := range append(dirs, filepath.SplitList(os.Getenv("PATH"))...) {
		if info, err := os.Stat(filepath.Join(dir, "initdb")); err == nil && info.Mode().IsRegular() {
			if _, err := os.Stat(filepath.Join(dir, "pg_ctl")); err == nil {
				found = dir
			}
		}
	}
	return found
}

func versionOf(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// unprivileged returns who runs the server, which refuses to run as root: nil for whoever runs the tests.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("find who runs the server: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}
