package conversation

import (
	"bytes"
	"encoding/json"
	"strconv"

	"bellhop"
	"bellhop/internal/event"
)

// draft is a message as a client sent it, checked as far as that needs no store. It is
// not changed when it is posted.
type draft struct {
	conversation bellhop.ID // that of the body
	user         bellhop.ID // in whose name; empty means the caller
	message      bellhop.Message
	ofContact    bool    // he has sent it, though it has no role
	word         string  // of ".word value" that has no type: a field if an active form has it
	command      command // of a CommandMessage
	targets      *targets
	form         *formOrder
	field        *fieldOrder
	source       []byte       // as it was sent
	due          *due         // of one that was delayed and is posted now
	answer       bellhop.UUID // the delivery in whose answer it came; zero if in none
}

// readDrafts reads a body that is one message or an array of them
// (docs/contract/conversations.md section 3), and says which.
func readDrafts(body []byte) (drafts []*draft, many bool, err error) {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		d, err := readDraft(body)
		return []*draft{d}, false, err
	}
	var texts []json.RawMessage
	if err := json.Unmarshal(body, &texts); err != nil {
		return nil, true, unreadable(err)
	}
	if len(texts) == 0 {
		return nil, true, bellhop.InvalidField("messages", "must not be empty")
	}
	drafts, err = readList(texts)
	return drafts, true, err
}

func readList(texts []json.RawMessage) ([]*draft, error) {
	if len(texts) > maxMessages {
		return nil, bellhop.InvalidField("messages", "must be at most %d", maxMessages)
	}
	drafts := make([]*draft, len(texts))
	for i, text := range texts {
		d, err := readDraft(text)
		if err != nil {
			return nil, err
		}
		drafts[i] = d
	}
	return drafts, nil
}

func readDraft(text []byte) (*draft, error) {
	fields, err := readObject(text, "message")
	if err != nil {
		return nil, err
	}
	if _, ok := fields["text"]; !ok {
		if whole, ok := joinCharacters(text, fields); ok {
			fields["text"] = whole
		}
	}
	r := read(fields)
	d := &draft{conversation: r.id("conversation"), user: r.id("user"), source: text}
	m := &d.message
	m.Type = bellhop.MessageType(r.text("type"))
	m.Role = bellhop.MessageRole(r.text("role"))
	m.Touchpoint = r.text("touchpoint")
	m.Context = r.text("context")
	m.Delay = r.delay()
	m.Entities, m.Services = r.list("entities"), r.list("services")
	m.Likes, m.Comments = r.list("likes"), r.list("comments")
	m.Participants = r.ids("participants")
	readContent(r, m)
	if err := r.failed(); err != nil {
		return nil, err
	}
	return d, d.complete()
}

// complete settles type and arguments, and refuses what is not served.
func (d *draft) complete() error {
	m := &d.message
	switch {
	case m.Role != bellhop.FromContact:
		if m.Type == "" {
			d.guessType()
		}
	case m.Type == "" || m.Type == bellhop.ChatMessage:
		d.takeInstruction()
	}
	if d.ofContact && m.IsLimited() {
		return bellhop.InvalidField("participants", "is for messages of users")
	}
	if err := m.Complete(); err != nil {
		return err
	}
	return d.completeType()
}

// completeType reads what a message of its type says beyond its text.
func (d *draft) completeType() (err error) {
	m := &d.message
	switch m.Type {
	case bellhop.CommandMessage:
		return d.completeCommand()
	case bellhop.MentionMessage:
		d.targets, err = readTargets(m)
	case bellhop.TagMessage:
		return completeTag(m)
	case bellhop.FormMessage:
		d.form, err = readForm(m)
	case bellhop.FieldMessage:
		d.field, err = readField(m)
	}
	return err
}

// readContent reads what may be changed later, too (docs/contract/conversations.md
// section 3).
func readContent(r *reader, m *bellhop.Message) {
	m.Text = r.text("text")
	m.ContentType = r.text("contentType")
	m.IsBackchannel = r.flag("isBackchannel")
	m.Meta = r.object("meta")
	m.Actions = readActions(r)
	m.Items, m.Results = nil, nil
	r.each("items", func(r *reader) {
		m.Items = append(m.Items, bellhop.Item{
			Title: r.text("title"), Description: r.text("description"), MediaURL: r.text("mediaUrl"),
			Actions: readActions(r),
		})
	})
	r.each("results", func(r *reader) {
		m.Results = append(m.Results, bellhop.Result{Name: r.text("name"), Form: r.id("form"), Values: r.fields["values"]})
	})
}

func readActions(r *reader) []bellhop.Action {
	var actions []bellhop.Action
	r.each("actions", func(r *reader) {
		actions = append(actions, bellhop.Action{
			Type: r.text("type"), Text: r.text("text"), Payload: r.text("payload"), URI: r.text("uri"),
			Fallback: r.text("fallback"), Size: r.text("size"), Default: r.flag("default"), Meta: r.object("meta"),
		})
	})
	return actions
}

// joinCharacters puts a text together that the SDK has broken into its characters,
// {"0":"H","1":"i"} (docs/contract/conversations.md section 3). A character beyond U+FFFF
// arrives as two halves, which only the raw text still has; so the escapes are joined
// before they are read.
func joinCharacters(raw []byte, fields object) (string, bool) {
	if _, ok := fields["0"].(string); !ok {
		return "", false
	}
	var parts map[string]json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		return "", false
	}
	text := []byte{'"'}
	for i := 0; ; i++ {
		key := strconv.Itoa(i)
		if _, ok := fields[key].(string); !ok {
			break
		}
		part := parts[key]
		text = append(text, part[1:len(part)-1]...)
	}
	clean, err := event.Clean(nil, append(text, '"'))
	if err != nil {
		return "", false
	}
	var whole string
	err = json.Unmarshal(clean, &whole)
	return whole, err == nil
}
