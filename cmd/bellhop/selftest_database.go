package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// crashDatabase is the PostgreSQL database that the nodes of a test share.
type crashDatabase struct {
	url     *url.URL
	restart func(ctx context.Context, mode string) error // of the whole server; nil if that may not be done
	modes   []string                                     // in which it can be restarted
}

// dial connects to it.
func (d *crashDatabase) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	port := d.url.Port()
	if port == "" {
		port = "5432"
	}
	if dir := d.url.Query().Get("host"); strings.HasPrefix(dir, "/") {
		return dialer.DialContext(ctx, "unix", filepath.Join(dir, ".s.PGSQL."+port))
	}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(d.url.Hostname(), port))
}

// through is its URL by way of that address.
func (d *crashDatabase) through(address string) string {
	u := *d.url
	u.Host = address
	query := u.Query()
	query.Del("host")
	query.Del("port")
	u.RawQuery = query.Encode()
	return u.String()
}

// parseDatabase reads a URL that can be led through a proxy.
func parseDatabase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("--database is no URL") // which may have a password in it
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return nil, errors.New("--database must begin with postgres://")
	case strings.Contains(u.Host, ","):
		return nil, errors.New("--database must name one server here: the test stands between it and the nodes")
	case u.Hostname() == "" && !strings.HasPrefix(u.Query().Get("host"), "/"):
		return nil, errors.New("--database must name a host")
	case strings.Trim(u.Path, "/") == "":
		return nil, errors.New("--database must name a database")
	}
	return u, nil
}

// restartBy returns what restarts the server of a data directory, or by a command. PostgreSQL
// does nothing as root, so root becomes who owns the directory.
func restartBy(dir, command, log string) (restart func(ctx context.Context, mode string) error, modes []string, err error) {
	run := func(cmd *exec.Cmd) error {
		out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		// What it starts outlives it, and keeps what it writes to.
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("restart the database: %w; see %s", err, log)
		}
		return nil
	}
	if command != "" {
		return func(ctx context.Context, _ string) error {
			return run(exec.CommandContext(ctx, "/bin/sh", "-c", command))
		}, []string{"command"}, nil
	}
	if dir == "" {
		return nil, nil, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("--postgres-data: %w", err)
	}
	control, err := findControl()
	if err != nil {
		return nil, nil, err
	}
	restart = func(ctx context.Context, mode string) error {
		cmd := exec.CommandContext(ctx, control, "restart", "-D", dir, "-m", mode, "-w", "-t", "60")
		cmd.Dir = dir
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
		}
		return run(cmd)
	}
	return restart, []string{"fast", "immediate"}, nil
}

// findControl returns pg_ctl, which Debian does not put where commands are looked for.
func findControl() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(found) == 0 {
		return "", errors.New("--postgres-data needs pg_ctl, which is not here")
	}
	return found[len(found)-1], nil
}
