package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"bellhop"
)

// migrate runs the files that the database has not seen, each in a transaction of its own, and makes a table for each
// kind that has none yet. One process does so at a time: the others wait, and find nothing to do. A role that may not
// change the schema can use a store whose schema is up to date, or newer: while nodes are upgraded one after the other,
// those of the old version go on, and may start again, unless a newer one has taken away what they use.
func (e *postgresEngine) migrate(ctx context.Context) error {
	version, missing, err := e.missing(ctx)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		return e.openKey(ctx, version)
	}
	pg := e.db.writer.pg
	if _, err := pg.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrating)); err != nil {
		return fmt.Errorf("wait for who migrates just now: %w", err)
	}
	defer pg.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrating))
	if version, missing, err = e.missing(ctx); err != nil {
		return err
	}
	if err := e.openKey(ctx, version); err != nil {
		return err
	}
	for _, m := range missing {
		if _, err := pg.PgConn().Exec(ctx, "BEGIN;\n"+m.text+"\nCOMMIT;").ReadAll(); err != nil {
			_, _ = pg.Exec(context.WithoutCancel(ctx), "ROLLBACK") // a failed transaction is not over
			if postgresCode(err) == forbidden {
				return fmt.Errorf("the schema of the store has to be changed (%s), which this role may not do: start once with the role that owns its tables: %w", m.name, err)
			}
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// forbidden is the code of an error: the role may not do that.
const forbidden = "42501"

// missing returns the version of the schema, 0 for an empty database, and what has to be run to bring it up to date.
func (e *postgresEngine) missing(ctx context.Context) (version int, missing []migration, err error) {
	pg := e.db.writer.pg
	all := e.migrations
	var there bool
	if err := pg.QueryRow(ctx, "SELECT to_regclass('schema_version') IS NOT NULL").Scan(&there); err != nil {
		return 0, nil, fmt.Errorf("look for the schema: %w", err)
	}
	oldest := 0
	if there {
		err := pg.QueryRow(ctx, "SELECT version, oldest FROM schema_version").Scan(&version, &oldest)
		if postgresCode(err) == forbidden {
			return 0, nil, fmt.Errorf("this role may not use the store: bellhop migrate --grant lets it, by the URL of the role that owns the tables: %w", err)
		}
		if err != nil && !errors.Is(err, pgx.ErrNoRows) { // without its row it has just been made
			return 0, nil, fmt.Errorf("read the version of the schema: %w", err)
		}
	}
	if newest := all[len(all)-1].number; oldest > newest {
		return 0, nil, errNewer(version, newest)
	}
	for _, m := range all {
		if m.number > version {
			m.text += fmt.Sprintf("\nUPDATE schema_version SET version = %d, oldest = greatest(oldest, %d);", m.number, m.oldest)
			missing = append(missing, m)
		}
	}
	tables, err := e.missingTables(ctx)
	if tables != "" {
		missing = append(missing, migration{name: "tables of documents", text: tables})
	}
	return version, missing, err
}

// missingTables returns what makes the tables of documents and their indexes that are missing. All are of the shape of
// those in the first file, which may have to be run before.
func (e *postgresEngine) missingTables(ctx context.Context) (string, error) {
	texts := map[string]string{}
	for _, kind := range bellhop.Kinds() {
		texts[kind.Plural] = fmt.Sprintf(postgresDocuments, kind.Plural)
		texts[kind.Plural+"_created"] = fmt.Sprintf(postgresCreated, kind.Plural)
	}
	// By name, so that a table comes before its index.
	rows, err := e.db.writer.pg.Query(ctx, `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL ORDER BY name COLLATE "C"`,
		slices.Collect(maps.Keys(texts)))
	if err != nil {
		return "", fmt.Errorf("look for the tables of documents: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("look for the tables of documents: %w", err)
	}
	var script strings.Builder
	for _, name := range names {
		script.WriteString(texts[name])
	}
	return script.String(), nil
}

// postgresDocuments is the table of a kind, by its plural name.
const postgresDocuments = `CREATE TABLE IF NOT EXISTS %[1]s (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE INDEX IF NOT EXISTS %[1]s_path ON %[1]s (org_path, created_at, id);
`

// postgresCreated has the order of a list, with what says who may see an element.
const postgresCreated = "CREATE INDEX IF NOT EXISTS %[1]s_created ON %[1]s (created_at, id, org_path);\n"

// versionTable has one row. Programs that know the migration oldest, or a newer one, can use the schema. By key_check, a
// text that the store's key has sealed, each node knows that it has that key.
const versionTable = `CREATE TABLE IF NOT EXISTS schema_version (
  id BIGINT PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL, oldest BIGINT NOT NULL DEFAULT 0, key_check BYTEA NOT NULL)`

// keyPlace is where the text of key_check belongs.
const keyPlace = "schema_version/key_check"

// openKey reads the key of the store, and makes it if the database is empty. That is done under the lock, so that of
// several nodes that start with an empty database one makes the key, and the others say that they lack it.
func (e *postgresEngine) openKey(ctx context.Context, version int) (err error) {
	if version == 0 && e.existing {
		return fmt.Errorf("the database is empty: %w", ErrNoStore)
	}
	if version == 0 {
		return pgx.BeginFunc(ctx, e.db.writer.pg, func(tx pgx.Tx) error { return e.makeFirst(ctx, tx) })
	}
	if e.db.seal, err = openKey(e.keyFile, false); err != nil {
		return err
	}
	pg := e.db.writer.pg
	var check []byte
	if err := pg.QueryRow(ctx, "SELECT key_check FROM schema_version").Scan(&check); err != nil {
		return fmt.Errorf("read which key the store has: %w", err)
	}
	if _, err := e.db.seal.open(keyPlace, check); err != nil {
		return fmt.Errorf("the key file %s is not that of the store: all nodes need the same one", e.keyFile)
	}
	return nil
}

// makeFirst makes the first table, and the key if it is missing. The key comes last: who may not make the store leaves no
// file, which would be the wrong one where another node makes the store.
func (e *postgresEngine) makeFirst(ctx context.Context, tx pgx.Tx) (err error) {
	if _, err := tx.Exec(ctx, versionTable); err != nil {
		if postgresCode(err) == forbidden {
			return fmt.Errorf("the database is empty, and this role may not make tables: bellhop migrate makes them, by the URL of a role that may, and --grant lets this one use them: %w", err)
		}
		return fmt.Errorf("make the first table: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO schema_version (id, version, key_check) VALUES (1, 0, '')
		ON CONFLICT (id) DO UPDATE SET key_check = excluded.key_check`)
	if err == nil {
		if e.db.seal, err = openKey(e.keyFile, true); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE schema_version SET key_check = $1", e.db.seal.seal(keyPlace, []byte("bellhop")))
	}
	if err != nil {
		return fmt.Errorf("note which key the store has: %w", err)
	}
	return nil
}

// SchemaDigest names the schema that this program makes on PostgreSQL: another one has another name. Tests make copies of
// databases that have it.
func SchemaDigest() string {
	digest := sha256.New()
	all, _ := migrationsOf("postgres") // they are part of the program
	for _, m := range all {
		digest.Write([]byte(m.text))
	}
	for _, kind := range bellhop.Kinds() {
		fmt.Fprintf(digest, postgresDocuments+postgresCreated, kind.Plural)
	}
	return hex.EncodeToString(digest.Sum(nil))
}
