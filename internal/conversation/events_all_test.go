package conversation_test

import (
	"encoding/json"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// ofEveryType are bodies of messages of every type.
var ofEveryType = map[bellhop.MessageType]string{
	bellhop.ChatMessage:     `{"text":"x"}`,
	bellhop.CardMessage:     `{"type":"card","text":"x","meta":{"title":"T"}}`,
	bellhop.MentionMessage:  `{"type":"mention","text":"x","meta":{"targetUser":"` + string(echoID) + `"}}`,
	bellhop.PostbackMessage: `{"type":"postback","text":"x"}`,
	bellhop.TagMessage:      `{"type":"tag","text":"#x"}`,
	bellhop.SearchMessage:   `{"type":"search","text":"x"}`,
	bellhop.CommandMessage:  `{"type":"command","text":"/assign"}`,
	bellhop.FormMessage:     `{"type":"form","text":"+x","meta":{"form":"` + string(leadID) + `"}}`,
	bellhop.FieldMessage:    `{"type":"field","text":".brand x"}`,
	bellhop.ResultsMessage:  `{"type":"results","results":[{"name":"x"}]}`,
	bellhop.ReportMessage:   `{"type":"report","text":"x"}`,
	bellhop.StatusMessage:   `{"type":"status","text":"x"}`,
}

// TestEveryEvent: a message of every type in a conversation of every type fires its event,
// and its data are as receivers expect them. Only the server writes messages of type status.
//
// Contract: events.md 1: message.create.<conversation type>.<message type> | a message was added
// Contract: events.md 1: message.update | a message was changed
// Contract: events.md 1: message.delete | a message was deleted
// Contract: events.md 1: Conversation types: contact
// Contract: events.md 1: Message types: chat
// Contract: events.md 1: chat | message.create.contact.chat
// Contract: events.md 1: card | message.create.contact.card
// Contract: events.md 1: mention | message.create.contact.mention
// Contract: events.md 1: postback | message.create.contact.postback
// Contract: events.md 1: tag | message.create.contact.tag
// Contract: events.md 1: search | message.create.contact.search
// Contract: events.md 1: command | message.create.contact.command
// Contract: events.md 1: form | message.create.contact.form
// Contract: events.md 1: field | message.create.contact.field
// Contract: events.md 1: results | message.create.contact.results
// Contract: events.md 1: report | message.create.contact.report
// Contract: events.md 1: status | message.create.contact.status
// Contract: events.md 1: The first segment pair names the conversation's type
// Contract: events.md 1: data.message is the full message
// Contract: events.md 1: data.conversation is always present
// Contract: events.md 1: data.message.meta is always an object
// Contract: events.md 1: data.contact is absent
// Contract: conversations.md 5: status | any
// Contract: conversations.md 5: chat | any
// Contract: conversations.md 3: type | 12 types
// Contract: events.md 1: SDK receivers keep it as their copy
// Contract: README.md Ten constraints whose violation breaks real clients: Every payload has a non-empty activity
func TestEveryEvent(t *testing.T) {
	h := open(t)
	for _, conversation := range []struct {
		typ bellhop.ConversationType
		id  bellhop.ID
	}{
		{"contact", h.contact()}, {"bot", h.start(echo, `{"organization":"`+string(acme)+`"}`).ID},
		{"agent", h.start(bob, `{}`).ID}, {"system", h.start(ada, `{"type":"system"}`).ID},
	} {
		h.post(bob, conversation.id, `{"text":"+x","meta":{"form":"`+string(leadID)+`"}}`)
		h.post(bob, conversation.id, `{"text":"-x","meta":{"form":"`+string(leadID)+`"}}`)
		h.post(bob, conversation.id, `{"text":"+x","meta":{"form":"`+string(leadID)+`"}}`)
		for _, name := range bellhop.MessageTypes {
			typ := bellhop.MessageType(name)
			h.events()
			author := bob
			if typ == bellhop.StatusMessage {
				if e := h.refused(bob, conversation.id, ofEveryType[typ]); e.Code != bellhop.Invalid {
					t.Error(e)
				}
				author = account.System()
			}
			m := h.post(author, conversation.id, ofEveryType[typ])
			h.checkEvent("message.create."+string(conversation.typ)+"."+name, &m)
			h.told = nil
			body := []byte(`{"meta":{"more":1,"targetUser":"` + echoS + `","form":"` + leadS + `"}}`)
			changed, err := h.res.Patch(t.Context(), ada, bellhop.Messages, m.ID, body)
			if err != nil {
				t.Fatal(err)
			}
			m = *decode[bellhop.Message](t, changed)
			h.checkEvent("message.update", &m)
			h.told = nil
			if err := h.res.Delete(t.Context(), ada, bellhop.Messages, m.ID); err != nil {
				t.Fatal(err)
			}
			h.checkEvent("message.delete", &m)
		}
	}
}

// checkEvent looks at the event that was told first.
func (h *house) checkEvent(name string, m *bellhop.Message) {
	h.Helper()
	told := h.told[0]
	if told.Event != name || told.ID != m.ID || told.Key != m.Conversation || len(told.Data) != 2 || told.Data[0].Name != "conversation" || told.Data[1].Name != "message" {
		h.Errorf("event = %+v, want %s", told, name)
		return
	}
	want, err := json.Marshal(m)
	if err != nil {
		h.Fatal(err)
	}
	message := decode[bellhop.Message](h.T, told.Data[1].Value)
	if got, _ := json.Marshal(message); string(got) != string(want) {
		h.Errorf("%s: data.message = %s, want %s", name, got, want)
	}
	fields := *decode[map[string]any](h.T, told.Data[1].Value)
	meta, ok := fields["meta"].(map[string]any)
	if !ok || fields["conversation"] != string(m.Conversation) {
		h.Errorf("%s: data.message = %s", name, told.Data[1].Value)
	}
	if _, ok := meta["users"].([]any); m.Type == bellhop.CommandMessage && !ok {
		h.Errorf("%s: meta.users = %v", name, meta["users"])
	}
	if m.Type == bellhop.MentionMessage && meta["targetUser"] != echoS {
		h.Errorf("%s: meta.targetUser = %v", name, meta["targetUser"])
	}
	conversation := *decode[map[string]any](h.T, told.Data[0].Value)
	_, array := conversation["participants"].([]any)
	_, object := conversation["meta"].(map[string]any)
	contact, text := conversation["contact"].(string)
	if conversation["id"] != string(m.Conversation) || conversation["organization"] != string(acme) || !array || !object || (conversation["type"] == "contact") != text {
		h.Errorf("%s: data.conversation = %s", name, told.Data[0].Value)
	}
	if told.Links.Conversation != m.Conversation || told.Links.Message != m.ID || string(told.Links.Contact) != contact {
		h.Errorf("%s: links = %+v", name, told.Links)
	}
}
