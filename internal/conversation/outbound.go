package conversation

import (
	"cmp"
	"context"
	"slices"

	"bellhop"
	"bellhop/internal/account"
)

// startOutbound plans that somebody writes to a contact first, one who exists or a new
// one (docs/contract/conversations.md section 7, "Business-initiated").
func (p *plan) startOutbound(ctx context.Context, o *opening, conv *bellhop.Conversation) (*stream, error) {
	var s *stream
	var err error
	if o.contact != "" {
		s, err = p.continueNamed(ctx, o, conv)
	} else {
		s, err = p.startByProfile(ctx, o, conv)
	}
	if err != nil {
		return nil, err
	}
	s.opening = o.touchpoint()
	return s, s.requireTouchpoint(o.drafts)
}

// continueNamed finds the contact by its id.
func (p *plan) continueNamed(ctx context.Context, o *opening, conv *bellhop.Conversation) (*stream, error) {
	if !o.contact.Valid() {
		return nil, bellhop.Contacts.NotFound()
	}
	doc, err := p.tx.Document(ctx, bellhop.Contacts, o.contact)
	if err != nil {
		return nil, err
	}
	scope := p.caller.ScopeFor(bellhop.Contacts, doc.Organization, doc.OrgPath)
	switch {
	case scope == bellhop.NoScope || o.organization != "" && o.organization != doc.Organization:
		return nil, bellhop.Contacts.NotFound()
	case scope < bellhop.Conversations.Access.Create:
		return nil, bellhop.ErrPermission()
	}
	return p.goOn(ctx, doc, nil, conv)
}

// startByProfile finds the contact by an identifier, or makes one.
func (p *plan) startByProfile(ctx context.Context, o *opening, conv *bellhop.Conversation) (*stream, error) {
	owner, err := p.owner(ctx, bellhop.Conversations, o.organization)
	if err != nil {
		return nil, err
	}
	doc, err := contactWith(ctx, p.tx, owner.Organization, o.profile)
	if err != nil {
		return nil, err
	}
	if doc != nil {
		return p.goOn(ctx, doc, o.profile, conv)
	}
	contact := &bellhop.Contact{Profile: o.profile}
	if err := contact.Complete(); err != nil {
		return nil, err
	}
	_, s, err := p.newContact(ctx, owner, contact, conv)
	return s, err
}

// goOn opens the conversation of a contact who exists, which is made anew if it was
// deleted, and adds to his profile what is new.
func (p *plan) goOn(ctx context.Context, doc *bellhop.Document, profile bellhop.Profile, conv *bellhop.Conversation) (*stream, error) {
	contact := new(bellhop.Contact)
	if err := doc.Decode(contact); err != nil {
		return nil, err
	}
	changed, err := p.learn(ctx, contact, profile)
	if err != nil {
		return nil, err
	}
	s, err := p.load(ctx, contact.Conversation)
	missing := bellhop.HasCode(err, bellhop.NotFound)
	if err != nil && !missing {
		return nil, err
	}
	frame := (*bellhop.Document)(nil)
	if missing {
		frame = p.newDocument(account.Place{Organization: doc.Organization, OrgPath: doc.OrgPath})
		contact.Conversation = frame.ID
	}
	if changed || missing {
		if err := p.replaceContact(ctx, doc, contact); err != nil {
			return nil, err
		}
	}
	if missing {
		return p.contactConversation(ctx, frame, contact, conv)
	}
	p.add(s)
	s.touchpoint = conv.Touchpoint
	return s, nil
}

// learn adds the keys of profile that the contact does not have, and reports whether there
// were any. An identifier of another contact stays with that one.
func (p *plan) learn(ctx context.Context, contact *bellhop.Contact, profile bellhop.Profile) (bool, error) {
	if contact.Profile == nil {
		contact.Profile = bellhop.Profile{}
	}
	learned := false
	for key, value := range profile {
		if _, ok := contact.Profile[key]; ok || value == nil {
			continue
		}
		if key == "email" || key == "telephone" {
			other, err := contactWith(ctx, p.tx, contact.Organization, bellhop.Profile{key: value})
			if err != nil {
				return false, err
			}
			if other != nil {
				continue
			}
		}
		contact.Profile[key] = value
		learned = true
	}
	return learned, nil
}

func (p *plan) replaceContact(ctx context.Context, doc *bellhop.Document, contact *bellhop.Contact) error {
	contact.UpdatedAt, doc.UpdatedAt = p.now, p.now
	doc.Keys = contact.Keys()
	if err := p.replace(bellhop.Contacts, doc, contact); err != nil {
		return err
	}
	return p.tellContact(ctx, "contact.update", doc, contact)
}

// touchpoint returns by which transport the first message goes, which is what the
// conversation goes on with.
func (o *opening) touchpoint() string {
	if len(o.drafts) == 0 || o.drafts[0].message.Delay > 0 {
		return ""
	}
	return o.drafts[0].message.Touchpoint
}

// requireTouchpoint returns Invalid if nobody can tell by which transport the first
// message to the contact goes.
func (s *stream) requireTouchpoint(drafts []*draft) error {
	touchpoint := cmp.Or(s.conv.Touchpoint, s.touchpoint)
	for _, d := range slices.SortedStableFunc(slices.Values(drafts), byDelay) {
		m := &d.message
		if touchpoint == "" {
			touchpoint = m.Touchpoint
		}
		if m.Role != bellhop.ToContact || m.IsBackchannel {
			continue
		}
		if touchpoint == "" {
			return bellhop.InvalidField("messages.touchpoint", "is required on the first agent message")
		}
		return nil
	}
	return nil
}
