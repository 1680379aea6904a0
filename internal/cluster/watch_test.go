package cluster

import (
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/store"
)

// A node is dead when its beat has stood still for 6 s before the eyes of who watches.
func TestDead(t *testing.T) {
	const s = time.Second
	type look struct {
		after time.Duration // since the look before
		beat  int64
		dead  bool
	}
	for name, looks := range map[string][]look{
		"beats":                     {{0, 1, false}, {s, 2, false}, {s, 3, false}, {s, 4, false}, {s, 5, false}, {s, 6, false}, {s, 7, false}, {s, 8, false}},
		"is silent":                 {{0, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, true}, {s, 1, true}},
		"is late":                   {{0, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 2, false}, {s, 2, false}},
		"counts anew":               {{0, 9, false}, {s, 9, false}, {s, 9, false}, {s, 9, false}, {s, 9, false}, {s, 9, false}, {s, 1, false}, {s, 1, false}},
		"nobody watches for 20 s":   {{0, 1, false}, {s, 1, false}, {20 * s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, false}, {s, 1, true}},
		"nobody watches for a bit":  {{0, 1, false}, {s, 1, false}, {s, 1, false}, {2*s + 1, 1, false}, {s, 1, false}, {2 * s, 1, false}},
		"is watched now and then":   {{0, 1, false}, {2 * s, 1, false}, {2 * s, 1, false}, {2 * s, 1, true}},
		"is watched too rarely":     {{0, 1, false}, {3 * s, 1, false}, {3 * s, 1, false}, {3 * s, 1, false}},
		"was silent when it joined": {{3 * s, 0, false}, {s, 0, false}, {s, 1, false}},
	} {
		t.Run(name, func(t *testing.T) {
			w := watched{deadAfter: defaultTimes().dead, blindAfter: defaultTimes().blind}
			now := time.Now()
			for i, l := range looks {
				now = now.Add(l.after)
				view := store.NodesView{Nodes: []store.NodeRow{{ID: "self", Beat: 0}, {ID: "other", Beat: l.beat}}}
				if dead := w.dead(view, "self", now); len(dead) > 0 != l.dead {
					t.Errorf("look %d: dead: %v, want %t", i, dead, l.dead)
				}
			}
		})
	}
}

// Who is not sure any more stops before others may take it for dead.
func TestSureEndsBeforeDead(t *testing.T) {
	times := defaultTimes()
	if times.sure >= times.dead {
		t.Errorf("a node is sure for %s, and taken for dead after %s", times.sure, times.dead)
	}
	// From a death to the takeover: the last beat was seen late, and the end of the silence, too.
	if most := times.dead + 3*times.beat; most > 9*time.Second {
		t.Errorf("a death is seen after %s, which leaves little of 10 s", most)
	}
	synctest.Test(t, func(t *testing.T) {
		then := time.Now()
		time.Sleep(3 * time.Second)
		if got := since(then); got != 3*time.Second {
			t.Errorf("since = %s, want 3 s", got)
		}
		// The clock that is set counts, too: the other one stands still while a machine sleeps.
		if got := since(then.Round(0).Add(-time.Hour)); got != time.Hour+3*time.Second {
			t.Errorf("since = %s, want 1 h 3 s", got)
		}
	})
}
