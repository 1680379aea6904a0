// Package chipchattest tests bots.
package chipchattest
