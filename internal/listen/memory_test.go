package listen

import (
	"fmt"
	"testing"

	"bellhop/internal/tunnel/wire"
)

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory()
	for i := range remembered + 1 {
		h, known := m.find(fmt.Sprint(i))
		if known {
			t.Fatalf("%d is known before it came", i)
		}
		m.finish(fmt.Sprint(i), h, answer{status: 200})
	}
	if _, known := m.find("0"); known {
		t.Error("the oldest answer is still known")
	}
	if _, known := m.find("1"); !known {
		t.Errorf("of the last %d answers one is forgotten", remembered)
	}

	m = newMemory()
	large := make([]byte, wire.MaxBody)
	for i := range rememberedBytes/wire.MaxBody + 1 {
		h, _ := m.find(fmt.Sprint(i))
		m.finish(fmt.Sprint(i), h, answer{status: 200, body: large})
	}
	if m.bytes > rememberedBytes || len(m.known) != rememberedBytes/wire.MaxBody {
		t.Errorf("%d bytes of %d answers are kept", m.bytes, len(m.known))
	}
}
