package conversation_test

import (
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// TestRouting has a contact of a shop on level 3 say hello. Each organization on the way to it
// has two channels and one that is inactive, and so has one beside.
//
// Contract: conversations.md 4: Routing ("which channels learn of it"): all workflows
// Contract: conversations.md 4: An organization without any workflow notifies all its channels
// Contract: conversations.md 4: Each notified channel gets an entry
// Contract: conversations.md 4: A workflow that is limited to an organization
// Contract: conversations.md 4: It notifies channels of its own organization
// Contract: conversations.md 4: Workflows and channels whose status is not active
// Contract: resources.md orggroup: name, organization, organizations
// Contract: resources.md workflow: name, organization
// Contract: resources.md workflow: A server without a rules engine
func TestRouting(t *testing.T) {
	in := openInboxes(t)
	in.furnishChannels()
	for _, tt := range []struct {
		name  string
		flows []flow
		want  string // in the order of their events
	}{
		{"no workflow", nil, "S1 S2"},
		{"its own workflow", []flow{{at: "shop", channels: "S2"}}, "S2"},
		{"two of its own", []flow{{at: "shop", channels: "S2"}, {at: "shop", channels: "S1 S2"}}, "S2 S1"},
		{"one that notifies nobody", []flow{{at: "shop"}}, ""},
		{"an inactive one", []flow{{at: "shop", channels: "S2", status: "inactive"}}, "S1 S2"},
		{"an inactive one beside", []flow{{at: "shop", channels: "S2", status: "inactive"}, {at: "shop", channels: "S1"}}, "S1"},
		{"of a parent", []flow{{at: "acme", channels: "A1"}}, "S1 S2 A1"},
		{"of a parent, one that notifies nobody", []flow{{at: "acme"}}, "S1 S2"},
		{"of a parent, inactive", []flow{{at: "acme", channels: "A1", status: "off"}}, "S1 S2"},
		{"on three levels", []flow{{at: "top", channels: "T2"}, {at: "acme", channels: "A1"}, {at: "shop", channels: "S1"}}, "S1 A1 T2"},
		{"of one beside", []flow{{at: "other", channels: "O1"}}, "S1 S2"},

		{"limited to it", []flow{{at: "top", channels: "T1", organizations: "other shop"}}, "S1 S2 T1"},
		{"limited to its parent", []flow{{at: "top", channels: "T1", organizations: "acme"}}, "S1 S2 T1"},
		{"limited to the owner", []flow{{at: "acme", channels: "A1", organizations: "acme"}}, "S1 S2 A1"},
		{"limited to another", []flow{{at: "top", channels: "T1", organizations: "other"}}, "S1 S2"},
		{"limited to no organization that there is", []flow{{at: "top", channels: "T1", organizations: "nobody"}}, "S1 S2"},
		{"its own, limited to another", []flow{{at: "shop", channels: "S1", organizations: "other"}}, ""},
		{"limited to its group", []flow{{at: "top", channels: "T1", groups: "shops"}}, "S1 S2 T1"},
		{"limited to its parent's group", []flow{{at: "top", channels: "T1", groups: "empty dealers"}}, "S1 S2 T1"},
		{"limited to another group", []flow{{at: "top", channels: "T1", groups: "strangers empty"}}, "S1 S2"},
		{"limited to no group that there is", []flow{{at: "top", channels: "T1", groups: "nobody"}}, "S1 S2"},
		{"limited to another, or its group", []flow{{at: "top", channels: "T1", organizations: "other", groups: "shops"}}, "S1 S2 T1"},

		{"channels of those below", []flow{{at: "top", channels: "O1 S1 A2"}}, "S1 S2 O1 A2"},
		{"channels of those above", []flow{{at: "shop", channels: "T1 S1 A2"}}, "T1 S1 A2"},
		{"channels of those beside", []flow{{at: "acme", channels: "O1 A1"}, {at: "shop", channels: "O2"}}, "A1"},
		{"channels that are no more, or off", []flow{{at: "shop", channels: "nobody OffS S1"}}, "S1"},
		{"one channel by two workflows", []flow{{at: "shop", channels: "S1 A1 S1"}, {at: "acme", channels: "A1"}}, "S1 A1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in.T = t
			var flows []bellhop.ID
			for _, f := range tt.flows {
				flows = append(flows, in.workflow(f))
			}
			defer in.update(func(tx *store.Tx) error {
				for _, id := range flows {
					if err := tx.Delete(in.Context(), bellhop.Workflows, id); err != nil {
						return err
					}
				}
				return nil
			})
			id := in.contactAt("shop")
			in.post(echo, id, hello)
			if got := in.notified(); got != tt.want {
				t.Errorf("notified %q, want %q", got, tt.want)
			}
			in.wantLies(id, sorted(tt.want), "afterwards")
			if got := in.get(id).Status; got != "queued" {
				t.Errorf("status = %s", got)
			}
		})
	}
}

