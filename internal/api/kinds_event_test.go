package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bellhop"
)

// envelope is an event as webhooks get it.
type envelope struct {
	Event, Organization, Timestamp string
	Activity                       struct {
		Type, Published, Summary string
		Actor, Object            struct{ ID, Type string }
	}
	Data map[string]any

	text string
}

// told returns the events that a filter of the list finds, the oldest first.
func (h *house) told(filter string) []envelope {
	h.Helper()
	var list []struct{ ID string }
	h.admin.must(200, "GET", "/v2/events?sort=seq&limit=1000&"+filter, nil, &list)
	events := make([]envelope, len(list))
	for i, e := range list {
		var shown struct{ Payload json.RawMessage }
		h.admin.must(200, "GET", "/v2/events/"+e.ID, nil, &shown)
		if err := json.Unmarshal(shown.Payload, &events[i]); err != nil {
			h.Fatal(err)
		}
		events[i].text = string(shown.Payload)
	}
	return events
}

func names(events []envelope) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Event)
	}
	return strings.Join(all, " ")
}

// Contract: events.md 2: <singular>.create, <singular>.update, <singular>.delete for every resource
// Contract: events.md 2: SDK and docs name
// Contract: events.md 2: organization, orggroup, partner
// Contract: events.md 2: bot, botinstance
// Contract: events.md 2: form, workflow
// Contract: events.md 2: channel | x
// Contract: events.md 2: service | x
// Contract: events.md 2: contact | x
// Contract: events.md 2: conversation | x
// Contract: events.md 2: kbase, kbitem, article, file
// Contract: events.md 2: X.create
// Contract: events.md 2: X.update
// Contract: events.md 2: X.delete
// Contract: events.md 2: data.<singular> is the complete resource
// Contract: events.md 2: Envelope organization
// Contract: events.md 2: For organization.* the
// Contract: events.md Events: Names are dot-separated
// Contract: events.md Events: Every event has
// Contract: resources.md 3: An empty object changes nothing
// Contract: README.md Ten constraints whose violation breaks real clients: Every payload has a non-empty activity
func TestEventsOfKinds(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		if kind == bellhop.Messages {
			return // which are told of in another way
		}
		beginning := h.beginning(kind)
		if kind != bellhop.Organizations && kind != bellhop.BotInstances {
			beginning["organization"] = h.acme
		}
		var made, changed object
		h.admin.must(201, "POST", path, beginning, &made)
		one := path + "/" + made["id"].(string)
		h.admin.must(200, "PATCH", one, object{"meta": object{"step": "2"}}, &changed)
		h.admin.must(200, "PATCH", one, object{}, nil)
		h.admin.must(200, "PATCH", one, object{"meta": object{"step": "2"}}, nil)
		h.admin.must(204, "DELETE", one, nil, nil)
		h.admin.must(404, "DELETE", one, nil, nil)

		events := h.told("key=" + made["id"].(string))
		if got, want := names(events), kind.Name+".create "+kind.Name+".update "+kind.Name+".delete"; got != want {
			t.Fatalf("events %s, want %s", got, want)
		}
		owner := made["organization"]
		if kind == bellhop.Organizations {
			owner = made["id"]
		}
		const public = "https://api.example.com/v2/"
		for i, e := range events {
			word := []string{"create", "update", "delete"}[i]
			if e.Organization != owner || e.Timestamp != e.Activity.Published ||
				e.Activity.Type != strings.ToUpper(word[:1])+word[1:] || e.Activity.Actor.ID != public+"users/"+h.ada() || e.Activity.Actor.Type != "Person" ||
				e.Activity.Object.ID != strings.TrimSuffix(public, "/v2/")+one || e.Activity.Object.Type != "Object" ||
				e.Activity.Summary != "User Ada "+word+"d "+article(kind.Name)+" "+kind.Name {
				t.Errorf("%s: %s", e.Event, e.text)
			}
			want := made
			if word != "create" {
				want = changed
			}
			subject := e.Data[kind.Name].(object)
			if kind == bellhop.Services { // what a connector needs is nobody else's
				subject["params"] = want["params"]
			}
			delete(want, "token") // of a bot, which its admins alone are shown
			delete(want, "refreshToken")
			if got, want := asText(subject), asText(want); got != want {
				t.Errorf("%s of %s, want %s", e.Event, got, want)
			}
			user := e.Data["user"].(object)
			if kind != bellhop.Users && (user["id"] != h.ada() || user["givenName"] != "Ada" || user["role"] != "admin") {
				t.Errorf("%s by %v", e.Event, user)
			}
			for _, secret := range []string{"password", "token", "refreshToken"} {
				if strings.Contains(e.text, `"`+secret+`"`) {
					t.Errorf("%s has a %s: %s", e.Event, secret, e.text)
				}
			}
			links := e.Data["links"].(object)
			if links["organization"] != public+"organizations/"+owner.(string) || links["user"] != public+"users/"+user["id"].(string) {
				t.Errorf("%s: links %v", e.Event, links)
			}
			contact, conversation := "", ""
			switch kind {
			case bellhop.Contacts:
				contact, conversation = made["id"].(string), made["conversation"].(string)
			case bellhop.Conversations:
				conversation = made["id"].(string)
			}
			if link(links["contact"]) != contact || link(links["conversation"]) != conversation {
				t.Errorf("%s: links %v", e.Event, links)
			}
		}
		if subject := asText(events[1].Data[kind.Name]); strings.Contains(subject, `"organization":{`) || strings.Contains(subject, `"createdBy":{`) {
			t.Errorf("populated: %s", subject)
		}
	})
}

