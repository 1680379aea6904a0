package conversation_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// TestTask: channels are notified whatever the status, which stays.
//
// Contract: conversations.md 4: Task notifications (/notify with channels) bypass
// Contract: conversations.md 4: /notify reaches a channel that it names
// Contract: conversations.md 5.1: /notify
func TestTask(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	in.channel("acme", "Help")
	in.channel("top", "Off")
	in.workflow(flow{at: "acme", channels: "Sales"})
	help, off := string(in.ids["Help"]), string(in.ids["Off"])
	for _, tt := range []struct {
		name   string
		before []step
		body   string
		status bellhop.ConversationStatus
		want   string // notified
	}{
		{"closed", nil, in.task("Help"), "closed", "Help"},
		{"queued", []step{{ada, hello}}, in.task("Help"), "queued", "Help"},
		{"active", []step{{bob, acc}}, in.task("Help"), "active", "Help"},
		{"several, one of them twice", nil, in.task("Help Sales Help"), "closed", "Help Sales"},
		{"an inactive one of a parent", nil, in.task("Off"), "closed", "Off"},
		{"by text", nil, `{"text":"/notify ` + help + `  ` + off + `"}`, "closed", "Help Off"},
		{"one as a string", nil, `{"text":"/notify","meta":{"channels":"` + help + `"}}`, "closed", "Help"},
		{"organizations do not count", nil, `{"text":"/notify","meta":{"channels":["` + help + `"],"organizations":["` + string(acme) + `"]}}`, "closed", "Help"},
		{"null is none", nil, `{"text":"/notify","meta":{"channels":null,"organizations":null}}`, "queued", "Sales"},
		{"empty is none", nil, `{"text":"/notify","meta":{"channels":[],"organizations":""}}`, "queued", "Sales"},
		{"enqueue knows no arguments", nil, `{"text":"/enqueue ` + help + `","meta":{"channels":["` + help + `"]}}`, "queued", "Sales"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in.T = t
			id := in.contactAt("acme")
			for _, s := range tt.before {
				in.post(s.caller, id, s.body)
			}
			in.told = nil
			in.post(bob, id, tt.body)
			if got := in.notified(); got != tt.want {
				t.Errorf("notified %q, want %q", got, tt.want)
			}
			if got := in.get(id).Status; got != tt.status {
				t.Errorf("status = %s, want %s", got, tt.status)
			}
			wantFlags(t, in.get(id), map[bool][]string{true: {"Bob Agent: accepted active"}}[tt.status == "active"]...)
		})
	}
}

// TestNotifyOrganizations: exactly those that are named are asked.
//
// Contract: conversations.md 4: Routing of named organizations
// Contract: conversations.md 5.1: /notify
func TestNotifyOrganizations(t *testing.T) {
	in := openInboxes(t)
	in.furnishChannels()
	in.workflow(flow{at: "acme", channels: "A2"})
	in.workflow(flow{at: "other", channels: "O2", organizations: "acme"})
	in.workflow(flow{at: "other", channels: "O1", organizations: "other"})
	in.workflow(flow{at: "other", channels: "O1 O2", organizations: "shop"})
	for _, tt := range []struct {
		organizations, want string
	}{
		{"", "A2"},
		{"acme", "A2"},
		{"top", "T1 T2"},
		{"shop", "S1 S2"},
		{"other", "O2 O1"},
		{"shop acme shop", "S1 S2 A2"},
	} {
		body, _ := json.Marshal(map[string]any{"text": "/notify", "meta": map[string]any{"organizations": in.list(tt.organizations)}})
		for _, status := range []bellhop.ConversationStatus{"closed", "queued", "active"} {
			id := in.contactAt("acme")
			if _, err := in.res.Patch(t.Context(), echo, bellhop.Conversations, id, []byte(`{"status":"`+string(status)+`"}`)); err != nil {
				t.Fatal(err)
			}
			in.told = nil
			in.post(echo, id, string(body))
			want, after := tt.want, bellhop.ConversationQueued
			if status == bellhop.ConversationActive {
				want, after = "", status
			}
			if got := in.notified(); got != want {
				t.Errorf("%s while %s: notified %q, want %q", body, status, got, want)
			}
			if got := in.get(id).Status; got != after {
				t.Errorf("%s while %s: status = %s, want %s", body, status, got, after)
			}
		}
	}
}

// TestMentionedBelow: an organization below that of the conversation may be mentioned also by
// who does not see it, as a bot that is enabled above.
//
// Contract: conversations.md 5: mention | comment, @Name in front optional
func TestMentionedBelow(t *testing.T) {
	in := openInboxes(t)
	in.furnishChannels()
	id := in.contactAt("acme")
	in.post(parrot, id, `{"type":"mention","text":"x","meta":{"targetOrganization":"`+string(shop)+`"}}`)
	if got := in.notified(); got != "S1 S2" {
		t.Errorf("notified %q, want S1 S2", got)
	}
}

