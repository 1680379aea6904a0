package conversation

import (
	"context"
	"encoding/json"
	"maps"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// Start begins the conversation that body describes and posts its messages, as
// docs/contract/conversations.md section 7 says: all or nothing. It returns the
// conversation with the ids of its messages, and whether it is new: an outbound
// conversation with a contact that exists goes on in his. It returns NotFound for an
// organization, contact or user that the caller does not see.
func (c *Conversations) Start(ctx context.Context, caller *account.Caller, body []byte) (json.RawMessage, bool, error) {
	fields, err := readObject(body, "conversation")
	if err != nil {
		return nil, false, err
	}
	o, err := readOpening(fields, body)
	if err != nil {
		return nil, false, err
	}
	var shown json.RawMessage
	var created bool
	var refused error
	err = c.db.Update(ctx, func(tx *store.Tx) (err error) {
		var s *stream
		refused, err = c.attempt(ctx, tx, caller, func(p *plan) (err error) {
			s, err = p.start(ctx, o)
			return err
		})
		if err != nil || refused != nil {
			return err
		}
		created = s.fresh
		shown, err = c.Show(ctx, tx, caller, s.doc)
		return err
	})
	if err == nil {
		err = refused
	}
	return shown, created, err
}

func (p *plan) start(ctx context.Context, o *opening) (*stream, error) {
	conv := o.conv
	conv.Meta = maps.Clone(conv.Meta) // the draft must survive a second run
	var s *stream
	var err error
	if o.typ == bellhop.ContactConversation {
		s, err = p.startOutbound(ctx, o, &conv)
	} else {
		s, err = p.startTeam(ctx, o, &conv)
	}
	if err != nil {
		return nil, err
	}
	for _, user := range o.users {
		if user == p.caller.ID {
			continue // takes part already
		}
		if _, err := s.post(ctx, assignment(user)); err != nil {
			return nil, err
		}
	}
	for _, d := range o.drafts {
		if _, err := s.take(ctx, d); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// assignment is the message by which a participant learns of a conversation.
func assignment(user bellhop.ID) *draft {
	d := &draft{command: command{name: "assign", users: []bellhop.ID{user}}}
	m := &d.message
	m.Type, m.Text = bellhop.CommandMessage, "/assign"
	m.Meta = map[string]any{"users": []any{string(user)}}
	// A message that is put together here is valid.
	_ = m.Complete()
	return d
}

// startTeam plans a conversation among users.
func (p *plan) startTeam(ctx context.Context, o *opening, conv *bellhop.Conversation) (*stream, error) {
	owner, err := p.owner(ctx, bellhop.Conversations, o.organization)
	if err != nil {
		return nil, err
	}
	conv.Type = o.typ
	switch {
	case conv.Type == "" && p.caller.IsBot():
		conv.Type = bellhop.BotConversation
	case conv.Type == "":
		conv.Type = bellhop.AgentConversation
	case conv.Type == bellhop.SystemConversation && !p.caller.IsBot():
		if err := p.caller.Require(owner.OrgPath, bellhop.ScopeAdmin); err != nil {
			return nil, err
		}
	}
	conv.Status = bellhop.ConversationActive
	return p.newStream(ctx, p.newDocument(owner), conv)
}

// newStream plans a conversation in which the caller takes part.
func (p *plan) newStream(ctx context.Context, doc *bellhop.Document, conv *bellhop.Conversation) (*stream, error) {
	conv.ID, conv.Organization, conv.OrgPath = doc.ID, doc.Organization, doc.OrgPath
	conv.CreatedBy, conv.CreatedAt, conv.UpdatedAt = p.caller.ID, p.now, p.now
	conv.URL = p.app + "/conversations/" + string(doc.ID)
	conv.Complete()
	me, err := p.actor(ctx)
	if err != nil {
		return nil, err
	}
	if me != nil {
		if err := join(conv, &me.Participant); err != nil {
			return nil, err
		}
	}
	if err := agreeOnCategory(ctx, p.tx, conv); err != nil {
		return nil, err
	}
	s := &stream{plan: p, doc: doc, conv: conv, fresh: true}
	if _, err := s.update(); err != nil {
		return nil, err
	}
	p.add(s)
	return s, s.tellConversation(ctx, "conversation.create", subscription.ActorOf(p.caller), me)
}
