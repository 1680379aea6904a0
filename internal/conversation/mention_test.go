package conversation_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestMention: who is mentioned becomes a participant with the conversation in his inbox, and
// his name is taken from the front of the text.
//
// Contract: conversations.md 5: mention | comment, @Name in front optional
// Contract: conversations.md 5: Mentions: each of targetUser
// Contract: conversations.md 5: The name in front of a mention
// Contract: events.md 1: mentions have meta.targetUser
// Contract: conversations.md 5: A text of nothing else stays
// Contract: conversations.md 5: Without a name in front
func TestMention(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		text, meta string
		want       string // the text
		name       string // meta.targetName
		target     string // meta.targetUser, as JSON
		flags      []string
	}{
		{"Nice weather", `"targetUser":"` + echoS + `"`, "Nice weather", "Echo", `"` + echoS + `"`, []string{"Bob Agent: active", "Echo: inbox"}},
		{"@Echo Nice weather", `"targetUser":"` + echoS + `"`, "Nice weather", "Echo", `"` + echoS + `"`, nil},
		{"@echo   Nice weather", `"targetUser":"` + echoS + `"`, "Nice weather", "Echo", `"` + echoS + `"`, nil},
		{"@Echoes are nice", `"targetUser":"` + echoS + `"`, "@Echoes are nice", "Echo", `"` + echoS + `"`, nil},
		{"@Echo2 is nicer", `"targetUser":"` + echoS + `"`, "@Echo2 is nicer", "Echo", `"` + echoS + `"`, nil},
		{"Hi @Echo", `"targetUser":"` + echoS + `"`, "Hi @Echo", "Echo", `"` + echoS + `"`, nil},
		{"@Echo", `"targetUser":"` + echoS + `"`, "@Echo", "Echo", `"` + echoS + `"`, nil},
		{"@Ada Smit, look", `"targetUser":["` + echoS + `","` + adaS + `"]`, ", look", "Ada Smit", `["` + echoS + `","` + adaS + `"]`,
			[]string{"Bob Agent: active", "Echo: inbox", "Ada Smit: inbox"}},
		{"@Echo the bot hello", `"targetBot":"` + echoS + `"`, "hello", "Echo the bot", `"` + echoS + `"`, []string{"Bob Agent: active", "Echo: inbox"}},
		{"x", `"targetBot":["` + echoS + `"],"targetUser":"` + adaS + `"`, "x", "Ada Smit", `["` + adaS + `","` + echoS + `"]`,
			[]string{"Bob Agent: active", "Ada Smit: inbox", "Echo: inbox"}},
		{"x", `"targetUser":"` + string(bobID) + `"`, "x", "Bob Agent", `"` + string(bobID) + `"`, []string{"Bob Agent: active inbox"}},
		{"@Acme Corp please", `"targetOrganization":"` + string(acme) + `"`, "please", "Acme Corp", `null`, []string{"Bob Agent: active"}},
		{"@acme please", `"targetOrganization":"` + string(acme) + `","targetUser":null`, "please", "acme", `null`, nil},
		{"x", `"targetOrganization":"` + string(top) + `","targetUser":""`, "x", "", `""`, nil},
	} {
		id := h.contact()
		body := fmt.Sprintf(`{"type":"mention","text":%q,"meta":{%s}}`, tt.text, tt.meta)
		m := h.post(bob, id, body)
		target, err := json.Marshal(m.Meta["targetUser"])
		if err != nil {
			t.Fatal(err)
		}
		if m.Text != tt.want || m.Meta["targetName"] != tt.name || string(target) != tt.target {
			t.Errorf("%s: text %q, meta %v, want %q, %q, %s", body, m.Text, m.Meta, tt.want, tt.name, tt.target)
		}
		if m.ReachesContact() {
			t.Errorf("%s reaches the contact", body)
		}
		if tt.flags != nil {
			wantFlags(t, h.get(id), tt.flags...)
		}
	}
}

const echoS, adaS = string(echoID), string(adaID)

