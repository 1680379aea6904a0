package conversation

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/trouble"
)

const (
	dueBatch  = 100         // messages that are looked up at once
	dueAtOnce = 8           // conversations in which messages are posted at once
	dueRetry  = time.Second // how long Run waits after a failure, a full disk say
	dueTries  = 10          // how often a message is tried that fails for no known reason
)

// Run posts delayed messages when they are due, until ctx ends
// (docs/contract/conversations.md section 6). Messages of one conversation are posted one
// after the other, in the order in which they are due. Each is posted in the transaction that
// forgets it, so it is posted once, whatever happens, and whoever else does the same on this
// store: of several nodes one does. A message that is refused then is dropped, and the log says so. What fails otherwise
// is tried again.
func (c *Conversations) Run(ctx context.Context) error {
	r := &duePoster{c: c, tries: map[bellhop.ID]int{}}
	failing := trouble.New(c.log, slog.LevelError, "post delayed messages")
	for ctx.Err() == nil {
		c.alarm.awake()
		if !c.leads() {
			now := bellhop.TimeOf(c.now())
			c.alarm.sleep(ctx, now, now.Add(leadSleep))
			continue
		}
		next, err := r.postDue(ctx)
		now := bellhop.TimeOf(c.now())
		if err != nil && ctx.Err() == nil {
			failing.Failed(ctx, "", err)
			next = now.Add(dueRetry)
		} else {
			failing.Passed("")
		}
		c.alarm.sleep(ctx, now, c.wakeAt(now, next))
	}
	return nil
}

// duePoster posts what is due.
type duePoster struct {
	c *Conversations

	mu    sync.Mutex
	tries map[bellhop.ID]int // of messages that have failed
}

// postDue posts all that is due, and returns when the next one is.
func (r *duePoster) postDue(ctx context.Context) (next bellhop.Time, err error) {
	for {
		var due []store.DelayedID
		err := r.c.db.View(ctx, func(tx *store.Tx) (err error) {
			due, next, err = tx.DueMessages(ctx, bellhop.TimeOf(r.c.now()), dueBatch)
			return err
		})
		if err != nil || len(due) == 0 {
			return next, err
		}
		if err := r.postAll(ctx, due); err != nil {
			return 0, err
		}
	}
}

// postAll posts messages of several conversations at once, so that they share commits.
func (r *duePoster) postAll(ctx context.Context, due []store.DelayedID) error {
	inOrder := map[bellhop.ID][]store.DelayedID{}
	var conversations []bellhop.ID
	for _, m := range due {
		if inOrder[m.Conversation] == nil {
			conversations = append(conversations, m.Conversation)
		}
		inOrder[m.Conversation] = append(inOrder[m.Conversation], m)
	}
	var g errgroup.Group // one that fails does not stop the others
	g.SetLimit(dueAtOnce)
	for _, id := range conversations {
		g.Go(func() error {
			for _, m := range inOrder[id] {
				if err := r.post(ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// post posts one message, or drops it. An error means that it is still there.
func (r *duePoster) post(ctx context.Context, m store.DelayedID) error {
	refused, err := r.try(ctx, m)
	if err != nil && r.hopeless(m, err) {
		refused, err = err, r.c.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.DeleteDelayed(ctx, m.ID)
			return err
		})
	}
	if err == nil {
		r.forget(m)
	}
	if err == nil && refused != nil {
		r.c.log.WarnContext(ctx, "a delayed message is dropped", "message", m.ID, "conversation", m.Conversation, "user", m.Poster.User, "err", refused)
	}
	return err
}

// try posts a message, or returns why it never can be.
func (r *duePoster) try(ctx context.Context, m store.DelayedID) (refused, err error) {
	caller, gone := r.author(ctx, m.Poster)
	if gone != nil && !bellhop.HasCode(gone, bellhop.Unauthenticated) {
		return nil, gone
	}
	err = r.c.db.Update(ctx, func(tx *store.Tx) error {
		refused = nil // this may run twice
		stored, err := tx.Delayed(ctx, m.ID)
		if err != nil || stored == nil {
			return err // cancelled, or posted by somebody else
		}
		if there, err := tx.DeleteDelayed(ctx, m.ID); err != nil || !there {
			return err
		}
		if gone != nil {
			refused = gone
			return nil
		}
		refused, err = r.c.attempt(ctx, tx, caller, func(p *plan) error { return p.postDelayed(ctx, stored) })
		return err
	})
	return refused, err
}

// author returns who posts a message as he is now.
func (r *duePoster) author(ctx context.Context, p store.Poster) (*account.Caller, error) {
	if p.User == "" {
		return account.System(), nil
	}
	return r.c.again(ctx, p.User, p.Organization, p.Scope)
}

// hopeless reports whether a message has failed so often, and not because of the machine,
// that it would only keep others from being posted.
func (r *duePoster) hopeless(m store.DelayedID, err error) bool {
	if bellhop.HasCode(err, bellhop.Unavailable) || bellhop.HasCode(err, bellhop.TooMany) ||
		errors.Is(err, context.Canceled) || errors.Is(err, store.ErrClosed) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries[m.ID]++
	return r.tries[m.ID] >= dueTries
}

func (r *duePoster) forget(m store.DelayedID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tries, m.ID)
}
