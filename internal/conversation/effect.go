package conversation

import (
	"context"
	"slices"

	"bellhop"
)

// affect changes the conversation as the message demands, and reports whether that made
// a difference.
func (s *stream) affect(ctx context.Context, d *draft, m *bellhop.Message, user *person) (bool, error) {
	var participant *bellhop.Participant
	if user != nil {
		participant = &user.Participant
	}
	c := s.conv
	before := marks{c.Status, c.Touchpoint, slices.Clone(c.Participants)}
	accepted := hasAccepted(c, participant)
	if err := takePart(c, m, participant); err != nil {
		return false, err
	}
	if !accepted && hasAccepted(c, participant) {
		if err := s.withdrawFor(ctx, participant.User); err != nil {
			return false, err
		}
	}
	receive(c, m)
	if m.Role == bellhop.FromContact && c.Status != bellhop.ConversationActive {
		if err := s.route(ctx); err != nil {
			return false, err
		}
	}
	if s.opening != "" {
		c.Touchpoint, s.opening = s.opening, ""
	}
	switch m.Type {
	case bellhop.ResultsMessage:
		addResults(c, m)
	case bellhop.TagMessage:
		tag(c, m)
	case bellhop.MentionMessage:
		if err := s.mention(ctx, d.targets, m); err != nil {
			return false, err
		}
	case bellhop.FormMessage:
		if err := s.arrange(ctx, d.form); err != nil {
			return false, err
		}
	case bellhop.FieldMessage:
		if err := s.fillIn(ctx, d.field); err != nil {
			return false, err
		}
	case bellhop.CommandMessage:
		if err := s.obey(ctx, d, participant); err != nil {
			return false, err
		}
	default:
		// Nothing else can have changed: most messages do without rendering it all.
		if before.equal(c) {
			return false, nil
		}
	}
	return s.update()
}

// marks are what a message of any type may change in its conversation.
type marks struct {
	status       bellhop.ConversationStatus
	touchpoint   string
	participants []bellhop.Participant
}

func (a marks) equal(c *bellhop.Conversation) bool {
	return a.status == c.Status && a.touchpoint == c.Touchpoint && slices.Equal(a.participants, c.Participants)
}

// receive does what every message does to its conversation.
func receive(c *bellhop.Conversation, m *bellhop.Message) {
	if c.IsTeam() {
		c.Status = bellhop.ConversationActive
		fillInboxes(c, m)
		return
	}
	if c.Touchpoint == "" {
		c.Touchpoint = m.Touchpoint // docs/contract/conversations.md section 7
	}
}

// obey carries out a system command of a user (docs/contract/conversations.md section
// 5.1). The server itself can only set, assign and notify.
func (s *stream) obey(ctx context.Context, d *draft, user *bellhop.Participant) error {
	c := s.conv
	switch d.command.name {
	case "set":
		return s.set(ctx, d.command.rest)
	case "assign":
		return s.assignAll(ctx, d.command.users)
	case "notify", "enqueue":
		return s.summon(ctx, d.command)
	}
	if user == nil {
		return nil
	}
	switch d.command.name {
	case "accept":
		if err := accept(c, user); err != nil {
			return err
		}
		return s.withdrawFor(ctx, user.User)
	case "join":
		return join(c, user)
	case "leave":
		return s.leave(ctx, user.User)
	case "follow", "unfollow":
		return follow(c, user, d.command.name == "follow")
	}
	return nil
}

func (s *stream) assignAll(ctx context.Context, users []bellhop.ID) error {
	for _, id := range users {
		u, err := s.person(ctx, id)
		if err != nil {
			return err
		}
		if err := assign(s.conv, &u.Participant); err != nil {
			return err
		}
	}
	return nil
}

// leave settles the status as well (docs/contract/conversations.md section 4).
func (s *stream) leave(ctx context.Context, user bellhop.ID) error {
	c := s.conv
	took := leave(c, user)
	switch {
	case c.IsTeam():
		if !c.AnyActive() {
			c.Status = bellhop.ConversationClosed
		}
	case took && c.Status == bellhop.ConversationActive && !c.AnyAccepted():
		waits, err := s.contactWaits(ctx)
		if err != nil {
			return err
		}
		c.Status = bellhop.ConversationClosed
		if waits {
			return s.route(ctx)
		}
	}
	if c.Status == bellhop.ConversationClosed {
		return s.withdrawRouted(ctx)
	}
	return nil
}

// contactWaits reports whether the newest message that the contact sees is his own. It
// looks at what is planned and then at the newest that are stored.
func (s *stream) contactWaits(ctx context.Context) (bool, error) {
	for _, m := range slices.Backward(s.added) {
		if m.ReachesContact() {
			return m.Role == bellhop.FromContact, nil
		}
	}
	for _, newest := range []int{shownInPayload, shownAlone} {
		docs, err := s.plan.tx.Children(ctx, bellhop.Messages, s.doc.ID, newest)
		if err != nil {
			return false, err
		}
		for _, doc := range slices.Backward(docs) {
			var m bellhop.Message
			if err := doc.Decode(&m); err != nil {
				return false, err
			}
			if m.ReachesContact() {
				return m.Role == bellhop.FromContact, nil
			}
		}
		if len(docs) < newest {
			break
		}
	}
	return false, nil
}
