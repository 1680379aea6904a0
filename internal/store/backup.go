package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// BackupConfig says what is copied, and to where.
type BackupConfig struct {
	// Dir is the data directory of a SQLite store. A server may be using it.
	Dir string

	// File is the copy, which must not be there yet: a database of SQLite, which has in Dir the place
	// of the one that was copied. Beside it is a file with its SHA-256, File and .sha256, as sha256sum reads it.
	File string

	// KeyFile, if it is not empty, is the key that seals the secrets of the store. It is copied to
	// File and .key when it is shown to open them.
	KeyFile string

	// MaxLog is how many bytes the log of the store may have before the copy is given up, since while
	// it is made the log cannot begin anew; 0 means any number.
	MaxLog int64

	// Progress, if it is not nil, is told how far a step has come, in bytes. With total 0 that is not known.
	Progress func(step string, done, total int64)
}

// What a backup does, and a restore.
const (
	StepCopy  = "copy"
	StepCheck = "check"
)

// A Copy is what a backup has made, or a restore.
type Copy struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Schema int    `json:"schema"`

	Organizations int64 `json:"organizations"`
	Conversations int64 `json:"conversations"`
	Messages      int64 `json:"messages"`
	Events        int64 `json:"events"`
	Pending       int64 `json:"pending"` // deliveries that are made when it is served

	KeyFile string `json:"keyFile,omitempty"` // the copy of the key
}

const (
	sumSuffix  = ".sha256"
	keySuffix  = ".key"
	halfSuffix = ".part" // of what is not complete
)

// BackUp copies the store of c.Dir in one state, while others read and write it. The copy gets its
// name when it is whole, was checked, and is on disk; else nothing is there. What was accepted before
// BackUp was called is in it, with deliveries whose rows are deferred: Open writes them.
func BackUp(ctx context.Context, c BackupConfig) (_ *Copy, err error) {
	copied := &Copy{File: c.File}
	for _, name := range []string{c.File, c.File + sumSuffix, c.File + keySuffix} {
		if _, err := os.Lstat(name); err == nil {
			return nil, fmt.Errorf("%s is there already: a backup overwrites nothing", name)
		}
	}
	half := c.File + halfSuffix
	// Of one that was killed. Who makes the same backup at the same time as another one loses.
	if err := errors.Join(removeIfThere(half), makeEmpty(half)); err != nil {
		return nil, fmt.Errorf("make the backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(half), removeIfThere(half+"-journal"), removeIfThere(c.File+sumSuffix), removeIfThere(c.File+keySuffix))
		}
	}()
	if err := copyDatabase(ctx, c, half); err != nil {
		return nil, fmt.Errorf("copy the store: %w", err)
	}
	var key *sealer
	if c.KeyFile != "" {
		if key, err = openKey(c.KeyFile, false); err != nil {
			return nil, err
		}
	}
	if err := checkCopy(ctx, half, key, c.Progress, copied); err != nil {
		return nil, fmt.Errorf("check the backup: %w", err)
	}
	if copied.SHA256, err = sumFile(ctx, half, copied.Bytes, c.Progress); err != nil {
		return nil, fmt.Errorf("check the backup: %w", err)
	}
	sum := copied.SHA256 + "  " + filepath.Base(c.File) + "\n"
	if err := writeFile(c.File+sumSuffix, []byte(sum)); err != nil {
		return nil, fmt.Errorf("write the sum of the backup: %w", err)
	}
	if c.KeyFile != "" {
		copied.KeyFile = c.File + keySuffix
		if err := copyKey(c.KeyFile, copied.KeyFile); err != nil {
			return nil, err
		}
	}
	return copied, putInPlace(half, c.File)
}

// copySteps is how many pages are copied at once; between them ctx is asked, and the log looked at.
const copySteps = 1024

// copyDatabase copies page by page what one transaction sees, into a file that is there and empty.
// A transaction that reads keeps nobody from writing; but while it lasts, the log grows.
func copyDatabase(ctx context.Context, c BackupConfig, file string) error {
	path := filepath.Join(c.Dir, databaseFile)
	if isSwapping(c.Dir) {
		return errSwapping(c.Dir)
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no store: %w", err)
	}
	source, err := openToRead(path, false)
	if err != nil {
		return err
	}
	defer source.Close()
	conn, err := source.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	// The state that is copied is that of the first read.
	if err := checkSchema(ctx, conn, new(int)); err != nil {
		return err
	}
	var page int64
	if err := conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page); err != nil {
		return err
	}
	// Nobody needs what a power cut leaves of a file that has not got its name.
	target := fileURL(file, url.Values{"_pragma": {"synchronous(OFF)", "journal_mode(OFF)"}})
	err = conn.Raw(func(raw any) error {
		b, err := raw.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		}).NewBackup(target)
		if err != nil {
			return err
		}
		return errors.Join(copyPages(ctx, c, path+"-wal", page, b), b.Finish())
	})
	if err != nil {
		return machineError(err)
	}
	return syncFile(file)
}

func copyPages(ctx context.Context, c BackupConfig, logPath string, page int64, b *sqlite.Backup) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if more, err = b.Step(copySteps); err != nil {
			return err
		}
		if c.Progress != nil {
			c.Progress(StepCopy, int64(b.PageCount()-b.Remaining())*page, int64(b.PageCount())*page)
		}
		info, err := os.Stat(logPath)
		if c.MaxLog > 0 && err == nil && info.Size() > c.MaxLog {
			return fmt.Errorf("the log of the store has grown beyond %d bytes meanwhile", c.MaxLog)
		}
	}
	return nil
}

// openToRead opens a database that is not changed by that. With alone nobody else uses it, and no
// file is made beside it.
func openToRead(path string, alone bool) (*sql.DB, error) {
	if err := errors.Join(registerFold(), registerMatch()); err != nil {
		return nil, err
	}
	values := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)", "cache_size(-8000)"}}
	if alone {
		values.Set("immutable", "1")
	}
	return sql.Open("sqlite", fileURL(path, values))
}

func fileURL(path string, values url.Values) string {
	// Without OmitHost the first element of a relative path would be taken for a host.
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: values.Encode()}).String()
}

func makeEmpty(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// putInPlace gives a file that is on disk its name, so that this is on disk, too.
func putInPlace(half, file string) error {
	if err := os.Rename(half, file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// writeFile writes a small file that is for its owner alone. It is whole or not there.
func writeFile(file string, text []byte) error {
	half := file + halfSuffix
	f, err := os.OpenFile(half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, removeIfThere(half))
	}
	return putInPlace(half, file)
}

func copyKey(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("read the key file: %w", err)
	}
	if err := writeFile(to, []byte(strings.TrimSpace(string(text))+"\n")); err != nil {
		return fmt.Errorf("copy the key file: %w", err)
	}
	return nil
}

func syncFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
