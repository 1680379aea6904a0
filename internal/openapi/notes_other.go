package openapi

import "bellhop"

// otherNotes are those of kinds that are stored as they are sent.
func otherNotes() map[*bellhop.Kind]note {
	return map[*bellhop.Kind]note{
		bellhop.OrgGroups: {about: "A group of organizations. Groups act like tags: an organization may be in several."},
		bellhop.Partners:  {about: "A partner."},
		bellhop.Channels: {
			about:  "A shared inbox, which agents subscribe to.",
			fields: Members[fieldNote]{say("users", "Who are subscribed.")},
		},
		bellhop.Forms: {
			about:  "A form, which is filled in by messages of the type `field`.",
			fields: Members[fieldNote]{say("fields", "`key` is made of the name unless set.")},
		},
		bellhop.Workflows: {
			about: "What is done with new conversations: which channels learn of them.",
			fields: Members[fieldNote]{
				say("channels", "Those that are notified."), say("organizations", "Those that it is limited to."), say("orggroups", "Those that it is limited to."),
			},
		},
		bellhop.KBases:   {about: "A knowledge base."},
		bellhop.KBItems:  {about: "An item of a knowledge base."},
		bellhop.Articles: {about: "An article.", fields: Members[fieldNote]{say("content", "HTML.")}},
		bellhop.Files: {
			about:  "The record of a file. The content is elsewhere, at `url`.",
			fields: Members[fieldNote]{say("contentType", "Its media type."), say("size", "In bytes.")},
		},
		bellhop.Locations:   {about: "A place."},
		bellhop.Links:       {about: "A link."},
		bellhop.WATemplates: {about: "A template of a WhatsApp message."},
		bellhop.Metrics:     {about: "A metric."},
		bellhop.Points:      {about: "A point of a metric."},
		bellhop.Tests:       {about: "A test."},
		bellhop.TestResults: {about: "The result of a test."},
	}
}

// listNotes are those of the kinds that are no resources.
func listNotes() map[*bellhop.Kind]note {
	uuid := func() *Schema { return ref("UUID") }
	count := func() *Schema { return whole().from(0) }
	return map[*bellhop.Kind]note{
		bellhop.Events: {
			about: "Something that happened.",
			fields: Members[fieldNote]{
				field("id", fieldNote{shown: uuid(), say: "Header `X-Event-Id` of its deliveries."}),
				say("event", "Its name."),
				say("key", "What order is kept by."),
				field("deliveries", fieldNote{shown: count(), say: "How many services got it when it happened."}),
			},
			extra:  Members[*Schema]{prop("payload", ref("EventPayload").say("What webhooks are sent, without the id, which each delivery has of its own."))},
			always: []string{"event", "key", "deliveries", "payload"},
		},
		bellhop.Deliveries: {
			about: "An event on its way to a service.",
			fields: Members[fieldNote]{
				field("id", fieldNote{shown: uuid(), say: "The `id` of the envelope."}),
				field("eventId", fieldNote{shown: uuid()}),
				say("message", "The message that the event tells of, or that caused it."),
				field("status", fieldNote{shown: text().oneOf("pending", "delivered", "dead")}),
				field("attempts", fieldNote{shown: count(), say: "How many there were."}),
				say("nextAttemptAt", "Absent unless it is pending."),
				field("lastStatus", fieldNote{shown: whole(), say: "The HTTP status of the last attempt; absent if it had none."}),
				field("replayOf", fieldNote{shown: uuid(), say: "The delivery that it repeats."}),
				field("replay", fieldNote{shown: ref("Id"), say: "The replay of a range that made it."}),
			},
			always: []string{"service", "event", "eventId", "key", "status", "attempts"},
		},
		bellhop.Replays: {
			about: "Events of a range of time that are sent to a service again.",
			fields: Members[fieldNote]{
				field("id", fieldNote{shown: ref("Id")}),
				field("state", fieldNote{shown: text().oneOf("running", "paused", "stopped", "done"), say: "`stopped` and `done` are never left."}),
				field("status", fieldNote{shown: text().oneOf("dead", "delivered", "any", "missing"), say: "Which events are meant."}),
				field("total", fieldNote{shown: count(), say: "How many were found; once it is done, how many were sent."}),
				field("sent", fieldNote{shown: count()}), field("failed", fieldNote{shown: count()}), field("pending", fieldNote{shown: count()}),
				say("rate", "Deliveries per second; 0: as fast as the service takes them."),
				say("url", "If it goes elsewhere than to the service; the password is masked."),
				say("events", patterns),
			},
			always: []string{"service", "state", "from", "to", "status", "rate", "total", "sent", "failed", "pending"},
		},
		bellhop.AuditRecords: {
			about: "Who changed what.",
			fields: Members[fieldNote]{
				field("verb", fieldNote{shown: text().oneOf(auditVerbs()...)}),
				say("kind", "Of what it is about, the singular."),
				say("object", "The id of what it is about; absent if a login failed for an email that nobody has."),
				say("name", "What it was called."),
				say("user", "Who did it; absent if it was the server, an operator, or a login that failed."),
				say("userName", "What he was called."), say("role", "His role in the organization that he had selected."),
				field("via", fieldNote{shown: text().oneOf("page", "api", "command", "server"), say: "How he came."}),
				say("address", "Where he came from."),
				say("failed", "It was tried, and changed nothing."),
				say("reason", "Why it failed, or why the server did it."),
				say("changes", "The fields that were changed, by the path `field`. What is secret has neither `old` nor `new`; long values are cut."),
				field("more", fieldNote{shown: count(), say: "How many further fields were changed."}),
			},
			always: []string{"verb", "kind", "via", "failed", "changes", "more"},
		},
	}
}

func auditVerbs() []string {
	var names []string
	for _, verb := range bellhop.AuditVerbs() {
		names = append(names, string(verb))
	}
	return names
}
