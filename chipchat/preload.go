package chipchat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// organizations are those that were fetched whole. They are kept for the life of the process, unless the server tells
// that one has changed, and as documents, so that what a handler does to one of them is not seen by others.
type organizations struct {
	mu     sync.Mutex
	recent recent[ID, json.RawMessage]
}

func (os *organizations) get(id ID) json.RawMessage {
	os.mu.Lock()
	defer os.mu.Unlock()
	raw, _ := os.recent.get(id, time.Now())
	return raw
}

func (os *organizations) put(id ID, raw json.RawMessage) {
	os.mu.Lock()
	defer os.mu.Unlock()
	os.recent.limit = cacheCount
	os.recent.put(id, raw, time.Now())
}

func (os *organizations) forget(id ID) {
	os.mu.Lock()
	defer os.mu.Unlock()
	os.recent.remove(id)
}

// preload fetches the organization of a message's conversation if the options want it (docs/contract/sdk.md
// section 6).
func (b *Bot) preload(ctx context.Context, e *Event) error {
	if !b.options.PreloadOrganizations || !e.isMessage() || e.Conversation.Organization == "" {
		return nil
	}
	id := e.Conversation.Organization
	raw := b.organizations.get(id)
	if raw == nil {
		fetched, err := b.Organizations.Get(ctx, id, Query{"populate": "categories.forms"})
		if err != nil {
			return fmt.Errorf("preload organization %s: %w", id, err)
		}
		raw = fetched.Raw
		b.organizations.put(id, raw)
	}
	e.Conversation.Org = &Organization{}
	if err := decode(raw, e.Conversation.Org); err != nil {
		return fmt.Errorf("decode organization %s: %w", id, err)
	}
	return nil
}

// outdate forgets what the event says is not true any more.
func (b *Bot) outdate(e *Event) {
	switch {
	case strings.HasPrefix(e.Name, "organization."):
		var o struct {
			ID ID `json:"id"`
		}
		if e.Decode("organization", &o) == nil {
			b.organizations.forget(o.ID)
		}
	case strings.HasPrefix(e.Name, "botinstance."):
		var i BotInstance
		if e.Decode("botinstance", &i) == nil && i.Bot != "" && i.Bot == b.Auth().User {
			b.configs.outdate(i.Organization, time.Now())
		}
	}
}
