package bellhop

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
				{Name: "name"}, {Name: "forms", Type: Ref, Ref: "form", List: true, Default: `[]`},
			}},
			Field{Name: "commands", List: true, Default: `[]`},
			Field{Name: "whitelist", List: true, Default: `[]`},
			Field{Name: "tags", List: true, Default: `[]`},
			Field{Name: "parent", Type: Ref, Ref: "organization", Ruled: true},
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
				{Name: "organization", Type: Ref, Ref: "organization", Ruled: true}, {Name: "orgPath"},
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
			Field{Name: "bot", Type: Ref, Ref: "bot", Required: true, Ruled: true},
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
			Field{Name: "bot", Type: Ref, Ref: "bot", Ruled: true},
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
			Field{Name: "profile", Type: Object, Default: `{}`, Fields: []Field{
				{Name: "name"}, {Name: "givenName"}, {Name: "familyName"}, {Name: "email"}, {Name: "telephone"}, {Name: "locale"},
			}},
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
			Field{Name: "channels", Type: Ref, Ref: "channel", List: true, ReadOnly: true}, // to filter by, not shown
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
			Field{Name: "delivery", ReadOnly: true},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeGuest, Update: ScopeAgent, Delete: ScopeAgent},
	}
)

// MessageTypes are the twelve types of a message (docs/contract/events.md section 1).
var MessageTypes = []string{
	"chat", "card", "mention", "postback", "tag", "search",
	"command", "form", "field", "results", "report", "status",
}
