package conversation

import (
	"context"
	"slices"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// Bots that answer themselves or each other would go on for ever. So a conversation takes
// only so many of their messages within loopWindow while nobody else says anything
// (docs/contract/extensions.md section 7). What is counted are the messages that are stored:
// it needs no counter, which would be one more write for every message. As long as an index
// shows that there are few, none of them is read.

const (
	loopWindow = time.Minute

	// MaxLoopLimit is the highest LoopLimit: so many entries of an index are looked at for
	// each message of a bot.
	MaxLoopLimit = 1000

	// firstLook is how many messages are read at first: where people speak one of them is near.
	firstLook = 16

	// maxLookBack bounds how many messages are read, most of them commands then, to find who
	// has spoken.
	maxLookBack = 2 * MaxLoopLimit
)

// loop refuses the message of a bot.
type loop struct {
	refusal      *bellhop.Error
	conversation bellhop.ID
	bots         []bellhop.ID // who have posted
	human        bellhop.Time // when somebody else did last; zero if that is long ago
}

func (l *loop) Error() string { return l.refusal.Error() }

func (l *loop) Unwrap() error { return l.refusal }

// talk is what was said in a conversation within loopWindow before this plan.
type talk struct {
	read  bool
	posts []botPost    // of bots since somebody else spoke, oldest first
	human bellhop.Time // when somebody else spoke last; zero if nobody did
}

type botPost struct {
	bot bellhop.ID
	at  bellhop.Time
}

// guard returns a loop if the message is one too many of bots.
func (s *stream) guard(ctx context.Context, d *draft) error {
	limit := s.plan.loopLimit
	if limit == 0 || !s.plan.caller.IsBot() || d.message.Type == bellhop.CommandMessage || d.speaksForContact() {
		return nil
	}
	few, err := s.isQuiet(ctx, limit)
	if err != nil || few {
		return err
	}
	posts, human, err := s.botPosts(ctx)
	if err != nil || len(posts) < limit {
		return err
	}
	l := &loop{conversation: s.doc.ID, human: human, refusal: &bellhop.Error{
		Code:    bellhop.TooMany,
		Message: "Too many messages of bots in this conversation, and none of anybody else",
		// When the first of those that fill the limit is out of the window.
		RetryAfter: max(time.Millisecond, loopWindow-s.plan.now.Sub(posts[len(posts)-limit].at)),
	}}
	for _, p := range posts {
		if !slices.Contains(l.bots, p.bot) {
			l.bots = append(l.bots, p.bot)
		}
	}
	return l
}

// isQuiet reports whether there are fewer messages than limit within loopWindow, whoever has
// posted them. Most often those that are read for payloads show it.
func (s *stream) isQuiet(ctx context.Context, limit int) (bool, error) {
	if err := s.readNewest(ctx); err != nil {
		return false, err
	}
	if s.recent == shownInPayload && limit > shownInPayload && !s.counted {
		newest, err := s.readSome(ctx, limit)
		if err != nil {
			return false, err
		}
		s.recent, s.counted = newest.Since, true
	}
	return s.recent+len(s.added) < limit, nil
}

// isRecent reports whether at is within loopWindow before now. A clock that was set back must
// not make it so for hours.
func isRecent(at, now bellhop.Time) bool { return now.Sub(at).Abs() < loopWindow }

// botPosts returns what bots have posted within loopWindow since anybody else did, and when
// that was.
func (s *stream) botPosts(ctx context.Context) ([]botPost, bellhop.Time, error) {
	if !s.talk.read {
		if err := s.readTalk(ctx); err != nil {
			return nil, 0, err
		}
	}
	t := talk{posts: slices.Clone(s.talk.posts), human: s.talk.human}
	for _, m := range s.added {
		if err := s.hear(ctx, &t, m); err != nil {
			return nil, 0, err
		}
	}
	return t.posts, t.human, nil
}

// readTalk reads what was said within loopWindow, back to the newest message that is not a bot's.
func (s *stream) readTalk(ctx context.Context) error {
	if s.fresh {
		s.talk.read = true
		return nil
	}
	for n := firstLook; ; n *= 2 {
		docs, err := s.plan.tx.Children(ctx, bellhop.Messages, s.doc.ID, n)
		if err != nil {
			return err
		}
		heard := talk{read: true}
		whole := len(docs) < n || n >= maxLookBack || !isRecent(docs[0].CreatedAt, s.plan.now)
		for _, doc := range docs {
			if !isRecent(doc.CreatedAt, s.plan.now) {
				continue
			}
			var m bellhop.Message
			if err := doc.Decode(&m); err != nil {
				return err
			}
			if err := s.hear(ctx, &heard, &m); err != nil {
				return err
			}
		}
		if whole || heard.human != 0 {
			s.talk = heard
			return nil
		}
	}
}

// hear adds what a message says about who speaks.
func (s *stream) hear(ctx context.Context, t *talk, m *bellhop.Message) error {
	bot := false
	if m.Contact == "" {
		if m.CreatedBy == "" {
			return nil // the server itself
		}
		var err error
		if bot, err = s.plan.isBot(ctx, m.CreatedBy); err != nil {
			return err
		}
	}
	switch {
	case !bot:
		t.posts, t.human = nil, max(t.human, m.CreatedAt)
	case m.Type != bellhop.CommandMessage:
		t.posts = append(t.posts, botPost{m.CreatedBy, m.CreatedAt})
	}
	return nil
}

// isBot reports whether the user is a bot. One who is no user any more says nothing more
// either.
func (p *plan) isBot(ctx context.Context, id bellhop.ID) (bool, error) {
	if id == p.caller.ID {
		return p.caller.IsBot(), nil
	}
	u, err := p.people.find(ctx, p.tx, id)
	return u.gone || u.bot, err
}

// tellLoop fires conversation.loop, once until somebody else speaks or loopWindow is over.
func (c *Conversations) tellLoop(ctx context.Context, tx *store.Tx, caller *account.Caller, l *loop) error {
	p := c.plan(tx, caller)
	told, err := tx.LoopTold(ctx, l.conversation)
	if err != nil || told > l.human && isRecent(told, p.now) {
		return err
	}
	s, err := p.load(ctx, l.conversation)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil // it was about to begin, and does not
	}
	if err != nil {
		return err
	}
	if err := s.readNewest(ctx); err != nil {
		return err
	}
	shown, err := s.shown()
	if err != nil {
		return err
	}
	about, err := encode(map[string]any{"limit": c.loopLimit, "bots": l.bots})
	if err != nil {
		return err
	}
	data, err := p.withUser(ctx, []event.Member{{Name: "conversation", Value: shown}, {Name: "loop", Value: about}}, p.self())
	if err != nil {
		return err
	}
	p.tell(&subscription.Happening{
		Event: subscription.ConversationLoop, Organization: s.doc.Organization, OrgPath: s.doc.OrgPath,
		Actor: subscription.Actor{Kind: subscription.System, Name: "System"}, Verb: subscription.LoopVerb(s.conv.Name),
		Kind: bellhop.Conversations, ID: s.doc.ID, Data: data, Links: s.links(p.self()),
	})
	if err := tx.SetLoopTold(ctx, l.conversation, p.now); err != nil {
		return err
	}
	return p.carryOut(ctx)
}
