// Package roster knows which tunnels there are, whose they are, and at which node somebody listens
// (docs/contract/extensions.md section 5).
//
// A tunnel is stable: the same user gets the same one for the same name, whenever he comes
// back. All of them are in memory, where who delivers can ask; what changes them is in the
// store before it is there. Nodes that share a store tell each other of changes, and look whether
// they have missed one.
//
// Each connection of somebody who listens has a number, and the one with the highest number of a
// tunnel counts, wherever it is. One whose node is gone counts as none.
package roster

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
	"bellhop/internal/trouble"
	"bellhop/internal/tunnel/wire"
)

// Tunnel is a public URL that leads to a process of a user.
type Tunnel = store.Tunnel

// Node is one of those that share the store.
type Node = store.NodeID

const (
	// MaxOfUser is how many tunnels a user may have.
	MaxOfUser = 20

	// topic is what nodes tell each other of changes on.
	topic = "tunnels"

	// lookEvery is how often it is looked which nodes there are, and what they have changed.
	lookEvery = time.Second
)

// nodes are those that share the store: *cluster.Cluster.
type nodes interface {
	Self() store.NodeID
	Nodes() []cluster.Node
	Publish(topic string, payload []byte)
	Subscribe(topic string, f func(from store.NodeID, payload []byte))
	Missed(f func())
}

// Config says what a Roster works with.
type Config struct {
	DB    *store.DB
	Nodes nodes            // *cluster.Cluster
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil means none
}

// Roster is all tunnels of a store. It is safe for concurrent use.
type Roster struct {
	config  Config
	look    chan struct{} // has an element when others have changed something
	changed func(id bellhop.ID, now Tunnel, there bool)

	refreshing sync.Mutex // held while the store is read

	mu      sync.Mutex
	all     map[bellhop.ID]Tunnel
	newest  int64 // the number of the newest change that all knows
	present map[store.NodeID]bool
}

// Load returns the roster of a store.
func Load(ctx context.Context, config Config) (*Roster, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	r := &Roster{config: config, look: make(chan struct{}, 1), newest: -1, changed: func(bellhop.ID, Tunnel, bool) {}}
	r.present, _ = r.nodes()
	config.Nodes.Subscribe(topic, func(from store.NodeID, _ []byte) {
		if from != config.Nodes.Self() {
			r.lookSoon()
		}
	})
	config.Nodes.Missed(r.lookSoon)
	return r, r.refresh(ctx)
}

// OnChange has f called when a tunnel is there no more, or when somebody else listens there, or at a
// node that has just come. It is called before anything else. f must not block.
func (r *Roster) OnChange(f func(id bellhop.ID, now Tunnel, there bool)) { r.changed = f }

func (r *Roster) lookSoon() {
	select {
	case r.look <- struct{}{}:
	default:
	}
}

// Run keeps up with what other nodes change, until ctx ends.
func (r *Roster) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failing := trouble.New(r.config.Log, slog.LevelWarn, "read tunnels")
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if !r.meet() {
				continue
			}
		case <-r.look:
		}
		if err := r.refresh(ctx); err != nil {
			failing.Failed(ctx, "", err)
		} else {
			failing.Passed("")
		}
	}
}

// nodes returns the nodes there are, and whether there are others than this one.
func (r *Roster) nodes() (present map[store.NodeID]bool, others bool) {
	all := r.config.Nodes.Nodes()
	present = make(map[store.NodeID]bool, len(all))
	for _, n := range all {
		present[n.ID] = true
	}
	return present, len(all) > 1
}

// meet tells of tunnels that are listened at where a node has come, and reports whether there are
// other nodes.
func (r *Roster) meet() (others bool) {
	now, others := r.nodes()
	r.mu.Lock()
	before := r.present
	if maps.Equal(before, now) {
		r.mu.Unlock()
		return others
	}
	r.present = now
	var found []Tunnel
	for _, t := range r.all {
		if t.Node != "" && now[t.Node] && !before[t.Node] {
			found = append(found, t)
		}
	}
	r.mu.Unlock()
	for _, t := range found {
		r.changed(t.ID, t, true)
	}
	return others
}

// refresh reads what has changed.
func (r *Roster) refresh(ctx context.Context) error {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	r.mu.Lock()
	newest := r.newest
	r.mu.Unlock()
	var number int64
	var tunnels []Tunnel
	err := r.config.DB.View(ctx, func(tx *store.Tx) (err error) {
		if number, err = tx.TunnelChange(ctx); err == nil && number != newest {
			tunnels, err = tx.Tunnels(ctx)
		}
		return err
	})
	if err != nil || number == newest {
		return err
	}
	now := make(map[bellhop.ID]Tunnel, len(tunnels))
	for _, t := range tunnels {
		now[t.ID] = t
	}
	r.mu.Lock()
	before := r.all
	r.all, r.newest = now, number
	r.mu.Unlock()
	for id, t := range before {
		if now, there := now[id]; !there || now.Link != t.Link || now.Node != t.Node {
			r.changed(id, now, there)
		}
	}
	for id, t := range now {
		if _, known := before[id]; !known && before != nil {
			r.changed(id, t, true)
		}
	}
	return nil
}

// change changes tunnels in a transaction, which is given the number of the change, and tells of it.
func (r *Roster) change(ctx context.Context, f func(tx *store.Tx, number int64) error) error {
	err := r.config.DB.Update(ctx, func(tx *store.Tx) error {
		number, err := tx.ChangeTunnels(ctx)
		if err != nil {
			return err
		}
		return f(tx, number)
	})
	if err != nil {
		return err
	}
	r.config.Nodes.Publish(topic, nil)
	// It is stored, whatever becomes of who asked for it.
	return r.refresh(context.WithoutCancel(ctx))
}

