package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// swapFile is in a data directory while a restore gives files their names. What it takes is on disk before, so whoever
// finds the file later goes on where the restore has ended, and the store is the old one or the new one, never none:
// an empty one would be made, and the log of the old one belongs to no other.
const swapFile = databaseFile + ".restoring"

// swap puts a store aside, and what was restored in its place.
type swap struct {
	dir    string
	rename func(from, to string) error

	Aside string `json:"aside"` // what comes behind the names of files that are in the way
	Key   bool   `json:"key"`   // one comes with the store
}

// isSwapping reports whether a restore of dir has not come to its end.
func isSwapping(dir string) bool { return isThere(filepath.Join(dir, swapFile)) }

// errSwapping is why a store is not read while it may be in two halves.
func errSwapping(dir string) error {
	return fmt.Errorf("a restore of %s is under way, or was interrupted: the next start of the server finishes it", dir)
}

// finishSwap comes to the end of a restore of dir that was interrupted, if there is one. The directory is locked. After
// an error it can be tried again.
func finishSwap(dir string) error {
	s, err := readSwap(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = s.goOn()
	}
	if err == nil {
		err = s.forget()
	}
	if err != nil {
		return fmt.Errorf("finish the restore that was interrupted: %w", err)
	}
	return nil
}

// readSwap returns what was under way in dir.
func readSwap(dir string) (*swap, error) {
	note := filepath.Join(dir, swapFile)
	text, err := os.ReadFile(note)
	if err != nil {
		return nil, err
	}
	s := &swap{dir: dir, rename: os.Rename}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("read %s: %w", note, err)
	}
	if s.Aside == "" {
		return nil, fmt.Errorf("read %s: it is damaged", note)
	}
	return s, nil
}

// run does all of it, or nothing. After an error that left a part of it done, isSwapping says so.
func (s *swap) run() error {
	for _, name := range s.files() {
		if aside := s.aside(name); isThere(aside) {
			return fmt.Errorf("%s is there already", aside)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.dir, swapFile), text); err != nil {
		return fmt.Errorf("note that a restore is under way: %w", errors.Join(err, s.forget()))
	}
	back, err := s.goOn()
	if err == nil {
		return s.forget()
	}
	if failed := back(); failed != nil {
		return errors.Join(err, failed)
	}
	return errors.Join(err, s.forget())
}

// goOn does what is left to be done: a new file that has its name needs nothing any more. What it returns undoes what it
// has done.
func (s *swap) goOn() (back func() error, err error) {
	type renamed struct{ from, to string }
	var done []renamed
	back = func() (err error) {
		for _, r := range slices.Backward(done) {
			if err := s.move(r.to, r.from); err != nil {
				return err // the rest can only be undone after that
			}
		}
		return nil
	}
	move := func(from, to string) error {
		if !isThere(from) {
			return nil
		}
		if isThere(to) {
			return fmt.Errorf("%s is there already", to)
		}
		err := s.move(from, to)
		if err == nil || isThere(to) {
			done = append(done, renamed{from, to})
		}
		return err
	}
	file := func(name string) string { return filepath.Join(s.dir, name) }
	if half := file(databaseFile + halfSuffix); !isThere(half) {
		if !isThere(file(databaseFile)) {
			return back, fmt.Errorf("%s, which was restored, is gone, and the old store has names with %s", half, s.Aside)
		}
		return back, nil
	}
	for _, name := range s.files() {
		if name == keyFile && !isThere(file(keyFile+halfSuffix)) {
			continue
		}
		if err := move(file(name), s.aside(name)); err != nil {
			return back, fmt.Errorf("put the old store aside: %w", err)
		}
	}
	// The database is last: with its name all is done.
	if s.Key {
		if err := move(file(keyFile+halfSuffix), file(keyFile)); err != nil {
			return back, err
		}
	}
	return back, move(file(databaseFile+halfSuffix), file(databaseFile))
}

// files are those of the old store. The database goes before its log: without it the log is of no use to anybody, and the
// other way round commits would be missing.
func (s *swap) files() []string {
	names := []string{databaseFile, databaseFile + "-wal", databaseFile + "-shm"}
	if s.Key {
		names = append(names, keyFile)
	}
	return names
}

// aside is the other name of a file.
func (s *swap) aside(name string) string {
	if rest, isLog := strings.CutPrefix(name, databaseFile); isLog {
		return filepath.Join(s.dir, databaseFile+s.Aside+rest) // as SQLite looks for it
	}
	return filepath.Join(s.dir, name+s.Aside)
}

// move gives a file another name, which is on disk before anything else happens.
func (s *swap) move(from, to string) error {
	if err := s.rename(from, to); err != nil {
		return err
	}
	return syncDir(s.dir)
}

func (s *swap) forget() error {
	return errors.Join(removeIfThere(filepath.Join(s.dir, swapFile)), syncDir(s.dir))
}

func isThere(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}
