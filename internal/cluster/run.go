package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"bellhop/internal/store"
)

var (
	errLeaving = errors.New("this node is leaving")
	errNotSure = errors.New("this node is not sure to be a member: the database has not taken its beat for a while")
)

// Run takes part in the cluster until ctx ends. Whoever wants others to have what this node owns
// without waiting for its death calls Retire before.
func (c *Cluster) Run(ctx context.Context) error {
	defer c.bus.wait()
	if c.single() {
		<-ctx.Done()
		return nil
	}
	var background sync.WaitGroup
	background.Go(func() { c.out.run(ctx, c) })
	background.Go(func() { c.out.large.run(ctx, c) })
	for ctx.Err() == nil {
		c.live(ctx)
	}
	background.Wait()
	c.asked.wait()
	return nil
}

// Retire gives all that this node owns to others, and returns when it has, when there is nobody
// else, or when ctx ends. Until Run ends the node stays a member.
func (c *Cluster) Retire(ctx context.Context) {
	if c.single() {
		return
	}
	c.retire.Do(func() { close(c.retired) })
	select {
	case <-c.empty:
	case <-ctx.Done():
	}
}

// wake makes the node look at the nodes now.
func (c *Cluster) wake() {
	select {
	case c.look <- struct{}{}:
	default:
	}
}

// live is one life of the node: from its joining until others have taken it for dead, or ctx ends.
func (c *Cluster) live(ctx context.Context) {
	l := &life{
		c: c, id: c.Self(), held: map[int]bool{}, news: map[string]int{}, giving: map[int]bool{}, given: make(chan given, store.Partitions),
		watched: watched{deadAfter: c.config.times.dead, blindAfter: c.config.times.blind},
	}
	gives, stopGiving := context.WithCancel(ctx)
	l.gives = gives
	l.join(ctx)
	var listening sync.WaitGroup
	listening.Go(func() { c.listen(gives, l.id) })
	listening.Go(func() { c.fetchLetters(gives, l.id) })
	fenced := l.beat(ctx)
	if fenced {
		c.fenced(l)
	}
	stopGiving()
	listening.Wait()
	l.giver.Wait()
	if fenced {
		// If the row is there after all nobody has to wait for its death.
		_ = l.do(ctx, func(ctx context.Context, conn *store.NodeConn) error { return conn.Forget(ctx, l.id, assign) })
	} else {
		l.leave(context.WithoutCancel(ctx))
	}
	l.disconnect()
}

// fenced ends a life that others have ended.
func (c *Cluster) fenced(l *life) {
	c.mu.Lock()
	c.joined = false
	c.self = newID()
	c.owned = 0
	c.counters.fences++
	age := since(c.beaten)
	c.mu.Unlock()
	c.deliverer.Drop()
	c.config.Log.Warn("other nodes have taken this one for dead: what it had under way is dropped, and it joins anew",
		"node", l.id, "partitions", len(l.held), "beat", age.Round(time.Millisecond).String())
	c.bus.tellLeft(l.id)
}

// life is what a node knows and does as a member under one id. It belongs to the goroutine of Run.
type life struct {
	c       *Cluster
	id      store.NodeID
	conn    *store.NodeConn // nil if it is lost
	watched watched

	held    map[int]bool // partitions that the deliverer has
	giving  map[int]bool // those of them that it is to give, and those it has given that may not be moved yet
	given   chan given
	ready   []int          // what was given and may not be moved yet
	news    map[string]int // partitions that it has got, by from whom; told when no more come
	gives   context.Context
	giver   sync.WaitGroup
	retired bool // others know that it leaves
}

// given is the end of a Give.
type given struct {
	partition int
	err       error
}

// connected makes sure that there is a connection.
func (l *life) connected(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.c.config.times.patience)
	defer cancel()
	var err error
	l.conn, err = l.c.config.DB.ConnectNode(ctx)
	return err
}

func (l *life) disconnect() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

