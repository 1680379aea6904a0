package conversation

import (
	"context"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/resource"
	"bellhop/internal/store"
)

// Messages with participants are for these alone, for who has written them, and for admins,
// who read what goes to the webhooks anyway (docs/contract/conversations.md section 3,
// participants). For all others they do not exist.

// mayMessage tells nobody of a message that is not for him.
func mayMessage(caller *account.Caller, action resource.Action, doc *bellhop.Document) error {
	if err := resource.Allowed(caller, bellhop.Messages, action, doc); err != nil {
		return err
	}
	var m bellhop.Message
	if err := doc.Decode(&m); err != nil {
		return err
	}
	if !m.SeenBy(caller.ID) && !seesAll(caller, doc.OrgPath) {
		return bellhop.Messages.NotFound()
	}
	return nil
}

func seesAll(caller *account.Caller, orgPath string) bool {
	return caller.ScopeAt(orgPath) >= bellhop.ScopeAdmin
}

// readerOf says which messages of a conversation caller sees, nil being everybody.
func readerOf(caller *account.Caller, conversation *bellhop.Document) store.Visible {
	if caller == nil {
		return store.Visible{}
	}
	return store.Visible{All: seesAll(caller, conversation.OrgPath), Reader: caller.ID}
}

// limit returns NotFound if m is for somebody whom its author could not assign the
// conversation to.
func (s *stream) limit(ctx context.Context, m *bellhop.Message) error {
	if len(m.Participants) > maxParticipants {
		return bellhop.InvalidField("participants", "must be at most %d", maxParticipants)
	}
	for _, id := range m.Participants {
		if _, err := s.person(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
