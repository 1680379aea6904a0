package conversation

import (
	"context"
	"encoding/json"
	"sync"

	"bellhop"
	"bellhop/internal/store"
)

// maxKnown bounds how many users are remembered, at about 200 bytes each.
const maxKnown = 16384

// people remembers what participants have from their users: name, role and organization.
// Those are shown as they are now, whenever they joined, so every conversation that is shown
// asks for them. It is safe for concurrent use.
type people struct {
	db *store.DB

	mu    sync.RWMutex
	known map[bellhop.ID]*knownUser
}

// knownUser is what a user was when the store had that mark; it does not change.
type knownUser struct {
	mark int64 // see store.Tx.Mark
	gone bool
	bellhop.Participant
}

func newPeople(db *store.DB) *people {
	return &people{db: db, known: map[bellhop.ID]*knownUser{}}
}

// refresh makes participants what their users are now, and reports whether that made a
// difference. Who is no user any more stays as he was.
func (p *people) refresh(ctx context.Context, tx *store.Tx, participants []bellhop.Participant) (changed bool, err error) {
	for i := range participants {
		shown := &participants[i]
		u, err := p.user(ctx, tx, shown.User)
		if err != nil {
			return false, err
		}
		if u.gone || u.Name == shown.Name && u.Role == shown.Role && u.Organization == shown.Organization {
			continue
		}
		shown.Name, shown.Role, shown.Organization = u.Name, u.Role, u.Organization
		changed = true
	}
	return changed, nil
}

func (p *people) user(ctx context.Context, tx *store.Tx, id bellhop.ID) (*knownUser, error) {
	// Within a transaction that has changed users, others may not see what it sees.
	own := tx.HasChanged(bellhop.Users)
	if !own {
		if u := p.get(id); u != nil && u.mark >= p.db.Mark(bellhop.Users) {
			return u, nil
		}
	}
	u := &knownUser{mark: tx.Mark(bellhop.Users)}
	doc, err := tx.Document(ctx, bellhop.Users, id)
	switch {
	case bellhop.HasCode(err, bellhop.NotFound):
		u.gone = true
	case err != nil:
		return nil, err
	default:
		var user bellhop.User
		if err := doc.Decode(&user); err != nil {
			return nil, err
		}
		u.Participant = participantOf(&user, doc).Participant
	}
	if !own {
		p.put(id, u)
	}
	return u, nil
}

func (p *people) get(id bellhop.ID) *knownUser {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.known[id]
}

// put remembers u. Where there is no room any other one goes.
func (p *people) put(id bellhop.ID, u *knownUser) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.known[id]; old != nil && old.mark > u.mark {
		return
	} else if old == nil && len(p.known) >= maxKnown {
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
