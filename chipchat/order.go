package chipchat

import (
	"container/list"
	"log/slog"
	"sync"
	"time"
)

const (
	defaultGap     = time.Second
	defaultHold    = time.Minute
	defaultWaiting = 100

	// Of a conversation in which nothing waits, only where it stands is remembered.
	lineAge   = 10 * time.Minute
	lineCount = 10_000
	// maxCome bounds the messages of a conversation that came before those they follow.
	maxCome = 100
)

// Order has the events of one conversation handled one after another in the order in which they happened, also when
// their requests overlap or come out of order (docs/contract/delivery.md section 7: servers may do both). Only events
// that come to the same process wait for each other, and never those of different conversations. Events without a
// conversation are told apart by the object of their activity. The key by which somebody orders events of his own is
// not in a delivery: these never wait.
//
// What order there is: a message event names the messages before it (data.conversation.messages), so one that was not
// seen yet is missed, and waited for. Else the earlier timestamp goes first, and of equal ones what came first. A
// missing event of another kind can't be noticed.
//
// The next event starts when the handlers of the one before have returned, or wait for a reply in
// [Conversation.Ask], or have called [Yield]: otherwise a handler that waits for a message would wait for ever.
//
// An event that is waiting is answered after 15 seconds as one that is handled is, and keeps its place.
type Order struct {
	// Gap is how long an event waits for missing messages, from when it came. Then it is handled without them; one
	// that comes later is handled as soon as nothing else is, with Event.Late. Some never come, since the webhook
	// has no pattern for them, so this is what the bot's answers may be delayed by; its own messages are not
	// missed. The server repeats a failed delivery after 10 seconds. Default 1 second, negative: none.
	Gap time.Duration
	// Hold is how long the next event waits for the handlers of one that do not return. Then it starts beside
	// them, and that is logged. Default 1 minute.
	Hold time.Duration
	// Waiting is how many events of one conversation may wait; others are answered 503, so that the server repeats
	// them. Default 100.
	Waiting int
}

// orders are the conversations in which something waits, is handled, or was handled lately. A nil one lets everything
// go at once.
type orders struct {
	Order
	log *slog.Logger

	mu    sync.Mutex
	byKey map[string]*line
	idle  list.List // of *line without turns, the one idle for longest in front
}

// line is what is known of the order in one conversation. Its fields are guarded by orders.mu.
type line struct {
	key     string
	waiting []*turn // in the order in which they will go
	going   *turn   // which others wait for, or nil
	since   time.Time

	lastTime    time.Time       // of the latest event that has gone
	lastMessage ID              // the latest message that has gone
	come        map[ID]struct{} // messages that are there, and may come after lastMessage
	missed      map[ID]struct{} // messages that were not waited for any longer

	rest   *list.Element // in orders.idle
	rested time.Time
}

func newOrders(o *Order, log *slog.Logger) *orders {
	if o == nil {
		return nil
	}
	os := &orders{Order: *o, log: log, byKey: map[string]*line{}}
	if os.Gap == 0 {
		os.Gap = defaultGap
	}
	if os.Hold <= 0 {
		os.Hold = defaultHold
	}
	if os.Waiting <= 0 {
		os.Waiting = defaultWaiting
	}
	return os
}

// enter gives an event that came its place. It returns false if too many wait already, and a nil turn if the event
// waits for nobody.
func (os *orders) enter(e *Event, now time.Time) (*turn, bool) {
	if os == nil {
		return nil, true
	}
	t := newTurn(os, e, now)
	if t == nil {
		return nil, true
	}
	os.mu.Lock()
	defer os.mu.Unlock()
	os.forget(now)
	l := os.byKey[t.key]
	if l == nil {
		l = &line{key: t.key, come: map[ID]struct{}{}, missed: map[ID]struct{}{}}
		os.byKey[t.key] = l
	}
	if len(l.waiting) >= os.Waiting {
		return nil, false
	}
	if l.rest != nil {
		os.idle.Remove(l.rest)
		l.rest = nil
	}
	t.line = l
	l.insert(t)
	return t, true
}

// sent tells of messages of the bot itself: they are not missed.
func (os *orders) sent(conversation ID, messages []Message) {
	if os == nil {
		return
	}
	os.mu.Lock()
	defer os.mu.Unlock()
	l := os.byKey[conversationKey(conversation)]
	if l == nil {
		return
	}
	for i := range messages {
		l.note(l.come, messages[i].ID)
	}
	l.wake()
}

// settle lets a line rest in which nothing is left to do; the caller holds the lock.
func (os *orders) settle(l *line, now time.Time) {
	if len(l.waiting) > 0 || l.going != nil || l.rest != nil {
		return
	}
	l.rested = now
	l.rest = os.idle.PushBack(l)
	os.forget(now)
}

// forget drops lines that have rested for too long, or are too many; the caller holds the lock.
func (os *orders) forget(now time.Time) {
	for e := os.idle.Front(); e != nil; e = os.idle.Front() {
		l := e.Value.(*line)
		if os.idle.Len() <= lineCount && now.Sub(l.rested) < lineAge {
			return
		}
		os.idle.Remove(e)
		delete(os.byKey, l.key)
	}
}

// insert puts t before the first that it precedes.
func (l *line) insert(t *turn) {
	at := len(l.waiting)
	for i, other := range l.waiting {
		if t.precedes(other) {
			at = i
			break
		}
	}
	l.waiting = append(l.waiting, nil)
	copy(l.waiting[at+1:], l.waiting[at:])
	l.waiting[at] = t
	l.note(l.come, t.message)
	l.wake()
}

// note remembers a message. If there are too many all are forgotten, which may have somebody wait in vain.
func (l *line) note(messages map[ID]struct{}, id ID) {
	if id == "" {
		return
	}
	if len(messages) >= maxCome {
		clear(messages)
	}
	messages[id] = struct{}{}
}

// wake has the first of those who wait look whether it may go.
func (l *line) wake() {
	if len(l.waiting) == 0 {
		return
	}
	select {
	case l.waiting[0].look <- struct{}{}:
	default: // it will look anyway
	}
}
