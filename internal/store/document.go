package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"bellhop"
)

// documentColumns are what scanDocument reads, in its order.
const documentColumns = "id, organization, org_path, parent, created_at, updated_at, doc, sealed"

// ErrTaken is returned when a document has a key that another one of its kind has.
var ErrTaken = errors.New("the key is taken")

// Insert adds doc to its kind. It returns ErrTaken if one of its keys is taken.
func (tx *Tx) Insert(ctx context.Context, kind *bellhop.Kind, doc *bellhop.Document) error {
	tx.bump(kind, doc.ID)
	_, err := tx.exec(ctx, "INSERT INTO "+kind.Plural+" ("+documentColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		doc.ID, doc.Organization, doc.OrgPath, doc.Parent, doc.CreatedAt, doc.UpdatedAt, string(doc.Body), tx.sealDocument(kind, doc))
	if err != nil {
		return fmt.Errorf("insert %s %s: %w", kind.Name, doc.ID, err)
	}
	return tx.insertKeys(ctx, kind, doc)
}

// Replace stores doc in the place of what has its id. Nil Keys leave the keys as they
// are. It returns the kind's NotFound if there is none, and ErrTaken as Insert does.
func (tx *Tx) Replace(ctx context.Context, kind *bellhop.Kind, doc *bellhop.Document) error {
	tx.bump(kind, doc.ID)
	args := []any{doc.Organization, doc.OrgPath, doc.Parent, doc.UpdatedAt, string(doc.Body), tx.sealDocument(kind, doc), doc.ID}
	// Indexes that begin with who owns it are written again by a statement that sets the owner, also to what he was.
	there := false
	if !tx.isGuarded() {
		n, err := tx.exec(ctx, "UPDATE "+kind.Plural+" SET updated_at = $4, doc = $5, sealed = $6 WHERE id = $7 AND organization = $1 AND org_path = $2 AND parent = $3", args...)
		if err != nil {
			return fmt.Errorf("replace %s %s: %w", kind.Name, doc.ID, err)
		}
		there = n > 0
	}
	if !there {
		var err error
		there, err = tx.changeRow(ctx, kind, doc.ID, "UPDATE "+kind.Plural+
			" SET organization = $1, org_path = $2, parent = $3, updated_at = $4, doc = $5, sealed = $6 WHERE id = $7", args...)
		if err != nil {
			return fmt.Errorf("replace %s %s: %w", kind.Name, doc.ID, err)
		}
	}
	if !there {
		return kind.NotFound()
	}
	if doc.Keys == nil {
		return nil
	}
	if err := tx.deleteKeys(ctx, kind, doc.ID); err != nil {
		return err
	}
	return tx.insertKeys(ctx, kind, doc)
}

// Delete removes a document and its keys. It returns the kind's NotFound if there is
// none.
func (tx *Tx) Delete(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) error {
	tx.bump(kind, id)
	there, err := tx.changeRow(ctx, kind, id, "DELETE FROM "+kind.Plural+" WHERE id = $1", id)
	if err != nil {
		return fmt.Errorf("delete %s %s: %w", kind.Name, id, err)
	}
	if !there {
		return kind.NotFound()
	}
	return tx.deleteKeys(ctx, kind, id)
}

// DeleteChildren removes all documents of kind that are listed under parent, and their
// keys.
func (tx *Tx) DeleteChildren(ctx context.Context, kind *bellhop.Kind, parent bellhop.ID) error {
	var ids []bellhop.ID
	if tx.db.Shared() && isNumbered(kind) || tx.db.changes.isAsked(kind) {
		var err error
		if ids, err = tx.ChildIDs(ctx, kind, parent, math.MaxInt64); err != nil {
			return err
		}
	}
	tx.bump(kind, ids...)
	if _, err := tx.exec(ctx, "DELETE FROM document_keys WHERE kind = $1 AND id IN (SELECT id FROM "+kind.Plural+" WHERE parent = $2)", kind.Name, parent); err != nil {
		return fmt.Errorf("delete the keys of every %s of %s: %w", kind.Name, parent, err)
	}
	if _, err := tx.exec(ctx, "DELETE FROM "+kind.Plural+" WHERE parent = $1", parent); err != nil {
		return fmt.Errorf("delete every %s of %s: %w", kind.Name, parent, err)
	}
	return nil
}

// Document returns the document of that id, without its Keys, or the kind's NotFound. In a
// transaction that writes the document stays as it is until that has ended, if it is a conversation,
// or else if tx replaces or deletes it: where others have changed it meanwhile, the function of tx
// runs again. So do those of all functions that return documents.
func (tx *Tx) Document(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) (*bellhop.Document, error) {
	return tx.oneDocument(ctx, kind, "WHERE id = $1", id)
}

