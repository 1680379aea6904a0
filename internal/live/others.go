package live

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"math"
	"sync"
	"time"

	"bellhop/internal/account"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
)

// nodes are those that share the store: *cluster.Cluster.
type nodes interface {
	Self() store.NodeID
	Nodes() []cluster.Node
	Ask(ctx context.Context, node store.NodeID, topic string, question []byte) ([]byte, error)
	Answer(topic string, f func(ctx context.Context, from store.NodeID, question []byte) ([]byte, error))
}

const (
	// topic is what hubs ask each other on.
	topic = "live"

	// lookEvery is how often it is looked which nodes there are.
	lookEvery = 250 * time.Millisecond

	// openWait is how long a reader waits until all nodes know what he wants. Then he is told that
	// he may miss something.
	openWait = 2 * time.Second

	// wantedFor is how long what a reader wanted is asked for after he left: he may come back.
	wantedFor = 30 * time.Second

	// restBetween is how long a node is left alone that has just told something, and troubleWait one
	// that could not.
	restBetween = 100 * time.Millisecond
	troubleWait = 500 * time.Millisecond
	oldVersion  = 5 * time.Second
)

// wish is what a reader wants to hear of.
type wish struct {
	All bool `json:",omitempty"` // everything

	Deliveries bool     `json:",omitempty"` // attempts that Query, of a stream, names, of services in Paths or below; no Paths are all
	Query      string   `json:",omitempty"`
	Paths      []string `json:",omitempty"`

	Keys []string `json:",omitempty"` // changes of conversations, as of a Watch
}

// pathsOf returns where a caller may see deliveries. Who sees what is judged where he reads.
func pathsOf(caller *account.Caller) (paths []string) {
	for _, m := range caller.Memberships {
		paths = append(paths, m.OrgPath)
	}
	return paths
}

// others are the hubs of other nodes, and what is wanted of them.
type others struct {
	hub   *Hub
	nodes nodes
	look  chan struct{} // has an element when Run is to look at once

	mu       sync.Mutex // never taken before that of the hub
	version  int64      // of what is wanted
	wanted   map[string]*want
	peers    map[store.NodeID]*peer
	known    map[string]place // of hubs that were followed under an earlier id of their node
	waiting  map[*interest]bool
	asking   map[store.NodeID]*context.CancelFunc // what ends the question of another node that is being answered
	progress chan struct{}                        // closed when a node has heard what is wanted
}

// want is a wish that somebody has, or had a moment ago.
type want struct {
	wish
	readers int
	until   time.Time // if there are no readers
	since   place     // from where on nothing is missing here; noPlace until all nodes have heard of it
}

// place is a position among the attempts of a hub, and one among its changes.
type place struct{ Attempt, Change int64 }

var noPlace = place{math.MaxInt64, math.MaxInt64}

// interest is a reader's part in a want.
type interest struct {
	want    *want
	version int64
	left    bool
	from    map[store.NodeID]int64 // where he began among the attempts of other nodes
}

// isEarlier reports whether an attempt of another node was before its reader began.
func (i *interest) isEarlier(e *entry) bool { return e.node != "" && e.at < i.from[e.node] }

// peer is the hub of another node.
type peer struct {
	node    store.NodeID
	process string
	at      *place // nil if that is to be from now on
	asked   bool
	heard   int64 // the version of what is wanted that it has heard last
	wake    chan struct{}
	leave   context.CancelFunc // ends follow
	cut     context.CancelFunc // ends the question under way
}

func (o *others) open(h *Hub, nodes nodes) {
	o.hub, o.nodes, o.look = h, nodes, make(chan struct{}, 1)
	o.wanted, o.peers, o.known = map[string]*want{}, map[store.NodeID]*peer{}, map[string]place{}
	o.asking = map[store.NodeID]*context.CancelFunc{}
	o.waiting, o.progress = map[*interest]bool{}, make(chan struct{})
	if nodes != nil {
		nodes.Answer(topic, h.answer)
	}
}

