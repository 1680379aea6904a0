package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// crashNodes are several servers with one database.
type crashNodes struct {
	all     []*crashServer
	proxies []*crashProxy // of each; empty without a database

	mu   sync.Mutex
	turn int
	away map[string]time.Time // until when an address is not asked
}

// url is the address whose turn it is. As a balancer would, it leaves out for a while what
// has not answered.
func (n *crashNodes) url() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for range n.all {
		n.turn++
		url := n.all[n.turn%len(n.all)].url()
		if url != "" && now.After(n.away[url]) {
			return url
		}
	}
	n.turn++
	return n.all[n.turn%len(n.all)].url()
}

// awayTime is how long nobody asks again who has not answered.
const awayTime = 2 * time.Second

func (n *crashNodes) failed(url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away[url] = time.Now().Add(awayTime)
}

// nodePatience is how long a publisher waits for a node before it asks another one.
const nodePatience = 3 * time.Second

// maxSkew is how far the clocks of nodes are wrong, in either direction.
const maxSkew = 3 * time.Second

// buildNodes makes the nodes, with a proxy before each if there is a database. Nothing runs yet.
func (r *crashRig) buildNodes(ctx context.Context, count int, database *crashDatabase) error {
	r.nodes = &crashNodes{away: map[string]time.Time{}}
	for i := range count {
		s := r.server
		if i > 0 {
			var err error
			if s, err = newCrashServer(r.program, r.dir, fmt.Sprintf("node%d", i), filepath.Join(r.dir, fmt.Sprintf("data%d", i)), r.ledger); err != nil {
				return err
			}
			r.cleanups = append(r.cleanups, s.close)
		}
		s.node = i
		r.nodes.all = append(r.nodes.all, s)
		if database == nil {
			continue
		}
		proxy, err := newCrashProxy(ctx, database.dialers())
		if err != nil {
			return err
		}
		// Its node is gone before it.
		r.cleanups = append([]func() error{proxy.close}, r.cleanups...)
		r.nodes.proxies = append(r.nodes.proxies, proxy)
		s.database, s.keyFile = database.through(proxy.addresses()), filepath.Join(r.dir, "key")
		if err := r.skew(s); err != nil {
			return err
		}
	}
	r.client = newCrashClient(r.nodes, crashAnswerTime)
	r.load.client = newCrashClient(r.nodes, nodePatience)
	r.load.crew = 2
	return nil
}

// skew sets the clock of a node wrong.
func (r *crashRig) skew(s *crashServer) error {
	s.ahead = time.Duration(r.random.Int64N(int64(2*maxSkew))) - maxSkew
	s.clock = filepath.Join(r.dir, fmt.Sprintf("clock%d", s.node))
	if err := os.WriteFile(s.clock, []byte(s.ahead.String()), 0o600); err != nil {
		return fmt.Errorf("set the clock of node %d: %w", s.node, err)
	}
	return nil
}

// startNodes sets the store up and starts all nodes at once, after some first starts of all
// that are killed while the store is made.
func (r *crashRig) startNodes(ctx context.Context, firstKills int) error {
	for range firstKills {
		for _, s := range r.nodes.all {
			if _, err := s.spawn(); err != nil {
				return err
			}
		}
		if err := r.wait(ctx, time.Duration(r.random.Int64N(int64(300*time.Millisecond)))); err != nil {
			return err
		}
		for _, s := range r.nodes.all {
			s.kill()
		}
		r.result.Kills += len(r.nodes.all)
	}
	if err := r.server.setUp(ctx); err != nil {
		return err
	}
	var starts errgroup.Group
	for _, s := range r.nodes.all {
		starts.Go(func() error { return s.start(ctx) })
	}
	if err := starts.Wait(); err != nil {
		return err
	}
	r.load.client.token = ""
	if err := r.populate(ctx); err != nil {
		return err
	}
	r.load.client.token = r.client.token
	return nil
}

// crashGroups is how many groups of keys there are, each with webhooks of its own, so that
// every node has something to do.
const crashGroups = 8

// perFault is how long one fault takes at most, recovery included.
const perFault = 90 * time.Second

// shake is the part in which faults happen to nodes and their database.
func (c *crashConfig) shake(ctx context.Context, r *crashRig) error {
	r.ledger.several, r.ledger.groups, r.ledger.patience = true, crashGroups, c.recovery
	database, err := c.openDatabase(ctx, r)
	if err != nil {
		return err
	}
	if err := r.buildNodes(ctx, c.nodes, database); err != nil {
		return err
	}
	first := 0
	if c.faults.n > 4 {
		first = 2
	}
	if err := r.startNodes(ctx, first); err != nil {
		return err
	}
	f := &crashFaults{crashRig: r, database: database}
	kinds, err := chooseFaults(c.faultKinds(), f.kinds())
	if err != nil {
		return err
	}
	r.failFor(maxDuration)
	r.load.start(ctx)
	if err := r.wait(ctx, quietTime); err != nil {
		return err
	}
	for i, step := range planFaults(r.random, kinds, c.faults.n) {
		if i == c.faults.n-1 {
			step.hurry = false
			r.failFor(0)
		}
		if err := f.strike(ctx, step); err != nil {
			return fmt.Errorf("%s: %w", step.kind, err)
		}
	}
	return r.wait(ctx, quietTime)
}

// quietTime is how long the load goes on undisturbed before the first fault and after the last.
const quietTime = 3 * time.Second

// signal reaches the process of a node.
func (s *crashServer) signal(sig syscall.Signal) error {
	if err := s.run.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("signal node %d: %w", s.node, err)
	}
	return nil
}
