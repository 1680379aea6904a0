// Package roster knows which tunnels there are, and whose they are
// (docs/contract/extensions.md section 5).
//
// A tunnel is stable: the same user gets the same one for the same name, whenever he comes
// back. All of them are in memory, where who delivers can ask; what changes them is in the
// store before it is there.
package roster

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/tunnel/wire"
)

// Tunnel is a public URL that leads to a process of a user.
type Tunnel = store.Tunnel

// MaxOfUser is how many tunnels a user may have.
const MaxOfUser = 20

// Roster is all tunnels of a store. It is safe for concurrent use.
type Roster struct {
	db  *store.DB
	now func() time.Time

	changing sync.Mutex // held while one is added or removed

	mu  sync.Mutex
	all map[bellhop.ID]Tunnel
}

// Load returns the roster of a store, which nobody else may change. now tells the time; nil
// means time.Now.
func Load(ctx context.Context, db *store.DB, now func() time.Time) (*Roster, error) {
	if now == nil {
		now = time.Now
	}
	r := &Roster{db: db, now: now, all: map[bellhop.ID]Tunnel{}}
	err := db.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Tunnels(ctx)
		for _, t := range all {
			r.all[t.ID] = t
		}
		return err
	})
	return r, err
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
	r.changing.Lock()
	defer r.changing.Unlock()
	own := r.List(caller)
	if i := slices.IndexFunc(own, func(t Tunnel) bool { return t.Name == name }); i >= 0 {
		return own[i], true, nil
	}
	if len(own) >= MaxOfUser {
		return t, false, bellhop.Errorf(bellhop.Conflict, "A user has at most %d tunnels: delete one first", MaxOfUser)
	}
	now := bellhop.TimeOf(r.now())
	t = Tunnel{ID: newID(), User: caller.ID, Organization: caller.Organization, Name: name, CreatedAt: now, SeenAt: now}
	if err := r.db.Update(ctx, func(tx *store.Tx) error { return tx.InsertTunnel(ctx, &t) }); err != nil {
		return t, false, err
	}
	r.put(t)
	return t, false, nil
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
func (r *Roster) List(caller *account.Caller) (own []Tunnel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.all {
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

// See notes that somebody listens at a tunnel now, or did until now. At a tunnel that is
// deleted it does nothing.
func (r *Roster) See(ctx context.Context, id bellhop.ID) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	t, ok := r.Find(id)
	if !ok {
		return nil
	}
	t.SeenAt = bellhop.TimeOf(r.now())
	r.put(t)
	return r.db.Update(ctx, func(tx *store.Tx) error { return tx.SeeTunnel(ctx, id, t.SeenAt) })
}

func (r *Roster) put(t Tunnel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[t.ID] = t
}

// Delete removes a tunnel of caller. Others' are not found.
func (r *Roster) Delete(ctx context.Context, caller *account.Caller, id bellhop.ID) error {
	if err := MayListen(caller); err != nil {
		return err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	if t, ok := r.Find(id); !ok || t.User != caller.ID {
		return errNone()
	}
	if err := r.db.Update(ctx, func(tx *store.Tx) error { return tx.DeleteTunnel(ctx, id) }); err != nil {
		return fmt.Errorf("delete a tunnel: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, id)
	return nil
}

// errNone says that there is no tunnel of an id.
func errNone() error { return bellhop.Errorf(bellhop.NotFound, "Tunnel not found") }
