package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"bellhop/internal/store"
)

// mostGiving is how many partitions a node hands over at once, so that the others see each other's
// share grow before they have given too much.
const mostGiving = 16

// load is how many partitions a node has.
type load struct {
	node  store.NodeID
	count int
}

// loads returns how many partitions each node has that gets some, the one with the fewest first.
// What self is giving is nobody's.
func loads(view store.NodesView) (all []load) {
	counts := map[store.NodeID]int{}
	for _, owner := range view.Owners {
		counts[owner]++
	}
	for _, n := range view.Nodes {
		if !n.Leaving {
			all = append(all, load{n.ID, counts[n.ID]})
		}
	}
	sortLoads(all)
	return all
}

func sortLoads(all []load) {
	slices.SortFunc(all, func(a, b load) int { return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.node, b.node)) })
}

// assign gives what is nobody's to those who have the fewest.
func assign(view store.NodesView) map[int]store.NodeID {
	var free []int
	for p, owner := range view.Owners {
		if owner == "" {
			free = append(free, p)
		}
	}
	return fill(loads(view), free)
}

// fill gives partitions to those who have the fewest.
func fill(all []load, free []int) map[int]store.NodeID {
	if len(all) == 0 {
		return nil
	}
	moves := map[int]store.NodeID{}
	for _, p := range free {
		moves[p] = all[0].node
		all[0].count++
		sortLoads(all)
	}
	return moves
}

// targets says to whom self moves what it has given. If there is nobody it is nobody's.
func targets(view store.NodesView, self store.NodeID, given []int) map[int]store.NodeID {
	others := slices.DeleteFunc(loads(view), func(l load) bool { return l.node == self })
	moves := fill(others, given)
	if moves == nil {
		moves = map[int]store.NodeID{}
		for _, p := range given {
			moves[p] = ""
		}
	}
	return moves
}

// toGive returns the partitions that self begins to give now, beside those that it is giving: all
// if it leaves and there are others, else as many as make the shares equal.
func toGive(view store.NodesView, self store.NodeID, giving map[int]bool, leaving bool) []int {
	var mine []int
	for p, owner := range view.Owners {
		if owner == self && !giving[p] {
			mine = append(mine, p)
		}
	}
	all := loads(view)
	if leaving {
		if others := slices.DeleteFunc(all, func(l load) bool { return l.node == self }); len(others) == 0 {
			return nil
		}
		return mine
	}
	n := min(surplus(all, self)-len(giving), mostGiving-len(giving), len(mine))
	if n <= 0 {
		return nil
	}
	// Any: those that are busy shall be shared like those that are not.
	rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
	return mine[:n]
}

// surplus is how many partitions self has to give so that all have the same number, but for one.
func surplus(all []load, self store.NodeID) int {
	i := slices.IndexFunc(all, func(l load) bool { return l.node == self })
	if i < 0 || len(all) < 2 {
		return 0
	}
	total := 0
	for _, l := range all {
		total += l.count
	}
	floor := total / len(all)
	most := floor
	if total%len(all) > 0 {
		most++
	}
	switch own := all[i]; {
	case all[0].count >= most:
		return 0
	case own.count > most:
		return own.count - most
	case own.count == most && all[0].count < floor && all[len(all)-1] == own:
		return 1 // of those with the most the last one, or all of them would
	}
	return 0
}

func isIn(view store.NodesView, node store.NodeID) bool {
	return slices.ContainsFunc(view.Nodes, func(n store.NodeRow) bool { return n.ID == node })
}

// names says for people from whom how many partitions came.
func names(from map[store.NodeID]int, view store.NodesView) string {
	var texts []string
	for _, id := range slices.Sorted(maps.Keys(from)) {
		name := "nobody"
		if id != "" {
			name = string(id)
			for _, n := range view.Nodes {
				if n.ID == id {
					name = n.Name + " (" + name + ")"
				}
			}
		}
		texts = append(texts, fmt.Sprintf("%d of %s", from[id], name))
	}
	return strings.Join(texts, ", ")
}
