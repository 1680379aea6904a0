package openapi

import "bellhop"

const patterns = "Names of events, with `*` for one segment and `**` for any number of them."

// pattern is what params.events and the like take.
func pattern() *Schema {
	s := text()
	s.Pattern = `^(\*\*|\*|[a-z0-9_-]+)(\.(\*\*|\*|[a-z0-9_-]+))*$`
	return s
}

func serviceNotes() map[*bellhop.Kind]note {
	return map[*bellhop.Kind]note{
		bellhop.Services: {
			about: "An integration of an organization. With the type `webhook` it gets the events of the organization and of all below it.",
			fields: Members[fieldNote]{
				say("type", "`webhook`, or another one, whose `params` are opaque. Cannot be changed."),
				say("bot", "Makes a webhook that of a bot, which has at most one."),
				field("status", fieldNote{
					say:   "A webhook is `unverified` until its URL has passed the verification. PATCH takes `active`, which verifies, and `inactive`.",
					shown: text(),
				}),
				field("params", fieldNote{
					say:  "PATCH replaces it whole.",
					sent: either(ref("WebhookParamsInput"), free(), typed("null")),
				}),
			},
			extra:  Members[*Schema]{prop("health", ref("Health"))},
			always: []string{"status"},
			refine: func(s *Schema) {
				webhook := object(Members[*Schema]{prop("type", &Schema{Const: bellhop.WebhookType})}).with("type")
				webhook.Type = nil
				s.If = webhook
				s.Then = &Schema{Properties: Members[*Schema]{
					prop("params", ref("WebhookParams")),
					prop("status", text().oneOf("unverified", "active", "inactive")),
				}}
			},
			tell: Members[string]{
				is("create", "The URL of a webhook is verified before the answer: `status` tells the result."),
				is("update", "A changed URL, and `status` `active`, have the URL verified before anything changes: 403 if it fails."),
				is("delete", "Stops deliveries at once, and drops those that are pending."),
			},
			examples: Members[*Example]{is("webhook", example("A webhook", `{"name":"MCC Webhook","type":"webhook","params":{
				"url":"https://user:s3cret@example.com/hook","secret":"zICWczLmAOEDvh1DiPGSHw==",
				"events":["message.create.contact.chat","message.create.contact.postback","conversation.update"]}}`))},
		},
	}
}

// serviceSchemas are those of webhooks.
func serviceSchemas() Members[*Schema] {
	until := "Set by rotate; while it lasts, `webhook-signature` has both signatures."
	shared := func(s Members[*Schema]) Members[*Schema] {
		return append(s,
			prop("events", list(pattern()).atMost(100).say(patterns+" Absent or empty: all events.")),
			prop("signatures", unique(list(text().oneOf("sha1", "sha256", "standard"))).say("The signatures that are sent; absent: all three.")),
			prop("order", text().oneOf("key", "none").say("`key`, the default, starts what is about one conversation in order.")),
			prop("concurrency", whole().from(1).to(1000).say("The most attempts under way at once that are younger than 1 s; absent: 64.")),
			prop("rate", number().from(0).to(10000).say("Attempts per second; absent or 0: no limit.")),
			prop("timeout", whole().from(1).to(20).say("Seconds; absent: 20.")),
			prop("headers", (&Schema{Type: "object", Additional: text()}).say("Headers of every delivery, at most 20.")),
			prop("previousSecret", text().say(until)),
		)
	}
	shown := object(append(shared(Members[*Schema]{
		prop("url", text().say("With its user and password.")),
		prop("secret", text().say("The key of the signatures, verbatim.")),
	}), prop("previousSecretUntil", ref("Time")))).closed()
	sent := object(append(shared(Members[*Schema]{
		prop("url", text().say("An absolute http or https URL.").like(`"https://user:s3cret@example.com/hook"`)),
		prop("secret", nonEmpty(text()).atMost(1024).say("Made by the server unless set.")),
	}), prop("previousSecretUntil", ref("SentTime")))).with("url")
	for i := range sent.Properties {
		if p := &sent.Properties[i]; p.Name != "url" {
			p.Value = p.Value.orNull()
		}
	}
	health := object(Members[*Schema]{
		prop("state", text().oneOf("ok", "failing", "paused", "away")),
		prop("since", ref("Time").orNull()),
		prop("consecutiveFailures", whole().from(0)),
		prop("reason", text().say("What the last failure was, or what it waits for.")),
		prop("nextProbeAt", ref("Time").say("When a paused endpoint is asked again.")),
		prop("inactiveSince", ref("Time").say("Since when an inactive service gets no events.")),
		prop("pending", whole().from(0)),
		prop("oldestPendingAt", ref("Time").orNull()),
	}).closed().say("How the endpoint of a webhook does. Read-only.")
	return Members[*Schema]{
		prop("WebhookParams", shown.say("What a webhook is told, and how.")),
		prop("WebhookParamsInput", sent.say("What a webhook is told, and how. What is absent gets its default.")),
		prop("Health", health),
	}
}

func unique(s *Schema) *Schema { s.UniqueItems = true; return s }

func nonEmpty(s *Schema) *Schema {
	if s.Type == "array" {
		s.MinItems = 1
	} else {
		s.MinLength = 1
	}
	return s
}
