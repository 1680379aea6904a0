package conversation

import (
	"strings"
	"unicode"

	"bellhop"
)

// command is what the text of a command says: "/set a b" has the name set and the rest
// " a b". Commands of bots and unknown ones have no effect.
type command struct {
	name  string
	rest  string
	users []bellhop.ID // of /assign

	channels, organizations []bellhop.ID // of /notify
}

// systemCommands are the words that make a text a command
// (docs/contract/conversations.md section 5.1).
var systemCommands = map[string]bool{
	"accept": true, "join": true, "leave": true, "assign": true, "notify": true, "enqueue": true,
	"set": true, "follow": true, "unfollow": true,
}

func parseCommand(text string) command {
	body, ok := strings.CutPrefix(text, "/")
	if !ok {
		return command{}
	}
	end := strings.IndexFunc(body, unicode.IsSpace)
	if end < 0 {
		end = len(body)
	}
	return command{name: body[:end], rest: body[end:]}
}

func (d *draft) completeCommand() error {
	d.command = parseCommand(d.message.Text)
	switch d.command.name {
	case "assign":
		return d.completeAssign()
	case "notify":
		return d.completeNotify()
	}
	return nil
}

// completeAssign moves the users of /assign to meta, where clients look for an array
// (docs/contract/conversations.md section 5.1).
func (d *draft) completeAssign() error {
	ids, err := idsOf("meta.users", d.message.Meta["users"])
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		for word := range strings.FieldsSeq(d.command.rest) {
			ids = append(ids, bellhop.ID(word))
		}
	}
	if len(ids) > maxParticipants {
		return bellhop.InvalidField("meta.users", "must be at most %d", maxParticipants)
	}
	d.command.users = ids
	d.message.Meta["users"] = textsOf(ids)
	d.message.Text = "/assign"
	return nil
}

// idsOf reads one id or an array of them. What is called name in errors.
func idsOf(name string, value any) ([]bellhop.ID, error) {
	if text, ok := value.(string); ok {
		if text == "" {
			return nil, nil
		}
		return []bellhop.ID{bellhop.ID(text)}, nil
	}
	r := read(object{name: value})
	return r.ids(name), r.failed()
}

// textsOf returns ids as they stand in meta.
func textsOf(ids []bellhop.ID) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
