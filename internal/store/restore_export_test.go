package store

import (
	"context"
	"os"
	"runtime"
)

// RestoreUntil is a Restore whose process dies when n files have got their names. It reports how many did.
func RestoreUntil(ctx context.Context, c RestoreConfig, n int) (renamed int, err error) {
	c.rename = func(from, to string) error {
		if renamed == n {
			runtime.Goexit()
		}
		renamed++
		err := os.Rename(from, to)
		if err == nil && renamed == n {
			runtime.Goexit()
		}
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err = Restore(ctx, c)
	}()
	<-done
	return renamed, err
}

// RestoreFailing is a Restore with this function instead of os.Rename.
func RestoreFailing(ctx context.Context, c RestoreConfig, rename func(from, to string) error) error {
	c.rename = rename
	_, err := Restore(ctx, c)
	return err
}
