package dispatch_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing/synctest"
)

// kill ends the server as SIGKILL does: what is not in the files of the store is lost, and no
// answer that is still to come is heard. The next process has a copy of the files.
func (w *world) kill() {
	w.t.Helper()
	w.mu.Lock()
	close(w.cut)
	w.d = nil
	w.mu.Unlock()
	if w.config.Database != "" {
		w.end() // what it writes now could as well have been written just before
		if err := w.db.Close(); err != nil {
			w.t.Error(err)
		}
		synctest.Wait()
		w.open()
		return
	}
	dir := w.t.TempDir()
	// The log last: what is in it may be in the database, too, but not the other way round.
	for _, name := range []string{"key", "bellhop.db", "bellhop.db-wal"} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(w.config.Dir, name)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.end()
	if err := w.db.Close(); err != nil {
		w.t.Error(err)
	}
	synctest.Wait()
	w.config.Dir = dir
	w.open()
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
