package store_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// TestLogStaysShort writes, with readers beside, several times what the log may hold.
func TestLogStaysShort(t *testing.T) {
	const (
		written = 280 << 20
		most    = 260 << 20 // 16384 pages of 8 KiB, and what comes until a checkpoint has an end, on a slow machine, too
	)
	dir := t.TempDir()
	db := open(t, store.Config{Dir: dir, Unsafe: true})
	ctx, cancel := context.WithCancel(t.Context())
	var upkeep, load sync.WaitGroup
	upkeep.Go(func() { db.Run(ctx, slog.New(slog.DiscardHandler)) })
	payload := []byte(strings.Repeat("x", 64<<10))
	for range 2 {
		load.Go(func() {
			for range written / len(payload) / 16 / 2 {
				err := db.Update(ctx, func(tx *store.Tx) error {
					for range 16 {
						event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k", CreatedAt: noon, Payload: payload}
						if err := tx.Append(ctx, event, nil); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	upkeep.Go(func() {
		for ctx.Err() == nil {
			dueNow(t, db, noon)
		}
	})
	load.Wait()
	cancel()
	upkeep.Wait()
	info, err := os.Stat(filepath.Join(dir, "bellhop.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > most {
		t.Errorf("the log has grown to %d MiB", info.Size()>>20)
	}
}
