package conversation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/resource"
	"bellhop/internal/store"
)

// maxDelay is how much later than it was received a message may take effect
// (docs/contract/conversations.md section 6).
const maxDelay = 24 * time.Hour

// due is what a message has of its own from the moment it was received.
type due struct {
	id   bellhop.ID
	slug string
	at   bellhop.Time // when it takes effect, and is created
}

func (p *plan) newDue(at bellhop.Time) *due {
	return &due{id: p.tx.NewID(p.now), slug: newSlug(), at: at}
}

// delay reads after how many milliseconds a message takes effect.
func (r *reader) delay() int64 {
	f := r.number("delay")
	if f < 0 || f > float64(maxDelay.Milliseconds()) {
		r.fail("delay", "must be from 0 to %d milliseconds", maxDelay.Milliseconds())
		return 0
	}
	return int64(f)
}

func byDelay(a, b *draft) int { return cmp.Compare(a.message.Delay, b.message.Delay) }

// take posts a message now, or plans to do so when it is due, and returns it.
func (s *stream) take(ctx context.Context, d *draft) (json.RawMessage, error) {
	if d.message.Delay > 0 && d.due == nil {
		return s.delay(ctx, d)
	}
	if err := s.guard(ctx, d); err != nil {
		return nil, err
	}
	return s.post(ctx, d)
}

// delay plans to keep a message until it is due. What is wrong whatever happens until then
// is refused at once; all else is judged when it is due.
func (s *stream) delay(ctx context.Context, d *draft) (json.RawMessage, error) {
	p := s.plan
	later := *d
	later.due = p.newDue(p.now.Add(time.Duration(d.message.Delay) * time.Millisecond))
	body, err := s.rehearse(ctx, &later)
	if err != nil {
		return nil, err
	}
	m := &store.Delayed{
		Organization: s.doc.Organization, OrgPath: s.doc.OrgPath, Body: body,
		// Escapes stay as they are: two may be the halves of one character.
		Draft: bytes.ToValidUTF8(d.source, []byte("\uFFFD")),
	}
	m.ID, m.Conversation, m.Due = later.due.id, s.doc.ID, later.due.at
	m.Poster = store.Poster{User: p.caller.ID, Organization: p.caller.Organization, Scope: p.caller.Scope}
	p.delayed = append(p.delayed, m)
	return body, nil
}

// rehearse returns the message as it would be if nothing happened until it is due. Nothing
// is planned. That the conversation as it is does not allow it (an Invalid error), or that
// another contact has what it sets (Conflict), is no reason to refuse it: that may be
// different then.
func (s *stream) rehearse(ctx context.Context, d *draft) (json.RawMessage, error) {
	user, err := s.author(ctx, d)
	if err != nil {
		return nil, err
	}
	p := s.plan
	scratch := &plan{
		Conversations: p.Conversations, tx: p.tx, caller: p.caller, now: d.due.at, me: p.me,
		streams: map[bellhop.ID]*stream{},
	}
	for _, w := range p.writes {
		if w.kind == bellhop.Contacts { // he may be new
			doc := *w.doc
			w.doc = &doc
			scratch.writes = append(scratch.writes, w)
		}
	}
	doc := *s.doc
	copied := &stream{
		plan: scratch, doc: &doc, conv: new(bellhop.Conversation), fresh: s.fresh,
		touchpoint: s.touchpoint, latest: s.latest[:len(s.latest):len(s.latest)], added: s.added[:len(s.added):len(s.added)],
	}
	if err := doc.Decode(copied.conv); err != nil {
		return nil, err
	}
	copied.conv.Complete()
	scratch.add(copied)
	body, err := copied.post(ctx, d)
	if bellhop.HasCode(err, bellhop.Invalid) || bellhop.HasCode(err, bellhop.Conflict) {
		return encode(s.message(d, user))
	}
	return body, err
}

// postpone writes the messages that are not due yet.
func (p *plan) postpone(ctx context.Context) error {
	if len(p.delayed) == 0 {
		return nil
	}
	first := p.delayed[0].Due
	for _, m := range p.delayed {
		if err := p.tx.InsertDelayed(ctx, m); err != nil {
			return err
		}
		first = min(first, m.Due)
	}
	p.tx.AfterCommit(func() { p.postponed(first) })
	return nil
}

// postDelayed posts a message that is due, in the transaction that forgets it.
func (p *plan) postDelayed(ctx context.Context, m *store.Delayed) error {
	d, err := readDraft(m.Draft)
	if err != nil {
		return err
	}
	var shown bellhop.Message
	if err := json.Unmarshal(m.Body, &shown); err != nil {
		return fmt.Errorf("decode delayed message %s: %w", m.ID, err)
	}
	d.due = &due{id: m.ID, slug: shown.Slug, at: m.Due}
	s, err := p.open(ctx, m.Conversation)
	if err != nil {
		return err
	}
	s.touchpoint, d.answer = shown.Touchpoint, shown.Delivery
	_, err = s.take(ctx, d)
	return err
}

// waiting are the messages that are not due yet, for who knows their ids.
func (c *Conversations) waiting() *resource.Waiting {
	return &resource.Waiting{
		Find: delayedDocument,
		Delete: func(ctx context.Context, tx *store.Tx, id bellhop.ID) error {
			_, err := tx.DeleteDelayed(ctx, id)
			return err
		},
		Change: errNotDue,
	}
}

// delayedDocument returns the message of that id as it is shown while it is not due, nil if there
// is none.
func delayedDocument(ctx context.Context, tx *store.Tx, id bellhop.ID) (*bellhop.Document, error) {
	m, err := tx.Delayed(ctx, id)
	if err != nil || m == nil {
		return nil, err
	}
	return &bellhop.Document{
		ID: m.ID, Organization: m.Organization, OrgPath: m.OrgPath, Parent: m.Conversation,
		CreatedAt: m.Due, UpdatedAt: m.Due, Body: m.Body,
	}, nil
}

// errNotDue is the answer to who wants to change a message that is not due yet.
func errNotDue() *bellhop.Error {
	return bellhop.Errorf(bellhop.Conflict, "Message is not due yet: delete it and post another one")
}

// notDueOr returns why a message that is no document cannot be changed: missing, unless it
// waits until it is due.
func notDueOr(ctx context.Context, tx *store.Tx, caller *account.Caller, id bellhop.ID, missing error) error {
	doc, err := delayedDocument(ctx, tx, id)
	if err != nil {
		return err
	}
	if doc == nil {
		return missing
	}
	if err := mayMessage(caller, resource.Update, doc); err != nil {
		return err
	}
	return errNotDue()
}
