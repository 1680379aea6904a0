package conversation

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/resource"
)

// Rules returns what package resource needs to read, list, patch and delete these kinds.
// They are created here alone, but for channels, which only go from here.
func (c *Conversations) Rules() map[*bellhop.Kind]resource.Rules {
	return map[*bellhop.Kind]resource.Rules{
		bellhop.Conversations: {
			Changeable: []string{
				"organization", "name", "meta", "tags", "categoryIndex", "category", "touchpoint", "context", "status",
			},
			Create: notHere, Update: c.updateConversation, Delete: c.deleteConversation,
			Show: c.Show, List: c.ShowListed, Announce: c.tell, May: mayConversation,
		},
		bellhop.Messages: {
			Changeable: []string{
				"organization", "text", "contentType", "actions", "items", "results", "meta", "isBackchannel",
			},
			Create: notHere, Update: c.updateMessage, Announce: c.tell, May: mayMessage, Waiting: c.waiting(),
		},
		bellhop.Contacts: {
			Create: notHere, Update: c.updateContact, Delete: c.deleteContact, Announce: c.tell,
		},
		bellhop.Channels: {Delete: c.deleteChannel},
	}
}

// notHere holds a mistake of ours: Start, Post and CreateContact know what else has to
// happen.
func notHere(_ context.Context, c *resource.Change) error {
	return fmt.Errorf("a %s is created by package conversation", c.Kind.Name)
}

// mayConversation keeps agents from deleting what they do not take part in
// (docs/contract/auth.md, "Permissions").
func mayConversation(caller *account.Caller, action resource.Action, doc *bellhop.Document) error {
	if err := resource.Allowed(caller, bellhop.Conversations, action, doc); err != nil || action != resource.Delete {
		return err
	}
	if caller.ScopeFor(bellhop.Conversations, doc.Organization, doc.OrgPath) > bellhop.ScopeAgent {
		return nil
	}
	var conv bellhop.Conversation
	if err := doc.Decode(&conv); err != nil {
		return err
	}
	if conv.Participant(caller.ID) == nil {
		return bellhop.ErrPermission()
	}
	return nil
}

// updateConversation lets a PATCH change what docs/contract/conversations.md section 8
// names; all else stays.
func (c *Conversations) updateConversation(ctx context.Context, change *resource.Change) error {
	conv := new(bellhop.Conversation)
	if err := change.Old.Decode(conv); err != nil {
		return err
	}
	r := read(change.Fields)
	conv.Name, conv.Touchpoint, conv.Context = r.text("name"), r.text("touchpoint"), r.text("context")
	conv.Tags, conv.Meta = r.texts("tags"), r.object("meta")
	conv.CategoryIndex, conv.Category = r.category("categoryIndex"), r.text("category")
	if status, sent := change.Sent["status"]; sent {
		if status == nil {
			r.fail("status", "cannot be removed")
		}
		conv.SetStatus(bellhop.ConversationStatus(r.text("status")))
		if conv.Status == bellhop.ConversationClosed {
			if err := change.Tx.WithdrawRouted(ctx, conv.ID); err != nil {
				return err
			}
		}
	}
	if err := r.failed(); err != nil {
		return err
	}
	conv.Complete()
	if err := agreeOnSent(ctx, change, conv); err != nil {
		return err
	}
	if _, err := encodeConversation(conv); err != nil {
		return err
	}
	return setFields(change, conv)
}

// agreeOnSent completes the one of category and its index that was not sent.
func agreeOnSent(ctx context.Context, change *resource.Change, conv *bellhop.Conversation) error {
	_, name := change.Sent["category"]
	_, index := change.Sent["categoryIndex"]
	if name == index {
		return nil
	}
	categories, err := categoriesOf(ctx, change.Tx, conv.Organization)
	if err != nil {
		return err
	}
	if index {
		setCategoryIndex(conv, categories, conv.CategoryIndex)
	} else {
		setCategory(conv, categories, conv.Category)
	}
	return nil
}

func (c *Conversations) updateMessage(_ context.Context, change *resource.Change) error {
	m, err := revised(change.Old, change.Fields, change.Now)
	if err != nil {
		return err
	}
	if m == nil {
		m = new(bellhop.Message)
		if err := change.Old.Decode(m); err != nil {
			return err
		}
	}
	return setFields(change, m)
}

func (c *Conversations) updateContact(ctx context.Context, change *resource.Change) error {
	contact := new(bellhop.Contact)
	if err := change.Old.Decode(contact); err != nil {
		return err
	}
	sent, _, err := readContact(change.Fields)
	if err != nil {
		return err
	}
	contact.Profile, contact.Presences, contact.Status, contact.Meta = sent.Profile, sent.Presences, sent.Status, sent.Meta
	if err := unused(ctx, change.Tx, contact.Organization, contact.Profile, contact.ID); err != nil {
		return err
	}
	change.New.Keys = contact.Keys()
	return setFields(change, contact)
}

// setFields makes v, as it is stored elsewhere in this package, what the change stores.
func setFields(change *resource.Change, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	members, err := event.Members(body)
	if err != nil {
		return err
	}
	change.Fields = map[string]any{}
	for _, m := range members {
		change.Fields[m.Name] = m.Value
	}
	return nil
}
