package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bellhop/internal/cluster"
	"bellhop/internal/store"
)

// counts returns how many partitions each node has, and those of nobody under "".
func counts(view *store.NodesView) map[store.NodeID]int {
	n := map[store.NodeID]int{}
	for _, owner := range view.Owners {
		n[owner]++
	}
	return n
}

func move(view *store.NodesView, moves map[int]store.NodeID) {
	for p, to := range moves {
		view.Owners[p] = to
	}
}

// isBalanced reports whether everything is somebody's who does not leave, in equal shares.
func isBalanced(view *store.NodesView) bool {
	n := counts(view)
	least, most, nodes, leaving := store.Partitions, 0, 0, 0
	for _, node := range view.Nodes {
		if node.Leaving {
			leaving += n[node.ID]
			continue
		}
		least, most, nodes = min(least, n[node.ID]), max(most, n[node.ID]), nodes+1
	}
	return nodes == 0 || n[""] == 0 && leaving == 0 && most-least <= 1
}

// Nodes come, leave and die at random, and each decides by what it has seen last. Shares become
// equal soon, and then nothing moves.
func TestBalance(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var view store.NodesView
		for step := range 12 {
			switch kind := r.IntN(3); {
			case kind == 0 || len(view.Nodes) < 2: // one joins
				view.Nodes = append(view.Nodes, store.NodeRow{ID: store.NodeID(fmt.Sprintf("%d-%d", r.IntN(10), step))})
			case kind == 1: // one dies
				i := r.IntN(len(view.Nodes))
				for p, owner := range view.Owners {
					if owner == view.Nodes[i].ID {
						view.Owners[p] = ""
					}
				}
				view.Nodes = append(view.Nodes[:i:i], view.Nodes[i+1:]...)
			default:
				view.Nodes[r.IntN(len(view.Nodes))].Leaving = true
			}
			move(&view, cluster.Assign(view))
			rounds := 0
			for ; !isBalanced(&view); rounds++ {
				if rounds > 60 {
					t.Fatalf("seed %d, step %d: not balanced after %d rounds: %v", seed, step, rounds, counts(&view))
				}
				seen := view // all decide by the same, before any has moved something
				for _, node := range seen.Nodes {
					given := cluster.ToGive(seen, node.ID, nil, node.Leaving)
					move(&view, cluster.Targets(seen, node.ID, given))
				}
			}
			for _, node := range view.Nodes {
				if given := cluster.ToGive(view, node.ID, nil, node.Leaving); len(given) > 0 && !alone(&view, node.ID) {
					t.Fatalf("seed %d, step %d: it is balanced, and %s gives %v: %v", seed, step, node.ID, given, counts(&view))
				}
			}
		}
	}
}

// alone reports whether all others leave.
func alone(view *store.NodesView, node store.NodeID) bool {
	for _, n := range view.Nodes {
		if n.ID != node && !n.Leaving {
			return false
		}
	}
	return true
}

// What is being given counts as given: nobody gives more than its share.
func TestGivesItsShare(t *testing.T) {
	view := store.NodesView{Nodes: []store.NodeRow{{ID: "a"}, {ID: "b"}}}
	for p := range view.Owners {
		view.Owners[p] = "a"
	}
	giving := map[int]bool{}
	for {
		more := cluster.ToGive(view, "a", giving, false)
		for _, p := range more {
			if giving[p] {
				t.Fatalf("%d is given twice", p)
			}
			giving[p] = true
		}
		if len(more) == 0 {
			break
		}
		for p := range giving { // some have been given
			if len(giving) > 3 {
				view.Owners[p] = "b"
				delete(giving, p)
			}
		}
	}
	for p := range giving {
		view.Owners[p] = "b"
	}
	if n := counts(&view); n["a"] != 128 || n["b"] != 128 {
		t.Errorf("shares %v, want 128 each", n)
	}
}
