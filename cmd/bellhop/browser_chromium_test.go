//go:build !race

package main_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"bellhop/internal/testenv"
)

// chromium is the browser whose windows the tests share, because a start of it takes longer than most tests. It runs from
// the first window on, until no test holds it any more.
type chromium struct {
	path string

	mu      sync.Mutex
	holders int
	dir     string          // its profile
	ctx     context.Context // nil while it does not run
	stop    func()
}

var browsers chromium

// sharedChromium holds the browser for a test, which calls this before t.Parallel.
func sharedChromium(t *testing.T) *chromium {
	t.Helper()
	c := &browsers
	path := testenv.Need(t, "chromium")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.path = path
	c.holders++
	t.Cleanup(c.release)
	return c
}

// running returns the context of the browser, which it starts if it does not run.
func (c *chromium) running(t *testing.T) context.Context {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil {
		return c.ctx
	}
	var err error
	if c.dir, err = os.MkdirTemp("", "bellhop-chromium-"); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(c.path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(c.dir), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		// A click on a page that is there, but not painted yet, would be thrown away.
		chromedp.Flag("allow-pre-commit-input", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	c.stop = func() {
		// Waits until the browser is gone, which may still write to its directory.
		_ = chromedp.Cancel(ctx)
		closeBrowser()
		stop()
		os.RemoveAll(c.dir)
	}
	if err := chromedp.Do(ctx); err != nil {
		c.stop()
		t.Fatalf("start chromium: %v", err)
	}
	c.ctx = ctx
	return ctx
}

func (c *chromium) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holders--; c.holders == 0 && c.ctx != nil {
		c.stop()
		c.ctx = nil
	}
}
