package ui

import (
	"fmt"
	"strings"
	"testing"

	"bellhop"
)

// TestSettingsWeight holds the longest list of organizations to what a page may weigh, and leaves room for the style and
// the scripts, which go with it the first time.
func TestSettingsWeight(t *testing.T) {
	h := newHouse(t)
	for i := range orgsShown {
		h.make(bellhop.Organizations, map[string]any{"name": fmt.Sprintf("%s %d", strings.Repeat("Shop", 10), i), "parent": h.org})
	}
	if n := len(h.admin().get("/settings").body); n > 85_000 {
		t.Errorf("a page of %d organizations has %d bytes", orgsShown, n)
	}
}
