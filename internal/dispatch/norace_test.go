//go:build !race

package dispatch_test

const (
	simulations = 100
	manyLanes   = 10_000
	longLine    = 5000
)