// TestMentionedOrganization: who is called by name hears of it whatever the status.
//
// Contract: conversations.md 4: A mention does so also in an active conversation
func TestMentionedOrganization(t *testing.T) {
	in := openInboxes(t)
	in.furnishChannels()
	team := in.start(echo, `{"organization":"`+string(acme)+`"}`).ID
	for _, tt := range []struct {
		before       string
		status, want bellhop.ConversationStatus
	}{{note, "closed", "queued"}, {hello, "queued", "queued"}, {acc, "active", "active"}, {"team", "active", "active"}} {
		id := team
		if tt.before != "team" {
			id = in.contactAt("acme")
			in.post(echo, id, tt.before)
		}
		if got := in.get(id).Status; got != tt.status {
			t.Fatalf("%s: status = %s, want %s", tt.before, got, tt.status)
		}
		in.update(func(tx *store.Tx) error { return in.c.Route(t.Context(), tx, echo, id, in.list("other")) })
		if got := in.get(id).Status; got != tt.want {
			t.Errorf("%s: status = %s, want %s", tt.before, got, tt.want)
		}
		if got := in.lies(id); !strings.HasSuffix(got, "O1 O2") {
			t.Errorf("%s: lies in %q", tt.before, got)
		}
	}
}

// TestMentionThenLeft: who was called by name while the conversation was active is not needed
// when it is closed.
//
// Contract: conversations.md 4: A conversation that becomes closed
func TestMentionThenLeft(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	in.channel("other", "Help")
	id := in.contactAt("acme")
	in.post(echo, id, answer)
	in.post(echo, id, in.task("Sales"))
	in.update(func(tx *store.Tx) error { return in.c.Route(t.Context(), tx, echo, id, in.list("other")) })
	in.wantLies(id, "Help Sales", "after the mention")
	in.post(echo, id, left)
	in.wantLies(id, "Sales", "when it is closed")
}

// TestNotifyTeam: in a conversation of users channels can be asked for help.
//
// Contract: conversations.md 5.1: /notify
func TestNotifyTeam(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales", adaID)
	id := in.start(bob, `{}`).ID
	for _, body := range []string{notify, enqueue, `{"text":"/notify","meta":{"organizations":["` + string(acme) + `"]}}`} {
		in.post(bob, id, body)
		if got := in.notified(); got != "" {
			t.Errorf("%s notifies %s", body, got)
		}
	}
	in.post(bob, id, in.task("Sales"))
	if got := in.notified(); got != "Sales" {
		t.Errorf("notified %q, want Sales", got)
	}
	in.post(ada, id, note)
	in.wantLies(id, "Sales", "somebody has joined")
	in.post(ada, id, acc)
	in.wantLies(id, "", "somebody has accepted")
}

