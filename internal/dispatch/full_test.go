//go:build linux

package dispatch_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
	"bellhop/internal/testenv"
)

// TestFullDisk lets the store fail for a while: what was answered meanwhile is recorded afterwards,
// and nothing is sent twice.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		testenv.Lack(t, "the right to mount a file system")
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		w.config = store.Config{Dir: filepath.Join(dir, "data"), Unsafe: true}
		w.open()
		counted := w.counting(func(int) error { return nil })
		consequence := w.consequence
		w.consequence = func(o *dispatch.Outcome) (f storeFunc) {
			if o.Event.Key != "plain" {
				f = consequence(o)
			}
			return f
		}
		w.answer = func(*arrival) reply { return reply{status: 200, after: time.Second, body: string(make([]byte, 8<<10))} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Unordered = true })
		w.publish(service, append(keys(300, "plain"), keys(20, "")...)...)
		w.sleep(500 * time.Millisecond)
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast)
		w.sleep(4 * time.Second)
		pending := 0
		for i := range w.sent {
			if w.stored(i).Status == bellhop.Pending {
				pending++
			}
		}
		if pending < 100 {
			t.Errorf("only %d deliveries are pending: the disk was never full", pending)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
		if got := counted(); got != 20 {
			t.Errorf("%d consequences, want 20", got)
		}
	})
}

// fill takes all that is free on the disk.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
}
