package bellhop

// Lists in the dialect of the kinds that are no resources (docs/contract/extensions.md
// sections 1, 2 and 8).
var (
	Deliveries = &Kind{
		Name: "delivery", Plural: "deliveries", Label: "Delivery",
		Fields: []Field{
			{Name: "id"}, {Name: "service", Type: Ref, Ref: "service"},
			{Name: "organization", Type: Ref, Ref: "organization"}, {Name: "orgPath"},
			{Name: "event"}, {Name: "eventId"}, {Name: "key"}, {Name: "message", Type: Ref, Ref: "message"}, {Name: "status"},
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

	AuditRecords = &Kind{
		Name: "audit", Plural: "audit", Label: "AuditRecord",
		Fields: []Field{
			{Name: "id"}, {Name: "organization", Type: Ref, Ref: "organization"}, {Name: "orgPath"},
			{Name: "verb"}, {Name: "kind"}, {Name: "object"}, {Name: "name"},
			{Name: "user", Type: Ref, Ref: "user"}, {Name: "userName"}, {Name: "role"}, {Name: "via"}, {Name: "address"},
			{Name: "failed", Type: Bool}, {Name: "reason"},
			{Name: "changes", Type: Object, List: true, Fields: []Field{
				{Name: "field"}, {Name: "secret", Type: Bool}, {Name: "old", Type: Any}, {Name: "new", Type: Any},
			}},
			{Name: "more", Type: Number}, {Name: "createdAt", Type: Date},
		},
		Access: Access{List: ScopeAdmin, Get: ScopeAdmin},
	}
)
