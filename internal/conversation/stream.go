package conversation

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// stream is a conversation that messages are added to. Its document is always what conv
// says.
type stream struct {
	plan    *plan
	doc     *bellhop.Document
	conv    *bellhop.Conversation
	fresh   bool // not stored yet
	changed bool // stored, but otherwise

	touchpoint string // of messages that name none, while the conversation has none
	opening    string // becomes the touchpoint of the conversation with the next message

	newest  bellhop.Time // when the newest message was created, of those that are stored; 0 until it is read
	latest  []bellhop.ID // the newest ids, for payloads; nil until they are read
	recent  int          // how many of the newest messages that were read are within loopWindow
	counted bool         // they are as many as guard may count, not only those of payloads
	talk    talk
	added   []*bellhop.Message
	learned *learned               // the contact whom the message under way has changed
	people  map[bellhop.ID]*person // users who concern this conversation, as far as they were looked up

	notices  *notices   // nil until it is asked for
	notified []*channel // by the message that is being posted
	routed   bool       // by all workflows, since it was queued
}

// open returns the stream of a conversation into which the caller may post. Every other
// id is NotFound (docs/contract/resources.md section 5).
func (p *plan) open(ctx context.Context, id bellhop.ID) (*stream, error) {
	if s := p.streams[id]; s != nil {
		return s, nil
	}
	s, err := p.load(ctx, id)
	if err != nil {
		return nil, err
	}
	scope := p.caller.ScopeFor(bellhop.Conversations, s.doc.Organization, s.doc.OrgPath)
	switch {
	case scope == bellhop.NoScope:
		return nil, bellhop.Conversations.NotFound()
	case scope < bellhop.ScopeGuest:
		return nil, bellhop.ErrPermission()
	case scope < bellhop.ScopeAgent && s.conv.Participant(p.caller.ID) == nil:
		return nil, bellhop.ErrPermission() // docs/contract/auth.md, "Permissions"
	}
	p.add(s)
	return s, nil
}

// load reads a conversation without asking who the caller is.
func (p *plan) load(ctx context.Context, id bellhop.ID) (*stream, error) {
	if !id.Valid() {
		return nil, bellhop.Conversations.NotFound()
	}
	doc, err := p.tx.Document(ctx, bellhop.Conversations, id)
	if err != nil {
		return nil, err
	}
	s := &stream{plan: p, doc: doc, conv: new(bellhop.Conversation)}
	if err := doc.Decode(s.conv); err != nil {
		return nil, err
	}
	s.conv.Complete()
	changed, err := p.people.refresh(ctx, p.tx, s.conv.Participants)
	if err != nil || !changed {
		return s, err
	}
	// That alone changes nothing of the conversation: what is stored follows with the next change.
	doc.Body, err = encode(s.conv)
	return s, err
}

func (p *plan) add(s *stream) {
	p.streams[s.doc.ID] = s
	p.order = append(p.order, s)
}

// update renders conv anew, and reports whether it is another one than before.
func (s *stream) update() (bool, error) {
	body, err := encode(s.conv)
	if err != nil {
		return false, err
	}
	if bytes.Equal(body, s.doc.Body) {
		return false, nil
	}
	s.conv.UpdatedAt = s.plan.now
	if body, err = encodeConversation(s.conv); err != nil {
		return false, err
	}
	s.doc.Body, s.doc.UpdatedAt = body, s.plan.now
	s.changed = true
	return true, nil
}

func encodeConversation(c *bellhop.Conversation) ([]byte, error) {
	body, err := encode(c)
	if err == nil && len(body) > maxConversation {
		err = bellhop.InvalidField("conversation", "would be larger than %d bytes", maxConversation)
	}
	return body, err
}

// store plans to write the conversation if that is needed: once, however many messages
// have changed it.
func (s *stream) store() {
	if s.fresh || s.changed {
		s.plan.writes = append(s.plan.writes, write{kind: bellhop.Conversations, doc: s.doc, old: !s.fresh})
	}
}

// append adds a message to the newest ones.
func (s *stream) append(ctx context.Context, m *bellhop.Message) error {
	if err := s.readNewest(ctx); err != nil {
		return err
	}
	if !m.IsLimited() {
		s.latest = append(s.latest, m.ID)
	}
	s.latest = s.latest[max(0, len(s.latest)-shownInPayload):]
	s.added = append(s.added, m)
	return nil
}

// readNewest reads the newest messages, as many as payloads name, by one statement. It does so
// once.
func (s *stream) readNewest(ctx context.Context) error {
	if s.latest != nil || s.fresh {
		return nil
	}
	newest, err := s.readSome(ctx, shownInPayload)
	if err != nil {
		return err
	}
	s.newest = newest.At
	if newest.Limited {
		if newest.IDs, err = s.plan.tx.ReadableIDs(ctx, s.doc.ID, shownInPayload, readerOf(nil, s.doc)); err != nil {
			return err
		}
	}
	s.latest, s.recent = present(newest.IDs), newest.Since
	return nil
}

// now returns when a message is created that is posted now: later than all others of the
// conversation, also where another node, whose clock is ahead, has posted one
// (docs/contract/conversations.md section 3).
func (s *stream) now(ctx context.Context) (bellhop.Time, error) {
	if s.fresh || !s.plan.db.Shared() {
		return s.plan.now, nil
	}
	if err := s.readNewest(ctx); err != nil {
		return 0, err
	}
	return max(s.plan.now, s.newest+1), nil
}

// readSome reads up to n of the newest messages, and how many of them are within loopWindow.
func (s *stream) readSome(ctx context.Context, n int) (store.Newest, error) {
	now := s.plan.now
	return s.plan.tx.NewestMessages(ctx, s.doc.ID, n, now.Add(-loopWindow)+1, now.Add(loopWindow))
}

// shown returns the conversation as payloads have it.
func (s *stream) shown() (json.RawMessage, error) { return withMessages(s.doc.Body, s.latest) }

// links returns what is relevant in all events of the conversation.
func (s *stream) links(user *person) subscription.Links {
	links := subscription.Links{Conversation: s.doc.ID, Contact: s.conv.Contact}
	if user != nil {
		links.User = user.User
	}
	return links
}

// tellConversation plans conversation.create or conversation.update.
func (s *stream) tellConversation(ctx context.Context, name string, actor subscription.Actor, user *person) error {
	shown, err := s.shown()
	if err != nil {
		return err
	}
	data := []event.Member{{Name: "conversation", Value: shown}}
	if data, err = s.plan.withUser(ctx, data, user); err != nil {
		return err
	}
	s.plan.tell(&subscription.Happening{
		Event: name, Organization: s.doc.Organization, OrgPath: s.doc.OrgPath, Actor: actor,
		Kind: bellhop.Conversations, ID: s.doc.ID, Data: data, Links: s.links(user),
	})
	return nil
}

// withUser adds who acted, if that is a user (docs/contract/events.md section 2).
func (p *plan) withUser(ctx context.Context, data []event.Member, user *person) ([]event.Member, error) {
	body, err := p.bodyOf(ctx, user)
	if err != nil || body == nil {
		return data, err
	}
	return append(data, event.Member{Name: "user", Value: body}), nil
}

// withMessages returns a conversation with the ids of its messages.
func withMessages(body json.RawMessage, ids []bellhop.ID) (json.RawMessage, error) {
	list, err := encode(present(ids))
	if err != nil {
		return nil, err
	}
	return slices.Concat(body[:len(body)-1], []byte(`,"messages":`), list, []byte("}")), nil
}

func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
