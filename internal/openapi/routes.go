package openapi

import "bellhop"

// routes are the operations that are not those of every kind, by what they are about. A new
// route of the API, or of the server, is one more entry.
func routes(kinds map[*bellhop.Kind]*described) []route {
	whole := func(kind *bellhop.Kind) *Schema { return kinds[kind].full() }
	uuid := ref("UUID")
	inQuery := func(name, description string, s *Schema, required bool) *Parameter {
		return &Parameter{Name: name, In: "query", Description: description, Schema: s, Required: required}
	}
	messages, audit := kinds[bellhop.Messages], kinds[bellhop.AuditRecords]
	postBody, posted := messages.several()
	several := list(text())

	return []route{
		{pattern: "POST /v2/auth/token", id: "createToken", tag: "auth", summary: "Log in, or refresh a token", public: true,
			about: "With an email and a password, or with a refresh token. Any `Authorization` header is ignored. Log in once and reuse the token.",
			body: jsonBody(ref("Credentials"),
				is("password", example("Log in", `{"email":"ada@example.com","password":"open sesame"}`)),
				is("refresh", example("Refresh", `{"clientId":"bot+64b0f1a2c3d4e5f607182930@web1on1.chat","refreshToken":"eyJ..."}`))),
			answers: Members[*Response]{is("201", answer("A token.", ref("Token")))}, fails: "400 401 413 429 503"},
		{pattern: "POST /v2/users/{id}/revoke", id: "revokeUser", tag: "users", summary: "End all tokens of a user", scope: bellhop.ScopeAdmin,
			who:   "A person may call it for himself, whatever his role is.",
			about: "Also the permanent ones of a bot, which then has new ones.", answers: gone("They have ended."), fails: "404"},

		{pattern: "PUT /v2/messages/{id}", id: "replaceMessage", tag: "messages", summary: "Replace a message", scope: bellhop.Messages.Access.Update,
			about:   "Replaces all that PATCH can change, by the body or by the defaults. Without a body nothing changes.",
			body:    optional(jsonBody(ref("MessagePatch"))),
			answers: ok200(answer("The whole message.", whole(bellhop.Messages))), fails: "400 404 409 413"},
		{pattern: "GET /v2/conversations/{id}/messages", id: "listConversationMessages", tag: "conversations", summary: "List the messages of a conversation",
			scope: bellhop.Messages.Access.List, params: withFilter(messages.listParameters(), "AnyFilter"),
			answers: ok200(page("A page of messages.", messages.part())), fails: "400 404"},
		{pattern: "POST /v2/conversations/{id}/messages", id: "postMessages", tag: "conversations", summary: "Post messages to a conversation",
			scope: bellhop.Messages.Access.Create, who: messages.note.who.Get("create"),
			about: "One, or an array of them, in order: all or none. Effects of commands are complete when this is answered.",
			body:  postBody, answers: posted, fails: "400 404 409 413"},

		{pattern: "POST /v2/events", id: "publishEvents", tag: "events", summary: "Publish events of your own", scope: bellhop.Events.Access.Create,
			about:  "One, or an array of them, which is stored whole or not at all. Whatever is answered with 202 survives a power cut. Publishing never waits for an endpoint.",
			params: []*Parameter{{Name: "Idempotency-Key", In: "header", Description: "The `id` of a single event.", Schema: text()}},
			body: jsonBody(either(ref("NewEvent"), nonEmpty(list(ref("NewEvent"))).atMost(1000)),
				is("event", example("One event", `{"event":"order.created","key":"order-17","data":{"order":{"id":"17"}}}`))),
			answers: Members[*Response]{
				is("200", answer("The event was published before, with the same content.", ref("PublishedEvent"))),
				is("202", answer("Stored; an array for an array.", either(ref("PublishedEvent"), list(ref("PublishedEvent"))))),
			}, fails: "400 404 409 413"},
		kinds[bellhop.Events].listRoute("Newest first unless sorted otherwise."),
		{pattern: "GET /v2/events/{id}", id: "getEvent", tag: "events", summary: "Read an event", scope: bellhop.Events.Access.Get, id24: uuid,
			params:  kinds[bellhop.Events].getParameters(),
			answers: ok200(answer("The event.", kinds[bellhop.Events].part())), fails: "400 404"},

		kinds[bellhop.Deliveries].listRoute("Newest first unless sorted otherwise. Those of the services that the caller may read."),
		{pattern: "GET /v2/deliveries/stream", id: "streamDeliveries", tag: "deliveries", summary: "Watch attempts as they happen", scope: bellhop.Deliveries.Access.List,
			about: "Server-sent events: `attempt` when the result of one is stored, `data` being a `StreamedAttempt`; `gap`, if what follows `Last-Event-ID` is not known any more. " +
				"Comments and ids keep the stream alive. It ends when the token does.",
			params: []*Parameter{
				inQuery("service", "Ids of services, any of them.", several, false), inQuery("event", patterns+" Any of them.", several, false),
				inQuery("status", "Of the delivery after the attempt, any of them.", list(text().oneOf("pending", "delivered", "dead")), false),
				inQuery("key", "What order is kept by, a conversation for one; any of them.", several, false), inQuery("id", "Ids of deliveries, any of them.", several, false),
				{Name: "Last-Event-ID", In: "header", Description: "Where to go on.", Schema: text()},
			},
			answers: ok200(answerOf("A stream of events.", "text/event-stream", text())), fails: "400"},
		{pattern: "GET /v2/deliveries/{id}", id: "getDelivery", tag: "deliveries", summary: "Read a delivery with its attempts", scope: bellhop.Deliveries.Access.Get, id24: uuid,
			params:  kinds[bellhop.Deliveries].getParameters(),
			answers: ok200(answer("The delivery, its payload, and its attempts.", &Schema{AllOf: []*Schema{ref("DeliveryDetail"), ref("Identified")}})), fails: "400 404"},
		{pattern: "POST /v2/deliveries/{id}/replay", id: "replayDelivery", tag: "deliveries", summary: "Send a delivery again", scope: bellhop.Deliveries.Access.Create, id24: uuid,
			answers: Members[*Response]{is("202", answer("The new delivery.", whole(bellhop.Deliveries)))}, fails: "404 409"},

		{pattern: "POST /v2/services/try", id: "tryURL", tag: "services", summary: "Ask whether a URL would be verified", scope: bellhop.ScopeAdmin,
			about: "The challenge is asked as for a new webhook, and nothing is stored.",
			body: jsonBody(sentObject(Members[*Schema]{
				prop("url", text()), prop("organization", ref("Id").say("The one of the token unless set.")),
			}, "url"), is("url", example("A URL", `{"url":"https://bot.example.com/hook"}`))),
			answers: ok200(answer("How it went.", ref("Trial"))), fails: "400 404 413"},
		{pattern: "POST /v2/services/{id}/rotate", id: "rotateSecret", tag: "services", summary: "Give a webhook a new secret", scope: bellhop.ScopeAdmin,
			about: "For `overlap` seconds deliveries carry a signature with the old secret, too.",
			body: optional(jsonBody(sentObject(Members[*Schema]{prop("overlap", integer(0, 604800).or("86400"))}),
				is("overlap", example("An hour", `{"overlap":3600}`)))),
			answers: ok200(answer("The service, and its new secret.", ref("RotatedService"))), fails: "400 404 413"},
		{pattern: "POST /v2/services/{id}/test", id: "testService", tag: "services", summary: "Send a sample of an event", scope: bellhop.ScopeAdmin,
			about: "To this service alone, whether or not it listens to it. `data.sample` is true in it.",
			body: jsonBody(object(Members[*Schema]{
				prop("event", text().say("A name of an event.")), prop("data", free().orNull().say("Of an event of your own; `{\"example\":true}` unless set.")),
			}).with("event"), is("sample", example("A chat of a contact", `{"event":"message.create.contact.chat"}`))),
			answers: Members[*Response]{is("202", answer("The delivery.", whole(bellhop.Deliveries)))}, fails: "400 404 409 413"},
		{pattern: "GET /v2/services/{id}/explain", id: "explainService", tag: "services", summary: "Ask why a service did or did not get an event", scope: bellhop.ScopeAdmin,
			about: "Judged by the service as it was when the event happened.", params: []*Parameter{inQuery("event", "The id of an event.", uuid, true)},
			answers: ok200(answer("The reasons.", ref("Explanation"))), fails: "400 404"},
		{pattern: "GET /v2/services/{id}/stats", id: "getServiceStats", tag: "services", summary: "Count attempts over time", scope: bellhop.ScopeAdmin,
			params: []*Parameter{
				inQuery("from", "An hour before `to` unless set.", ref("SentTime"), false), inQuery("to", "Now unless set.", ref("SentTime"), false),
				inQuery("step", "Seconds: a multiple of 60, and of 3600 where `from` is more than a day ago; 0 for one bucket of all.", step(), false),
			},
			answers: ok200(answer("A bucket for each step, the oldest first.", list(ref("Bucket")).atMost(1500))), fails: "400 404"},
		{pattern: "GET /v2/stats", id: "getStats", tag: "services", summary: "Count the attempts of all services over time", scope: bellhop.ScopeAdmin,
			about: "Of all organizations whose admin you are, or of one and all below it. Where very much happens the last seconds may be missing.",
			params: []*Parameter{
				inQuery("organization", "Of this one and those below it.", text(), false),
				inQuery("from", "An hour before `to` unless set.", ref("SentTime"), false), inQuery("to", "Now unless set.", ref("SentTime"), false),
				inQuery("step", "Seconds: a multiple of 60, and of 3600 where `from` is more than a day ago; 0 for one bucket of all.", step(), false),
			},
			answers: ok200(answer("The whole time, and a bucket for each step, the oldest first.", ref("Stats"))), fails: "400 404"},

		{pattern: "POST /v2/services/{id}/replays", id: "createReplay", tag: "replays", summary: "Send the events of a range of time again", scope: bellhop.Replays.Access.Create,
			body: jsonBody(ref("NewReplay"), is("dead", example("What has died since", `{"from":"2024-05-26T10:00:00Z","status":"dead"}`))),
			answers: Members[*Response]{
				is("200", answer("With `dryRun`: how many events there are.", object(Members[*Schema]{
					prop("total", integer(0, 0)), prop("dryRun", &Schema{Const: true}),
				}).closed().whole())),
				is("202", answer("The replay.", whole(bellhop.Replays))),
			}, fails: "400 404 409 413"},
		kinds[bellhop.Replays].listRoute("Newest first unless sorted otherwise."),
		{pattern: "GET /v2/replays/{id}", id: "getReplay", tag: "replays", summary: "Read a replay", scope: bellhop.Replays.Access.Get,
			params:  kinds[bellhop.Replays].getParameters(),
			answers: ok200(answer("The replay.", kinds[bellhop.Replays].part())), fails: "400 404"},
		{pattern: "PATCH /v2/replays/{id}", id: "updateReplay", tag: "replays", summary: "Pause a replay, let it go on, or stop it", scope: bellhop.Replays.Access.Update,
			body:    jsonBody(object(Members[*Schema]{prop("state", text().oneOf("running", "paused", "stopped"))}).with("state")),
			answers: ok200(answer("The replay.", whole(bellhop.Replays))), fails: "400 404 409 413"},

		audit.listRoute("Newest first unless sorted otherwise. Of the organizations in which the caller is an admin."),
		{pattern: "GET /v2/audit/{id}", id: "getAuditRecord", tag: "audit", summary: "Read an audit record", scope: bellhop.AuditRecords.Access.Get,
			params:  audit.getParameters(),
			answers: ok200(answer("The record.", audit.part())), fails: "400 404"},

		{pattern: "GET /v2/snapshot/metrics", id: "getSnapshot", tag: "metrics", summary: "Count what was created in a span of time", scope: bellhop.Messages.Access.List,
			params: []*Parameter{
				inQuery("start", "From then on.", ref("SentTime"), true), inQuery("end", "Until before then.", ref("SentTime"), true),
				inQuery("organization", "Of this one and those below it.", text(), false), inQuery("orgPath", "Of the one with this path and those below it.", text(), false),
			},
			answers: ok200(answer("The counts.", ref("Snapshot"))), fails: "400 404"},

		{pattern: "GET /v2/tunnels", id: "listTunnels", tag: "tunnels", summary: "List your tunnels, or listen at one", scope: bellhop.ScopeAdmin,
			about:  "By name. With `Upgrade: websocket` and the subprotocol `bellhop.tunnel.v1` it opens the tunnel of that name: what is asked of its URL is answered by who listens.",
			params: []*Parameter{inQuery("name", "Of the tunnel to open: 1 to 64 of a-z, 0-9 and `-`; `default` unless set.", text(), false)},
			answers: Members[*Response]{
				is("101", nothing("What follows is a WebSocket.")),
				is("200", answer("The tunnels.", list(ref("Tunnel")))),
			}, fails: "400 409"},
		{pattern: "DELETE /v2/tunnels/{id}", id: "deleteTunnel", tag: "tunnels", summary: "Forget a tunnel", scope: bellhop.ScopeAdmin,
			about: "Its URL leads nowhere from then on.", answers: gone("It is forgotten."), fails: "404"},

		{pattern: "GET /healthz", id: "getHealth", tag: "server", summary: "Is the process up?", public: true,
			answers: ok200(answer("It is.", free()))},
		{pattern: "GET /readyz", id: "getReadiness", tag: "server", summary: "Can requests be served?", public: true,
			about: "The store is reachable, and deliveries are made.", answers: ok200(answer("They can.", free())), fails: "503"},
		{pattern: "GET /metrics", id: "getMetrics", tag: "server", summary: "Metrics, in the form of Prometheus", public: true,
			about:   "On a listener of their own with `--metrics-listen`, else for clients on the same machine only.",
			answers: ok200(answerOf("The metrics.", "text/plain", text())), fails: "404 503"},
		{pattern: "GET /v2/openapi.json", id: "getDocument", tag: "server", summary: "This document, as JSON", public: true,
			answers: ok200(answer("OpenAPI 3.1.", free()))},
		{pattern: "GET /v2/openapi.yaml", id: "getDocumentAsYAML", tag: "server", summary: "This document, as YAML", public: true,
			answers: ok200(answerOf("OpenAPI 3.1.", "application/yaml", free()))},
	}
}

// listRoute is the list of a kind that is no resource.
func (d *described) listRoute(about string) route {
	return route{
		pattern: "GET /v2/" + d.Plural, id: "list" + capital(d.Plural), tag: d.Plural, summary: "List " + d.Plural, about: about, scope: d.Access.List,
		params: d.listParameters(), answers: ok200(page("A page of "+d.Plural+".", d.part())), fails: "400",
	}
}

func gone(description string) Members[*Response] {
	return Members[*Response]{is("204", nothing(description))}
}

func optional(b *Body) *Body { b.Required = false; return b }

// withFilter replaces the filters of a list.
func withFilter(ps []*Parameter, name string) []*Parameter {
	ps[0].Schema = ref(name)
	return ps
}

// integer is a whole number from low to high, without an end for 0.
func integer(low, high float64) *Schema {
	s := whole().from(low)
	if high > 0 {
		s.to(high)
	}
	return s
}

func step() *Schema {
	s := integer(0, 604800)
	s.MultipleOf = 60
	return s
}
