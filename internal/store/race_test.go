//go:build race

package store_test

// Much is dear with the race detector on.
const retainSeeds = 2