// all returns the nodes but this one.
func (o *others) all() (ids []store.NodeID) {
	if o.nodes == nil {
		return nil
	}
	for _, n := range o.nodes.Nodes() {
		if !n.Self && n.ID != o.nodes.Self() {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// want notes what a reader wants, until unwant is called.
func (o *others) want(w wish) *interest {
	if o.nodes == nil {
		return &interest{}
	}
	text, err := json.Marshal(w)
	if err != nil { // texts always have a JSON form
		w, text = wish{All: true}, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.wanted[string(text)]
	if now == nil {
		now = &want{wish: w, since: noPlace}
		o.wanted[string(text)] = now
	}
	now.readers++
	o.version++
	i := &interest{want: now, version: o.version, from: map[store.NodeID]int64{}}
	o.waiting[i] = true
	for _, p := range o.peers {
		p.poke()
	}
	return i
}

// poke makes follow ask again.
func (p *peer) poke() {
	if p.cut != nil {
		p.cut()
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (o *others) unwant(i *interest) {
	if i.want == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if i.left {
		return
	}
	i.left = true
	delete(o.waiting, i)
	if i.want.readers--; i.want.readers == 0 {
		i.want.until = time.Now().Add(wantedFor)
	}
}

// await waits until all nodes have heard what a reader wants, for openWait at most. It reports
// whether they have.
func (o *others) await(ctx context.Context, i *interest) bool {
	if i.want == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	for {
		all := o.all()
		o.mu.Lock()
		progress, heard := o.progress, true
		for _, id := range all {
			p := o.peers[id]
			heard = heard && p != nil && p.heard >= i.version
		}
		if heard {
			delete(o.waiting, i)
			o.mu.Unlock()
			o.complete(i.want)
			return true
		}
		o.mu.Unlock()
		select {
		case o.look <- struct{}{}:
		default:
		}
		select {
		case <-progress:
		case <-ctx.Done():
			o.mu.Lock()
			defer o.mu.Unlock()
			delete(o.waiting, i)
			return false
		}
	}
}

// complete notes that all nodes have heard of a want: from here on nothing is missing.
func (o *others) complete(w *want) {
	h := o.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes.mu.Lock()
	defer h.changes.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if w.since == noPlace {
		w.since = place{h.next, h.changes.next}
	}
}

// knows reports whether all that a reader wants is remembered from that position on.
func (o *others) knows(i *interest, at int64) bool {
	if len(o.all()) == 0 {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return i.want.since.Attempt <= at
}

// knowsChange is knows for a position among changes.
func (o *others) knowsChange(i *interest, at int64) bool {
	if len(o.all()) == 0 {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return i.want.since.Change <= at
}

// Run follows the hubs of other nodes while there are readers, until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	o := &h.others
	if o.nodes == nil {
		<-ctx.Done()
		return nil
	}
	var following sync.WaitGroup
	defer following.Wait()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for _, p := range o.meet() {
			following.Go(func() { o.follow(ctx, p) })
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-o.look:
		}
	}
}

// meet looks which nodes there are, and returns those that are new.
func (o *others) meet() (fresh []*peer) {
	all := o.all()
	present := make(map[store.NodeID]bool, len(all))
	lost := false
	o.mu.Lock()
	for key, w := range o.wanted {
		if w.readers == 0 && time.Now().After(w.until) {
			delete(o.wanted, key)
		}
	}
	for _, id := range all {
		present[id] = true
		if o.peers[id] != nil {
			continue
		}
		p := &peer{node: id, wake: make(chan struct{}, 1)}
		if len(o.wanted) > 0 {
			p.at = new(place) // it is new: all that it has done belongs to what is wanted
		}
		o.peers[id] = p
		fresh = append(fresh, p)
	}
	for id, p := range o.peers {
		if present[id] {
			continue
		}
		delete(o.peers, id)
		if p.at != nil && len(o.wanted) > 0 {
			lost = true // what it has not told yet nobody hears any more
		}
		if p.leave != nil {
			p.leave()
		}
	}
	o.mu.Unlock()
	if lost {
		o.hub.lose()
	}
	return fresh
}

// follow brings what happens at another node, as long as that is there.
func (o *others) follow(ctx context.Context, p *peer) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	o.mu.Lock()
	gone := o.peers[p.node] != p
	p.leave = leave
	o.mu.Unlock()
	for !gone && ctx.Err() == nil {
		asking, cut := context.WithTimeout(ctx, askTime)
		q := o.question(p, cut)
		if q == nil {
			cut()
			p.rest(ctx, time.Hour)
			continue
		}
		rest, err := o.ask(asking, p, q)
		poked := asking.Err() != nil
		cut()
		switch {
		case err == nil, poked:
		case errors.Is(err, cluster.ErrNoAnswer):
			o.heard(p, q.version, nil) // it is of an older version, and has nothing to tell
			rest = oldVersion
		default:
			rest = troubleWait
		}
		p.rest(ctx, rest)
	}
}

// rest waits for a while, or until something else is wanted.
func (p *peer) rest(ctx context.Context, wait time.Duration) {
	if wait == 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.wake:
	case <-timer.C:
	}
}

// ask asks a node once, and takes over what it tells. It returns how long the node is to be left alone.
func (o *others) ask(ctx context.Context, p *peer, q *question) (rest time.Duration, err error) {
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(q); err != nil {
		return 0, err
	}
	told, err := o.nodes.Ask(ctx, p.node, topic, text.Bytes())
	if err != nil {
		return 0, err
	}
	var a answer
	if err := gob.NewDecoder(bytes.NewReader(told)).Decode(&a); err != nil {
		return 0, err
	}
	if o.heard(p, q.version, &a) {
		o.hub.take(p.node, &a)
	}
	o.tellProgress()
	if len(a.Attempts)+len(a.Changes) > 0 && !a.More {
		rest = restBetween
	}
	return rest, nil
}

// heard notes what a node has heard and, unless it told nothing, where it goes on there. It reports
// false if what was told is known already.
func (o *others) heard(p *peer, version int64, a *answer) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p.heard = max(p.heard, version)
	if a == nil {
		close(o.progress)
		o.progress = make(chan struct{})
		return false
	}
	for i := range o.waiting {
		if _, known := i.from[p.node]; !known && i.version <= version {
			i.from[p.node] = a.Now
		}
	}
	first := !p.asked
	p.asked, p.process, p.at = true, a.Process, &a.Place
	if before, again := o.known[a.Process]; again && first && before.Attempt <= a.Place.Attempt {
		p.at = &before // its node has come back under another id
		return false
	}
	if len(o.known) >= maxKnown {
		clear(o.known)
	}
	o.known[a.Process] = a.Place
	return true
}

// maxKnown bounds how many hubs are remembered.
const maxKnown = 1000

func (o *others) tellProgress() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.progress)
	o.progress = make(chan struct{})
}

// take puts what another node has told beside what happens here.
func (h *Hub) take(node store.NodeID, a *answer) {
	if a.Gap {
		h.lose()
	}
	for _, c := range a.Changes {
		h.changes.add(change{conversation: c.Conversation, orgPath: c.OrgPath, foreign: true})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range a.Attempts {
		h.add(entry{Attempt: a.Attempts[i].Attempt, node: node, at: a.Attempts[i].At})
	}
}
