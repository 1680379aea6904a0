package testenv

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
)

// ReplicaName is the application_name of a replica, for synchronous_standby_names.
const ReplicaName = "replica"

// StartReplica starts a server that follows p, which was started with the settings of WithReplica. It lasts as p does,
// has the same roles and passwords, and can only be read until Promote.
func (p *Program) StartReplica() (*Program, error) {
	r := &Program{bin: p.bin, as: p.as}
	var err error
	if r.dir, err = os.MkdirTemp("", "bellhop-postgres-"); err != nil {
		return nil, err
	}
	if r.as != nil {
		err = os.Chown(r.dir, int(r.as.Uid), int(r.as.Gid))
	}
	if err == nil {
		err = r.startGuard()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.dir))
	}
	if err := r.follow(p); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// WithReplica are settings of a server that a replica can follow.
func WithReplica() []string { return []string{"wal_level=replica", "max_wal_senders=4"} }

func (p *Program) follow(leader *Program) error {
	password, _ := leader.url.User.Password()
	p.env = []string{"PGPASSWORD=" + password}
	err := p.run("pg_basebackup", "-D", filepath.Join(p.dir, "data"), "-X", "stream", "-c", "fast", "-R", "--no-sync",
		"-d", "host=127.0.0.1 port="+leader.port+" user="+leader.url.User.Username()+" application_name="+ReplicaName)
	if err != nil {
		return fmt.Errorf("copy the server: %w", err)
	}
	for range 20 { // somebody else may take the port
		if err = p.choosePort(password); err == nil {
			if err = p.Start(WithReplica()...); err == nil {
				return nil
			}
		}
	}
	return err
}

// Promote makes a replica a server that can be written to.
func (p *Program) Promote() error {
	if err := p.run("pg_ctl", "promote", "-w", "-D", filepath.Join(p.dir, "data")); err != nil {
		return fmt.Errorf("promote the replica: %w", err)
	}
	return nil
}

// Or returns the URL of a database that either server may have, and with that of a third address where nobody says
// anything.
func (p *Program) Or(other *Program, silent net.Addr) string {
	u := *p.url
	u.Host = silent.String() + "," + p.url.Host + "," + other.url.Host
	u.RawQuery = url.Values{"sslmode": {"disable"}, "connect_timeout": {"3600"}}.Encode()
	return u.String()
}
