package openapi

import (
	"strings"

	"bellhop"
)

// webhooks are the requests that the server makes.
func webhooks() Members[PathItem] {
	header := func(name, description, pattern string, required bool) *Parameter {
		s := text()
		s.Pattern = pattern
		return &Parameter{Name: name, In: "header", Description: description, Required: required, Schema: s}
	}
	none := &[]map[string][]string{}
	deliver := &Operation{
		Tags: []string{"webhooks"}, ID: "deliver", Summary: "An event is delivered", Security: none,
		Description: "Sent to `params.url` of every active webhook that listens to the event. Whatever is not answered with 2xx within its timeout is sent again, for up to 24 hours: " +
			"the same bytes, with the same `id`. The body is the JSON that `JSON.stringify(JSON.parse(body))` makes of it, and has less than 100 KiB.",
		Parameters: []*Parameter{
			header("X-Hub-Signature", "HMAC-SHA1 of the body with the secret.", `^sha1=[0-9a-f]{40}$`, false),
			header("X-Hub-Signature-256", "HMAC-SHA256 of the body with the secret.", `^sha256=[0-9a-f]{64}$`, false),
			header("webhook-id", "Of Standard Webhooks: the id of the delivery.", "", false),
			header("webhook-timestamp", "Of Standard Webhooks: when the attempt began, in seconds since 1970.", `^[0-9]+$`, false),
			header("webhook-signature", "Of Standard Webhooks: one signature, or two while a secret is rotated.", `^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$`, false),
			header("X-Delivery-Id", "The id of the delivery.", "", true),
			header("X-Delivery-Attempt", "Begins at 1.", `^[1-9][0-9]*$`, true),
			header("X-Event-Id", "The id of the event, the same for all webhooks.", "", true),
		},
		Body: jsonBody(ref("Envelope")),
		Responses: Members[*Response]{
			is("2XX", &Response{
				Description: "It has arrived. Messages in the answer to a `message.create` are posted into the conversation, by the user of the token, or by the bot of the webhook.",
				Content:     Members[Media]{is(jsonType, Media{Schema: ref("WebhookAnswer")})},
			}),
			is("410", &Response{Description: "Nobody is there any more: the service becomes `inactive`."}),
			is("4XX", &Response{Description: "It is not sent again, but for 408, 409, 423, 425 and 429."}),
			is("default", &Response{Description: "It is sent again. `Retry-After` is heeded."}),
		},
	}
	verify := &Operation{
		Tags: []string{"webhooks"}, ID: "verify", Summary: "An endpoint is verified", Security: none,
		Description: "Sent when a webhook is created, its URL changes, or `status` is set to `active`. It passes with status 200 and the challenge as the body, byte for byte, within 20 s.",
		Parameters: []*Parameter{
			{Name: "type", In: "query", Required: true, Schema: &Schema{Const: "subscribe"}},
			{Name: "challenge", In: "query", Required: true, Description: "15 letters and digits, new each time.", Schema: challenge()},
		},
		Responses: Members[*Response]{
			is("200", &Response{Description: "The challenge.", Content: Members[Media]{is("text/plain", Media{Schema: challenge()})}}),
			is("default", &Response{Description: "The endpoint is not verified."}),
		},
	}
	return Members[PathItem]{
		is("delivery", PathItem{is("post", deliver)}),
		is("verification", PathItem{is("get", verify)}),
	}
}

func challenge() *Schema {
	s := text()
	s.Pattern = `^[A-Za-z0-9]{15}$`
	return s
}

// webhookSchemas are those of what webhooks are sent, and of what they may answer.
func webhookSchemas(kinds []*described) Members[*Schema] {
	var names []string
	var message *Schema
	data := Members[*Schema]{}
	for _, d := range kinds {
		if !d.resource() {
			continue
		}
		names = append(names, d.Name)
		s := ref(d.Label)
		if d.Kind == bellhop.Messages {
			s, message = ref("EventMessage"), d.shown()
		}
		data.set(d.Name, s)
	}
	link := func() *Schema { return text() }
	links := object(Members[*Schema]{
		prop("organization", link()), prop("conversation", link()), prop("message", link()), prop("contact", link()), prop("user", link()),
	}).closed().say("URLs of the API.")
	data = append(data,
		prop("error", object(Members[*Schema]{prop("message", text()), prop("count", whole().from(1).say("How many deliveries died."))}).with("message")),
		prop("loop", object(Members[*Schema]{prop("limit", whole().from(1)), prop("bots", list(ref("Id")))}).closed().say("Of `conversation.loop`: the limit, and who had posted.")),
		prop("links", ref("Links")),
		prop("truncated", flag().say("True if something was cut, so that the body is below 100 KiB.")),
		prop("sample", flag().say("True in samples.")),
	)
	ours := (&Schema{Properties: Members[*Schema]{prop("event", eventOf(names))}}).with("event")
	envelope := func(s *Schema) *Schema {
		s.If, s.Then = ours, &Schema{Properties: Members[*Schema]{prop("data", ref("EventData"))}}
		return s
	}
	fields := func() Members[*Schema] {
		return Members[*Schema]{
			prop("timestamp", ref("Time").say("When it happened.")),
			prop("event", text().say("Its name.").like(`"message.create.contact.chat"`)),
			prop("organization", ref("Id").say("Who owns the resource.")),
			prop("activity", ref("Activity")),
			prop("data", free().say("What it is about: resources by the name of their kind, and links; of an event of your own, what was published.")),
		}
	}
	party := func() *Schema {
		return object(Members[*Schema]{prop("id", text()), prop("type", text())}).closed().whole()
	}
	activity := object(Members[*Schema]{
		prop("@context", &Schema{Const: "https://www.w3.org/ns/activitystreams"}), prop("type", text().oneOf("Create", "Update", "Delete", "Activity")),
		prop("actor", party()), prop("object", party()), prop("published", ref("Time")), prop("summary", text()),
	}).closed().whole().say("The event as ActivityStreams.")
	message.Properties.set("instance", free().say("Of webhooks of a bot: its instance in that organization."))
	return Members[*Schema]{
		prop("Envelope", envelope(object(append(Members[*Schema]{prop("id", ref("UUID").say("The same in all attempts, another for each webhook."))}, fields()...)).closed().whole())),
		prop("EventPayload", envelope(object(fields()).closed().whole())),
		prop("Activity", activity),
		prop("Links", links),
		prop("EventData", object(data).closed().with("links").say("Resources are complete and not populated. Secrets are absent.")),
		prop("EventMessage", message),
		prop("WebhookAnswer", (&Schema{}).say("`{\"messages\":[...]}`, a message with `text`, or an array of messages; `token` may stand beside them. Everything else is ignored.")),
	}
}

// eventOf matches the events of resources.
func eventOf(names []string) *Schema {
	return &Schema{Pattern: `^(` + strings.Join(names, "|") + `)\.`}
}
