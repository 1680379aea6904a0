package conversation_test

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestSet holds docs/contract/conversations.md section 5.3.
//
// Contract: conversations.md 5.1: /set | /set <key> <value>
// Contract: conversations.md 5.3: /set, white space, key
// Contract: conversations.md 5.3: Key without @
// Contract: conversations.md 5.3: @name: conversation property
// Contract: conversations.md 5.3: @category: an integer 0-9
// Contract: conversations.md 5.3: @categoryIndex, @name, @touchpoint, @context
// Contract: conversations.md 5.3: Any other @name
// Contract: conversations.md 5.3: The message keeps its text verbatim
// Contract: conversations.md 5.3: Empty or missing value deletes the key
func TestSet(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		text string
		want string // what differs in the conversation
	}{
		{"/set a b", `{"meta":{"a":"b","old":"1"}}`},
		{"/set a 5", `{"meta":{"a":"5","old":"1"}}`},
		{"/set a b c\nd ", `{"meta":{"a":"b c\nd ","old":"1"}}`},
		{"/set a  b", `{"meta":{"a":" b","old":"1"}}`},
		{"/set \t a b", `{"meta":{"a":"b","old":"1"}}`},
		{"/set a.b c", `{"meta":{"a.b":"c","old":"1"}}`},
		{"/set 0 c", `{"meta":{"0":"c","old":"1"}}`},
		{"/set ключ да", `{"meta":{"ключ":"да","old":"1"}}`},
		{"/set old 2", `{"meta":{"old":"2"}}`},
		{"/set old ", `{"meta":{}}`},
		{"/set old", `{"meta":{}}`},
		{"/set missing", `{}`},
		{"/set", `{}`},
		{"/set ", `{}`},
		{"/set @category 1", `{"categoryIndex":1,"category":"Used Car"}`},
		{"/set @category 7", `{"categoryIndex":7}`},
		{"/set @category used car", `{"categoryIndex":1,"category":"Used Car"}`},
		{"/set @category Boats", `{"category":"Boats"}`},
		{"/set @category 10", `{"category":"10"}`},
		{"/set @category", `{}`},
		{"/set @categoryIndex 1", `{"categoryIndex":1,"category":"Used Car"}`},
		{"/set @categoryIndex x", `{}`},
		{"/set @name Tour de France", `{"name":"Tour de France"}`},
		{"/set @touchpoint sms", `{"touchpoint":"sms"}`},
		{"/set @context lease", `{"context":"lease"}`},
		{"/set @tags a, b c,,a", `{"tags":["a","b c"]}`},
		{"/set @tags", `{}`},
		{"/set @status closed", `{}`},
		{"/set @_id x", `{}`},
		{"/set @", `{}`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			h.T = t
			id := h.contact()
			h.post(bob, id, `{"text":"/set old 1"}`)
			before := properties(t, h.get(id))
			body, err := json.Marshal(map[string]string{"text": tt.text})
			if err != nil {
				t.Fatal(err)
			}
			if m := h.post(bob, id, string(body)); m.Text != tt.text {
				t.Errorf("text = %q", m.Text)
			}
			got := map[string]any{}
			for name, value := range properties(t, h.get(id)) {
				if !reflect.DeepEqual(value, before[name]) {
					got[name] = value
				}
			}
			if want := *decode[map[string]any](t, []byte(tt.want)); !reflect.DeepEqual(got, want) {
				t.Errorf("changed %v, want %v", got, want)
			}
		})
	}
}

func properties(t *testing.T, c *shownConversation) map[string]any {
	c.Messages, c.UpdatedAt = nil, 0
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return *decode[map[string]any](t, body)
}
