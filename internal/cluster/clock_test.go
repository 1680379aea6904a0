package cluster_test

import (
	"testing"
	"time"

	"bellhop/internal/cluster"
)

// A clock that differs is told of once, and once more when it is right again. What a slow answer leaves open counts for nothing.
func TestClock(t *testing.T) {
	sent := time.UnixMilli(1_716_724_800_000)
	var c cluster.Clock
	for i, step := range []struct {
		ahead, took    time.Duration
		wrong, changed bool
	}{
		{0, 0, false, false},
		{1900 * time.Millisecond, 2 * time.Millisecond, false, false},
		{-3 * time.Second, 3 * time.Second, false, false}, // it may be 1.5 s
		{-3 * time.Second, time.Second, true, true},
		{-3 * time.Second, time.Second, true, false},
		{-1500 * time.Millisecond, 0, true, false},
		{0, 3 * time.Second, true, false},
		{100 * time.Millisecond, 10 * time.Millisecond, false, true},
		{2100 * time.Millisecond, 10 * time.Millisecond, true, true},
	} {
		changed := c.Compare(sent, step.took, sent.Add(step.took/2-step.ahead))
		if c.Ahead() != step.ahead || c.IsWrong() != step.wrong || changed != step.changed {
			t.Errorf("step %d: %v ahead, wrong %t, told %t; want %+v", i, c.Ahead(), c.IsWrong(), changed, step)
		}
	}
}

// A node whose clock is wrong knows by how much.
func TestNodeClock(t *testing.T) {
	w := newWorld(t)
	w.ahead = -time.Hour
	n := w.start("a")
	w.eventually("the clock is an hour behind", func() bool { return (n.cluster.Stats().Ahead + time.Hour).Abs() < time.Minute })
}
