package bellhop

import "strings"

// The kinds that are stored and shown as they are sent, but for what their fields say
// (docs/contract/resources.md section 7).
var (
	OrgGroups = &Kind{
		Name: "orggroup", Plural: "orggroups", Label: "Orggroup", Open: true,
		Fields: owned(
			Field{Name: "name"},
			Field{Name: "organizations", Type: Ref, Ref: "organization", List: true, Default: `[]`},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: readBy(ScopeBot),
	}

	Partners = &Kind{
		Name: "partner", Plural: "partners", Label: "Partner", Open: true,
		Fields: named(), Access: readBy(ScopeAdmin),
	}

	Channels = &Kind{
		Name: "channel", Plural: "channels", Label: "Channel", Open: true,
		Fields: named(
			Field{Name: "users", Type: Ref, Ref: "user", List: true, Default: `[]`}, // who are subscribed
			Field{Name: "status", Default: `"active"`},
		),
		Access: readBy(ScopeBot),
	}

	Forms = &Kind{
		Name: "form", Plural: "forms", Label: "Form", Open: true,
		Fields: owned(
			Field{Name: "name", Required: true},
			Field{Name: "fields", Type: Object, List: true, Default: `[]`, Fields: []Field{
				{Name: "name", Required: true}, {Name: "key", MadeOf: "name"}, {Name: "type", Default: `"text"`},
				{Name: "required", Type: Bool, Default: `false`}, {Name: "options", Type: Any, List: true, Default: `[]`},
			}},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: Access{List: ScopeBot, Get: ScopeBot, Create: ScopeBot, Update: ScopeBot, Delete: ScopeBot},
	}

	Workflows = &Kind{
		Name: "workflow", Plural: "workflows", Label: "Workflow", Open: true,
		Fields: named(
			Field{Name: "status", Default: `"active"`},
			Field{Name: "rules", Type: Any, List: true, Default: `[]`},
			Field{Name: "channels", Type: Ref, Ref: "channel", List: true, Default: `[]`},
			Field{Name: "organizations", Type: Ref, Ref: "organization", List: true, Default: `[]`},
			Field{Name: "orggroups", Type: Ref, Ref: "orggroup", List: true, Default: `[]`},
		),
		Access: readBy(ScopeBot),
	}

	KBases = &Kind{
		Name: "kbase", Plural: "kbases", Label: "Kbase", Open: true,
		Fields: named(), Access: knowledge,
	}

	KBItems = &Kind{
		Name: "kbitem", Plural: "kbitems", Label: "Kbitem", Open: true,
		Fields: named(
			Field{Name: "kbase", Type: Ref, Ref: "kbase"},
			Field{Name: "content"},
		),
		Access: knowledge,
	}

	Articles = &Kind{
		Name: "article", Plural: "articles", Label: "Article", Open: true,
		Fields: owned(
			Field{Name: "title"},
			Field{Name: "content"}, // HTML
			Field{Name: "kbase", Type: Ref, Ref: "kbase"},
			Field{Name: "tags", List: true, Default: `[]`},
			Field{Name: "status", Default: `"active"`},
			Field{Name: "meta", Type: Object, Default: `{}`},
		),
		Access: knowledge,
	}

	Files = &Kind{
		Name: "file", Plural: "files", Label: "File", Open: true,
		Fields: named(
			Field{Name: "url"}, Field{Name: "contentType"}, Field{Name: "size", Type: Number},
		),
		Access: readBy(ScopeBot),
	}

	Locations   = plain("location")
	Links       = plain("link")
	WATemplates = plain("watemplate")
	Metrics     = plain("metric")
	Points      = plain("point")
	Tests       = plain("test")
	TestResults = plain("testresult")
)

// knowledge is what agents read and bots write.
var knowledge = Access{List: ScopeAgent, Get: ScopeAgent, Create: ScopeBot, Update: ScopeBot, Delete: ScopeBot}

// readBy lets a scope read, and admins write.
func readBy(scope Scope) Access {
	return Access{List: scope, Get: scope, Create: ScopeAdmin, Update: ScopeAdmin, Delete: ScopeAdmin}
}

// plain returns a kind with nothing of its own but a name.
func plain(name string) *Kind {
	return &Kind{
		Name: name, Plural: name + "s", Label: strings.ToUpper(name[:1]) + name[1:], Open: true,
		Fields: named(), Access: readBy(ScopeBot),
	}
}

// named are owned fields with the optional name and meta.
func named(own ...Field) []Field {
	return owned(append(append([]Field{{Name: "name"}}, own...), Field{Name: "meta", Type: Object, Default: `{}`})...)
}
