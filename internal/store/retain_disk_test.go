//go:build linux && !race

package store_test

import (
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// Retention goes on when a full disk has space again.
func TestFullDiskRetains(t *testing.T) {
	dir := tinyDisk(t, "48m")
	synctest.Test(t, func(t *testing.T) {
		db := open(t, store.Config{Dir: dir, Retain: time.Hour})
		defer running(t, db, quiet)()
		burst(t, db, 8)
		time.Sleep(5 * time.Minute) // the log is short then
		free := fill(t, dir, 256<<10)
		append := func(size int) error {
			return db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.Append(t.Context(), &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
					CreatedAt: bellhop.TimeOf(time.Now()), Payload: make([]byte, size)}, nil)
			})
		}
		var err error
		for n := 0; err == nil; n++ {
			if err = append(100 << 10); n == 100 {
				t.Fatal("the disk never was full")
			}
		}
		time.Sleep(2 * time.Hour)
		free()
		time.Sleep(2 * time.Minute)
		wantLeft(t, db, nil, nil)
		if err := append(100 << 10); err != nil {
			t.Error(err)
		}
	})
}
