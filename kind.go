package bellhop

import "slices"

// Kind describes one kind of resource: what it is called, what its fields are and
// who may do what. The API, the list dialect and the store are driven by it; adding
// a kind without behaviour of its own is one more entry (docs/contract/resources.md).
type Kind struct {
	Name   string // singular: conversation.create, data.conversation
	Plural string // in paths and as the table's name
	Label  string // begins "... not found"
	Open   bool   // undeclared top-level fields are stored and returned
	Fields []Field
	Access Access
}

// Access is the lowest scope that may do something with a kind
// (docs/contract/auth.md, "Permissions").
type Access struct {
	List, Get, Create, Update, Delete Scope
}

// Type is what a field holds.
type Type int

// The types of fields.
const (
	String Type = iota
	Number
	Bool
	Date
	Ref    // the id of a resource of the kind Field.Ref
	Object // with the declared Field.Fields, or free if there are none
	Any
)

// Field describes one field of a kind, or of an object in it.
type Field struct {
	Name     string
	Type     Type
	List     bool     // an array of Type
	Ref      string   // singular name of the kind that a Ref points to
	Fields   []Field  // of an Object; nil means any fields
	Required bool     // on create; neither absent, null, nor an empty string
	ReadOnly bool     // ignored in what clients send
	Enum     []string // the strings that are accepted; nil means all
	Default  string   // JSON that stands in for an absent value; empty means the field stays absent
}

// Field returns the declared field of that name, or nil.
func (k *Kind) Field(name string) *Field { return fieldOf(k.Fields, name) }

// Field returns the declared field of that name in an object, or nil.
func (f *Field) Field(name string) *Field { return fieldOf(f.Fields, name) }

