package conversation

import (
	"context"
	"log/slog"
	"time"

	"bellhop"
	"bellhop/internal/account"
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

	// Again returns who a user is now that was a caller before, with a token for that
	// organization and scope. An Unauthenticated error says that he may ask for nothing any
	// more. It is for Run, and not called in a transaction.
	Again func(ctx context.Context, user, organization bellhop.ID, scope bellhop.Scope) (*account.Caller, error)

	// LoopLimit is how many messages bots may post into a conversation within a minute while
	// nobody else does, at most MaxLoopLimit; 0 means any number.
	LoopLimit int

	Nodes Nodes // nil if there is but this one

	App string           // base URL of the pages, without a slash at its end
	Now func() time.Time // nil means time.Now
	Log *slog.Logger     // nil means none
}

// Conversations does what concerns conversations, messages and contacts. It is safe for
// concurrent use.
type Conversations struct {
	db       *store.DB
	announce func(ctx context.Context, tx *store.Tx, h *subscription.Happening) error
	again    func(ctx context.Context, user, organization bellhop.ID, scope bellhop.Scope) (*account.Caller, error)
	app      string
	now      func() time.Time
	people   *people
	log      *slog.Logger

	loopLimit int
	alarm     alarm
	nodes     Nodes // may be nil
}

// New returns the conversations of a store.
func New(config Config) *Conversations {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	c := &Conversations{
		db: config.DB, announce: config.Announce, again: config.Again, app: config.App, now: config.Now, log: config.Log,
		people: newPeople(), loopLimit: config.LoopLimit, alarm: newAlarm(),
	}
	c.join(config.Nodes)
	return c
}
