package chipchat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// maxWaiting bounds the conversations in which a reply is waited for in memory. The one in which the bot asked
	// longest ago makes room.
	maxWaiting = 100_000
	// maxAsked bounds those who wait in one of them. The one that is there for longest makes room.
	maxAsked = 100
)

var (
	errNoUser    = errors.New("missing bot auth")
	errForgotten = errors.New("question was forgotten: too many are open")
)

// replyListener waits for what is said next in a conversation.
type replyListener struct {
	handle Handler
	gone   chan struct{} // closed when it had to make room
}

// replies are the reply listeners by conversation.
type replies struct {
	mu     sync.Mutex
	recent recent[ID, []*replyListener]
}

func (rs *replies) add(conversation ID, h Handler) *replyListener {
	l := &replyListener{handle: h, gone: make(chan struct{})}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.recent.limit == 0 {
		rs.recent.limit, rs.recent.pushed = maxWaiting, forgetListeners
	}
	there, _ := rs.recent.get(conversation, time.Now())
	if len(there) == maxAsked {
		forgetListeners(there[:1])
		there = there[1:]
	}
	rs.recent.put(conversation, append(slices.Clone(there), l), time.Now())
	return l
}

func forgetListeners(ls []*replyListener) {
	for _, l := range ls {
		close(l.gone)
	}
}

func (rs *replies) remove(conversation ID, l *replyListener) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	there, _ := rs.recent.get(conversation, time.Now())
	rest := slices.DeleteFunc(slices.Clone(there), func(other *replyListener) bool { return other == l })
	if len(rest) == 0 {
		rs.recent.remove(conversation)
		return
	}
	rs.recent.put(conversation, rest, time.Now())
}

// take removes and returns those of a conversation.
func (rs *replies) take(conversation ID) []*replyListener {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	there, _ := rs.recent.get(conversation, time.Now())
	rs.recent.remove(conversation)
	return there
}

// AddReplyListener has h called with the next chat message or pressed button of the contact or an agent in the
// conversation, once; the handlers of events are not called for it then. The function that it returns removes h.
func (b *Bot) AddReplyListener(conversation ID, h Handler) (remove func()) {
	l := b.replies.add(conversation, h)
	return func() { b.replies.remove(conversation, l) }
}

// questions are what a message may answer.
type questions struct {
	listeners []*replyListener
	key       string // of the conversation's meta
	callback  string // named by the key; empty if none is
}

// askedKey is the key of the conversation's meta that says what the bot has asked; empty if it is nobody yet.
func (b *Bot) askedKey() string {
	self := b.Auth().User
	if self == "" {
		return ""
	}
	return "_asked" + string(self)
}

// openQuestions takes the listeners of a conversation, that of a named callback last.
func (b *Bot) openQuestions(c *Conversation) questions {
	q := questions{listeners: b.replies.take(c.ID), key: b.askedKey()}
	if q.key == "" {
		return q
	}
	asked := c.Get(q.key)
	if asked == "" {
		return q
	}
	if h := b.callback(asked); h != nil {
		q.callback = asked
		q.listeners = append(q.listeners, &replyListener{handle: h})
	}
	return q
}

// answer calls those who waited for the message.
func (b *Bot) answer(ctx context.Context, q questions, e *Event) error {
	var errs []error
	if q.callback != "" && e.Conversation.Get(q.key) == q.callback { // else a trigger has asked something else
		if err := e.Conversation.Set(ctx, q.key, nil); err != nil {
			errs = append(errs, fmt.Errorf("clear question: %w", err))
		}
	}
	for _, l := range q.listeners {
		errs = append(errs, b.call(func() error { return l.handle(ctx, e.Message, e.Conversation) }))
	}
	return errors.Join(errs...)
}

// Ask sends a question, anything that Say takes, and waits for the reply: the next chat message or pressed button of
// the contact or an agent in this conversation. It ends with an error when ctx does, so give that a limit. The
// webhook is answered meanwhile, and the server sends the reply nevertheless; but a process that ends has forgotten
// that it waits: see [Conversation.AskCallback].
func (c *Conversation) Ask(ctx context.Context, question any, extra ...Message) (*Message, error) {
	replied := make(chan *Message, 1)
	l, err := c.ask(ctx, question, extra, func(_ context.Context, m *Message, _ *Conversation) error {
		replied <- m
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer c.bot.replies.remove(c.ID, l)
	Yield(ctx)
	leaveSlot(ctx) // or all slots could be taken by those who wait for what none is left for
	select {
	case m := <-replied:
		return m, nil
	case <-l.gone:
		return nil, errForgotten
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a reply: %w", ctx.Err())
	}
}

// AskFunc sends a question, anything that Say takes, and has h called with the reply, for which the handlers of events
// are not called. It does not wait. h is lost when the process ends: see [Conversation.AskCallback].
func (c *Conversation) AskFunc(ctx context.Context, question any, h Handler, extra ...Message) error {
	_, err := c.ask(ctx, question, extra, h)
	return err
}

// ask waits before it asks: the reply may be there before the answer to the request is.
func (c *Conversation) ask(ctx context.Context, question any, extra []Message, h Handler) (*replyListener, error) {
	if c.bot == nil {
		return nil, errUnbound
	}
	l := c.bot.replies.add(c.ID, h)
	if err := c.pose(ctx, question, extra, ""); err != nil {
		c.bot.replies.remove(c.ID, l)
		return nil, err
	}
	return l, nil
}

// AskCallback sends a question, anything that Say takes, and has the handler that was registered under this name with
// [Bot.RegisterCallback] called with the reply, for which the handlers of events are not called. What is asked is kept
// in the conversation, so that the reply may come after a restart, or to another process of the bot.
func (c *Conversation) AskCallback(ctx context.Context, question any, name string, extra ...Message) error {
	switch {
	case c.bot == nil:
		return errUnbound
	case name == "":
		return errors.New("name of callback is empty")
	case c.bot.callback(name) == nil:
		return fmt.Errorf("no callback is registered as %q", name)
	}
	return c.pose(ctx, question, extra, name)
}

// pose sends the question and notes that it is open, under the name of a callback or its own id.
func (c *Conversation) pose(ctx context.Context, question any, extra []Message, name string) error {
	key := c.bot.askedKey()
	if key == "" {
		return fmt.Errorf("ask: %w", errNoUser)
	}
	asked, err := c.bot.Send(ctx, c.ID, question, extra...)
	if err != nil {
		return err
	}
	if name == "" {
		name = string(asked[len(asked)-1].ID)
	}
	return c.Set(ctx, key, name)
}
