package conversation

import (
	"cmp"
	"context"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/resource"
	"bellhop/internal/subscription"
)

// channel is an inbox that agents share (docs/contract/resources.md section 7).
type channel struct {
	*bellhop.Document
	name   string
	active bool
	users  []bellhop.ID // who are subscribed to it
}

func channelOf(doc *bellhop.Document) (*channel, error) {
	var fields struct {
		Name   string       `json:"name"`
		Status string       `json:"status"`
		Users  []bellhop.ID `json:"users"`
	}
	if err := doc.Decode(&fields); err != nil {
		return nil, err
	}
	return &channel{Document: doc, name: fields.Name, active: isActive(fields.Status), users: fields.Users}, nil
}

// isActive reads the status of a channel or workflow.
func isActive(status string) bool { return cmp.Or(status, "active") == "active" }

// channel returns the channel of that id, nil if there is none.
func (p *plan) channel(ctx context.Context, id bellhop.ID) (*channel, error) {
	doc, err := p.tx.Document(ctx, bellhop.Channels, id)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return channelOf(doc)
}

// deleteChannel takes along that conversations lie in it.
func (c *Conversations) deleteChannel(ctx context.Context, change *resource.Change) error {
	return change.Tx.EmptyChannel(ctx, change.Old.ID)
}

// tellNotified plans a channel.notify for each channel that m has put the conversation into
// (docs/contract/events.md section 2). Order is kept by the conversation, with its messages. All
// hear of it, so a message that is for some users only is not in it.
func (s *stream) tellNotified(m *bellhop.Message, body []byte) error {
	if len(s.notified) == 0 {
		return nil
	}
	shown, err := s.shown()
	if err != nil {
		return err
	}
	links := s.links(nil)
	var cause []event.Member
	if !m.IsLimited() {
		links.Message = m.ID
		cause = []event.Member{{Name: "message", Value: body}}
	}
	for _, c := range s.notified {
		s.plan.tell(&subscription.Happening{
			Event: "channel.notify", Organization: c.Organization, OrgPath: c.OrgPath, Actor: subscription.ActorOf(account.System()),
			Kind: bellhop.Channels, ID: c.ID, Key: s.doc.ID,
			Verb:  "notified channel " + cmp.Or(c.name, string(c.ID)) + " of conversation " + cmp.Or(s.conv.Name, string(s.doc.ID)),
			Data:  append([]event.Member{{Name: "channel", Value: c.Body}, {Name: "conversation", Value: shown}}, cause...),
			Links: links,
		})
	}
	s.notified = nil
	return nil
}
