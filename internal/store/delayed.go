package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// Delayed is a message that is not due yet. It is no document: nothing lists or counts it.
type Delayed struct {
	DelayedID
	Organization bellhop.ID // the owner of the conversation
	OrgPath      string
	Body         []byte // the message, as far as it is known before it is due
	Draft        []byte // as it was sent
}

// DelayedID says which message is due when, where, and who posts it.
type DelayedID struct {
	ID           bellhop.ID
	Conversation bellhop.ID
	Due          bellhop.Time
	Poster       Poster
}

// Poster is who posts a message and what he could do when he sent it.
type Poster struct {
	User         bellhop.ID // empty for the server itself
	Organization bellhop.ID // the selected one
	Scope        bellhop.Scope
}

// InsertDelayed adds a message that is not due yet.
func (tx *Tx) InsertDelayed(ctx context.Context, m *Delayed) error {
	_, err := tx.exec(ctx, `INSERT INTO delayed_messages
		(id, conversation, organization, org_path, due, poster, poster_organization, poster_scope, doc, draft)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m.ID, m.Conversation, m.Organization, m.OrgPath, m.Due,
		m.Poster.User, m.Poster.Organization, m.Poster.Scope.String(), string(m.Body), string(m.Draft))
	if err != nil {
		return fmt.Errorf("insert delayed message %s: %w", m.ID, err)
	}
	return nil
}

// Delayed returns the message of that id if it is not due yet, nil if there is none.
func (tx *Tx) Delayed(ctx context.Context, id bellhop.ID) (*Delayed, error) {
	m := new(Delayed)
	m.ID = id
	var scope, body, draft string
	err := tx.get(ctx, `SELECT conversation, organization, org_path, due, poster, poster_organization, poster_scope, doc, draft
		FROM delayed_messages WHERE id = $1`, []any{id},
		&m.Conversation, &m.Organization, &m.OrgPath, &m.Due, &m.Poster.User, &m.Poster.Organization, &scope, &body, &draft)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read delayed message %s: %w", id, err)
	}
	m.Poster.Scope, m.Body, m.Draft = bellhop.ParseScope(scope), []byte(body), []byte(draft)
	return m, nil
}

// DueMessages returns up to n messages that are due at now, in their order, and when the
// first of those is due that are not; zero if it found none.
func (tx *Tx) DueMessages(ctx context.Context, now bellhop.Time, n int) (due []DelayedID, next bellhop.Time, err error) {
	err = tx.each(ctx, `SELECT id, conversation, due, poster, poster_organization, poster_scope
		FROM delayed_messages ORDER BY due, id LIMIT $1`, []any{n}, func(row scanner) error {
		var m DelayedID
		var scope string
		if err := row.Scan(&m.ID, &m.Conversation, &m.Due, &m.Poster.User, &m.Poster.Organization, &scope); err != nil {
			return err
		}
		m.Poster.Scope = bellhop.ParseScope(scope)
		switch {
		case m.Due <= now:
			due = append(due, m)
		case next == 0:
			next = m.Due
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read which delayed messages are due: %w", err)
	}
	return due, next, nil
}

// DeleteDelayed removes a message that is not due yet, and reports whether it was there. It
// is for whoever posts it as well: of all who try, one is told that it was.
func (tx *Tx) DeleteDelayed(ctx context.Context, id bellhop.ID) (bool, error) {
	n, err := tx.exec(ctx, "DELETE FROM delayed_messages WHERE id = $1", id)
	if err != nil {
		return false, fmt.Errorf("delete delayed message %s: %w", id, err)
	}
	return n > 0, nil
}

// DeleteDelayedOf removes all messages of a conversation that are not due yet.
func (tx *Tx) DeleteDelayedOf(ctx context.Context, conversation bellhop.ID) error {
	if _, err := tx.exec(ctx, "DELETE FROM delayed_messages WHERE conversation = $1", conversation); err != nil {
		return fmt.Errorf("delete the delayed messages of %s: %w", conversation, err)
	}
	return nil
}
