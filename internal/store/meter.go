package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"bellhop"
)

// errDatabaseURL is without the URL, which may have a password in it.
var errDatabaseURL = errors.New("the URL of the database is not valid: it looks like postgres://user:password@host:port/name")

// CreateDatabase makes an empty database of that name on the PostgreSQL server of another one, and returns its URL. The
// error is a Forbidden if the role may make none. The name has lower-case letters, digits and underscores.
func CreateDatabase(ctx context.Context, beside, name string) (string, error) {
	u, err := DatabaseURL(beside)
	if err != nil {
		return "", err
	}
	err = asAdmin(ctx, beside, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0")
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == insufficientPrivilege {
		return "", &bellhop.Error{Code: bellhop.Forbidden, Message: "the role may not make databases", Err: err}
	}
	if err != nil {
		return "", fmt.Errorf("make the database %s: %w", name, err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

const insufficientPrivilege = "42501" // a class of errors of PostgreSQL

// DropDatabase removes a database that CreateDatabase has made, and ends all connections to it.
func DropDatabase(ctx context.Context, beside, name string) error {
	if err := asAdmin(ctx, beside, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the database %s: %w", name, err)
	}
	return nil
}

func asAdmin(ctx context.Context, database, text string) error {
	conn, err := connectOnce(ctx, database)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, text)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

func connectOnce(ctx context.Context, database string) (*pgx.Conn, error) {
	settings, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, errDatabaseURL
	}
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return conn, nil
}

// Reading is what a PostgreSQL server tells of its work. But for Process and Size a value means nothing alone, and the
// difference of two is what was done in between.
type Reading struct {
	WAL     int64 // bytes that the whole server has written to its log
	Rows    int64 // that were inserted, updated or deleted in the database; some seconds late while its sessions are open
	Size    int64 // bytes of disk that the database takes
	Empty   bool  // the database has no tables of ours or anybody's
	Process int   // of the server for this connection; its parent is the server itself, if that is on this machine
}

// ReadMeter asks a PostgreSQL server, by the URL of a database.
func ReadMeter(ctx context.Context, database string) (r Reading, err error) {
	conn, err := connectOnce(ctx, database)
	if err != nil {
		return r, err
	}
	err = conn.QueryRow(ctx, `
		SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
			(SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()),
			pg_database_size(current_database()),
			NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema()),
			pg_backend_pid()`).Scan(&r.WAL, &r.Rows, &r.Size, &r.Empty, &r.Process)
	if err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))); err != nil {
		return r, fmt.Errorf("ask the database what it has done: %w", err)
	}
	return r, nil
}
