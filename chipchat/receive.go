package chipchat

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Texts of docs/contract/sdk.md section 6; the last is this package's own, for a payload that would leave handlers
// without a message.
var (
	errMissingEvent        = errors.New("Invalid payload, missing event")
	errMissingConversation = errors.New("Invalid payload, missing conversation")
	errMissingMessage      = errors.New("Invalid payload, missing message")
)

// receive has the handlers of an event that was checked run. Its error joins theirs; a dropped event has none.
func (b *Bot) receive(ctx context.Context, e *Event) error {
	b.outdate(e)
	if e.isMessage() && b.dropped(e) {
		return nil
	}
	b.bindEvent(e)
	if err := b.passReceive(ctx, e); err != nil {
		if errors.Is(err, ErrDrop) {
			return nil
		}
		return &middlewareError{"middleware receive processing error:  ", err}
	}
	e.facts = &facts{}
	activity := *e
	activity.Message, activity.facts = nil, nil // the handlers of messages are not meant
	noted := b.emit(ctx, "activity", &activity)
	if e.isMessage() {
		return errors.Join(noted, b.receiveMessage(ctx, e))
	}
	return errors.Join(noted, b.emit(ctx, e.Name, e))
}

// bindEvent lets the conversation of the event speak, and brings the shared copy up to date: that of any message,
// and that of an update if there is one already.
func (b *Bot) bindEvent(e *Event) {
	c := e.Conversation
	if c == nil {
		return
	}
	c.bot = b
	switch {
	case e.Late && e.Name != "conversation.delete": // what it carries is outdated
		c.copy = b.memories.share(c.ID, c.Raw, time.Now())
	case e.isMessage():
		c.copy = b.memories.hear(c.ID, c.Raw, time.Now(), true)
	case e.Name == "conversation.update":
		c.copy = b.memories.hear(c.ID, c.Raw, time.Now(), false)
	case e.Name == "conversation.delete":
		b.memories.forget(c.ID)
		fallthrough
	default:
		c.copy = &memory{raw: c.Raw}
	}
}

// receiveMessage fires the text triggers and answers questions; if there was none, it emits the names of the event.
func (b *Bot) receiveMessage(ctx context.Context, e *Event) error {
	m := e.Message
	var errs []error
	if answerable(m) {
		// Taken before the triggers: what those ask is not answered by this message.
		open := b.openQuestions(e.Conversation)
		errs = append(errs, b.trigger(ctx, e), b.answer(ctx, open, e))
		if len(open.listeners) > 0 {
			return errors.Join(errs...)
		}
	}
	if !b.disabled(m) {
		for _, name := range emitted(e, b.Auth().User) {
			errs = append(errs, b.emit(ctx, name, e))
		}
	}
	return errors.Join(errs...)
}

// answerable reports whether somebody said something that text triggers and open questions look at.
func answerable(m *Message) bool {
	return (m.Type == "chat" || m.Type == "postback") && m.Text != "" &&
		(m.Role == RoleContact || m.Role == RoleAgent)
}

// emitted are the names of a message event, in the order of sdk.md section 6.
func emitted(e *Event, self ID) []string {
	m := e.Message
	all := []string{"message", e.Name}
	switch {
	case m.Type == "command" && m.Text == "/assign" && names(m.Meta["users"], self):
		all = append(all, "notify", "assign")
	case m.Type == "command" && strings.HasPrefix(m.Text, ">"):
		all = append(all, "notify", "command")
	case m.Type == "mention" && names(m.Meta["targetUser"], self):
		all = append(all, "notify", "mention")
	}
	if m.Role != "" {
		all = append(all, e.Name+"."+m.Role)
	}
	return all
}