// TestNotifyStored: the ids are in meta, and the text is the bare word.
//
// Contract: conversations.md 5.1: Arguments in meta, or as ids
// Contract: conversations.md 5.1: The stored text of /assign and /notify is the bare word
// Contract: conversations.md 5.1: The SDK sends commands as
func TestNotifyStored(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	sales := string(in.ids["Sales"])
	list := `["` + sales + `"]`
	id := in.contactAt("acme")
	for _, tt := range []struct{ body, text, meta string }{
		{`{"text":"/notify","type":"command","meta":{},"conversation":"` + string(id) + `"}`, "/notify", `{}`},
		{`{"text":"/notify","type":"command","meta":{"channels":` + list + `,"organizations":null}}`, "/notify", `{"channels":` + list + `,"organizations":null}`},
		{`{"text":"/notify ` + sales + ` ` + sales + `"}`, "/notify", `{"channels":` + list + `}`},
		{`{"text":"/notify","meta":{"channels":"` + sales + `","a":1}}`, "/notify", `{"a":1,"channels":` + list + `}`},
		{`{"text":"/notify","meta":{"organizations":"` + string(acme) + `"}}`, "/notify", `{"organizations":["` + string(acme) + `"]}`},
		{`{"text":"/enqueue"}`, "/enqueue", `{}`},
	} {
		m := in.post(bob, id, tt.body)
		meta, err := event.AppendValue(nil, m.Meta)
		if m.Text != tt.text || string(meta) != tt.meta || m.Type != "command" || err != nil {
			t.Errorf("%s is stored as %s %q with meta %s, want %q and %s", tt.body, m.Type, m.Text, meta, tt.text, tt.meta)
		}
	}
	m := in.post(bob, id, notify)
	in.told = nil
	answer, err := in.res.Patch(t.Context(), bob, bellhop.Messages, m.ID, []byte(`{"text":"/notify `+sales+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if m = *decode[bellhop.Message](t, answer); m.Text != "/notify" || len(m.Meta["channels"].([]any)) != 1 {
		t.Errorf("after a change: %s", answer)
	}
	in.wantEvents("message.update") // effects are not repeated
}

// TestNotifyRefused: what neither the conversation has to do with nor the caller sees does not
// exist.
//
// Contract: conversations.md 5.1: /notify
func TestNotifyRefused(t *testing.T) {
	in := openInboxes(t)
	in.furnishChannels()
	id := in.contactAt("acme")
	const channels, organizations = "channels", "organizations"
	ask := func(name string, ids ...bellhop.ID) string {
		body, _ := json.Marshal(map[string]any{"text": "/notify", "meta": map[string]any{name: ids}})
		return string(body)
	}
	tooMany := slices.Repeat([]bellhop.ID{nobody}, 101)
	for _, tt := range []struct {
		caller *account.Caller
		body   string
		want   string // of the error; empty if there is none
	}{
		{bob, ask(channels, in.list("T1 A1 S1")...), ""},
		{bob, ask(channels, in.list("A1 O1")...), "Channel not found"},
		{echo, ask(channels, in.list("O1")...), ""},
		{hire, ask(channels, in.list("T1")...), ""},
		{bob, ask(channels, nobody), "Channel not found"},
		{bob, `{"text":"/notify please"}`, "Channel not found"},
		{bob, ask(organizations, top, acme, shop), ""},
		{bob, ask(organizations, other), "Organization not found"},
		{echo, ask(organizations, other), ""},
		{bob, ask(organizations, nobody), "Organization not found"},
		{bob, `{"text":"/notify","meta":{"channels":[1]}}`, "Validation failed: meta.channels must be an array of strings"},
		{bob, `{"text":"/notify","meta":{"channels":{}}}`, "Validation failed: meta.channels must be an array"},
		{bob, `{"text":"/notify","meta":{"organizations":1}}`, "Validation failed: meta.organizations must be an array"},
		{bob, ask(channels, tooMany...), "Validation failed: meta.channels must be at most 100"},
		{bob, ask(organizations, tooMany...), "Validation failed: meta.organizations must be at most 100"},
		{bob, `[` + acc + `,` + ask(organizations, nobody) + `]`, "Organization not found"},
	} {
		caller := tt.caller
		if caller == hire {
			enabled := *hire
			enabled.Enabled = []account.Place{{Organization: acme, OrgPath: acmePath}}
			caller = &enabled
		}
		if tt.want == "" {
			in.post(caller, id, tt.body)
			continue
		}
		if e := in.refused(caller, id, tt.body); e.Message != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.body, caller.Name, e.Message, tt.want)
		}
	}
}

// TestChannelNotify holds the event itself.
//
// Contract: events.md 2: channel.notify | a conversation was put into a channel
// Contract: events.md 2: channel.notify follows the message that caused it
// Contract: events.md 2: It belongs to the channel's organization
// Contract: events.md channel.notify: *
func TestChannelNotify(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	in.channel("acme", "")
	in.channel("top", "Help")
	in.workflow(flow{at: "top", channels: "Help"})
	id := in.contactAt("acme")
	m := in.post(bob, id, hello)
	var names []string
	for _, told := range in.told {
		names = append(names, told.Event)
	}
	if want := []string{"message.create.contact.chat", "conversation.update", "channel.notify", "channel.notify", "channel.notify"}; !slices.Equal(names, want) {
		t.Fatalf("events = %q, want %q", names, want)
	}
	contact := in.get(id).Contact
	for i, want := range []struct {
		name, verb   string
		organization bellhop.ID
	}{
		{"Sales", "notified channel Sales of conversation Jenny Jones", acme},
		{"", "notified channel " + string(in.ids[""]) + " of conversation Jenny Jones", acme},
		{"Help", "notified channel Help of conversation Jenny Jones", top},
	} {
		told := in.told[i+2]
		if told.Verb != want.verb || told.Kind != bellhop.Channels || told.ID != in.ids[want.name] || told.Key != id ||
			told.Organization != want.organization || told.At != m.CreatedAt {
			t.Errorf("event = %+v", told)
		}
		if want := (subscription.Actor{Kind: subscription.System, Name: "System"}); told.Actor != want {
			t.Errorf("actor = %+v, want %+v", told.Actor, want)
		}
		if want := (subscription.Links{Conversation: id, Message: m.ID, Contact: contact}); told.Links != want {
			t.Errorf("links = %+v, want %+v", told.Links, want)
		}
		if len(told.Data) != 3 || told.Data[0].Name != "channel" || told.Data[1].Name != "conversation" || told.Data[2].Name != "message" {
			t.Fatalf("data = %+v", told.Data)
		}
		if c := decode[struct{ ID bellhop.ID }](t, told.Data[0].Value); c.ID != told.ID {
			t.Errorf("data.channel = %s", told.Data[0].Value)
		}
		if c := decode[shownConversation](t, told.Data[1].Value); c.ID != id || c.Status != "queued" || !slices.Equal(c.Messages, []bellhop.ID{m.ID}) {
			t.Errorf("data.conversation = %s", told.Data[1].Value)
		}
		if got := decode[bellhop.Message](t, told.Data[2].Value); got.ID != m.ID {
			t.Errorf("data.message = %s", told.Data[2].Value)
		}
	}
}
