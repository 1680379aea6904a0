package conversation

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"encoding/base64"
	"encoding/json"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// post adds a message with all of its effects (docs/contract/conversations.md sections 4
// and 5), and returns it as it is shown.
func (s *stream) post(ctx context.Context, d *draft) (json.RawMessage, error) {
	told := len(s.plan.told)
	d, err := s.settle(ctx, d)
	if err != nil {
		return nil, err
	}
	if d.message.Type == bellhop.StatusMessage && !s.plan.caller.IsSystem() {
		return nil, bellhop.InvalidField("type", "status is for messages of the server")
	}
	user, err := s.author(ctx, d)
	if err != nil {
		return nil, err
	}
	if d.due == nil {
		at, err := s.now(ctx)
		if err != nil {
			return nil, err
		}
		posted := *d
		posted.due = &due{id: s.plan.tx.NewID(at), slug: newSlug(), at: at}
		d = &posted
	}
	m := s.message(d, user)
	if err := s.limit(ctx, m); err != nil {
		return nil, err
	}
	changed, err := s.affect(ctx, d, m, user)
	if err != nil {
		return nil, err
	}
	doc := &bellhop.Document{
		ID: m.ID, Organization: m.Organization, OrgPath: m.OrgPath, Parent: s.doc.ID,
		CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
	if m.IsLimited() {
		store.Limit(doc)
	}
	if err := s.plan.insert(bellhop.Messages, doc, m); err != nil {
		return nil, err
	}
	if err := s.append(ctx, m); err != nil {
		return nil, err
	}
	if err := s.tellPost(ctx, doc.Body, m, user, changed); err != nil {
		return nil, err
	}
	if err := s.tellNotified(m, doc.Body); err != nil {
		return nil, err
	}
	for _, h := range s.plan.told[told:] {
		h.Message = m.ID // has made all of that happen
	}
	return doc.Body, nil
}

// author returns in whose name a message is, nil if it is the contact's or the server's.
func (s *stream) author(ctx context.Context, d *draft) (*person, error) {
	if d.speaksForContact() {
		if s.conv.Contact == "" {
			return nil, bellhop.InvalidField("role", "contact is for conversations with a contact")
		}
		return nil, nil
	}
	if d.user == "" || d.user == s.plan.caller.ID {
		return s.plan.actor(ctx)
	}
	if s.plan.caller.ScopeFor(bellhop.Messages, s.doc.Organization, s.doc.OrgPath) < bellhop.ScopeBot {
		return nil, bellhop.ErrPermission()
	}
	return s.person(ctx, d.user)
}

// message returns the message that d becomes when it is due.
func (s *stream) message(d *draft, user *person) *bellhop.Message {
	p := s.plan
	m := d.message
	frame := d.due
	m.ID, m.Slug, m.CreatedAt, m.UpdatedAt = frame.id, frame.slug, frame.at, frame.at
	m.Organization, m.OrgPath, m.Conversation = s.doc.Organization, s.doc.OrgPath, s.doc.ID
	if d.speaksForContact() {
		m.Contact = s.conv.Contact
	} else if user != nil {
		m.User = user.User
	}
	m.Touchpoint = cmp.Or(m.Touchpoint, s.conv.Touchpoint, s.touchpoint)
	m.Context = cmp.Or(m.Context, s.conv.Context)
	m.URL = p.app + "/m/" + m.Slug
	m.Path, m.Level, m.Version = string(m.ID), 1, 1
	m.CreatedBy, m.Delivery = p.caller.ID, d.answer
	return &m
}

// newSlug returns 9 random characters that need no escape in a URL.
func newSlug() string {
	var random [7]byte
	crand.Read(random[:])
	return base64.RawURLEncoding.EncodeToString(random[:])[:9]
}

// tellPost plans the event of a message, and that of what it has changed behind it
// (docs/contract/events.md section 2).
func (s *stream) tellPost(ctx context.Context, body json.RawMessage, m *bellhop.Message, user *person, changed bool) error {
	shown, err := s.shown()
	if err != nil {
		return err
	}
	actor := s.actor(m, user)
	links := s.links(user)
	links.Message = m.ID
	s.plan.tell(&subscription.Happening{
		Event:        "message.create." + string(s.conv.Type) + "." + string(m.Type),
		Organization: s.doc.Organization, OrgPath: s.doc.OrgPath, Actor: actor,
		Kind: bellhop.Messages, ID: m.ID, Thing: string(m.Type) + " message", Key: s.doc.ID,
		Data:  []event.Member{{Name: "conversation", Value: shown}, {Name: "message", Value: body}},
		Links: links, Readers: m.Readers(),
	})
	if user == nil {
		user = s.plan.self() // who posted the contact's side
	}
	if l := s.learned; l != nil {
		s.learned = nil
		if err := s.plan.tellContactBy(ctx, "contact.update", l.doc, l.contact, actor, user); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return s.tellConversation(ctx, "conversation.update", actor, user)
}

// actor is who speaks.
func (s *stream) actor(m *bellhop.Message, user *person) subscription.Actor {
	switch {
	case m.Contact != "":
		return subscription.Actor{Kind: subscription.Contact, ID: m.Contact, Name: s.conv.Name}
	case user != nil:
		return user.actor()
	}
	return subscription.ActorOf(s.plan.caller)
}
