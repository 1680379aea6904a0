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

	"bellhop/internal/store"
)

// crashDatabase is the PostgreSQL database that the nodes of a test share.
type crashDatabase struct {
	url     *url.URL
	restart func(ctx context.Context, mode string) error // of the whole server; nil if that may not be done
	modes   []string                                     // in which it can be restarted
}

// dialer connects to one of its servers.
type dialer func(ctx context.Context) (net.Conn, error)

// dialers are those of the servers that the URL names: of several there is one that can be written to, and
// others may take its place.
func (d *crashDatabase) dialers() (all []dialer) {
	for host := range strings.SplitSeq(d.url.Host, ",") {
		one := url.URL{Host: host}
		port := one.Port()
		if port == "" {
			port = "5432"
		}
		network, address := "tcp", net.JoinHostPort(one.Hostname(), port)
		if dir := d.url.Query().Get("host"); strings.HasPrefix(dir, "/") {
			network, address = "unix", filepath.Join(dir, ".s.PGSQL."+port)
		}
		all = append(all, func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, network, address) })
	}
	return all
}

// through is its URL by way of those addresses, one for each server.
func (d *crashDatabase) through(addresses string) string {
	u := *d.url
	u.Host = addresses
	query := u.Query()
	query.Del("host")
	query.Del("port")
	u.RawQuery = query.Encode()
	return u.String()
}

// parseDatabase reads a URL that can be led through a proxy.
func parseDatabase(text string) (*url.URL, error) {
	u, err := store.DatabaseURL(text)
	switch {
	case err != nil:
		return nil, errors.New("--database is no URL") // which may have a password in it
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return nil, errors.New("--database must begin with postgres://")
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
