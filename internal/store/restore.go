package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotEmpty is returned where a store would have to go that is not asked to go.
var ErrNotEmpty = errors.New("there is a store already")

// RestoreConfig says what becomes a store again, and where.
type RestoreConfig struct {
	// File is what BackUp has made. If a file of the same name and .sha256 lies beside it, the sum must be right.
	File string

	// Dir is the data directory, which is made if it is missing. No server may be using it.
	Dir string

	// KeyFile is the key that sealed the secrets in File. Empty means the file "key" in Dir, and if
	// there is none, or with Replace one that does not fit, File and .key, which becomes that file.
	KeyFile string

	// Replace puts aside a store that is in Dir: its files keep their names, with Aside behind them. Without it a
	// Dir with a store is refused.
	Replace bool

	// Aside is what comes behind the names of files that are in the way; empty means ".before". A log that
	// belongs to no store is one.
	Aside string

	// Progress is told how far it is, as that of BackupConfig.
	Progress func(step string, done, total int64)

	rename func(from, to string) error // os.Rename, but for tests
}

// Restore makes the backup c.File the store in c.Dir. Nothing is changed there before all of the copy
// was checked and is on disk. If it is interrupted after that, the next Open of the directory, or Restore, comes
// to its end first. Deliveries that were pending when the backup was made are made again, also those that were
// delivered since.
func Restore(ctx context.Context, c RestoreConfig) (*Copy, error) {
	if c.Aside == "" {
		c.Aside = ".before"
	}
	if c.rename == nil {
		c.rename = os.Rename
	}
	size, err := checkSize(c.File)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(c.Dir)
	if err != nil {
		return nil, err
	}
	defer lock.release()
	if err := finishSwap(c.Dir); err != nil {
		return nil, err
	}
	path := filepath.Join(c.Dir, databaseFile)
	if isThere(path) && !c.Replace {
		return nil, fmt.Errorf("restore to %s: %w", c.Dir, ErrNotEmpty)
	}
	copied := &Copy{File: path}
	half := path + halfSuffix
	if err := restore(ctx, c, copied, half, size); err != nil {
		if isSwapping(c.Dir) {
			return nil, errors.Join(err, errSwapping(c.Dir)) // it needs all files that are there
		}
		return nil, errors.Join(err, removeIfThere(half), removeIfThere(filepath.Join(c.Dir, keyFile+halfSuffix)))
	}
	return copied, nil
}

func restore(ctx context.Context, c RestoreConfig, copied *Copy, half string, size int64) (err error) {
	if copied.SHA256, err = copyFile(ctx, c, half, size); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	if err := checkSum(c.File, copied.SHA256); err != nil {
		return err
	}
	if err := checkCopy(ctx, half, nil, c.Progress, copied); err != nil {
		return fmt.Errorf("check the backup: %w", err)
	}
	key, err := keyOf(ctx, c, half)
	if err != nil {
		return err
	}
	copied.KeyFile = key.file
	// All that needs room is on disk before the first file gets another name.
	if key.from != "" {
		if err := copyKey(key.from, key.file+halfSuffix); err != nil {
			return err
		}
	}
	s := swap{dir: c.Dir, rename: c.rename, Aside: c.Aside, Key: key.from != ""}
	return s.run()
}

// copyFile copies the backup to half, and returns the SHA-256 of what it has read.
func copyFile(ctx context.Context, c RestoreConfig, half string, size int64) (string, error) {
	from, err := os.Open(c.File)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.OpenFile(half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = pour(ctx, io.MultiWriter(to, sum), from, size, StepCopy, c.Progress)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// checkSum compares a sum with the one beside file, if there is one.
func checkSum(file, sum string) error {
	text, err := os.ReadFile(file + sumSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the sum of the backup: %w", err)
	}
	if want, _, _ := strings.Cut(string(text), " "); want != sum {
		return fmt.Errorf("%s is damaged: its SHA-256 is not the one in %s", file, filepath.Base(file)+sumSuffix)
	}
	return nil
}

// restoredKey is the file with the key of what is restored, and the one that is copied to there, if any.
type restoredKey struct{ file, from string }

// keyOf finds the key that opens the secrets of the copy.
func keyOf(ctx context.Context, c RestoreConfig, half string) (restoredKey, error) {
	db, err := openToRead(half, true)
	if err != nil {
		return restoredKey{}, err
	}
	defer db.Close()
	try := func(file string) error {
		key, err := openKey(file, false)
		if err != nil {
			return err
		}
		return fits(ctx, db, key)
	}
	if c.KeyFile != "" {
		return restoredKey{file: c.KeyFile}, try(c.KeyFile)
	}
	own, beside := filepath.Join(c.Dir, keyFile), c.File+keySuffix
	_, ownErr := os.Lstat(own)
	if ownErr == nil {
		err := try(own)
		if err == nil || !c.Replace {
			return restoredKey{file: own}, err
		}
	}
	if _, err := os.Lstat(beside); err == nil {
		return restoredKey{file: own, from: beside}, try(beside)
	}
	if ownErr == nil {
		return restoredKey{}, fmt.Errorf("the key file %s is not that of the backup, and there is no %s", own, beside)
	}
	return restoredKey{}, fmt.Errorf("the key of the backup is missing: there is neither %s nor %s, and without it the secrets cannot be read", own, beside)
}
