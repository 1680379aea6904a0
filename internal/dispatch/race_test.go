//go:build race

package dispatch_test

// Much is dear with the race detector on.
const (
	simulations = 10
	manyLanes   = 500
	longLine    = 600
)
