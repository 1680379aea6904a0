package bellhop

import "encoding/json"

// AuditRecord says who changed what (docs/contract/extensions.md section 8). It is written with
// the change, and never changed.
type AuditRecord struct {
	ID           ID            `json:"id"`
	Organization ID            `json:"organization"`
	OrgPath      string        `json:"orgPath"`
	Verb         AuditVerb     `json:"verb"`
	Kind         string        `json:"kind"`               // singular
	Object       string        `json:"object,omitempty"`   // its id
	Name         string        `json:"name,omitempty"`     // what it was called then
	User         ID            `json:"user,omitempty"`     // who did it; empty is the server, or somebody who is not known
	UserName     string        `json:"userName,omitempty"` // as it was then
	Role         Role          `json:"role,omitempty"`     // in the organization that he had selected
	Via          AuditVia      `json:"via"`
	Address      string        `json:"address,omitempty"`
	Failed       bool          `json:"failed"`           // it was tried, and changed nothing
	Reason       string        `json:"reason,omitempty"` // why it failed, or why the server did it
	Changes      []AuditChange `json:"changes"`
	More         int           `json:"more"` // how many further fields were changed
	CreatedAt    Time          `json:"createdAt"`
}

// AuditChange is a field that was changed. What is secret has no values, and what was not there has
// none.
type AuditChange struct {
	Field  string          `json:"field"` // a path: params.url
	Secret bool            `json:"secret,omitempty"`
	Old    json.RawMessage `json:"old,omitempty"`
	New    json.RawMessage `json:"new,omitempty"`
}

// AuditVerb is what was done.
type AuditVerb string

// The verbs.
const (
	AuditCreate AuditVerb = "create"
	AuditUpdate AuditVerb = "update"
	AuditDelete AuditVerb = "delete"
	AuditVerify AuditVerb = "verify" // a webhook by its challenge
	AuditRotate AuditVerb = "rotate" // the secret of a webhook
	AuditReplay AuditVerb = "replay" // what was delivered, or was to be
	AuditTest   AuditVerb = "test"   // a webhook by a sample
	AuditLogin  AuditVerb = "login"
	AuditLogout AuditVerb = "logout"
	AuditRevoke AuditVerb = "revoke" // all tokens and sessions of a user
)

// AuditVerbs lists the verbs.
func AuditVerbs() []AuditVerb {
	return []AuditVerb{
		AuditCreate, AuditUpdate, AuditDelete, AuditVerify, AuditRotate, AuditReplay, AuditTest, AuditLogin, AuditLogout, AuditRevoke,
	}
}

// AuditVia is how somebody came.
type AuditVia string

// The ways.
const (
	ViaPage    AuditVia = "page"
	ViaAPI     AuditVia = "api"
	ViaCommand AuditVia = "command" // of an operator, on the machine of the server
	ViaServer  AuditVia = "server"  // by itself
)

// Audited reports whether changes of the resources of k are recorded: all but of what people write
// to each other, which is no setting, and too much.
func (k *Kind) Audited() bool { return k != Contacts && k != Conversations && k != Messages }
