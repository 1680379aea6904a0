package conversation

import (
	"context"
	"slices"

	"bellhop"
)

// learned is a contact who was changed by a message, until that is told.
type learned struct {
	doc     *bellhop.Document
	contact *bellhop.Contact
}

// setProfile sets a key of the contact's profile, or removes it if value is empty.
func (s *stream) setProfile(ctx context.Context, key, value string) error {
	if s.conv.Contact == "" {
		return bellhop.InvalidField("text", "sets %q, which no active form has, and there is no contact", key)
	}
	doc, planned, err := s.plan.contact(ctx, s.conv.Contact)
	if err != nil {
		return err
	}
	contact := new(bellhop.Contact)
	if err := doc.Decode(contact); err != nil {
		return err
	}
	contact.Profile = cloned(contact.Profile)
	before := contact.Profile[key]
	if value == "" {
		delete(contact.Profile, key)
	} else {
		contact.Profile[key] = value
	}
	if err := contact.Complete(); err != nil || contact.Profile[key] == before {
		return err
	}
	if key == "email" || key == "telephone" {
		if err := s.plan.unused(ctx, contact); err != nil {
			return err
		}
	}
	contact.UpdatedAt, doc.UpdatedAt = s.plan.now, s.plan.now
	doc.Keys = contact.Keys()
	if doc.Body, err = encode(contact); err != nil {
		return err
	}
	if len(doc.Body) > maxConversation {
		return bellhop.InvalidField("contact", "would be larger than %d bytes", maxConversation)
	}
	if !planned {
		s.plan.writes = append(s.plan.writes, write{kind: bellhop.Contacts, doc: doc, old: true})
	}
	s.learned = &learned{doc: doc, contact: contact}
	return nil
}

// contact returns a contact as the plan leaves it, and whether it will be written anyway.
func (p *plan) contact(ctx context.Context, id bellhop.ID) (doc *bellhop.Document, planned bool, err error) {
	for _, w := range p.writes {
		if w.kind == bellhop.Contacts && w.doc.ID == id {
			return w.doc, true, nil
		}
	}
	doc, err = p.tx.Document(ctx, bellhop.Contacts, id)
	return doc, false, err
}

// unused returns Conflict if a contact has an identifier that another one has, or will have
// once the plan is carried out.
func (p *plan) unused(ctx context.Context, contact *bellhop.Contact) error {
	if err := unused(ctx, p.tx, contact.Organization, contact.Profile, contact.ID); err != nil {
		return err
	}
	for _, w := range p.writes {
		if w.kind == bellhop.Contacts && w.doc.ID != contact.ID && slices.ContainsFunc(contact.Keys(), func(key string) bool { return slices.Contains(w.doc.Keys, key) }) {
			return bellhop.Errorf(bellhop.Conflict, "Telephone or email already in use")
		}
	}
	return nil
}
