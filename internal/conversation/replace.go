package conversation

import (
	"bytes"
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/resource"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// Replace replaces all writable fields of a message by those of body or their defaults,
// and returns the message. Without a body, or if nothing differs, it stays as it is and
// nothing is announced (docs/contract/resources.md section 3). Effects of commands are not
// repeated. It returns NotFound for a message that the caller does not see and Forbidden
// if he may not change it.
func (c *Conversations) Replace(ctx context.Context, caller *account.Caller, message bellhop.ID, body []byte) (json.RawMessage, error) {
	var fields object
	if len(bytes.TrimSpace(body)) > 0 {
		var err error
		if fields, err = readObject(body, "message"); err != nil {
			return nil, err
		}
	}
	var shown json.RawMessage
	err := c.db.Update(ctx, func(tx *store.Tx) error {
		doc, err := messageFor(ctx, tx, caller, message)
		if err != nil {
			return err
		}
		shown = doc.Body
		if fields == nil {
			return nil
		}
		m, err := revised(doc, fields, bellhop.TimeOf(c.now()))
		if err != nil || m == nil {
			return err
		}
		doc.UpdatedAt = m.UpdatedAt
		if doc.Body, err = encode(m); err != nil {
			return err
		}
		shown = doc.Body
		if err := tx.Replace(ctx, bellhop.Messages, doc); err != nil {
			return err
		}
		return c.tellReplaced(ctx, tx, caller, doc)
	})
	return shown, err
}

// messageFor returns a message that the caller may change.
func messageFor(ctx context.Context, tx *store.Tx, caller *account.Caller, id bellhop.ID) (*bellhop.Document, error) {
	if !id.Valid() {
		return nil, bellhop.Messages.NotFound()
	}
	doc, err := tx.Document(ctx, bellhop.Messages, id)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, notDueOr(ctx, tx, caller, id, err)
	}
	if err != nil {
		return nil, err
	}
	return doc, mayMessage(caller, resource.Update, doc)
}

// revised returns the message in doc with the writable ones of fields, as a new version;
// nil if that makes no difference (docs/contract/conversations.md section 3).
func revised(doc *bellhop.Document, fields object, now bellhop.Time) (*bellhop.Message, error) {
	m := new(bellhop.Message)
	if err := doc.Decode(m); err != nil {
		return nil, err
	}
	role, name := m.Role, m.Meta["targetName"]
	r := read(fields)
	readContent(r, m)
	if err := r.failed(); err != nil {
		return nil, err
	}
	if err := m.Complete(); err != nil {
		return nil, err
	}
	m.Role = role
	// What the server writes into messages of some types is written anew: clients read
	// meta.users of every stored /assign, for example (docs/contract/README.md).
	m.Meta = cloned(m.Meta)
	if _, ok := m.Meta["targetName"]; m.Type == bellhop.MentionMessage && !ok && name != nil {
		m.Meta["targetName"] = name
	}
	d := draft{message: *m}
	if err := d.completeType(); err != nil {
		return nil, err
	}
	*m = d.message
	body, err := encode(m)
	if err != nil || bytes.Equal(body, doc.Body) {
		return nil, err
	}
	m.Version++
	m.UpdatedAt = now
	return m, nil
}

func (c *Conversations) tellReplaced(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) error {
	h := &subscription.Happening{
		Event: "message.update", Organization: doc.Organization, OrgPath: doc.OrgPath, At: doc.UpdatedAt,
		Actor: subscription.ActorOf(caller), Kind: bellhop.Messages, ID: doc.ID,
	}
	if err := c.describe(ctx, tx, doc, h); err != nil {
		return err
	}
	return c.announce(ctx, tx, h)
}
