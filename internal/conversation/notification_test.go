package conversation_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestWithdrawn: who accepts clears the channels where nobody else is needed. Bob is subscribed
// to Sales, Ada to Help.
//
// Contract: conversations.md 4: Routed notifications disappear from all routed channels
// Contract: conversations.md 4: Task notifications (/notify with channels) bypass
// Contract: conversations.md 4: Where a conversation lies already it is not put again
// Contract: conversations.md 4: A conversation that becomes closed
// Contract: conversations.md 5.1: /accept
func TestWithdrawn(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales", bobID, echoID)
	in.channel("acme", "Help", adaID)
	in.channel("acme", "Off", adaID)
	in.workflow(flow{at: "acme", channels: "Sales Help"})
	task := in.task("Sales Help")
	for _, tt := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"routed", []step{{ada, hello}}, "Help Sales"},
		{"routed, accept of a subscriber", []step{{ada, hello}, {bob, acc}}, ""},
		{"routed, accept of a bot elsewhere", []step{{ada, hello}, {hired(), acc}}, ""},
		{"routed, agent message", []step{{ada, hello}, {ada, answer}}, ""},
		{"routed, message for the users", []step{{ada, hello}, {ada, note}}, "Help Sales"},
		{"routed, backchannel", []step{{ada, hello}, {ada, whisper}}, "Help Sales"},
		{"routed, join and leave", []step{{ada, hello}, {ada, joined}, {ada, left}}, "Help Sales"},
		{"routed, assign", []step{{ada, hello}, {ada, `{"text":"/assign ` + string(bobID) + `"}`}}, "Help Sales"},

		{"task", []step{{ada, task}}, "Help Sales"},
		{"task, accept of a subscriber", []step{{ada, task}, {bob, acc}}, "Help"},
		{"task, agent message of a subscriber", []step{{bob, task}, {ada, answer}}, "Sales"},
		{"task, accept of both", []step{{bob, task}, {ada, acc}, {echo, acc}}, ""},
		{"task, accept of another", []step{{bob, task}, {hired(), acc}}, "Help Sales"},
		{"task, contact message", []step{{bob, task}, {bob, hello}}, "Help Sales"},
		{"task, join", []step{{bob, task}, {bob, joined}}, "Help Sales"},
		{"task while active, subscriber speaks again", []step{{bob, acc}, {bob, task}, {bob, answer}}, "Help Sales"},
		{"task while active, accepted again", []step{{bob, acc}, {bob, task}, {bob, acc}}, "Help"},
		{"task, accept and leave", []step{{bob, task}, {bob, acc}, {bob, left}}, "Help"},

		{"routed, then a task of one", []step{{bob, hello}, {bob, in.task("Help")}, {bob, acc}}, "Help"},
		{"task of one, then routed", []step{{bob, in.task("Help")}, {bob, hello}, {hired(), acc}}, "Help"},
		{"task of one, then routed, accept of its subscriber", []step{{bob, in.task("Help")}, {bob, hello}, {ada, acc}}, ""},
		{"task of another", []step{{bob, hello}, {bob, in.task("Off")}, {bob, acc}}, "Off"},
		{"routed again", []step{{bob, hello}, {bob, acc}, {bob, left}}, "Help Sales"},
		{"in one request", []step{{bob, "[" + hello + "," + task + "," + acc + "," + left + "]"}}, "Help Sales"},
		{"in one request, undone", []step{{bob, "[" + hello + "," + acc + "," + hello + "]"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in.T = t
			id := in.contactAt("acme")
			for _, s := range tt.steps {
				if _, err := in.c.Post(t.Context(), s.caller, id, []byte(s.body)); err != nil {
					t.Fatalf("%s: %v", s.body, err)
				}
			}
			in.wantLies(id, tt.want, "afterwards")
		})
	}
}

// hired is a bot of another organization that is enabled in acme.
func hired() *account.Caller {
	enabled := *hire
	enabled.Enabled = []account.Place{{Organization: acme, OrgPath: acmePath}}
	return &enabled
}

// TestClosedByPatch: a status that is set does not route, and closing takes what was routed
// away.
//
// Contract: conversations.md 4: A conversation that becomes closed
func TestClosedByPatch(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	in.channel("acme", "Help")
	in.workflow(flow{at: "acme", channels: "Sales"})
	id := in.contactAt("acme")
	in.post(bob, id, in.task("Help"))
	for _, tt := range []struct{ patch, want string }{
		{`{"status":"queued"}`, "Help"},
		{`{"name":"x"}`, "Help"},
		{hello, "Help Sales"},
		{`{"status":"active"}`, "Help Sales"},
		{`{"status":"nonsense"}`, "Help Sales"},
		{`{"name":"y"}`, "Help Sales"},
		{`{"status":"closed","tags":[1]}`, "Help Sales"},
		{`{"status":"closed"}`, "Help"},
		{hello, "Help Sales"},
	} {
		if tt.patch == hello {
			in.post(bob, id, hello)
		} else {
			_, _ = in.res.Patch(t.Context(), bob, bellhop.Conversations, id, []byte(tt.patch)) // some are refused
		}
		in.wantLies(id, tt.want, tt.patch)
	}
}

