//go:build !race

package store_test

const retainSeeds = 8
