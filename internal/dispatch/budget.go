package dispatch

import "sync/atomic"

// budget is the memory that all queues of a dispatcher share. Where it is used up, there
// is as much again, of which each queue may hold its share, so that one that comes late has
// room, too: together they hold at most twice the budget, and one delivery each.
type budget struct {
	most    int64
	used    atomic.Int64
	holders atomic.Int64 // queues that hold something
}

// add counts by more bytes for a queue that held held.
func (b *budget) add(held, by int64) {
	b.used.Add(by)
	switch {
	case held == 0 && by != 0:
		b.holders.Add(1)
	case held != 0 && held+by == 0:
		b.holders.Add(-1)
	}
}

// allowance returns how many bytes a queue may hold that by itself may hold most.
func (b *budget) allowance(most int64) int64 {
	used := b.used.Load()
	if used < b.most {
		return most
	}
	return min(most, max(2*b.most-used, 0)/max(b.holders.Load(), 1))
}