// do runs f with a connection, which is given up if that fails.
func (l *life) do(ctx context.Context, f func(context.Context, *store.NodeConn) error) error {
	err := l.connected(ctx)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, l.c.config.times.patience)
		defer cancel()
		err = f(ctx, l.conn)
	}
	if err == nil || errors.Is(err, store.ErrFenced) {
		l.c.away.Passed("")
		return err
	}
	l.disconnect()
	l.c.away.Failed(ctx, "", err, "node", l.id)
	return err
}

// join makes the node a member, however long that takes.
func (l *life) join(ctx context.Context) {
	row := store.NodeRow{ID: l.id, Name: l.c.config.Name, Version: l.c.config.Version, Started: l.c.started}
	for ctx.Err() == nil {
		began := time.Now()
		err := l.do(ctx, func(ctx context.Context, conn *store.NodeConn) error { return conn.Join(ctx, row, assign) })
		if err == nil {
			l.c.mu.Lock()
			l.c.joined, l.c.beaten = true, began
			l.c.mu.Unlock()
			l.c.config.Log.Info("joined the nodes", "node", l.id, "name", row.Name)
			return
		}
		wait(ctx, l.c.config.times.retry)
	}
}

// beat keeps the node a member until ctx ends, then it returns false, or until it is none any more,
// then it returns true.
func (l *life) beat(ctx context.Context) (fenced bool) {
	ticker := time.NewTicker(l.c.config.times.beat)
	defer ticker.Stop()
	retired := l.c.retired
	for ctx.Err() == nil {
		switch err := l.turn(ctx); {
		case errors.Is(err, store.ErrFenced):
			return true
		case err != nil:
			wait(ctx, l.c.config.times.retry)
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-l.c.look:
		case <-l.c.config.DB.Fenced():
		case <-retired:
			retired = nil
		case g := <-l.given:
			l.given <- g
		}
	}
	return false
}

// turn beats once, looks at the nodes, and does what follows. Before it does anything else that may
// have to wait it ends, if one such thing has failed, so that this node beats between them.
func (l *life) turn(ctx context.Context) error {
	began := time.Now()
	var view store.NodesView
	err := l.do(ctx, func(ctx context.Context, conn *store.NodeConn) (err error) {
		asked, sent := time.Now(), l.c.config.Now()
		if view, err = conn.Beat(ctx, l.id); err == nil {
			l.setClock(sent, time.Since(asked), view.Now)
		}
		return err
	})
	if err != nil {
		return err
	}
	l.c.mu.Lock()
	l.c.beaten = began
	l.c.mu.Unlock()
	dead := l.watched.dead(view, l.id, time.Now())
	if err := l.adopt(view); err != nil {
		return err
	}
	if l.isRetired() && !l.retired {
		if err := l.do(ctx, func(ctx context.Context, conn *store.NodeConn) error { return conn.Retire(ctx, l.id) }); err != nil {
			return err
		}
		l.retired = true
	}
	if err := l.handOver(ctx); err != nil {
		return err
	}
	if len(dead) > 0 {
		// Any of them: one that cannot be taken out must not hold up the others.
		l.bury(ctx, dead[rand.IntN(len(dead))], view)
	}
	return nil
}

func (l *life) isRetired() bool {
	select {
	case <-l.c.retired:
		return true
	default:
		return false
	}
}

// bury takes a dead node out.
func (l *life) bury(ctx context.Context, n store.NodeRow, view store.NodesView) {
	buried := false
	err := l.do(ctx, func(ctx context.Context, conn *store.NodeConn) (err error) {
		buried, err = conn.Bury(ctx, n.ID, n.Beat, assign)
		return err
	})
	if err != nil || !buried {
		return // somebody else may have done it, or the node lives
	}
	owned := 0
	for _, owner := range view.Owners {
		if owner == n.ID {
			owned++
		}
	}
	l.c.mu.Lock()
	l.c.counters.takeovers++
	l.c.mu.Unlock()
	l.c.config.Log.Warn("a node is dead: others have its partitions", "dead", n.ID, "name", n.Name, "partitions", owned,
		"silent", l.watched.silent(n.ID).Round(time.Millisecond).String())
	l.c.wake()
}

