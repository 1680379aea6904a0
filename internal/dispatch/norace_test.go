//go:build !race

package dispatch_test

const simulations = 250