// furnishChannels makes channels on three levels and beside, and groups.
func (in *inboxes) furnishChannels() {
	for at, letter := range map[string]string{"top": "T", "acme": "A", "shop": "S", "other": "O"} {
		for _, name := range []string{letter + "1", letter + "2", "Off" + letter} {
			in.channel(at, name, bobID)
		}
	}
	in.group("shops", "other shop")
	in.group("dealers", "acme")
	in.group("strangers", "other nobody")
	in.group("empty", "")
}

// TestRoutingOfOthers: a conversation of acme concerns neither those below it nor those beside.
func TestRoutingOfOthers(t *testing.T) {
	in := openInboxes(t)
	in.furnishChannels()
	in.workflow(flow{at: "shop", channels: "S1"})
	in.workflow(flow{at: "other", channels: "O1"})
	in.workflow(flow{at: "top", channels: "T1", organizations: "shop"})
	id := in.contactAt("acme")
	in.post(echo, id, hello)
	if got := in.notified(); got != "A1 A2" {
		t.Errorf("notified %q, want A1 A2", got)
	}
}

// TestRoutingAgain: while it is queued the conversation is put only into channels in which it
// does not lie.
//
// Contract: conversations.md 4: queued | contact message | queued; no second notification
// Contract: conversations.md 4: Where a conversation lies already it is not put again
func TestRoutingAgain(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales", bobID)
	in.channel("acme", "Help")
	id := in.contactAt("acme")
	for _, step := range []struct {
		body, notified string
		before         func()
	}{
		{body: hello, notified: "Sales Help"},
		{body: hello},
		{body: "[" + hello + "," + hello + "]"},
		{body: hello, notified: "New", before: func() { in.channel("acme", "New") }},
		{body: `{"text":"/notify"}`},
		{body: `{"text":"/enqueue"}`},
		{body: in.task("Sales Help")}, // are tasks from now on
		{body: acc},
		{body: left, notified: "New Sales"}, // it is a task of Help still
		{body: hello},
		{body: "[" + acc + "," + left + "," + hello + "]", notified: "New Sales"},
		{body: "[" + acc + "," + left + "," + hello + "," + hello + "," + acc + "]", notified: "New Sales"},
	} {
		if step.before != nil {
			step.before()
		}
		if _, err := in.c.Post(t.Context(), bob, id, []byte(step.body)); err != nil {
			t.Fatalf("%s: %v", step.body, err)
		}
		if got := sorted(in.notified()); got != sorted(step.notified) {
			t.Errorf("%s: notified %q, want %q", step.body, got, step.notified)
		}
	}
	in.wantLies(id, "Help", "at the end")
}

// TestRefusedWithoutTrace: what is refused has put nothing into a channel, though the first of
// its messages would have.
func TestRefusedWithoutTrace(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	id := in.contactAt("acme")
	in.refused(bob, id, "["+hello+`,{"text":"/notify nothing"}]`)
	in.wantLies(id, "", "afterwards")
	if got := in.get(id).Status; got != bellhop.ConversationClosed {
		t.Errorf("status = %s", got)
	}
}

// TestActiveReadsNoWorkflow: the messages of an active conversation do not look at workflows. One
// that cannot be read shows who does.
//
// Contract: conversations.md 4: active | contact message
func TestActiveReadsNoWorkflow(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	id := in.contactAt("acme")
	in.post(bob, id, acc)
	in.put(bellhop.Workflows, "acme", map[string]any{"channels": 1})
	for _, body := range []string{hello, answer, note, whisper, notify, enqueue, acc, joined, `{"text":"/set a b"}`, in.task("Sales")} {
		in.post(bob, id, body)
	}
	if _, err := in.c.Post(t.Context(), bob, in.contactAt("acme"), []byte(hello)); err == nil {
		t.Error("a contact that waits is not routed")
	}
}
