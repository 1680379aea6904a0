//go:build !race

package conversation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestManyTags: a text full of tags holds nobody up. To compare each with all others takes minutes.
func TestManyTags(t *testing.T) {
	h := open(t)
	var text strings.Builder
	for i := range 80_000 {
		fmt.Fprintf(&text, "tag%d ", i)
	}
	for _, message := range []string{
		`{"type":"tag","text":"` + text.String() + `"}`,
		`{"text":"/set @tags ` + strings.ReplaceAll(text.String(), " ", ",") + `"}`,
	} {
		id := h.contact()
		start := time.Now()
		h.post(bob, id, message)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%.20s... took %v", message, took)
		}
		if tags := h.get(id).Tags; len(tags) != 80_000 || tags[79_999] != "tag79999" {
			t.Errorf("%.20s... made %d tags, want 80000", message, len(tags))
		}
	}
}
