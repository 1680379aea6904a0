package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// CreateContact stores the contact that body describes, with its conversation, and
// returns it. It returns NotFound for an organization that the caller does not see,
// Forbidden if he may not create contacts there, and Conflict if a contact of that
// organization has the telephone number or email address
// (docs/contract/resources.md section 7).
func (c *Conversations) CreateContact(ctx context.Context, caller *account.Caller, body []byte) (json.RawMessage, error) {
	fields, err := readObject(body, "contact")
	if err != nil {
		return nil, err
	}
	sent, organization, err := readContact(fields)
	if err != nil {
		return nil, err
	}
	var shown json.RawMessage
	err = c.request(ctx, caller, func(p *plan) error {
		contact := *sent
		owner, err := p.owner(ctx, bellhop.Contacts, organization)
		if err != nil {
			return err
		}
		if err := unused(ctx, p.tx, owner.Organization, contact.Profile, ""); err != nil {
			return err
		}
		doc, _, err := p.newContact(ctx, owner, &contact, new(bellhop.Conversation))
		if err != nil {
			return err
		}
		shown = doc.Body
		return nil
	})
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// readContact reads what a client may set of a contact, and the organization.
func readContact(fields object) (*bellhop.Contact, bellhop.ID, error) {
	r := read(fields)
	organization := r.id("organization")
	contact := new(bellhop.Contact)
	contact.Profile = bellhop.Profile(r.object("profile"))
	contact.Status = r.text("status")
	contact.Meta = r.object("meta")
	r.each("presences", func(r *reader) { contact.Presences = append(contact.Presences, r.fields) })
	if err := r.failed(); err != nil {
		return nil, "", err
	}
	return contact, organization, contact.Complete()
}

// unused returns Conflict if a contact but the one with the id self has one of the
// identifiers.
func unused(ctx context.Context, tx *store.Tx, organization bellhop.ID, profile bellhop.Profile, self bellhop.ID) error {
	for _, identifier := range []string{"telephone", "email"} {
		only := bellhop.Profile{identifier: profile[identifier]}
		found, err := contactWith(ctx, tx, organization, only)
		if err != nil {
			return err
		}
		if found != nil && found.ID != self {
			return bellhop.Errorf(bellhop.Conflict, "%s already in use", map[string]string{"telephone": "Telephone", "email": "Email"}[identifier])
		}
	}
	return nil
}

// contactWith returns the contact that has an identifier of profile, nil if none has. If
// two have, the telephone number decides (docs/contract/conversations.md section 7).
func contactWith(ctx context.Context, tx *store.Tx, organization bellhop.ID, profile bellhop.Profile) (*bellhop.Document, error) {
	for _, key := range profile.Keys(organization) {
		doc, err := tx.DocumentWithKey(ctx, bellhop.Contacts, key)
		if err == nil {
			return doc, nil
		}
		if !bellhop.HasCode(err, bellhop.NotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// newContact plans a contact and its conversation, of which conv may say more.
func (p *plan) newContact(ctx context.Context, owner account.Place, contact *bellhop.Contact, conv *bellhop.Conversation) (*bellhop.Document, *stream, error) {
	doc := p.newDocument(owner)
	contact.ID, contact.Organization, contact.OrgPath = doc.ID, owner.Organization, owner.OrgPath
	contact.CreatedBy, contact.CreatedAt, contact.UpdatedAt = p.caller.ID, p.now, p.now
	doc.Keys = contact.Keys()

	frame := p.newDocument(owner)
	contact.Conversation = frame.ID
	if err := p.insert(bellhop.Contacts, doc, contact); err != nil {
		return nil, nil, err
	}
	if err := p.tellContact(ctx, "contact.create", doc, contact); err != nil {
		return nil, nil, err
	}
	s, err := p.contactConversation(ctx, frame, contact, conv)
	return doc, s, err
}

// contactConversation plans the conversation of a contact: closed, until somebody says
// something.
func (p *plan) contactConversation(ctx context.Context, frame *bellhop.Document, contact *bellhop.Contact, conv *bellhop.Conversation) (*stream, error) {
	conv.Type = bellhop.ContactConversation
	conv.Contact = contact.ID
	conv.Status = bellhop.ConversationClosed
	if conv.Name == "" {
		conv.Name = contact.Profile.DisplayName()
	}
	return p.newStream(ctx, frame, conv)
}

func (p *plan) tellContact(ctx context.Context, name string, doc *bellhop.Document, contact *bellhop.Contact) error {
	return p.tellContactBy(ctx, name, doc, contact, subscription.ActorOf(p.caller), p.self())
}

// tellContactBy plans an event of a contact. The user is who acts, or for whom a contact
// does, nil if there is none.
func (p *plan) tellContactBy(ctx context.Context, name string, doc *bellhop.Document, contact *bellhop.Contact, actor subscription.Actor, user *person) error {
	links := subscription.Links{Contact: doc.ID, Conversation: contact.Conversation}
	if user != nil {
		links.User = user.User
	}
	data, err := p.withUser(ctx, []event.Member{{Name: "contact", Value: doc.Body}}, user)
	if err != nil {
		return err
	}
	p.tell(&subscription.Happening{
		Event: name, Organization: doc.Organization, OrgPath: doc.OrgPath, Actor: actor,
		Kind: bellhop.Contacts, ID: doc.ID, Data: data, Links: links,
	})
	return nil
}
