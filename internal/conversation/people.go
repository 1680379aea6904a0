package conversation

import (
	"context"
	"encoding/json"
	"sync"

	"bellhop"
	"bellhop/internal/store"
)

// maxKnown bounds how many users are remembered, at about 150 bytes each.
const maxKnown = 16384

// people remembers what participants have from their users: name, role and organization.
// Those are shown as they are now, whenever they joined, so every conversation that is shown
// asks for them. When users change, only those are read again. It is safe for concurrent use.
type people struct {
	mu    sync.RWMutex
	mark  int64 // what is known holds for transactions with this mark, see store.Tx.Changed
	known map[bellhop.ID]knownUser
}

// knownUser is what a user is.
type knownUser struct {
	name, role   string
	organization bellhop.ID
	bot          bool
	gone         bool
}

func newPeople() *people {
	return &people{mark: -1, known: map[bellhop.ID]knownUser{}}
}

// refresh makes participants what their users are now, and reports whether that made a
// difference. Who is no user any more stays as he was.
func (p *people) refresh(ctx context.Context, tx *store.Tx, participants []bellhop.Participant) (changed bool, err error) {
	if len(participants) == 0 {
		return false, nil
	}
	if err := p.forgetChanged(ctx, tx); err != nil {
		return false, err
	}
	for i := range participants {
		shown := &participants[i]
		u, err := p.user(ctx, tx, shown.User)
		if err != nil {
			return false, err
		}
		if u.gone || u.name == shown.Name && u.role == shown.Role && u.organization == shown.Organization {
			continue
		}
		shown.Name, shown.Role, shown.Organization = u.name, u.role, u.organization
		changed = true
	}
	return changed, nil
}

// find returns what a user is now.
func (p *people) find(ctx context.Context, tx *store.Tx, id bellhop.ID) (knownUser, error) {
	if err := p.forgetChanged(ctx, tx); err != nil {
		return knownUser{}, err
	}
	return p.user(ctx, tx, id)
}

// forgetChanged forgets the users that are others for tx than they were.
func (p *people) forgetChanged(ctx context.Context, tx *store.Tx) error {
	for {
		p.mu.RLock()
		mark := p.mark
		p.mu.RUnlock()
		current, err := tx.IsCurrent(ctx, mark, bellhop.Users)
		if err != nil || current || tx.HasChanged(bellhop.Users) {
			return err
		}
		ids, ok, err := tx.Changed(ctx, mark, bellhop.Users)
		if err != nil {
			return err
		}
		now, err := tx.Mark(ctx, bellhop.Users)
		if err != nil || p.forget(ids, ok, mark, now) {
			return err
		}
	}
}

// forget takes what has changed out of what is known since mark, so that it holds up to now.
// It does nothing, and reports that, if another one was faster.
func (p *people) forget(ids [][]bellhop.ID, ok bool, mark, now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mark != mark {
		return false
	}
	p.mark = max(mark, now)
	if !ok {
		clear(p.known)
	}
	for _, changed := range ids {
		for _, id := range changed {
			delete(p.known, id)
		}
	}
	return true
}

func (p *people) user(ctx context.Context, tx *store.Tx, id bellhop.ID) (knownUser, error) {
	// What a transaction sees that has changed users may be rolled back.
	own := tx.HasChanged(bellhop.Users)
	if !own {
		p.mu.RLock()
		u, ok := p.known[id]
		p.mu.RUnlock()
		if ok {
			return u, nil
		}
	}
	var u knownUser
	mark, err := tx.Mark(ctx, bellhop.Users) // before he is read: he may be newer, not older
	if err != nil {
		return u, err
	}
	doc, err := tx.Document(ctx, bellhop.Users, id)
	switch {
	case bellhop.HasCode(err, bellhop.NotFound):
		u.gone = true
	case err != nil:
		return u, err
	default:
		var user bellhop.User
		if err := doc.Decode(&user); err != nil {
			return u, err
		}
		shown := participantOf(&user, doc)
		u = knownUser{name: shown.Name, role: shown.Role, organization: shown.Organization, bot: isBot(&user)}
	}
	if !own {
		p.put(id, u, mark)
	}
	return u, nil
}

// put remembers a user as a transaction with that mark sees him, unless that is older than
// what is known. Where there is no room any other one goes.
func (p *people) put(id bellhop.ID, u knownUser, mark int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if mark < p.mark {
		return
	}
	if _, ok := p.known[id]; !ok && len(p.known) >= maxKnown {
		for other := range p.known {
			delete(p.known, other)
			break
		}
	}
	p.known[id] = u
}

// current returns the body of a stored conversation with its participants as they are now.
func (p *people) current(ctx context.Context, tx *store.Tx, doc *bellhop.Document) (json.RawMessage, error) {
	var stored struct {
		Participants []bellhop.Participant `json:"participants"`
	}
	if err := doc.Decode(&stored); err != nil {
		return nil, err
	}
	changed, err := p.refresh(ctx, tx, stored.Participants)
	if err != nil || !changed {
		return doc.Body, err
	}
	conv := new(bellhop.Conversation)
	if err := doc.Decode(conv); err != nil {
		return nil, err
	}
	conv.Participants = stored.Participants
	conv.Complete()
	return encode(conv)
}
