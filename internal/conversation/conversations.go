package conversation

import (
	"context"
	"time"

	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

const (
	maxMessages     = 100     // in one request
	maxParticipants = 1000    // in one conversation
	maxConversation = 1 << 20 // bytes of a stored conversation

	shownInPayload = 50   // newest message ids in lists and payloads
	shownAlone     = 1000 // newest message ids of a single conversation
)

// Config says what Conversations work with.
type Config struct {
	DB *store.DB

	// Announce appends an event with its deliveries, in the transaction of what happened.
	Announce func(ctx context.Context, tx *store.Tx, h *subscription.Happening) error

	App string           // base URL of the pages, without a slash at its end
	Now func() time.Time // nil means time.Now
}

// Conversations does what concerns conversations, messages and contacts. It is safe for
// concurrent use.
type Conversations struct {
	db       *store.DB
	announce func(ctx context.Context, tx *store.Tx, h *subscription.Happening) error
	app      string
	now      func() time.Time
	people   *people
}

// New returns the conversations of a store.
func New(config Config) *Conversations {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Conversations{db: config.DB, announce: config.Announce, app: config.App, now: config.Now, people: newPeople(config.DB)}
}