// DocumentWithKey returns the document that has the key, without its Keys, or the
// kind's NotFound.
func (tx *Tx) DocumentWithKey(ctx context.Context, kind *bellhop.Kind, key string) (*bellhop.Document, error) {
	doc, err := tx.oneDocument(ctx, kind, "WHERE id = (SELECT id FROM document_keys WHERE kind = $1 AND value = $2)", kind.Name, shortKey(key))
	if bellhop.HasCode(err, bellhop.NotFound) {
		tx.missed(kind, shortKey(key))
	}
	return doc, err
}

// Documents returns those of the documents of ids that there are, in the order of ids, without
// their Keys.
func (tx *Tx) Documents(ctx context.Context, kind *bellhop.Kind, ids []bellhop.ID) ([]*bellhop.Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	from, id := tx.db.engine.rows("$1", "v")
	found, err := tx.documents(ctx, kind, "SELECT "+documentColumns+tx.stateColumn()+" FROM "+kind.Plural+" WHERE id IN (SELECT "+id+" FROM "+from+")"+tx.locking(), string(list))
	if err != nil {
		return nil, err
	}
	byID := make(map[bellhop.ID]*bellhop.Document, len(found))
	for _, doc := range found {
		byID[doc.ID] = doc
	}
	docs := make([]*bellhop.Document, 0, len(found))
	for _, id := range ids {
		if doc := byID[id]; doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

// Children returns the newest documents of kind that are listed under parent, oldest
// first.
func (tx *Tx) Children(ctx context.Context, kind *bellhop.Kind, parent bellhop.ID, newest int) ([]*bellhop.Document, error) {
	return tx.documents(ctx, kind, "SELECT "+documentColumns+", state FROM (SELECT "+documentColumns+tx.stateColumn()+" FROM "+kind.Plural+
		" WHERE parent = $1 ORDER BY created_at DESC, id DESC LIMIT $2"+tx.locking()+") AS newest ORDER BY created_at, id", parent, newest)
}

// ChildIDs returns the ids of the newest documents of kind that are listed under
// parent, oldest first.
func (tx *Tx) ChildIDs(ctx context.Context, kind *bellhop.Kind, parent bellhop.ID, newest int) ([]bellhop.ID, error) {
	var ids []bellhop.ID
	err := tx.each(ctx, "SELECT id FROM (SELECT id, created_at FROM "+kind.Plural+
		" WHERE parent = $1 ORDER BY created_at DESC, id DESC LIMIT $2) AS newest ORDER BY created_at, id", []any{parent, newest},
		func(row scanner) error {
			var id bellhop.ID
			err := row.Scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read every %s of %s: %w", kind.Name, parent, err)
	}
	return ids, nil
}

// Owned returns the documents of kind whose owner has that path, oldest first. It is for kinds
// of which an organization has few.
func (tx *Tx) Owned(ctx context.Context, kind *bellhop.Kind, orgPath string) ([]*bellhop.Document, error) {
	return tx.documents(ctx, kind, "SELECT "+documentColumns+tx.stateColumn()+" FROM "+kind.Plural+" WHERE org_path = $1 ORDER BY created_at, id"+tx.locking(), orgPath)
}

// Referring returns the documents of kind that organization owns and that have id in a declared field, by
// ascending id. An index finds the bot of botinstances and of services.
func (tx *Tx) Referring(ctx context.Context, kind *bellhop.Kind, field string, id, organization bellhop.ID) ([]*bellhop.Document, error) {
	return tx.documents(ctx, kind, "SELECT "+documentColumns+tx.stateColumn()+" FROM "+kind.Plural+
		" WHERE "+tx.db.engine.field("doc", field)+" = $1 AND organization = $2 ORDER BY id"+tx.locking(), id, organization)
}

// All returns every document of a kind by ascending id. It is for kinds of which there
// are few.
func (tx *Tx) All(ctx context.Context, kind *bellhop.Kind) ([]*bellhop.Document, error) {
	return tx.documents(ctx, kind, "SELECT "+documentColumns+tx.stateColumn()+" FROM "+kind.Plural+" ORDER BY id"+tx.locking())
}

// Exists reports whether any document of kind lies in orgPath or below.
func (tx *Tx) Exists(ctx context.Context, kind *bellhop.Kind, orgPath string) (bool, error) {
	var found bool
	err := tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM "+kind.Plural+" WHERE org_path = $1 OR org_path >= $2 AND org_path < $3)",
		[]any{orgPath, orgPath + "#", orgPath + "$"}, &found)
	return found, err
}

// oneDocument returns the document that a condition names.
func (tx *Tx) oneDocument(ctx context.Context, kind *bellhop.Kind, where string, args ...any) (*bellhop.Document, error) {
	locking, waits := tx.lockingOne(kind)
	doc, err := tx.readOne(ctx, kind, where, locking, args...)
	if errors.Is(err, sql.ErrNoRows) && !waits {
		var held bool
		held, err = tx.isThere(ctx, kind, where, args...)
		if err == nil && held {
			return nil, fmt.Errorf("%s is held by others: %w", kind.Name, errAgain)
		}
		if err == nil {
			err = sql.ErrNoRows
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, kind.NotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind.Name, err)
	}
	return doc, nil
}

func (tx *Tx) isThere(ctx context.Context, kind *bellhop.Kind, where string, args ...any) (there bool, err error) {
	err = tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM "+kind.Plural+" "+where+")", args, &there)
	return there, err
}

