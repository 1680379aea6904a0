//go:build !race

package main_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A page that crashes, as those of Chromium 156 do now and then, is loaded anew, and the test goes on.
func TestCrashedPageIsLoadedAnew(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	b := newBrowser(t, chromium, 1440, false)
	b.open(s.url)
	b.find("button", "Log in")
	if err := b.ask(patience, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, page.Crash, cdp.Empty{})
		return err
	}); err == nil {
		t.Fatal("a page that is to crash has answered")
	}
	b.find("button", "Log in")
	b.sees("Log in")
}
