package openapi

import (
	"bellhop"
	"bellhop/internal/query"
)

const touchpoints = "The transport: `sms`, `email`, `whatsapp`, `web`, ..."

const owner = "Whose it is: in a request the token's unless set."

func talkNotes() map[*bellhop.Kind]note {
	return map[*bellhop.Kind]note{
		bellhop.Contacts: {
			about: "A consumer. He has exactly one conversation.",
			fields: Members[fieldNote]{
				field("organization", fieldNote{say: owner, sent: text().orNull()}),
				field("profile", fieldNote{shown: ref("Profile"), sent: ref("Profile").orNull()}),
				say("presences", "The transports by which he can be reached."),
			},
			tell: Members[string]{
				is("create", "Makes his conversation, too."),
				is("delete", "Deletes his conversation, and its messages."),
			},
			examples: Members[*Example]{is("contact", example("A contact",
				`{"profile":{"name":"John Johnson","email":"john@example.com","telephone":"+441134960999"}}`))},
		},
		bellhop.Conversations: {
			about: "An endless stream of messages: with a contact, or among users.",
			fields: Members[fieldNote]{
				field("organization", fieldNote{say: owner, sent: text().orNull()}),
				say("type", "`contact` with a consumer; `bot`, `agent` and `system` among users. Cannot be changed."),
				say("name", "The contact's, unless set."),
				field("contact", fieldNote{say: "Of the type `contact` only. In a request an id, or the profile of a contact who need not exist.",
					sent: either(text(), object(Members[*Schema]{prop("profile", ref("Profile").orNull())}), typed("null"))}),
				field("participants", fieldNote{say: "In order of arrival, each user once. In a request ids, or objects with a user; each is told by an `/assign`.",
					sent: list(either(text(), object(Members[*Schema]{prop("user", text())}).with("user"))).orNull()}),
				field("messages", fieldNote{say: "Ids, the oldest first: the newest 1000 in a single answer, the newest 50 in lists. In a request messages to post; ids are ignored.",
					sent: list(either(ref("Id"), ref("MessageInput"))).orNull()}),
				field("categoryIndex", fieldNote{say: "The index in `categories` of the organization.",
					shown: whole().from(0).to(9), sent: whole().from(0).to(9).orNull()}),
				say("category", "The name of that category."),
				field("forms", fieldNote{say: "The active forms.", shown: list(ref("ActiveForm"))}),
				field("results", fieldNote{shown: list(ref("Result"))}),
				say("touchpoint", touchpoints),
				say("context", "Free text that bots match."),
				field("meta", fieldNote{say: "State of bots. What `/set` writes are strings."}),
				field("status", fieldNote{sent: text().orNull(), say: "`closed`, when set by PATCH, ends the part of all participants."}),
				say("url", "Its page."),
			},
			always: []string{"type", "name", "status", "participants", "messages", "categoryIndex", "forms", "results", "tags", "meta", "url"},
			create: []string{"organization", "type", "name", "contact", "participants", "messages", "meta", "tags", "categoryIndex", "category", "touchpoint", "context"},
			patch:  []string{"name", "meta", "tags", "categoryIndex", "category", "touchpoint", "context", "status"},
			who:    Members[string]{is("delete", "Agents may only delete what they take part in.")},
			tell: Members[string]{
				is("create", "With a `contact` it is a conversation with a consumer: 200 if he exists, and the messages are added to his. Agent messages make the caller accept."),
				is("list", "With a filter on `meta` at least one of "+code(query.Mandatory(bellhop.Conversations)...)+" has to be there."),
				is("delete", "Deletes its messages, too."),
			},
			examples: Members[*Example]{is("outbound", example("Business-initiated", `{"organization":"64b0f1a2c3d4e5f60718294b","type":"contact",
				"contact":{"profile":{"name":"John Johnson","email":"john@example.com","telephone":"+441134960999"}},
				"messages":[{"text":"Hey there!","touchpoint":"email","role":"agent"}]}`))},
		},
		bellhop.Messages: messageNote(),
	}
}