// adopt takes over what the store says of the nodes.
func (l *life) adopt(view store.NodesView) error {
	c := l.c
	var mine []int
	from := map[store.NodeID]int{}
	c.mu.Lock()
	before := c.view
	c.mu.Unlock()
	for p, owner := range view.Owners {
		switch {
		case owner == l.id && !l.held[p] && !l.giving[p]:
			mine = append(mine, p)
			from[before.Owners[p]]++
		case owner != l.id && l.held[p]:
			// Nobody takes it from a node that is a member.
			return fmt.Errorf("partition %d is with %q: %w", p, owner, store.ErrFenced)
		}
	}
	for _, p := range mine {
		l.held[p] = true
	}
	if len(mine) > 0 {
		c.deliverer.Take(l.id, mine)
	}
	c.mu.Lock()
	c.view, c.owned = view, len(l.held)
	c.mu.Unlock()
	l.tell(from, before)
	for _, n := range before.Nodes {
		if n.ID != l.id && !isIn(view, n.ID) {
			c.bus.tellLeft(n.ID)
			c.asked.left(n.ID)
		}
	}
	l.balance(view)
	return nil
}

// tell logs what this node has got, in one line for all that comes at about the same time.
func (l *life) tell(from map[store.NodeID]int, view store.NodesView) {
	for node, n := range from {
		l.news[nameOf(node, view)] += n
	}
	if len(from) > 0 || len(l.news) == 0 {
		return
	}
	count := 0
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(l.news)) {
		count += l.news[name]
		texts = append(texts, fmt.Sprintf("%d of %s", l.news[name], name))
	}
	clear(l.news)
	l.c.config.Log.Info("took over partitions", "count", count, "from", strings.Join(texts, ", "), "owned", len(l.held))
}

// balance begins to give away what others shall have.
func (l *life) balance(view store.NodesView) {
	others := false
	for _, n := range view.Nodes {
		others = others || n.ID != l.id && !n.Leaving
	}
	if l.isRetired() && (len(l.held)+len(l.ready) == 0 || !others) {
		l.c.retireDone()
	}
	for _, p := range toGive(view, l.id, l.giving, l.isRetired()) {
		l.giving[p] = true
		l.giver.Go(func() { l.given <- given{p, l.c.deliverer.Give(l.gives, p)} })
	}
}

func (c *Cluster) retireDone() {
	select {
	case <-c.empty:
	default:
		close(c.empty)
	}
}

// handOver moves what the deliverer has given. If that fails it may have been done, or be done later: nothing of it is
// taken back, and all is moved again the next time.
func (l *life) handOver(ctx context.Context) error {
	for more := true; more; {
		select {
		case g := <-l.given:
			if g.err == nil {
				l.ready = append(l.ready, g.partition)
				delete(l.held, g.partition)
			}
		default:
			more = false
		}
	}
	if len(l.ready) == 0 {
		return nil
	}
	l.c.mu.Lock()
	view := l.c.view
	l.c.owned = len(l.held)
	l.c.mu.Unlock()
	moves := targets(view, l.id, l.ready)
	err := l.do(ctx, func(ctx context.Context, conn *store.NodeConn) error { return conn.Give(ctx, l.id, moves, assign) })
	if err != nil {
		return err
	}
	for _, p := range l.ready {
		delete(l.giving, p)
	}
	l.ready = nil
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	for p, to := range moves {
		l.c.view.Owners[p] = to
	}
	return nil
}

// leave ends the membership.
func (l *life) leave(ctx context.Context) {
	l.c.mu.Lock()
	joined := l.c.joined
	l.c.joined = false
	l.c.mu.Unlock()
	if !joined {
		return
	}
	err := l.do(ctx, func(ctx context.Context, conn *store.NodeConn) error { return conn.Leave(ctx, l.id, assign) })
	if err != nil {
		l.c.config.Log.Warn("others will find this node dead", "node", l.id, "err", err)
		return
	}
	l.c.config.Log.Info("left the nodes", "node", l.id, "partitions", len(l.held))
}

// wait returns false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
