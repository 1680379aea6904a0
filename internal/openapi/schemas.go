package openapi

import "bellhop"

// extensionSchemas are those of docs/contract/auth.md, and of extensions.md sections 1 and 2.
func extensionSchemas(kinds map[*bellhop.Kind]*described) Members[*Schema] {
	milliseconds := func() *Schema { return number().from(0) }
	percentile := func() *Schema { return milliseconds().orNull() }
	duration := object(Members[*Schema]{
		prop("dns", milliseconds()), prop("connect", milliseconds()), prop("tls", milliseconds()),
		prop("firstByte", milliseconds()), prop("total", milliseconds()),
	}).closed().whole().say("Milliseconds.")
	attempt := func() Members[*Schema] {
		return Members[*Schema]{
			prop("number", whole().from(1)), prop("at", ref("Time")), prop("duration", ref("Duration")),
			prop("status", whole().say("Absent if no answer came.")), prop("error", text().say("Absent after a 2xx.")),
			prop("nextAttemptAt", ref("Time")),
		}
	}
	texts := &Schema{Type: []string{"object", "null"}, Additional: text()}
	request := object(Members[*Schema]{prop("url", text().say("The password is masked.")), prop("headers", texts)}).closed().whole()
	response := object(Members[*Schema]{
		prop("headers", texts), prop("body", text().say("Its first 16 KiB.")), prop("truncated", flag()),
	}).closed().whole()
	rotated := kinds[bellhop.Services].shown()
	rotated.Properties.set("secret", text().say("The new one."))

	return Members[*Schema]{
		prop("Credentials", object(Members[*Schema]{
			prop("email", text()), prop("password", text()), prop("otp", text().say("Ignored: there is no two-factor login.")),
			prop("clientId", text().say("The email of the user that the refresh token is of.")), prop("refreshToken", text()),
		}).say("`email` and `password`, or `refreshToken`.")),
		prop("Token", object(Members[*Schema]{
			prop("tokenType", &Schema{Const: "Bearer"}), prop("token", text()), prop("refreshToken", text()),
			prop("user", ref("Id")), prop("organization", ref("Id")),
			prop("expiresAt", ref("Time").orNull().say("Null: never.")), prop("scope", text().say("The role of the user.")),
		}).closed().whole()),
		prop("NewEvent", sentObject(Members[*Schema]{
			prop("event", eventName()), prop("organization", text().say("The token's unless set.")),
			prop("key", text().atMost(256).say("What order is kept by; the id unless set.")),
			prop("id", text().say("A UUID. The same one again makes no second event.")), prop("data", free().say("Becomes `data` of the envelope.")),
		}, "event")),
		prop("PublishedEvent", object(Members[*Schema]{
			prop("id", ref("UUID")), prop("event", text()), prop("organization", ref("Id")),
			prop("deliveries", whole().from(0).say("How many services get it.")),
		}).closed().whole()),
		prop("Duration", duration),
		prop("Attempt", object(append(attempt(), prop("request", request), prop("response", response))).closed().with("number", "at", "duration", "request")),
		prop("DeliveryDetail", kinds[bellhop.Deliveries].with(Members[*Schema]{
			prop("attempts", list(ref("Attempt"))), prop("payload", ref("Envelope")), prop("payloadBytes", whole().from(2).say("The length of the payload.")),
		})),
		prop("StreamedAttempt", kinds[bellhop.Deliveries].with(Members[*Schema]{
			prop("attempt", object(attempt()).closed().with("number", "at", "duration")),
		}).with(append(kinds[bellhop.Deliveries].always(), "attempt")...)),
		prop("Explanation", object(Members[*Schema]{
			prop("delivered", flag()), prop("delivery", ref("UUID").say("The newest, if there is one.")),
			prop("reasons", list(object(Members[*Schema]{
				prop("rule", text().oneOf("pattern", "scope", "status", "bot", "delivery")), prop("detail", text().say("Written for people.")),
			}).closed().whole())),
		}).closed().with("delivered", "reasons")),
		prop("Trial", object(Members[*Schema]{
			prop("verified", flag()), prop("reason", text().say("Why not.")), prop("duration", number().from(0).say("Milliseconds.")),
		}).closed().with("verified", "duration")),
		prop("Tunnel", object(Members[*Schema]{
			prop("id", ref("Id")), prop("name", text()), prop("url", text().say("Leads to who listens.")),
			prop("connected", flag().say("Somebody listens now.")), prop("createdAt", ref("Time")), prop("seenAt", ref("Time").say("When somebody was last seen there.")),
		}).closed().whole()),
		prop("Bucket", object(Members[*Schema]{
			prop("at", ref("Time")), prop("delivered", whole().from(0)), prop("failed", whole().from(0)),
			prop("p50", percentile()), prop("p95", percentile()), prop("p99", percentile()),
		}).closed().whole().say("Attempts that ended in a span of time. Percentiles are of how long they took, in milliseconds; null if there were none.")),
		prop("Stats", object(Members[*Schema]{
			prop("from", ref("Time")), prop("to", ref("Time")), prop("step", whole().from(0).say("Seconds.")),
			prop("delivered", whole().from(0)), prop("failed", whole().from(0)),
			prop("p50", percentile()), prop("p95", percentile()), prop("p99", percentile()),
			prop("buckets", list(ref("Bucket")).atMost(1500)),
		}).closed().whole().say("Attempts of all services in a span of time, and in each step of it.")),
		prop("Snapshot", snapshot()),
		prop("NewReplay", sentObject(Members[*Schema]{
			prop("from", ref("SentTime")), prop("to", ref("SentTime").orNull().say("Now unless set.")),
			prop("events", list(pattern()).say("Patterns that narrow the range.")), prop("status", text().oneOf("dead", "delivered", "any", "missing", "").or(`"dead"`)),
			prop("rate", number().from(0).to(10000).say("Deliveries per second; 0: as fast as the service takes them.")),
			prop("url", text().say("Another target than the service's.")), prop("dryRun", flag().say("Only counts.")),
		}, "from")),
		prop("RotatedService", rotated.with("secret")),
		prop("AnyFilter", (&Schema{Type: "object", Additional: ref("Filter")}).say("A filter on any field.")),
	}
}

// snapshot is that of docs/contract/resources.md section 1. What has no data is null.
func snapshot() *Schema {
	count := func() *Schema { return whole().from(0) }
	counted := func() *Schema {
		s := object(Members[*Schema]{prop("created", count())}).with("created")
		s.Additional = &Schema{Type: "object", Additional: count()}
		return s
	}
	durations := func() *Schema {
		return object(Members[*Schema]{
			prop("count", count()), prop("average", count()), prop("median", count()), prop("longest", count()),
		}).closed().whole().orNull()
	}
	return object(Members[*Schema]{
		prop("start", ref("Time")), prop("end", ref("Time")),
		prop("conversations", counted()), prop("messages", counted()), prop("contacts", counted()),
		prop("firstAnswer", durations()), prop("duration", durations()),
	}).closed().whole()
}

// with is a kind with more fields, or others.
func (d *described) with(fields Members[*Schema]) *Schema {
	s := d.shown()
	for _, f := range fields {
		s.Properties.set(f.Name, f.Value)
	}
	return s
}

// eventName is the name of an event of one's own.
func eventName() *Schema {
	s := text().atMost(128).like(`"order.created"`).say("Its first segment must not be the name of a kind of resource.")
	s.Pattern = `^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$`
	return s
}
