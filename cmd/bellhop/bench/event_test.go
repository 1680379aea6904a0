package bench

import (
	"encoding/json"
	"testing"
)

func TestEvent(t *testing.T) {
	const now = 1_760_000_000_123_456
	for _, test := range []struct {
		organization string
		small        bool
		size         int
	}{
		{"", false, eventSize},
		{"64b0f1a2c3d4e5f60718293a", false, eventSize + len(`"organization":"64b0f1a2c3d4e5f60718293a",`)},
		{"", true, 89},
	} {
		body := appendEvent(nil, test.organization, 17, firstSeq+5, now, test.small)
		if len(body) != test.size {
			t.Errorf("an event has %d bytes, want %d: %s", len(body), test.size, body)
		}
		var e struct {
			Event, Organization string
			Data                struct {
				Bench struct{ Seq, Sent int64 }
				Order *struct{ Lines []any }
			}
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if e.Event != eventName(17) || e.Organization != test.organization || e.Data.Bench.Seq != firstSeq+5 || e.Data.Bench.Sent != now {
			t.Errorf("an event reads %+v", e)
		}
		if (e.Data.Order == nil) != test.small {
			t.Errorf("small is %v, and the order %v", test.small, e.Data.Order)
		}
		if seq, sent, ok := readEvent(body); !ok || seq != firstSeq+5 || sent != now {
			t.Errorf("readEvent = %d, %d, %v, want %d, %d, true", seq, sent, ok, firstSeq+5, now)
		}
	}
	if got, want := eventName(17), "bench.s00017.made"; got != want {
		t.Errorf("eventName(17) = %s, want %s", got, want)
	}
}

func TestReadEventOfOthers(t *testing.T) {
	for _, body := range []string{``, `{}`, `{"seq":`, `{"seq":x,"sent":1}`, `{"seq":1}`, `{"seq":1,"sent":""}`} {
		if seq, sent, ok := readEvent([]byte(body)); ok {
			t.Errorf("readEvent(%s) = %d, %d, true, want false", body, seq, sent)
		}
	}
}