// article is the one that English has for the name of a kind.
func article(name string) string {
	if strings.ContainsAny(name[:1], "aeio") {
		return "an"
	}
	return "a"
}

// link is the id at the end of a URL, "" for none.
func link(url any) string {
	text, _ := url.(string)
	return text[strings.LastIndexByte(text, '/')+1:]
}

// Contract: events.md 2: X.create
// Contract: events.md 2: A conversation created for a new contact
// Contract: events.md 2: conversation.create fires before
// Contract: events.md 2: Event order within one request
// Contract: events.md 2: conversation.update fires when
// Contract: events.md 2: One request that changes several
func TestOrderOfEvents(t *testing.T) {
	h := open(t)
	conversation := h.admin.create("/v2/conversations", object{
		"type": "contact", "organization": h.acme, "contact": object{"profile": object{"name": "Jenny", "email": "jenny@example.com"}},
		"messages": []object{
			{"text": "hello", "role": "contact", "touchpoint": "web"}, {"text": "/set step 1"}, {"text": "in the side stream", "isBackchannel": true, "role": "agent"},
		},
	})
	if got, want := names(h.told("organization="+h.acme)), "organization.create contact.create conversation.create message.create.contact.chat conversation.update "+
		"message.create.contact.command conversation.update message.create.contact.chat"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	// Who is known already is not created again.
	known := len(h.told("event=contact.create")) + len(h.told("event=conversation.create"))
	h.admin.must(200, "POST", "/v2/conversations", object{
		"type": "contact", "organization": h.acme, "contact": object{"profile": object{"email": "jenny@example.com"}},
		"messages": []object{{"text": "hello again", "role": "agent", "touchpoint": "web"}},
	}, nil)
	if now := len(h.told("event=contact.create")) + len(h.told("event=conversation.create")); now != known {
		t.Errorf("%d more are created", now-known)
	}
	before := len(h.told("event=conversation.update"))
	// Several fields in one request.
	h.admin.must(200, "PATCH", "/v2/conversations/"+conversation, object{"name": "J", "tags": []string{"a"}, "category": "x", "touchpoint": "sms", "meta": object{"a": "b"}}, nil)
	if n := len(h.told("event=conversation.update")) - before; n != 1 {
		t.Errorf("%d updates, want 1", n)
	}
	// A mere new message is none.
	h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "bye", "role": "contact"}, nil)
	if n := len(h.told("event=conversation.update")) - before; n != 1 {
		t.Errorf("%d updates after a message, want 1", n)
	}
}

// Contract: events.md 2: user | x
// Contract: events.md 2: user.login
// Contract: events.md 2: For user.* events data.user is the subject
// Contract: events.md 2: data.user never contains password or tokens
func TestUserEvents(t *testing.T) {
	h := open(t)
	joe := h.user("joe", "agent", h.acme)
	events := h.told("event=user.login")
	if len(events) == 0 {
		t.Fatal("nobody is told of a login")
	}
	login := events[len(events)-1]
	if user := login.Data["user"].(object); user["email"] != "joe@example.com" || login.Organization != h.acme || login.Data["error"] != nil {
		t.Errorf("login %s", login.text)
	}
	joe.must(200, "PATCH", "/v2/users/"+login.Data["user"].(object)["id"].(string), object{"password": "another one"}, nil)
	if strings.Contains(h.everything(), "user.logout") {
		t.Error("user.logout fired")
	}
	_, bot := h.bot("Echo", h.acme, "bot")
	h.admin.must(200, "PATCH", "/v2/users/"+bot, object{"meta": object{"a": "b"}}, nil)
	h.admin.must(204, "DELETE", "/v2/users/"+bot, nil, nil)
	for _, e := range h.told("") {
		for _, secret := range []string{`"password"`, `"token"`, `"refreshToken"`, "another one", "argon2"} {
			if strings.Contains(e.text, secret) {
				t.Errorf("%s has a %s: %s", e.Event, secret, e.text)
			}
		}
	}
}
