package cluster

import (
	"time"

	"bellhop/internal/store"
)

// watched is what this node has seen of the beats of others.
type watched struct {
	deadAfter, blindAfter time.Duration // see times

	looked time.Time
	beats  map[store.NodeID]beat
}

type beat struct {
	number int64
	since  time.Time // when it was seen first
}

// dead takes what was seen at now and returns the nodes that are dead.
func (w *watched) dead(view store.NodesView, self store.NodeID, now time.Time) (dead []store.NodeRow) {
	blind := now.Sub(w.looked) > w.blindAfter
	w.looked = now
	beats := map[store.NodeID]beat{}
	for _, n := range view.Nodes {
		if n.ID == self {
			continue
		}
		b, seen := w.beats[n.ID]
		if !seen || blind || b.number != n.Beat {
			b = beat{n.Beat, now}
		}
		beats[n.ID] = b
		if now.Sub(b.since) >= w.deadAfter {
			dead = append(dead, n)
		}
	}
	w.beats = beats
	return dead
}

// silent is how long the beat of a node has stood still.
func (w *watched) silent(node store.NodeID) time.Duration { return time.Since(w.beats[node].since) }
