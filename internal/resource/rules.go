package resource

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// Rules is what a kind does beyond being stored. Every function may be nil. A kind with
// rules is created, changed and deleted as all others; the functions complete it.
type Rules struct {
	// Changeable are the fields that a PATCH may change; nil means all that are not
	// read-only. Others are ignored.
	Changeable []string

	// Prepare does what must not run in a transaction: a challenge, the hash of a
	// password. Old is nil on create; c.Tx is nil; c.Fields is what the client sent, checked
	// and, on PATCH, not yet merged. What it returns is Change.Prepared.
	Prepare func(ctx context.Context, c *Change) (any, error)

	// Create completes and checks a resource that is about to be stored. It may change
	// c.Fields, c.Secret, c.Keys and c.Parent, and the owner.
	Create func(ctx context.Context, c *Change) error

	// Update does so for one that is about to be replaced; c.Fields is merged already.
	// ErrStartOver makes everything from reading the old one happen again.
	Update func(ctx context.Context, c *Change) error

	// Delete removes what goes along with c.Old.
	Delete func(ctx context.Context, c *Change) error

	// Done runs after the commit of any change, with c.Tx nil.
	Done func(ctx context.Context, c *Change)

	// Show returns the body that caller is shown.
	Show func(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error)

	// List is Show for an element of a list; nil means Show.
	List func(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error)

	// Data returns the body as event payloads carry it; nil means the stored body.
	Data func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) (json.RawMessage, error)

	// Announce tells of a change; nil means with the event <kind>.<action>, its data
	// being the resource and the acting user. For that, Update and Create may set c.Links.
	Announce func(ctx context.Context, c *Change) error

	// Secrets returns the names of the sealed fields in which two states of a resource differ, for
	// the audit record; either may be nil. A nil function means that the kind has none.
	Secrets func(old, new *bellhop.Document) ([]string, error)

	// Place returns the organization whose admins are shown the audit record of a change; nil means
	// the owner.
	Place func(c *Change) (account.Place, error)

	// Waiting are those of the kind that are no documents yet; nil if it has none.
	Waiting *Waiting

	// May replaces Allowed for one resource and action.
	May func(caller *account.Caller, action Action, doc *bellhop.Document) error
}

// Action is what a caller wants to do with a resource.
type Action int

// The actions.
const (
	Read Action = iota
	Create
	Update
	Delete
)

// Change is one create, update or delete under way.
type Change struct {
	Tx     *store.Tx
	Caller *account.Caller
	Kind   *bellhop.Kind
	Now    bellhop.Time
	Action Action

	// Old is what is stored before an update or a delete.
	Old *bellhop.Document

	// New is what will be stored after a create or an update: its common fields are set,
	// its Body is rendered from Fields when the rules are done. Rules set its Secret, Keys
	// and Parent.
	New *bellhop.Document

	// Fields is the resource, decoded: what was sent, checked against the registry, with
	// defaults on create and merged over what is stored on update.
	Fields map[string]any

	// Sent is what the client sent, decoded, but for read-only fields.
	Sent map[string]any

	Prepared any

	// Verb is what the audit record calls the change; empty means by its Action. With one
	// that rules set there is a record also where nothing is changed.
	Verb bellhop.AuditVerb

	// Rotation says that the secret of a service is rotated.
	Rotation *subscription.Rotation

	// Touched is a user that the rules have changed along, who gets a user.update of his own
	// (docs/contract/events.md section 2).
	Touched *bellhop.Document

	// Links are the resources beside the owner that the event's data.links names.
	Links subscription.Links
}
