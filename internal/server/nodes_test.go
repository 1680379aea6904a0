package server

import (
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func TestLanesAreToldAndRead(t *testing.T) {
	const service, replay = bellhop.ID("665f1f77bcf86cd799439011"), bellhop.ID("665f1f77bcf86cd799439012")
	lanes := []store.LaneID{store.ServiceLane(service), {Service: service, Lane: replay}}
	upTo := store.Cursor{Due: 1234567890123, Seq: 42}
	text := strings.Join([]string{writeCursor(upTo), writeLane(lanes[0]), writeLane(lanes[1])}, "\n")
	if got, cursor := readLanes([]byte(text)); !slices.Equal(got, lanes) || cursor != upTo {
		t.Errorf("%q is read as %v, %v", text, got, cursor)
	}
	// Another version may tell something else.
	for _, text := range []string{"", "x", "1", "1.", "1.2\nx", "1.2\n" + string(service) + "/x", "\n\n"} {
		if got, _ := readLanes([]byte(text)); len(got) > 0 {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