// TestDeletedChannel, TestDeletedWithNotifications: what is gone lies nowhere, and nothing lies
// in it.
//
// Contract: conversations.md 4: Deleting a conversation or a channel
func TestDeletedChannel(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	in.channel("acme", "Help")
	in.workflow(flow{at: "acme", channels: "Sales Help"})
	routed, task := in.contactAt("acme"), in.contactAt("acme")
	in.post(bob, routed, hello)
	in.post(bob, task, in.task("Sales Help"))
	if err := in.res.Delete(t.Context(), ada, bellhop.Channels, in.ids["Sales"]); err != nil {
		t.Fatal(err)
	}
	in.wantLies(routed, "Help", "routed")
	in.wantLies(task, "Help", "task")
	id := in.contactAt("acme")
	in.post(bob, id, hello) // the workflow names it still
	in.wantLies(id, "Help", "routed afterwards")
	if e := in.refused(bob, id, in.task("Sales")); e.Message != "Channel not found" {
		t.Error(e)
	}
}

// Contract: conversations.md 4: Deleting a conversation or a channel
func TestDeletedWithNotifications(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	one, two := in.contactAt("acme"), in.contactAt("acme")
	contact := in.get(two).Contact
	for _, id := range []bellhop.ID{one, two} {
		in.post(bob, id, hello)
		in.post(bob, id, in.task("Sales"))
	}
	if err := in.res.Delete(t.Context(), ada, bellhop.Conversations, one); err != nil {
		t.Fatal(err)
	}
	if err := in.res.Delete(t.Context(), ada, bellhop.Contacts, contact); err != nil {
		t.Fatal(err)
	}
	for _, id := range []bellhop.ID{one, two} {
		if got := in.stored(t.Context(), id); len(got) > 0 {
			t.Errorf("a deleted conversation has notifications %+v", got)
		}
	}
}

// TestChannelsListed: what lies in a channel is a list. The field is neither taken from clients
// nor shown to them.
//
// Contract: conversations.md 1: channels | id[]
func TestChannelsListed(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	in.channel("acme", "Help")
	in.workflow(flow{at: "acme", channels: "Sales"})
	answer, _, err := in.c.Start(t.Context(), echo, []byte(`{"organization":"`+string(acme)+`","type":"contact","channels":["`+string(in.ids["Help"])+
		`"],"contact":{"profile":{"email":"a@b.c"}},"messages":[`+hello+`],"touchpoint":"web"}`))
	if err != nil {
		t.Fatal(err)
	}
	id := decode[shownConversation](t, answer).ID
	in.wantLies(id, "Sales", "begun")
	patched, err := in.res.Patch(t.Context(), bob, bellhop.Conversations, id, []byte(`{"channels":[],"name":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	in.wantLies(id, "Sales", "after a PATCH")
	for _, shown := range []json.RawMessage{answer, patched} {
		if strings.Contains(string(shown), `"channels"`) {
			t.Errorf("shown: %s", shown)
		}
	}
	in.post(bob, id, in.task("Help"))
	in.contactAt("acme") // lies nowhere
	for query, want := range map[string]int{
		"channels=" + string(in.ids["Sales"]): 1, "channels=" + string(in.ids["Help"]): 1, "channels=" + string(nobody): 0,
		"channels=!" + string(in.ids["Help"]): 1, "channels=" + string(in.ids["Help"]) + "&status=queued": 1,
	} {
		page, err := in.res.List(t.Context(), bob, bellhop.Conversations, query)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != want || len(page.Items) != want {
			t.Errorf("%s: %d conversations, want %d", query, page.Total, want)
		}
	}
}

// TestRoutingInvariants posts at random and compares where a conversation lies with what a
// simple model says.
//
// Contract: conversations.md 4: Routed notifications disappear from all routed channels
// Contract: conversations.md 4: Task notifications (/notify with channels) bypass
// Contract: conversations.md 4: A conversation that becomes closed
func TestRoutingInvariants(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	in := openInboxes(t)
	subscribed := map[string]bellhop.ID{"Sales": bobID, "Help": adaID, "Mail": echoID}
	for name, user := range subscribed {
		in.channel("acme", name, user)
	}
	in.workflow(flow{at: "acme", channels: "Sales Help"})
	id := in.contactAt("acme")
	bodies := []string{hello, hello, answer, note, whisper, acc, joined, left, notify, enqueue, in.task("Sales"), in.task("Help Mail")}
	tasks := map[string]bool{}
	for n := range 200 {
		caller := []*account.Caller{ada, bob, echo}[random.IntN(3)]
		body := bodies[random.IntN(len(bodies))]
		before := in.get(id)
		in.told = nil
		in.post(caller, id, body)
		after := in.get(id)
		when := fmt.Sprintf("seed %d, step %d, %s of %s: %s, then %s", seed, n, body, caller.Name, before.Status, after.Status)

		switch p := before.Participant(caller.ID); {
		case body == in.task("Sales"):
			tasks["Sales"] = true
		case body == in.task("Help Mail"):
			tasks["Help"], tasks["Mail"] = true, true
		case body == acc, body == answer && (p == nil || !p.Accepted):
			for name, user := range subscribed {
				if user == caller.ID {
					delete(tasks, name)
				}
			}
		}
		want := ""
		for name := range subscribed {
			if tasks[name] || after.Status == bellhop.ConversationQueued && name != "Mail" {
				want += name + " "
			}
		}
		in.wantLies(id, sorted(want), when)
		if (after.Status == bellhop.ConversationActive) != after.AnyAccepted() {
			t.Errorf("%s: accepted is %v", when, after.AnyAccepted())
		}
		for _, p := range after.Participants {
			if p.Accepted && !p.Active {
				t.Errorf("%s: %s has accepted but takes no part", when, p.Name)
			}
		}
		if t.Failed() {
			return
		}
	}
}
