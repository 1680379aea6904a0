//go:build !race

package main_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// shots is where pictures of the pages are kept, to be looked at.
var shots = flag.String("shots", "", "directory for pictures of the pages")

// shoot takes four pictures of the page that is open, light and dark, on a phone and on a wide screen.
func (b *browser) shoot(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	b.must(os.MkdirAll(*shots, 0o755))
	for _, width := range []int64{390, 1440} {
		b.resize(width)
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			picture := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: new(true)})
			b.must(os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), picture.Data, 0o644))
		}
	}
	b.scheme("light")
	b.resize(b.width)
}

// scheme sets light or dark, at once: no colour is on its way to another.
func (b *browser) scheme(name string) {
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
}

func (b *browser) resize(width int64) {
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 844, DeviceScaleFactor: 1, Mobile: width < 720,
	})
}
