package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

const (
	organization = bellhop.ID("64b0f1a2c3d4e5f60718293a")
	service      = bellhop.ID("64b0f1a2c3d4e5f607182950")
	noon         = bellhop.Time(1_716_724_800_000)
)

func update(t testing.TB, db *store.DB, f func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// receiver takes what is committed, and room deliveries of each lane into memory.
type receiver struct {
	room     int
	handOver func([]store.Pending)
}

func (r *receiver) Room(bellhop.ID) int { return r.room }

func (r *receiver) HandOver(ps []store.Pending) {
	if r.handOver != nil {
		r.handOver(ps)
	}
}

// reopened closes db and opens its directory again.
func reopened(t testing.TB, db *store.DB, config store.Config) *store.DB {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, config)
}

func TestDirectories(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"data", "./deep/er", "../" + filepath.Base(t.TempDir()) + "x/../data2", "we ird?a#b%20c&d=e", filepath.Join(t.TempDir(), "absolute")} {
		db, err := store.Open(t.Context(), store.Config{Dir: dir})
		if err != nil {
			t.Errorf("open %q: %v", dir, err)
			continue
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "bellhop.db")); err != nil {
			t.Error(err)
		}
	}
}

// Who reads finds the store that was opened, wherever the process has gone since, and makes none where it was.
func TestReadersFindTheStore(t *testing.T) {
	t.Chdir(t.TempDir())
	db := open(t, store.Config{Dir: "data", Unsafe: true})
	there, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if _, err := setting(t.Context(), db, "a"); err != nil {
		t.Error(err)
	}
	file := filepath.Join(there, "bellhop.db")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := setting(t.Context(), db, "a"); !bellhop.HasCode(err, bellhop.Unavailable) {
		t.Errorf("View = %v, want Unavailable", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another store was made: %v", err)
	}
}

// A process that ended between its first file and its first page leaves an empty file: the next one makes the whole store.
func TestEmptyFileIsNoStore(t *testing.T) {
	config := store.Config{Dir: t.TempDir(), Unsafe: true, Existing: true}
	if err := os.WriteFile(filepath.Join(config.Dir, "bellhop.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), config); !errors.Is(err, store.ErrNoStore) {
		t.Errorf("Open = %v, want that there is no store", err)
	}
	if _, err := os.Stat(filepath.Join(config.Dir, "key")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
	config.Existing = false
	if err := open(t, config).Close(); err != nil {
		t.Fatal(err)
	}
	header, err := os.ReadFile(filepath.Join(config.Dir, "bellhop.db"))
	if err != nil {
		t.Fatal(err)
	}
	if incremental := header[64+3]; incremental != 1 {
		t.Error("free pages of the store are never given back")
	}
}

// A store that could not be made is not left half made: the next one would not be as it should.
func TestHalfAStoreIsRemoved(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	config := store.Config{Dir: t.TempDir(), Unsafe: true}
	if db, err := store.Open(ctx, config); err == nil {
		t.Error(db.Close(), "it is made in a context that has ended")
	}
	left, err := filepath.Glob(filepath.Join(config.Dir, "bellhop.db*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	open(t, config)
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, store.Config{Dir: dir})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 4 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	db := open(t, store.Config{Dir: dir})
	second, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err == nil {
		second.Close()
		t.Fatal("opened twice")
	}
	if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error = %v", err)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	reopened(t, db, store.Config{Dir: dir})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, store.Config{Dir: dir}).Close(); err != nil {
		t.Fatal(err)
	}
	inFile(t, dir, "PRAGMA user_version = 1000")
	if db, err := store.Open(t.Context(), store.Config{Dir: dir}); err == nil {
		db.Close()
		t.Error("opened a store of the future")
	}
}

func TestKeyFiles(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	key := filepath.Join(dir, "key")
	secret := func(db *store.DB) (value []byte, err error) {
		err = db.View(t.Context(), func(tx *store.Tx) (err error) {
			value, err = tx.Setting(t.Context(), "a")
			return err
		})
		return value, err
	}
	db := open(t, store.Config{Dir: dir})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	db = reopened(t, db, store.Config{Dir: dir})
	if got, err := secret(db); err != nil || string(got) != "b" {
		t.Errorf("secret = %q, %v", got, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	refused := func(why string, config store.Config) {
		t.Helper()
		db, err := store.Open(t.Context(), config)
		if err == nil {
			db.Close()
			t.Errorf("%s: opened", why)
		}
	}
	if err := os.Rename(key, elsewhere); err != nil {
		t.Fatal(err)
	}
	refused("the key is missing", store.Config{Dir: dir})
	if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made for a store that has one: %v", err)
	}
	if got, err := secret(open(t, store.Config{Dir: dir, KeyFile: elsewhere})); err != nil || string(got) != "b" {
		t.Errorf("with the key elsewhere: %q, %v", got, err)
	}

	for why, text := range map[string]string{"empty": "", "no Base64": "!", "short": "YWJj\n"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "key"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(why, store.Config{Dir: dir})
	}
}

// A process that is killed while it makes its key leaves no key, and nothing that is in the
// way of the next start.
func TestHalfKey(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "key.new")
	if err := os.WriteFile(half, []byte("YWJj"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, store.Config{Dir: dir})
	if key, err := os.ReadFile(filepath.Join(dir, "key")); err != nil || len(key) != 45 {
		t.Errorf("the key is %q, %v", key, err)
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a key is left: %v", err)
	}
}

func TestWrongKey(t *testing.T) {
	dir := t.TempDir()
	db := open(t, store.Config{Dir: dir})
	id := db.NewID(noon)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SetSetting(ctx, "a", []byte("b")), tx.Insert(ctx, bellhop.Services,
			&bellhop.Document{ID: id, Organization: organization, OrgPath: string(organization), Body: []byte("{}"), Secret: []byte(`{"s":1}`)}))
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := open(t, store.Config{Dir: other}).Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, store.Config{Dir: dir, KeyFile: filepath.Join(other, "key")})
	err := db.View(t.Context(), func(tx *store.Tx) error {
		if got, err := tx.Setting(t.Context(), "a"); err == nil {
			t.Errorf("setting = %q", got)
		}
		_, err := tx.Document(t.Context(), bellhop.Services, id)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("Document = %v", err)
	}
}

// inFile runs a statement on the database of a store that is closed.
func inFile(t *testing.T, dir, statement string, args ...any) {
	t.Helper()
	inStore(t, store.Config{Dir: dir}, statement, args...)
}

// inStore runs a statement on the database of a store that is closed, of either engine.
func inStore(t *testing.T, config store.Config, statement string, args ...any) {
	t.Helper()
	driver, name := "sqlite", filepath.Join(config.Dir, "bellhop.db")
	if config.Database != "" {
		driver, name = "pgx", config.Database
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestSealedSecrets(t *testing.T) {
	dir := t.TempDir()
	db := open(t, store.Config{Dir: dir})
	a, b := db.NewID(noon), db.NewID(noon)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range []bellhop.ID{a, b} {
			doc := &bellhop.Document{ID: id, Organization: organization, OrgPath: string(organization),
				Body: []byte(`{"shown":"in clear"}`), Secret: []byte(`{"hidden":"hunter2-` + string(id) + `"}`)}
			if err := tx.Insert(ctx, bellhop.Services, doc); err != nil {
				return err
			}
		}
		return errors.Join(tx.SetSetting(ctx, "a", []byte("hunter2-a")), tx.SetSetting(ctx, "b", []byte("hunter2-b")))
	})
	search := func() (clear bool) {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("hunter2")) || bytes.Contains(text, []byte("hidden")) {
				t.Errorf("a secret is in clear in %s", file)
			}
			clear = clear || bytes.Contains(text, []byte("in clear"))
		}
		return clear
	}
	if !search() {
		t.Error("the search finds nothing at all")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	search()

	// A sealed text that is moved to another row does not open.
	inFile(t, dir, "UPDATE services SET sealed = (SELECT sealed FROM services WHERE id = $1) WHERE id = $2", a, b)
	inFile(t, dir, "UPDATE settings SET sealed = (SELECT sealed FROM settings WHERE name = 'a') WHERE name = 'b'")
	db = open(t, store.Config{Dir: dir})
	for name, want := range map[string]struct {
		read  func(tx *store.Tx) error
		opens bool
	}{
		"row":           {func(tx *store.Tx) error { _, err := tx.Document(t.Context(), bellhop.Services, a); return err }, true},
		"moved row":     {func(tx *store.Tx) error { _, err := tx.Document(t.Context(), bellhop.Services, b); return err }, false},
		"setting":       {func(tx *store.Tx) error { _, err := tx.Setting(t.Context(), "a"); return err }, true},
		"moved setting": {func(tx *store.Tx) error { _, err := tx.Setting(t.Context(), "b"); return err }, false},
	} {
		if err := db.View(t.Context(), want.read); (err == nil) != want.opens {
			t.Errorf("%s: %v, want it to open: %t", name, err, want.opens)
		}
	}
}
