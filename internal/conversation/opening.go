package conversation

import (
	"encoding/json"
	"maps"
	"math"
	"slices"

	"bellhop"
)

// opening is a conversation as a client wants it to begin.
type opening struct {
	organization bellhop.ID
	typ          bellhop.ConversationType
	contact      bellhop.ID      // of one that exists
	profile      bellhop.Profile // of one that may not exist; nil if there is none
	users        []bellhop.ID    // participants
	drafts       []*draft
	conv         bellhop.Conversation // what else the client sets
}

// readInitial reads the messages. Those that are ids are left out: a conversation that was
// read may be posted again as a copy (docs/contract/resources.md section 3).
func readInitial(body []byte) ([]*draft, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, unreadable(err)
	}
	var texts []json.RawMessage
	if list, ok := raw["messages"]; ok && json.Unmarshal(list, &texts) != nil {
		return nil, bellhop.InvalidField("messages", "must be an array")
	}
	texts = slices.DeleteFunc(texts, func(text json.RawMessage) bool {
		var id bellhop.ID
		return json.Unmarshal(text, &id) == nil && id.Valid()
	})
	return readList(texts)
}

func readOpening(fields object, body []byte) (*opening, error) {
	drafts, err := readInitial(body)
	if err != nil {
		return nil, err
	}
	r := read(fields)
	o := &opening{organization: r.id("organization"), typ: bellhop.ConversationType(r.text("type")), drafts: drafts}
	if _, ok := r.fields["contact"].(string); ok {
		o.contact = r.id("contact")
	} else if contact := r.object("contact"); contact != nil {
		nested := &reader{fields: contact, prefix: "contact.", err: r.err}
		o.profile = bellhop.Profile{}
		maps.Copy(o.profile, nested.object("profile"))
	}
	c := &o.conv
	c.Name, c.Touchpoint, c.Context = r.text("name"), r.text("touchpoint"), r.text("context")
	c.Tags, c.Category = r.texts("tags"), r.text("category")
	c.Meta = r.object("meta")
	c.CategoryIndex = r.category("categoryIndex")
	o.users = r.users("participants")
	if o.typ == "" && (o.contact != "" || o.profile != nil) {
		o.typ = bellhop.ContactConversation
	}
	if err := r.failed(); err != nil {
		return nil, err
	}
	return o, o.check()
}

// check finds what needs no store to be wrong.
func (o *opening) check() error {
	known := o.contact != "" || o.profile != nil
	switch {
	case o.typ != "" && !o.typ.Valid():
		return bellhop.InvalidField("type", "must be one of contact, bot, agent, system")
	case o.typ == bellhop.ContactConversation && !known:
		return bellhop.InvalidField("contact", "is required for type contact")
	case o.typ != bellhop.ContactConversation && known:
		return bellhop.InvalidField("contact", "is for type contact only")
	case len(o.users) > maxParticipants:
		return bellhop.InvalidField("participants", "must be at most %d", maxParticipants)
	case known && len(o.drafts) == 0:
		return bellhop.InvalidField("messages", "are required for type contact")
	case o.profile == nil:
		return nil
	}
	if err := o.profile.Complete(); err != nil {
		return err
	}
	if len(o.profile.Keys("")) == 0 {
		return bellhop.InvalidField("contact.profile", "needs an email or a telephone")
	}
	return nil
}

// category reads the index of a category.
func (r *reader) category(name string) int {
	f := r.number(name)
	if f < 0 || f > bellhop.MaxCategory || f != math.Trunc(f) {
		r.fail(name, "must be an integer from 0 to %d", bellhop.MaxCategory)
		return 0
	}
	return int(f)
}

// users reads an array of ids or of objects with an id as user.
func (r *reader) users(name string) []bellhop.ID {
	var ids []bellhop.ID
	for _, value := range r.list(name) {
		entry, ok := value.(map[string]any)
		if ok {
			value = entry["user"]
		}
		id, ok := value.(string)
		if !ok {
			r.fail(name, "must be ids or objects with a user")
			return nil
		}
		ids = append(ids, bellhop.ID(id))
	}
	return ids
}
