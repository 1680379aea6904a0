package subscription

import (
	"slices"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
)

// Happening is one thing that happened, of which an event shall tell.
type Happening struct {
	Event        string // its name
	Organization bellhop.ID
	OrgPath      string
	At           bellhop.Time

	Actor   Actor
	Kind    *bellhop.Kind // of the subject
	ID      bellhop.ID    // of the subject
	Verb    string        // "created", "logged in"; empty means what the end of the name says
	Thing   string        // "chat message"; if Verb is empty too, the name of the kind
	Key     bellhop.ID    // what order is kept by; empty means the subject
	Message bellhop.ID    // that it tells of, or that made it happen; empty if there is none
	Data    []event.Member
	Links   Links
	Silent  func(service bellhop.ID) bool // services that are not told; nil means none

	// Readers are the only users whom this concerns: webhooks of other bots are not told.
	// Nil means everybody.
	Readers []bellhop.ID
}

// isSilent reports whether w is not told.
func (h *Happening) isSilent(w *Webhook) bool {
	return h.Silent != nil && h.Silent(w.Service) || h.Readers != nil && w.Bot != "" && !slices.Contains(h.Readers, w.Bot)
}

// Links are the resources that data.links names, each only if it is set; the
// organization is always there (docs/contract/delivery.md section 3).
type Links struct {
	Conversation, Message, Contact, User bellhop.ID
}

// Actor is who made something happen (docs/contract/delivery.md section 3, activity.actor).
type Actor struct {
	Kind ActorKind
	ID   bellhop.ID
	Name string
}

// ActorKind says what an actor is.
type ActorKind int

// The kinds of actors.
const (
	System ActorKind = iota
	User
	Bot
	Contact
)

// ActorOf returns the actor that a caller is.
func ActorOf(c *account.Caller) Actor {
	switch {
	case c.IsSystem():
		return Actor{Kind: System, Name: "System"}
	case c.IsBot():
		return Actor{Kind: Bot, ID: c.ID, Name: c.Name}
	default:
		return Actor{Kind: User, ID: c.ID, Name: c.Name}
	}
}
