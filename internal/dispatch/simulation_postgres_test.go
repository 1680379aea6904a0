//go:build !race

package dispatch_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"bellhop/internal/store/storetest"
)

// simulationsOnPostgres are fewer than those on SQLite, since each takes longer.
const simulationsOnPostgres = 4

// TestSimulationOnPostgres is both simulations on the other engine.
func TestSimulationOnPostgres(t *testing.T) {
	n := min(*seeds, simulationsOnPostgres)
	if *firstSeed != 1 {
		n = *seeds
	}
	for name, simulate := range map[string]func(t *testing.T, w *world, seed uint64){
		"nodes": simulateNodes,
		"one": func(_ *testing.T, w *world, seed uint64) {
			(&simulation{world: w, seed: seed, chance: rand.New(rand.NewPCG(seed, 0))}).run()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := storetest.Postgres(t) // outside of the bubble
			synctest.Test(t, func(t *testing.T) {
				w := newWorldOn(t, config)
				for i := range n {
					if simulate(t, w, *firstSeed+uint64(i)); t.Failed() {
						t.Fatalf("to see it again: go test ./internal/dispatch -run TestSimulationOnPostgres/%s -seed %d -seeds 1", name, *firstSeed+uint64(i))
					}
				}
			})
		})
	}
}
