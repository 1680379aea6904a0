package chipchat

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"
)

func TestMemoriesForget(t *testing.T) {
	var ms memories
	now := time.Date(2024, 5, 26, 10, 0, 0, 0, time.UTC)
	raw := json.RawMessage(`{"meta":{"a":"1"}}`)
	first := ms.hear("x", raw, now, true)
	if ms.hear("x", raw, now.Add(cacheAge), true) != first {
		t.Error("the copy was not shared within an hour")
	}
	if ms.hear("x", raw, now.Add(3*cacheAge), true) == first {
		t.Error("the copy was shared after more than an hour")
	}
	if ms.hear("y", raw, now, false) == ms.hear("y", raw, now, false) {
		t.Error("an unknown conversation was remembered")
	}
	ms.forget("x")
	ms.forget("never heard of")
	if len(ms.recent.byKey) != 0 || ms.recent.order.Len() != 0 {
		t.Errorf("%d remembered, want none", len(ms.recent.byKey))
	}
}

func TestMemoriesAreBounded(t *testing.T) {
	var ms memories
	now := time.Date(2024, 5, 26, 10, 0, 0, 0, time.UTC)
	used := ms.hear("used", nil, now, true)
	for i := range cacheCount + 10 {
		ms.hear(ID(strconv.Itoa(i)), nil, now, true)
		if ms.hear("used", nil, now, true) != used {
			t.Fatal("the conversation that was used last was forgotten")
		}
	}
	if len(ms.recent.byKey) != cacheCount || ms.recent.order.Len() != cacheCount {
		t.Errorf("%d remembered, want %d", len(ms.recent.byKey), cacheCount)
	}
}

func TestMemoryOfNoObject(t *testing.T) {
	for _, raw := range []string{``, `null`, `[]`, `{"meta":5}`, `{"meta":[]}`} {
		m := &memory{raw: json.RawMessage(raw)}
		m.set("a", "1")
		if m.get("a") != "1" || m.get("@x") != "" {
			t.Errorf("memory of %q: a = %q", raw, m.get("a"))
		}
	}
}
