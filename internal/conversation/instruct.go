package conversation

import (
	"strings"
	"unicode"

	"bellhop"
)

// instruction begins what a contact's widget sends to the server rather than to anybody
// (docs/contract/conversations.md section 5).
const instruction = ">cs "

// typeOfText says what a message without type is (docs/contract/conversations.md section
// 5), as far as that does not depend on the forms of its conversation.
func typeOfText(text string, meta map[string]any) bellhop.MessageType {
	switch {
	case systemCommands[parseCommand(text).name]:
		return bellhop.CommandMessage
	case meta["form"] == nil || text == "":
	case text[0] == '+' || text[0] == '-':
		return bellhop.FormMessage
	case wordOf(text) != "":
		return bellhop.FieldMessage
	}
	return bellhop.ChatMessage
}

// wordOf returns the word of a text that begins with ".word " and "" for others.
func wordOf(text string) string {
	key, _, valued := splitField(text)
	if !valued {
		return ""
	}
	return key
}

// guessType settles the type of a message without one. Whether ".word value" is a field the
// active forms say, when it is posted: see stream.settle.
func (d *draft) guessType() {
	m := &d.message
	m.Type = typeOfText(m.Text, m.Meta)
	if m.Type == bellhop.ChatMessage {
		d.word = wordOf(m.Text)
	}
}

// takeInstruction makes of a contact's ">cs /set a b" what "/set a b" would be, and
// remembers that it is the contact's. Where there is no form that tells, a word with a dot
// is a field: nobody writes ">cs .brand Toyota" to be read.
func (d *draft) takeInstruction() {
	m := &d.message
	rest, ok := strings.CutPrefix(m.Text, instruction)
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	if !ok || rest == "" {
		return
	}
	d.ofContact = true
	m.Text = rest
	m.Type = typeOfText(rest, m.Meta)
	switch {
	case m.Type != bellhop.ChatMessage:
	case formOfText(rest) != "":
		m.Type = bellhop.FormMessage
	case wordOf(rest) != "":
		m.Type = bellhop.FieldMessage
	}
}

// speaksForContact reports whether the contact has sent the message.
func (d *draft) speaksForContact() bool {
	return d.ofContact || d.message.Role == bellhop.FromContact
}
