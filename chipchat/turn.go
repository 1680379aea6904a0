package chipchat

import (
	"context"
	"slices"
	"strings"
	"time"
)

// turn is an event's place in the order. A nil one waits for nobody.
type turn struct {
	orders *orders
	line   *line
	key    string
	came   time.Time
	look   chan struct{} // has room for one

	time    time.Time // of the event; zero if it has none
	message ID        // that the event tells the creation of, or ""
	before  []ID      // the messages before it, oldest first

	isLate bool
}

func conversationKey(id ID) string { return "conversation " + string(id) }

// newTurn returns nil for an event that can't be told to belong to others.
func newTurn(os *orders, e *Event, now time.Time) *turn {
	t := &turn{orders: os, came: now, look: make(chan struct{}, 1), time: e.Timestamp}
	switch {
	case e.Conversation != nil && e.Conversation.ID != "":
		t.key = conversationKey(e.Conversation.ID)
	case e.Activity != nil && e.Activity.Object.ID != "":
		t.key = "object " + e.Activity.Object.ID
	default:
		return nil
	}
	if strings.HasPrefix(e.Name, "message.create.") && e.Message != nil {
		if i := slices.Index(e.Conversation.Messages, e.Message.ID); i >= 0 {
			t.message, t.before = e.Message.ID, e.Conversation.Messages[:i]
		}
	}
	return t
}

// precedes reports whether t is known to have happened before other.
func (t *turn) precedes(other *turn) bool {
	if t.message != "" && slices.Contains(other.before, t.message) {
		return true
	}
	if other.message != "" && slices.Contains(t.before, other.message) {
		return false
	}
	return !t.time.IsZero() && t.time.Before(other.time)
}

// wait returns when it is this one's turn, or with the error of ctx, and then it has none.
func (t *turn) wait(ctx context.Context) error {
	if t == nil {
		return nil
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		again, overtook := t.try(time.Now())
		if overtook {
			t.orders.log.WarnContext(ctx, "handlers of an event took so long that the next one has begun",
				"conversation", t.key, "waited", t.orders.Hold)
		}
		if again == 0 {
			return nil
		}
		timer.Reset(again)
		select {
		case <-t.look:
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// forEver is longer than anybody waits without being woken.
const forEver = time.Hour

// try goes if it may, and else returns after how long another try may be worth it, unless woken before. overtook means
// that it did not wait for the end of the one before.
func (t *turn) try(now time.Time) (again time.Duration, overtook bool) {
	os, l := t.orders, t.line
	os.mu.Lock()
	defer os.mu.Unlock()
	if l.waiting[0] != t {
		return forEver, false
	}
	if l.going != nil {
		if left := l.since.Add(os.Hold).Sub(now); left > 0 {
			return left, false
		}
		overtook = true
	}
	missing := t.missing()
	if len(missing) > 0 {
		if left := t.came.Add(os.Gap).Sub(now); left > 0 {
			return left, false
		}
	}
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	l.going, l.since = t, now
	t.pass(missing)
	l.wake()
	return 0, overtook
}

// missing are the messages between the last one that has gone and t, of which nothing was heard.
func (t *turn) missing() []ID {
	l := t.line
	if t.message == "" || l.lastMessage == "" {
		return nil
	}
	last := slices.Index(t.before, l.lastMessage)
	if last < 0 {
		return nil // t is late, or too much lies between
	}
	var missing []ID
	for _, id := range t.before[last+1:] {
		if _, ok := l.come[id]; !ok {
			missing = append(missing, id)
		}
	}
	return missing
}

// pass notes that t goes, without those that are missing.
func (t *turn) pass(missing []ID) {
	l := t.line
	_, missed := l.missed[t.message]
	t.isLate = missed || !t.time.IsZero() && t.time.Before(l.lastTime)
	delete(l.missed, t.message)
	if t.isLate {
		return
	}
	if !t.time.IsZero() {
		l.lastTime = t.time
	}
	if t.message == "" {
		return
	}
	l.lastMessage = t.message
	delete(l.come, t.message)
	for _, id := range t.before {
		delete(l.come, id)
	}
	for _, id := range missing {
		l.note(l.missed, id)
	}
}

// late reports whether a later event has gone before.
func (t *turn) late() bool { return t != nil && t.isLate }

// leave lets the next one go, whether t has gone or not. It may be called more than once.
func (t *turn) leave() {
	if t == nil {
		return
	}
	os, l := t.orders, t.line
	os.mu.Lock()
	defer os.mu.Unlock()
	if i := slices.Index(l.waiting, t); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	if l.going == t {
		l.going = nil
	}
	l.wake()
	os.settle(l, time.Now())
}

// turnKey finds the turn of the event whose handlers have a context.
type turnKey struct{}

func withTurn(ctx context.Context, t *turn) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, turnKey{}, t)
}

// Yield lets the next event of the conversation go, if Options.Order holds it back, while the handler that was given
// ctx goes on: one calls it before waiting for what that event might bring.
func Yield(ctx context.Context) {
	t, _ := ctx.Value(turnKey{}).(*turn)
	t.leave()
}