func messageNote() note {
	lenient := func() *Schema { return text().orNull() }
	return note{
		about: "One event of a conversation. Commands are messages, too.",
		fields: Members[fieldNote]{
			field("conversation", fieldNote{say: "Required without a conversation in the path, which wins.", sent: lenient()}),
			field("organization", fieldNote{say: "That of the conversation.", ignored: true}),
			field("type", fieldNote{say: "Made from the text if it is absent: `/accept` is a command, `.key value` a field, all else a chat. `status` is the server's.",
				sent: text().oneOf(bellhop.MessageTypes...).oneOf("").orNull()}),
			say("text", "Required, unless there are actions, items or results. Of media the URL."),
			field("role", fieldNote{say: "`contact`: from the consumer; `agent`: to the consumer; `bot`: to the users. Of chat, card, mention and postback only. `bot` unless set.",
				sent: text().oneOf("contact", "agent", "bot", "").orNull()}),
			field("user", fieldNote{say: "Who sends it: the caller unless set. Another one may be named with the scope `bot` and higher.", sent: lenient()}),
			field("contact", fieldNote{say: "If the contact speaks.", ignored: true}),
			say("isBackchannel", "Never shown to the contact."),
			say("contentType", "`text/plain` unless set; `text/url`, `image/png`, ..."),
			field("items", fieldNote{say: "Cards of a list or a carousel.", shown: list(ref("Item")).atMost(bellhop.MaxItems), sent: list(ref("ItemInput")).atMost(bellhop.MaxItems).orNull()}),
			field("actions", fieldNote{say: "What the reader can press.", shown: list(ref("Action")), sent: list(ref("ActionInput")).orNull()}),
			field("results", fieldNote{shown: list(ref("Result")), sent: list(ref("ResultInput")).orNull()}),
			field("participants", fieldNote{say: "If not empty, who sees it.", sent: list(text()).orNull()}),
			say("meta", "Flat. The arguments of commands are here: `users`, `channels`, `organizations`."),
			say("touchpoint", touchpoints+" That of the conversation unless set."),
			say("context", "That of the conversation unless set."),
			field("delivery", fieldNote{shown: ref("UUID"), say: "Of a message that came in the answer of a webhook: the delivery that was answered so."}),
			field("delay", fieldNote{say: "Milliseconds after which it takes effect, at most a day.", sent: number().orNull()}),
			say("slug", "Names its page."),
			say("url", "Its page."),
			field("level", fieldNote{shown: whole()}),
			field("version", fieldNote{shown: whole().from(1)}),
		},
		always: []string{"conversation", "type", "text", "isBackchannel", "contentType", "items", "actions", "results", "participants",
			"entities", "services", "likes", "comments", "meta", "slug", "url", "path", "level", "version"},
		patch:     []string{"text", "contentType", "actions", "items", "results", "meta", "isBackchannel"},
		mandatory: query.Mandatory(bellhop.Messages),
		who: Members[string]{
			is("create", "Guests post only where they take part."),
		},
		tell: Members[string]{
			is("update", "Effects of commands are not repeated."),
		},
		examples: Members[*Example]{
			is("chat", example("To the consumer", `{"text":"Which size?","role":"agent"}`)),
			is("command", example("A command", `{"text":"/assign","type":"command","meta":{"users":["64b0f1a2c3d4e5f607182930"]}}`)),
			is("several", example("Several, in order", `[{"text":"Hello"},{"text":"/leave","type":"command"}]`)),
		},
	}
}

// talkSchemas are the parts of conversations and messages.
func talkSchemas() Members[*Schema] {
	uri := "Of `link` and `webview`."
	action := func(actions string) Members[*Schema] {
		return Members[*Schema]{
			prop("type", text().oneOf("reply", "postback", "link", "webview")),
			prop("size", text()), prop("default", flag()), prop("text", text()),
			prop("payload", text().say("The text of the message that pressing it makes; `text` unless set.")),
			prop("uri", text().say(uri)), prop("fallback", text().say("Of `webview`.")), prop("meta", free()),
		}
	}
	item := func(actions string) Members[*Schema] {
		return Members[*Schema]{
			prop("title", text()), prop("description", text()), prop("mediaUrl", text()), prop("actions", list(ref(actions))),
		}
	}
	result := func(form *Schema) Members[*Schema] {
		return Members[*Schema]{prop("name", text()), prop("form", form), prop("values", anyJSON())}
	}
	return Members[*Schema]{
		prop("Profile", object(Members[*Schema]{
			prop("name", text().orNull()), prop("givenName", text().orNull()), prop("familyName", text().orNull()), prop("email", text().orNull()),
			prop("telephone", text().orNull().say("In E.164 with its plus; blanks, dashes and parentheses are removed.").like(`"+441134960999"`)),
			prop("locale", text().orNull()), prop("address", free().orNull()), prop("location", anyJSON()),
		}).say("Who a contact is. Other keys are free. Email and telephone are unique in an organization.")),
		prop("Action", object(action("")).closed().say("What the reader of a message can press.")),
		prop("ActionInput", sentObject(action(""), "type")),
		prop("Item", object(item("Action")).closed().say("A card of a list or a carousel.")),
		prop("ItemInput", sentObject(item("ActionInput"))),
		prop("Result", object(result(text())).closed()),
		prop("ResultInput", sentObject(result(text()))),
		prop("ActiveForm", object(Members[*Schema]{
			prop("id", ref("Id")), prop("name", text()), prop("categoryIndex", whole().from(0).to(9)), prop("values", free()),
		}).say("A form that is being filled in.")),
	}
}

// sentObject is an object as clients send it: what is not required may be null.
func sentObject(properties Members[*Schema], required ...string) *Schema {
	for i := range properties {
		p := &properties[i]
		if len(required) == 0 || p.Name != required[0] {
			p.Value = p.Value.orNull()
		}
	}
	return object(properties).with(required...)
}
