package main

import (
	"context"
	"fmt"

	"bellhop/internal/store"
)

// migrate brings the schema of a database up to date, for who does not let the servers do so.
func migrate(ctx context.Context, args []string, env environment) error {
	var c config
	var out output
	var role string
	fs := env.flagSet("migrate", "", "Servers bring the schema up to date when they start, if their role owns the tables. This does\nit for those whose role does not.")
	c.databaseFlag(fs)
	c.keyFileFlag(fs, "`file` with the key that encrypts secrets, which is made with an empty database")
	fs.StringVar(&role, "grant", "", "`role` of PostgreSQL that servers use, which may then read and write rows, and nothing else")
	out.flags(fs)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if c.database == "" {
		return wrongUsage("migrate needs --database")
	}
	if err := c.checkDatabase(); err != nil {
		return err
	}
	schema, err := store.Migrate(ctx, c.store(), role)
	if err != nil {
		return ofStore(err)
	}
	if out.json {
		return printJSON(env.stdout, map[string]any{"schema": schema})
	}
	_, err = fmt.Fprintf(env.stderr, "The database has schema %d.\n", schema)
	return err
}