// Open returns the caller's tunnel of that name, and makes it if there is none. resumed says
// that there was. It takes an admin, else it is bellhop.ErrPermission; a name that is none is
// a bellhop.Invalid error, and one tunnel more than MaxOfUser a bellhop.Conflict.
func (r *Roster) Open(ctx context.Context, caller *account.Caller, name string) (t Tunnel, resumed bool, err error) {
	if err := MayListen(caller); err != nil {
		return t, false, err
	}
	if !wire.ValidName(name) {
		return t, false, bellhop.InvalidField("name", "must be 1 to 64 of a-z, 0-9 and -")
	}
	if t, ok := named(r.List(caller), name); ok {
		return t, true, nil
	}
	err = r.change(ctx, func(tx *store.Tx, _ int64) error {
		all, err := tx.Tunnels(ctx)
		if err != nil {
			return err
		}
		own := ownOf(slices.Values(all), caller)
		if t, resumed = named(own, name); resumed {
			return nil // made at another node meanwhile
		}
		if len(own) >= MaxOfUser {
			return bellhop.Errorf(bellhop.Conflict, "A user has at most %d tunnels: delete one first", MaxOfUser)
		}
		now := bellhop.TimeOf(r.config.Now())
		t = Tunnel{ID: newID(), User: caller.ID, Organization: caller.Organization, Name: name, CreatedAt: now, SeenAt: now}
		return tx.InsertTunnel(ctx, &t)
	})
	return t, resumed, err
}

func named(tunnels []Tunnel, name string) (t Tunnel, ok bool) {
	i := slices.IndexFunc(tunnels, func(t Tunnel) bool { return t.Name == name })
	if i < 0 {
		return t, false
	}
	return tunnels[i], true
}

// MayListen returns bellhop.ErrPermission if caller may have no tunnels.
func MayListen(caller *account.Caller) error {
	return caller.Require(caller.OrgPath, bellhop.ScopeAdmin)
}

// newID returns an id that nobody can guess: who knows it can send requests to where it leads.
func newID() bellhop.ID {
	var raw [12]byte
	crand.Read(raw[:])
	return bellhop.ID(hex.EncodeToString(raw[:]))
}

// List returns the tunnels of caller, by name.
func (r *Roster) List(caller *account.Caller) []Tunnel {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ownOf(maps.Values(r.all), caller)
}

func ownOf(all func(yield func(Tunnel) bool), caller *account.Caller) (own []Tunnel) {
	for t := range all {
		if t.User == caller.ID {
			own = append(own, t)
		}
	}
	slices.SortFunc(own, func(a, b Tunnel) int { return strings.Compare(a.Name, b.Name) })
	return own
}

// Find returns the tunnel of that id, if there is one.
func (r *Roster) Find(id bellhop.ID) (Tunnel, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.all[id]
	return t, ok
}

// Present reports whether a node is there.
func (r *Roster) Present(node Node) bool {
	return slices.ContainsFunc(r.config.Nodes.Nodes(), func(n cluster.Node) bool { return n.ID == node })
}

// Elsewhere returns at which other node somebody listens at a tunnel, "" if there is none.
func (r *Roster) Elsewhere(id bellhop.ID) store.NodeID {
	t, ok := r.Find(id)
	if !ok || t.Node == "" || t.Node == r.config.Nodes.Self() {
		return ""
	}
	if !r.Present(t.Node) {
		return ""
	}
	return t.Node
}

// IsHere reports whether somebody listens at a tunnel at this node, as it is called now.
func (r *Roster) IsHere(t Tunnel) bool { return t.Node == r.config.Nodes.Self() }

// Claim notes that somebody listens at a tunnel now, at this node, and returns the number of his
// connection: one with a lower number is replaced. It reports false if the tunnel is deleted.
func (r *Roster) Claim(ctx context.Context, id bellhop.ID) (link int64, there bool, err error) {
	err = r.change(ctx, func(tx *store.Tx, number int64) (err error) {
		link = number
		there, err = tx.LinkTunnel(ctx, id, r.config.Nodes.Self(), number, bellhop.TimeOf(r.config.Now()))
		return err
	})
	return link, there, err
}

// Confirm notes that the connection of that number is still at this node, which may go by another
// name by now. It does nothing if that was replaced, or if the tunnel is deleted.
func (r *Roster) Confirm(ctx context.Context, id bellhop.ID, link int64) error {
	return r.change(ctx, func(tx *store.Tx, _ int64) error {
		_, err := tx.LinkTunnel(ctx, id, r.config.Nodes.Self(), link, bellhop.TimeOf(r.config.Now()))
		return err
	})
}

// Leave notes that the connection of that number is over. It does nothing if that was replaced, or
// if the tunnel is deleted.
func (r *Roster) Leave(ctx context.Context, id bellhop.ID, link int64) error {
	return r.change(ctx, func(tx *store.Tx, _ int64) error {
		return tx.UnlinkTunnel(ctx, id, link, bellhop.TimeOf(r.config.Now()))
	})
}

// Delete removes a tunnel of caller. Others' are not found.
func (r *Roster) Delete(ctx context.Context, caller *account.Caller, id bellhop.ID) error {
	if err := MayListen(caller); err != nil {
		return err
	}
	if t, ok := r.Find(id); !ok || t.User != caller.ID {
		return errNone()
	}
	if err := r.change(ctx, func(tx *store.Tx, _ int64) error { return tx.DeleteTunnel(ctx, id) }); err != nil {
		return fmt.Errorf("delete a tunnel: %w", err)
	}
	return nil
}

// errNone says that there is no tunnel of an id.
func errNone() error { return bellhop.Errorf(bellhop.NotFound, "Tunnel not found") }
