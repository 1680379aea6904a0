package conversation

import (
	"context"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// LoggedIn gives an agent his default system conversation, in the transaction of his first
// login, or of the next one after it was deleted
// (docs/contract/conversations.md section 7).
func (c *Conversations) LoggedIn(ctx context.Context, tx *store.Tx, user *bellhop.Document) error {
	var u bellhop.User
	if err := user.Decode(&u); err != nil {
		return err
	}
	agent := participantOf(&u, user)
	if agent.Role != string(bellhop.RoleAgent) && agent.Role != string(bellhop.RoleSupervisor) {
		return nil
	}
	key := "system:" + string(agent.User)
	_, err := tx.DocumentWithKey(ctx, bellhop.Conversations, key)
	if !bellhop.HasCode(err, bellhop.NotFound) {
		return err
	}
	p := c.plan(tx, account.System())
	doc := p.newDocument(account.Place{Organization: agent.Organization, OrgPath: u.Selected().OrgPath})
	doc.Keys = []string{key}
	conv := &bellhop.Conversation{Type: bellhop.SystemConversation, Status: bellhop.ConversationActive}
	if err := join(conv, &agent.Participant); err != nil {
		return err
	}
	if _, err := p.newStream(ctx, doc, conv); err != nil {
		return err
	}
	return p.carryOut(ctx)
}
