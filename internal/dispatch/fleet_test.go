package dispatch_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// fleet is several dispatchers on one store, as nodes are, each with some partitions. Who owns what
// is decided here.
type fleet struct {
	*world

	// committer says which member commits; nil means the first one. told, if it is not nil, carries
	// what it tells another one.
	committer func(members int) int
	told      func(tell func())

	// ahead says how far the clock of the next member is ahead; nil means not at all.
	ahead func() time.Duration

	members []*member // guarded by world.mu
	owners  [store.Partitions]*member
	epochs  [store.Partitions]int
	ended   sync.WaitGroup
}

// member is a dispatcher of a fleet.
type member struct {
	f    *fleet
	p    *process
	d    *dispatch.Dispatcher
	stop func()
	sure atomic.Bool
}

func newFleet(w *world) *fleet {
	f := &fleet{world: w}
	w.mu.Lock()
	w.fleet, w.noRoom = f, true
	w.mu.Unlock()
	return f
}

// join adds a member that owns nothing.
func (f *fleet) join() *member {
	m := &member{f: f, p: &process{world: f.world, cut: make(chan struct{})}}
	m.sure.Store(true)
	var ahead time.Duration
	if f.ahead != nil {
		ahead = f.ahead()
	}
	m.d = dispatch.New(dispatch.Config{
		Now: func() time.Time { return time.Now().Add(ahead) },
		DB:  f.db, Egress: m.p, Target: f.target, Drain: time.Minute, Log: f.log,
		Shared: true, Sure: m.sure.Load, Elsewhere: m.elsewhere,
		Consequence: func(_ context.Context, o *dispatch.Outcome) storeFunc {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.consequence(o)
		},
	}.WithLimits(f.limits))
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	done := make(chan struct{})
	m.stop = func() {
		cancel()
		<-done
	}
	go func() {
		defer close(done)
		if err := m.d.Run(ctx); err != nil {
			f.t.Errorf("Run = %v", err)
		}
	}()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members = append(f.members, m)
	return m
}

// take makes m the owner of partitions that are nobody's.
func (f *fleet) take(m *member, partitions ...int) {
	f.mu.Lock()
	for _, p := range partitions {
		if f.owners[p] != nil {
			f.t.Errorf("partition %d has an owner", p)
		}
		f.owners[p] = m
	}
	f.mu.Unlock()
	m.d.Take("", partitions)
}

// takeAll makes m the owner of all that is nobody's.
func (f *fleet) takeAll(m *member) { f.take(m, f.owned(nil)...) }

// owned returns what belongs to m.
func (f *fleet) owned(m *member) (partitions []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for p, owner := range f.owners {
		if owner == m {
			partitions = append(partitions, p)
		}
	}
	return partitions
}

// move hands a partition over.
func (f *fleet) move(partition int, to *member) {
	f.mu.Lock()
	from := f.owners[partition]
	f.mu.Unlock()
	if from == to || from == nil {
		return
	}
	if err := from.d.Give(f.t.Context(), partition); err != nil {
		f.t.Errorf("Give = %v", err)
		return
	}
	f.mu.Lock()
	if f.owners[partition] != from {
		to = nil // it was lost meanwhile
	} else {
		f.owners[partition] = nil
	}
	if !slices.Contains(f.members, to) {
		to = nil // it is dead: somebody else will take it
	}
	f.mu.Unlock()
	if to != nil {
		f.take(to, partition)
	}
}

// lose takes all from a member that others take for dead.
func (f *fleet) lose(m *member) {
	f.mu.Lock()
	for p, owner := range f.owners {
		if owner == m {
			f.owners[p] = nil
		}
	}
	f.mu.Unlock()
}

// kill ends a member as SIGKILL does; what it owned is nobody's.
func (f *fleet) kill(m *member) {
	f.mu.Lock()
	close(m.p.cut)
	f.members = slices.DeleteFunc(f.members, func(other *member) bool { return other == m })
	f.mu.Unlock()
	m.d.Drop()
	f.lose(m)
	f.ended.Go(m.stop)
}

// end ends all members.
func (f *fleet) end() {
	f.mu.Lock()
	members := slices.Clone(f.members)
	f.members = nil
	f.mu.Unlock()
	for _, m := range members {
		m.stop()
	}
	f.ended.Wait()
}

// handOver is called by commits.
func (f *fleet) handOver(ps []store.Pending) {
	f.mu.Lock()
	if len(f.members) == 0 {
		f.mu.Unlock()
		return
	}
	m := f.members[0]
	if f.committer != nil {
		m = f.members[f.committer(len(f.members))]
	}
	f.mu.Unlock()
	m.d.HandOver(ps)
}

// elsewhere tells those who own lanes.
func (m *member) elsewhere(lanes []store.LaneID, upTo store.Cursor) {
	f := m.f
	for _, lane := range lanes {
		tell := func() {
			f.mu.Lock()
			owner := f.owners[store.PartitionOf(lane.Service)]
			f.mu.Unlock()
			if owner != nil {
				owner.d.Told([]store.LaneID{lane}, upTo)
			}
		}
		if f.told != nil {
			f.told(tell)
		} else {
			f.ended.Go(tell)
		}
	}
}

// wake is what whoever changes a service calls.
func (f *fleet) wake(service bellhop.ID) {
	f.mu.Lock()
	owner := f.owners[store.PartitionOf(service)]
	f.mu.Unlock()
	if owner != nil {
		owner.d.Wake(service)
	}
}
