//go:build linux

package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/testenv"
)

// tinyDisk mounts a file system of that size.
func tinyDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		testenv.Lack(t, "the right to mount a file system")
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes what is free on a disk, but for keep bytes, and returns what gives it back.
func fill(t *testing.T, dir string, keep int64) (free func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var size int64
	for block := make([]byte, 4096); ; size += 4096 {
		if _, err := f.Write(block); err != nil {
			break
		}
	}
	if err := f.Truncate(max(size-keep, 0)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	for name, room := range map[string]int{"written at once": 0, "deferred": 1000} {
		t.Run(name, func(t *testing.T) { testFullDisk(t, room) })
	}
}

func testFullDisk(t *testing.T, room int) {
	dir := tinyDisk(t, "32m")
	db := open(t, store.Config{Dir: dir})
	told := 0
	db.DeliverTo(&receiver{room: room, handOver: func(ps []store.Pending) { told += len(ps) }})
	appended(t, db, noon)
	free := fill(t, dir, 64<<10)

	// Large ones fail, alone and in a batch; whoever was answered nil is there afterwards.
	var mu sync.Mutex
	stored := 1
	var failed []error
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 5 {
				err := db.Update(t.Context(), func(tx *store.Tx) error {
					for range 2 { // both or none
						event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
							CreatedAt: noon, Payload: make([]byte, 10<<10)}
						if err := tx.Append(t.Context(), event, []bellhop.Delivery{{Service: service}}); err != nil {
							return err
						}
					}
					return nil
				})
				mu.Lock()
				if err == nil {
					stored += 2
				} else {
					failed = append(failed, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(failed) == 0 {
		t.Fatal("the disk never was full")
	}
	for _, err := range failed {
		if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.Unavailable || e.RetryAfter == 0 {
			t.Fatalf("error = %v", err)
		}
	}
	if got := len(dueNow(t, db, noon)); got != min(stored, 100) {
		t.Errorf("%d deliveries are stored, want %d", got, stored)
	}

	free()
	for range 3 {
		appended(t, db, noon)
		stored++
	}
	if told != stored {
		t.Errorf("told of %d deliveries, %d are stored", told, stored)
	}
	db = reopened(t, db, store.Config{Dir: dir})
	if got := len(dueNow(t, db, noon)); got != min(stored, 100) {
		t.Errorf("%d deliveries after a restart, want %d", got, stored)
	}
}

// What is deferred when a store is closed that cannot write is found at the next start.
func TestFullDiskAtClose(t *testing.T) {
	dir := tinyDisk(t, "4m")
	db := open(t, store.Config{Dir: dir})
	db.DeliverTo(&receiver{room: 1000})
	var want []int64
	for range 50 {
		_, d := appended(t, db, noon)
		want = append(want, d.Seq)
	}
	free := fill(t, dir, 0)
	if got := dueNow(t, db, noon); !slices.Equal(got, want) {
		t.Errorf("due on a full disk: %v, want %v", got, want)
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	free()
	if got := dueNow(t, open(t, store.Config{Dir: dir}), noon); !slices.Equal(got, want) {
		t.Errorf("due after a restart: %v, want %v", got, want)
	}
}

// A key that could not be written whole must not be in the way of the next start.
func TestFullDiskAtFirstStart(t *testing.T) {
	dir := tinyDisk(t, "2m")
	free := fill(t, dir, 0)
	data := filepath.Join(dir, "data")
	if db, err := store.Open(t.Context(), store.Config{Dir: data}); err == nil {
		db.Close()
		t.Fatal("opened on a full disk")
	}
	free()
	db := open(t, store.Config{Dir: data})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
}

// A crash has left rows to be written, and the disk is full: the store is opened, shows them
// as pending, and writes them when there is space.
func TestRecoveryOnFullDisk(t *testing.T) {
	const many = 2000
	was, config := deferring(t)
	for range many {
		appended(t, was, noon)
	}
	dir := tinyDisk(t, "32m")
	crashed := afterCrash(t, config.Dir)
	config.Dir = filepath.Join(dir, "data")
	if err := os.CopyFS(config.Dir, os.DirFS(crashed)); err != nil {
		t.Fatal(err)
	}
	free := fill(t, dir, 64<<10)
	db := open(t, config)
	pending := func(want int) {
		t.Helper()
		err := db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
			due, err := tx.Due(t.Context(), store.ServiceLane(service), noon, store.Cursor{}, nil, many+1)
			if len(due) != want {
				t.Errorf("%d deliveries are due, want %d", len(due), want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	pending(many)
	if got := rows(t, config.Dir); got != 0 {
		t.Errorf("%d rows were written on a full disk", got)
	}
	free()
	pending(many)
	if got := rows(t, config.Dir); got != many {
		t.Errorf("%d rows, want %d", got, many)
	}
}
