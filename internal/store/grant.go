package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Migrate brings the schema of the PostgreSQL database of config up to date, makes the first one in an empty database, and
// returns its number. If role is not empty, that role may use the store from now on, also the tables of later migrations that
// the same owner makes: read and write rows, and nothing that changes the schema, nor what says which one it is.
func Migrate(ctx context.Context, config Config, role string) (schema int, err error) {
	db, err := Open(ctx, config)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn := db.writer.pg
	var place string
	if err := conn.QueryRow(ctx, "SELECT version, quote_ident(current_schema()) FROM schema_version").Scan(&schema, &place); err != nil {
		return 0, fmt.Errorf("read the version of the schema: %w", err)
	}
	if role == "" {
		return schema, nil
	}
	text := fmt.Sprintf(`
		GRANT USAGE ON SCHEMA %[2]s TO %[1]s;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[2]s TO %[1]s;
		REVOKE INSERT, UPDATE, DELETE ON schema_version FROM %[1]s;
		GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %[2]s TO %[1]s;
		ALTER DEFAULT PRIVILEGES IN SCHEMA %[2]s GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %[1]s;
		ALTER DEFAULT PRIVILEGES IN SCHEMA %[2]s GRANT USAGE, SELECT ON SEQUENCES TO %[1]s`,
		pgx.Identifier{role}.Sanitize(), place)
	// Statements that are sent together are one transaction.
	if _, err := conn.PgConn().Exec(ctx, text).ReadAll(); err != nil {
		return schema, fmt.Errorf("grant rights to role %s: %w", role, err)
	}
	// Who may not grant what he may do himself is only warned.
	var may bool
	if err := conn.QueryRow(ctx, "SELECT has_table_privilege($1::name, 'events', 'INSERT')", role).Scan(&may); err != nil {
		return schema, fmt.Errorf("look at the rights of role %s: %w", role, err)
	}
	if !may {
		return schema, fmt.Errorf("grant rights to role %s: only the role that owns the tables can", role)
	}
	return schema, nil
}
