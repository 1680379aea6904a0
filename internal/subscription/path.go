package subscription

import (
	"context"
	"sync"

	"bellhop"
	"bellhop/internal/store"
)

// paths remembers where organizations are, which is asked for every event that names one.
type paths struct {
	mu      sync.Mutex
	version int64 // of the organizations that byID is about
	byID    map[bellhop.ID]string
}

// maxPaths bounds what is remembered.
const maxPaths = 10_000

// pathOf returns the path of an organization, or a bellhop.NotFound error.
func (s *Subscriptions) pathOf(ctx context.Context, id bellhop.ID) (string, error) {
	version, err := s.db.Mark(ctx, bellhop.Organizations)
	if err != nil {
		return "", err
	}
	p := &s.paths
	p.mu.Lock()
	path, known := p.byID[id]
	known = known && p.version == version
	p.mu.Unlock()
	if known {
		return path, nil
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		doc, err := tx.Document(ctx, bellhop.Organizations, id)
		if err == nil {
			path = doc.OrgPath
		}
		return err
	})
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byID == nil || p.version != version || len(p.byID) >= maxPaths {
		p.byID, p.version = map[bellhop.ID]string{}, version
	}
	p.byID[id] = path
	return path, nil
}