func (tx *Tx) readOne(ctx context.Context, kind *bellhop.Kind, where, locking string, args ...any) (*bellhop.Document, error) {
	stmt, err := tx.session.stmt(tx.context(ctx), "SELECT "+documentColumns+tx.stateColumn()+" FROM "+kind.Plural+" "+where+locking)
	if err != nil {
		return nil, tx.failed(tx.context(ctx), err)
	}
	doc, err := tx.scanRead(kind, locking != "", stmt.QueryRowContext(tx.context(ctx), args...))
	return doc, tx.failed(tx.context(ctx), err)
}

// documents returns those of a statement that has documentColumns and the state.
func (tx *Tx) documents(ctx context.Context, kind *bellhop.Kind, text string, args ...any) ([]*bellhop.Document, error) {
	var docs []*bellhop.Document
	err := tx.each(ctx, text, args, func(row scanner) error {
		doc, err := tx.scanRead(kind, tx.locking() != "", row)
		docs = append(docs, doc)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind.Plural, err)
	}
	return docs, nil
}

// scanRead is scanDocument, and notes which state of the document was read.
func (tx *Tx) scanRead(kind *bellhop.Kind, locked bool, row scanner) (*bellhop.Document, error) {
	var state int64
	doc, err := tx.scanDocument(kind, withState{row, &state})
	if err != nil || !tx.isGuarded() {
		return doc, err
	}
	return doc, tx.saw(kind, doc.ID, state, locked)
}

// withState is a row with the state after documentColumns.
type withState struct {
	scanner
	state *int64
}

func (s withState) Scan(dest ...any) error { return s.scanner.Scan(append(dest, s.state)...) }

// scanDocument reads documentColumns and opens what is sealed.
func (tx *Tx) scanDocument(kind *bellhop.Kind, row scanner) (*bellhop.Document, error) {
	doc := new(bellhop.Document)
	var body string
	var sealed []byte
	err := row.Scan(&doc.ID, &doc.Organization, &doc.OrgPath, &doc.Parent, &doc.CreatedAt, &doc.UpdatedAt, &body, &sealed)
	if err != nil {
		return nil, err
	}
	doc.Body = []byte(body)
	doc.Secret, err = tx.db.seal.open(placeOf(kind, doc.ID), sealed)
	return doc, err
}

func (tx *Tx) sealDocument(kind *bellhop.Kind, doc *bellhop.Document) []byte {
	return tx.db.seal.seal(placeOf(kind, doc.ID), doc.Secret)
}

// placeOf names the row that a sealed text belongs to.
func placeOf(kind *bellhop.Kind, id bellhop.ID) string { return kind.Plural + "/" + string(id) }

func (tx *Tx) insertKeys(ctx context.Context, kind *bellhop.Kind, doc *bellhop.Document) error {
	for _, key := range doc.Keys {
		n, err := tx.exec(ctx, "INSERT INTO document_keys (kind, value, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", kind.Name, shortKey(key), doc.ID)
		if err != nil {
			return fmt.Errorf("insert a key of %s %s: %w", kind.Name, doc.ID, err)
		}
		if n == 0 {
			return fmt.Errorf("%s %s: %w", kind.Name, doc.ID, tx.keyTaken(kind, shortKey(key)))
		}
	}
	return nil
}

func (tx *Tx) deleteKeys(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) error {
	if _, err := tx.exec(ctx, "DELETE FROM document_keys WHERE kind = $1 AND id = $2", kind.Name, id); err != nil {
		return fmt.Errorf("delete the keys of %s %s: %w", kind.Name, id, err)
	}
	return nil
}

// shortKey keeps index entries short on every engine, whatever clients send.
func shortKey(key string) string {
	if len(key) <= 200 {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return key[:100] + "..." + hex.EncodeToString(sum[:])
}