func fieldOf(fields []Field, name string) *Field {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

// NotFound returns the error for an id that does not exist or that the caller may
// not see.
func (k *Kind) NotFound() *Error { return Errorf(NotFound, "%s not found", k.Label) }

// The kinds with behaviour of their own.
var (
	Organizations = &Kind{
		Name: "organization", Plural: "organizations", Label: "Organization",
		Fields: fields(
			Field{Name: "name", Required: true},
			Field{Name: "displayName"},
			Field{Name: "email", Default: `""`},
			Field{Name: "url"}, Field{Name: "country"}, Field{Name: "logo"}, Field{Name: "industry"},
			Field{Name: "status", Enum: []string{"active", "inactive"}, Default: `"active"`},
			Field{Name: "stopwords", List: true, Default: `[]`},
			Field{Name: "categories", Type: Object, List: true, Default: `[]`, Fields: []Field{
				{Name: "name"}, {Name: "forms", Type: Ref, Ref: "form", List: true},
			}},
			Field{Name: "commands", List: true, Default: `[]`},
			Field{Name: "whitelist", List: true, Default: `[]`},
			Field{Name: "tags", List: true, Default: `[]`},
			Field{Name: "parent", Type: Ref, Ref: "organization"},
			Field{Name: "path", ReadOnly: true},
			Field{Name: "level", Type: Number, ReadOnly: true},
			Field{Name: "meta", Type: Object},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeAdmin, Update: ScopeAdmin, Delete: ScopeAdmin},
	}

	Users = &Kind{
		Name: "user", Plural: "users", Label: "User",
		Fields: owned(
			Field{Name: "givenName"}, Field{Name: "familyName"},
			Field{Name: "displayName"}, Field{Name: "name"},
			Field{Name: "email"},    // required, but for bots, whose is made
			Field{Name: "password"}, // what is stored is its hash, elsewhere
			Field{Name: "status", Enum: []string{"active", "invited", "inactive"}},
			Field{Name: "role", Enum: roleNames()},
			Field{Name: "organizations", Type: Object, List: true, Fields: []Field{
				{Name: "organization", Type: Ref, Ref: "organization"}, {Name: "orgPath"},
				{Name: "role"}, {Name: "selected", Type: Bool},
			}},
			Field{Name: "avatar", Default: `"/images/avatar.png"`},
			Field{Name: "meta", Type: Object},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeSupervisor, Update: ScopeSupervisor, Delete: ScopeSupervisor},
	}

	Bots = &Kind{
		Name: "bot", Plural: "bots", Label: "Bot", Open: true,
		Fields: owned(
			Field{Name: "name", Required: true},
			Field{Name: "description"}, Field{Name: "avatar", Default: `"/images/avatar.png"`},
			Field{Name: "status", Default: `"active"`},
			Field{Name: "enabled", Type: Bool, Default: `true`},
			Field{Name: "scope", Enum: []string{"bot", "admin"}},
			Field{Name: "audience", Enum: []string{"owner", "suborgs", "global"}, Default: `"owner"`},
			Field{Name: "tags", List: true, Default: `[]`},
			Field{Name: "commands", List: true, Default: `[]`},
			Field{Name: "capabilities", List: true, Default: `[]`},
			Field{Name: "email", ReadOnly: true},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeAdmin, Update: ScopeAdmin, Delete: ScopeAdmin},
	}

	BotInstances = &Kind{
		Name: "botinstance", Plural: "botinstances", Label: "Botinstance", Open: true,
		Fields: owned(
			Field{Name: "bot", Type: Ref, Ref: "bot", Required: true},
			Field{Name: "enabled", Type: Bool, Default: `false`},
			Field{Name: "status", Default: `"active"`},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeAdmin, Update: ScopeAdmin, Delete: ScopeAdmin},
	}

	Services = &Kind{
		Name: "service", Plural: "services", Label: "Service",
		Fields: owned(
			Field{Name: "name", Required: true},
			Field{Name: "type", Required: true},
			Field{Name: "bot", Type: Ref, Ref: "bot"},
			Field{Name: "status"},
			Field{Name: "params", Type: Object, Default: `{}`},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: Access{List: ScopeAdmin, Get: ScopeAdmin, Create: ScopeAdmin, Update: ScopeAdmin, Delete: ScopeAdmin},
	}

	Contacts = &Kind{
		Name: "contact", Plural: "contacts", Label: "Contact",
		Fields: owned(
			Field{Name: "conversation", Type: Ref, Ref: "conversation", ReadOnly: true},
			Field{Name: "profile", Type: Object, Default: `{}`},
			Field{Name: "presences", Type: Object, List: true, Default: `[]`},
			Field{Name: "status", Default: `"active"`},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: Access{List: ScopeAgent, Get: ScopeBot, Create: ScopeBot, Update: ScopeBot, Delete: ScopeBot},
	}

	Conversations = &Kind{
		Name: "conversation", Plural: "conversations", Label: "Conversation",
		Fields: owned(
			Field{Name: "type", Enum: []string{"contact", "bot", "agent", "system"}},
			Field{Name: "name"},
			Field{Name: "status", Enum: []string{"queued", "active", "closed"}},
			Field{Name: "contact", Type: Ref, Ref: "contact"},
			Field{Name: "participants", Type: Object, List: true, Fields: []Field{
				{Name: "user", Type: Ref, Ref: "user"}, {Name: "name"}, {Name: "role"},
				{Name: "organization", Type: Ref, Ref: "organization"},
				{Name: "active", Type: Bool}, {Name: "accepted", Type: Bool},
				{Name: "inbox", Type: Bool}, {Name: "follow", Type: Bool},
			}},
			Field{Name: "messages", Type: Ref, Ref: "message", List: true},
			Field{Name: "categoryIndex", Type: Number}, Field{Name: "category"},
			Field{Name: "forms", Type: Object, List: true},
			Field{Name: "results", Type: Object, List: true},
			Field{Name: "tags", List: true},
			Field{Name: "touchpoint"}, Field{Name: "context"},
			Field{Name: "meta", Type: Object},
			Field{Name: "url", ReadOnly: true},
		),
		Access: Access{List: ScopeAgent, Get: ScopeGuest, Create: ScopeAgent, Update: ScopeAgent, Delete: ScopeAgent},
	}

	Messages = &Kind{
		Name: "message", Plural: "messages", Label: "Message",
		Fields: owned(
			Field{Name: "conversation", Type: Ref, Ref: "conversation"},
			Field{Name: "type", Enum: MessageTypes}, Field{Name: "text"},
			Field{Name: "role", Enum: []string{"contact", "agent", "bot"}},
			Field{Name: "user", Type: Ref, Ref: "user"},
			Field{Name: "contact", Type: Ref, Ref: "contact"},
			Field{Name: "isBackchannel", Type: Bool},
			Field{Name: "contentType"},
			Field{Name: "items", Type: Object, List: true},
			Field{Name: "actions", Type: Object, List: true},
			Field{Name: "results", Type: Object, List: true},
			Field{Name: "participants", Type: Ref, Ref: "user", List: true},
			Field{Name: "entities", Type: Any, List: true}, Field{Name: "services", Type: Any, List: true},
			Field{Name: "likes", Type: Any, List: true}, Field{Name: "comments", Type: Any, List: true},
			Field{Name: "meta", Type: Object},
			Field{Name: "touchpoint"}, Field{Name: "context"},
			Field{Name: "delay", Type: Number},
			Field{Name: "slug", ReadOnly: true}, Field{Name: "url", ReadOnly: true},
			Field{Name: "path", ReadOnly: true},
			Field{Name: "level", Type: Number, ReadOnly: true},
			Field{Name: "version", Type: Number, ReadOnly: true},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeGuest, Update: ScopeAgent, Delete: ScopeAgent},
	}
)

// Lists in the dialect of the kinds that are no resources (docs/contract/extensions.md
// sections 1 and 2).
var (
	Deliveries = &Kind{
		Name: "delivery", Plural: "deliveries", Label: "Delivery",
		Fields: []Field{
			{Name: "id"}, {Name: "service", Type: Ref, Ref: "service"},
			{Name: "organization", Type: Ref, Ref: "organization"}, {Name: "orgPath"},
			{Name: "event"}, {Name: "eventId"}, {Name: "key"}, {Name: "status"},
			{Name: "attempts", Type: Number}, {Name: "nextAttemptAt", Type: Date},
			{Name: "lastStatus", Type: Number}, {Name: "lastError"},
			{Name: "createdAt", Type: Date}, {Name: "deliveredAt", Type: Date}, {Name: "replayOf"}, {Name: "replay"},
		},
		Access: Access{List: ScopeAdmin, Get: ScopeAdmin, Create: ScopeAdmin},
	}

	Events = &Kind{
		Name: "event", Plural: "events", Label: "Event",
		Fields: []Field{
			{Name: "id"}, {Name: "event"}, {Name: "organization", Type: Ref, Ref: "organization"},
			{Name: "orgPath"}, {Name: "key"}, {Name: "createdAt", Type: Date}, {Name: "deliveries", Type: Number},
		},
		Access: Access{List: ScopeAdmin, Get: ScopeAdmin, Create: ScopeBot},
	}

	Replays = &Kind{
		Name: "replay", Plural: "replays", Label: "Replay",
		Fields: []Field{
			{Name: "id"}, {Name: "service", Type: Ref, Ref: "service"},
			{Name: "organization", Type: Ref, Ref: "organization"}, {Name: "orgPath"}, {Name: "state"},
			{Name: "from", Type: Date}, {Name: "to", Type: Date}, {Name: "events", List: true}, {Name: "status"},
			{Name: "rate", Type: Number}, {Name: "url"},
			{Name: "total", Type: Number}, {Name: "sent", Type: Number}, {Name: "failed", Type: Number},
			{Name: "pending", Type: Number},
			{Name: "createdBy", Type: Ref, Ref: "user"}, {Name: "createdAt", Type: Date}, {Name: "updatedAt", Type: Date},
		},
		Access: Access{List: ScopeAdmin, Get: ScopeAdmin, Create: ScopeAdmin, Update: ScopeAdmin},
	}
)

// MessageTypes are the twelve types of a message (docs/contract/events.md section 1).
var MessageTypes = []string{
	"chat", "card", "mention", "postback", "tag", "search",
	"command", "form", "field", "results", "report", "status",
}

// Kinds lists every kind that there is.
func Kinds() []*Kind {
	return []*Kind{Organizations, Users, Bots, BotInstances, Services, Contacts, Conversations, Messages}
}

// KindNamed returns the kind with that singular name, or nil.
func KindNamed(name string) *Kind {
	for _, k := range Kinds() {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// reservedNames are the singular names of the contract: no published event may begin
// with one, also where the kind is not served (docs/contract/extensions.md section 1).
var reservedNames = []string{
	"organization", "orggroup", "partner", "user", "bot", "botinstance", "channel", "service", "form",
	"workflow", "contact", "conversation", "message", "kbase", "kbitem", "article", "file", "location",
	"link", "watemplate", "metric", "point", "test", "testresult",
}

// ReservedName reports whether name is the singular name of a resource.
func ReservedName(name string) bool { return slices.Contains(reservedNames, name) }

// fields adds what every resource has to the fields of its own
// (docs/contract/resources.md section 2).
func fields(own ...Field) []Field {
	return append([]Field{{Name: "id", ReadOnly: true}}, append(own,
		Field{Name: "createdBy", Type: Ref, Ref: "user", ReadOnly: true},
		Field{Name: "createdAt", Type: Date, ReadOnly: true},
		Field{Name: "updatedAt", Type: Date, ReadOnly: true},
	)...)
}

// owned adds the owner as well, which organizations do not have.
func owned(own ...Field) []Field {
	return fields(append([]Field{
		{Name: "organization", Type: Ref, Ref: "organization"},
		{Name: "orgPath", ReadOnly: true},
	}, own...)...)
}

func roleNames() []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}