// TestMentionStrangers: nobody learns the name of a stranger by mentioning him, and a
// mention that is refused has no effect.
//
// Contract: conversations.md 5: mention | comment, @Name in front optional
// Contract: conversations.md 5: Unknown targets: 404
func TestMentionStrangers(t *testing.T) {
	h := open(t)
	id := h.contact()
	for meta, want := range map[string]string{
		`"targetUser":"` + string(eveID) + `"`:                                     "User not found",
		`"targetUser":["` + adaS + `","` + string(nobody) + `"]`:                   "User not found",
		`"targetBot":"` + adaS + `"`:                                               "Bot not found",
		`"targetBot":"` + string(nobody) + `"`:                                     "Bot not found",
		`"targetOrganization":"` + string(other) + `"`:                             "Organization not found",
		`"targetOrganization":"x"`:                                                 "Organization not found",
		`"targetUser":"` + adaS + `","targetOrganization":"` + string(other) + `"`: "Organization not found",
		`"targetUser":7`:     "Validation failed: meta.targetUser must be an array",
		`"targetUser":[7]`:   "Validation failed: meta.targetUser must be an array of strings",
		`"targetUser":[]`:    "Validation failed: meta of a mention needs a targetUser, a targetBot or a targetOrganization",
		`"targetName":"Ada"`: "Validation failed: meta of a mention needs a targetUser, a targetBot or a targetOrganization",
	} {
		if e := h.refused(bob, id, `{"type":"mention","text":"x","meta":{`+meta+`}}`); e.Message != want {
			t.Errorf("%s: %q, want %q", meta, e.Message, want)
		}
	}
	for _, name := range []string{"targetUser", "targetBot", "targetOrganization"} {
		many, err := json.Marshal(slices.Repeat([]bellhop.ID{bobID}, 1001))
		if err != nil {
			t.Fatal(err)
		}
		e := h.refused(bob, id, `{"type":"mention","text":"x","meta":{"`+name+`":`+string(many)+`}}`)
		if want := "Validation failed: meta." + name + " must be at most 1000"; e.Message != want {
			t.Errorf("1001 of %s: %q, want %q", name, e.Message, want)
		}
	}
	wantFlags(t, h.get(id))
	h.wantEvents()
	// A bot that works here through an instance may be mentioned, and eve by one who sees her.
	h.post(bob, id, `{"type":"mention","text":"x","meta":{"targetBot":"`+string(hireID)+`"}}`)
	h.post(account.System(), id, `{"type":"mention","text":"x","meta":{"targetUser":"`+string(eveID)+`","targetOrganization":"`+string(other)+`"}}`)
	wantFlags(t, h.get(id), "Bob Agent: active", "Hire: inbox", "Eve Else: inbox")
}

// TestMentionedOrganizations: those above and below the conversation's may be named also by who does not see them.
//
// Contract: conversations.md 5: Unknown targets
func TestMentionedOrganizations(t *testing.T) {
	in := openInboxes(t)
	id, below := in.contactAt("acme"), in.contactAt("shop")
	for _, c := range []struct {
		name         string
		caller       *account.Caller
		conversation bellhop.ID
		target       bellhop.ID
		allowed      bool
	}{
		{"its own", hired(), id, acme, true},
		{"above", hired(), id, top, true},
		{"below", hired(), id, shop, true},
		{"beside", bob, id, other, false},
		{"two above", bob, below, top, true},
		{"beside the one above", bob, below, other, false},
	} {
		body := `{"type":"mention","text":"x","meta":{"targetOrganization":"` + string(c.target) + `"}}`
		if c.allowed {
			in.post(c.caller, c.conversation, body)
		} else if e := in.refused(c.caller, c.conversation, body); e.Message != "Organization not found" {
			t.Errorf("%s: %q", c.name, e.Message)
		}
	}
}

// TestChangedMention: a mention keeps its targets and their name.
//
// Contract: conversations.md 3: PATCH and PUT may change text
// Contract: conversations.md 5: PATCH and PUT of these types
func TestChangedMention(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(bob, id, `{"type":"mention","text":"@Echo x","meta":{"targetBot":"`+echoS+`"}}`)
	change := func(body string) *bellhop.Message {
		t.Helper()
		answer, err := h.res.Patch(t.Context(), bob, bellhop.Messages, m.ID, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return decode[bellhop.Message](t, answer)
	}
	if got := change(`{"text":"y"}`); got.Text != "y" || got.Meta["targetName"] != "Echo" || got.Version != 2 {
		t.Errorf("message = %+v", got)
	}
	if got := change(`{"meta":{"targetBot":"` + echoS + `"}}`); got.Meta["targetName"] != "Echo" || got.Meta["targetUser"] != echoS || got.Version != 2 {
		t.Errorf("message = %+v", got)
	}
	answer, err := h.res.Patch(t.Context(), bob, bellhop.Messages, m.ID, []byte(`{"meta":{}}`))
	refusal(t, "Patch without targets", answer, err)
}
