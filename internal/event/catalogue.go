package event

import (
	"slices"
	"strings"

	"bellhop"
)

// Known is an event that the server makes happen by itself.
type Known struct {
	Name string // message.create.contact.chat
	Text string // what has happened, as a sentence without its full stop
}

// Catalogue lists every event that the server makes happen (docs/contract/events.md sections 1 and 2,
// extensions.md sections 4 and 7), those of a kind together, in the order of the registry. Events of
// one's own, which are published, are not in it.
func Catalogue() []Known {
	var all []Known
	for _, kind := range bellhop.Kinds() {
		if kind == bellhop.Messages {
			all = append(all, messageEvents()...)
			continue
		}
		one := nouns[kind.Name].one
		all = append(all,
			Known{kind.Name + ".create", "There is a new " + one},
			Known{kind.Name + ".update", "Something about " + article(one) + " " + one + " changed"},
			Known{kind.Name + ".delete", strings.ToUpper(article(one)[:1]) + article(one)[1:] + " " + one + " was deleted"},
		)
		all = append(all, further[kind.Name]...)
	}
	return all
}

func messageEvents() []Known {
	var all []Known
	for _, in := range bellhop.Conversations.Field("type").Enum {
		for _, typ := range bellhop.MessageTypes {
			all = append(all, Known{"message.create." + in + "." + typ, messageTypes[typ] + ", " + conversationTypes[in]})
		}
	}
	return append(all, further[bellhop.Messages.Name]...)
}

// further are the events of a kind beyond those that all kinds have.
var further = map[string][]Known{
	"user": {{"user.login", "Somebody logged in with a password"}},
	"service": {
		{"service.error", "Something could not be delivered to a service for good"},
		{"service.paused", "The endpoint of a webhook is down: its deliveries wait"},
		{"service.resumed", "The endpoint of a webhook is back: its deliveries go on"},
	},
	"channel":      {{"channel.notify", "A conversation was put into a channel"}},
	"conversation": {{"conversation.loop", "Bots answered each other without end, and were stopped"}},
	"message": {
		{"message.update", "A message was changed"},
		{"message.delete", "A message was deleted"},
		{"message.error", "A message could not be delivered to the contact"},
	},
}

// noun is what a kind is called in a sentence.
type noun struct{ one, many string }

var nouns = map[string]noun{
	"organization": {"organization", "organizations"},
	"orggroup":     {"group of organizations", "groups of organizations"},
	"partner":      {"partner", "partners"},
	"user":         {"user", "users"},
	"bot":          {"bot", "bots"},
	"botinstance":  {"instance of a bot", "bots that are switched on in an organization"},
	"channel":      {"channel", "channels"},
	"service":      {"service", "services, webhooks among them"},
	"form":         {"form", "forms"},
	"workflow":     {"workflow", "workflows"},
	"contact":      {"contact", "contacts: the people who write to you"},
	"conversation": {"conversation", "conversations: participants, status, meta"},
	"message":      {"message", "messages"},
	"kbase":        {"knowledge base", "knowledge bases"},
	"kbitem":       {"item of a knowledge base", "items of knowledge bases"},
	"article":      {"article", "articles"},
	"file":         {"file", "files"},
	"location":     {"location", "locations"},
	"link":         {"link", "links"},
	"watemplate":   {"WhatsApp template", "WhatsApp templates"},
	"metric":       {"metric", "metrics"},
	"point":        {"point of a metric", "points of metrics"},
	"test":         {"test", "tests"},
	"testresult":   {"result of a test", "results of tests"},
}

// messageTypes begin the text of message.create.<conversation type>.<message type>.
var messageTypes = map[string]string{
	"chat":     "Somebody wrote",
	"card":     "A card was sent",
	"mention":  "A user or bot was mentioned",
	"postback": "A button was pressed",
	"tag":      "Tags were set",
	"search":   "Something was searched for",
	"command":  "A command was given, such as /assign",
	"form":     "A form was opened or closed",
	"field":    "A field of a form was filled in",
	"results":  "A form was completed",
	"report":   "A bot reported results",
	"status":   "The status of the conversation changed",
}

// conversationTypes end it.
var conversationTypes = map[string]string{
	"contact": "in a conversation with a contact",
	"bot":     "in a team conversation begun by a bot",
	"agent":   "in a team conversation begun by an agent",
	"system":  "in the conversation of an agent with the system",
}

// Topic says in words what the events whose names begin with these segments are about, "" if there is
// nothing to say.
func Topic(prefix ...string) string {
	switch {
	case len(prefix) == 1:
		return nouns[prefix[0]].many
	case len(prefix) == 2 && slices.Equal(prefix, []string{"message", "create"}):
		return "every new message"
	case len(prefix) == 3 && slices.Equal(prefix[:2], []string{"message", "create"}):
		return conversationTypes[prefix[2]]
	}
	return ""
}
