package ui

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/web"
)

// who is as whom, or as what, the visitor says something.
type who string

const (
	asContact who = "contact" // in the contact's place: how a bot is tried without a channel
	asAgent   who = "agent"   // as himself, to whom the conversation is with
	asNote    who = "note"    // as himself, in the backchannel
	asCommand who = "command"

	// What else can be said has a form of its own.
	asSet    who = "set"
	asAssign who = "assign"
	asTag    who = "tag"
	asForm   who = "form"
	asField  who = "field"
)

// speakForm is with what the visitor takes part.
type speakForm struct {
	Path   string
	As     string
	Ways   []wayView
	Text   string // that was refused
	Error  string // why
	Orders ordersView
}

// wayView is one way to speak.
type wayView struct {
	Value, Label, Help string
	Checked            bool
}

// mayPost reports whether the visitor may say something in a conversation.
func (v *visit) mayPost(c *bellhop.Conversation) bool {
	scope := v.caller.ScopeFor(bellhop.Conversations, c.Organization, c.OrgPath)
	return scope >= bellhop.ScopeAgent || scope >= bellhop.ScopeGuest && c.Participant(v.caller.ID) != nil
}

// addSpeak adds the form to a page, with what was refused, if something was.
func (v *visit) addSpeak(c *bellhop.Conversation, o *bellhop.Organization, p *conversationPage, refused *speakForm) error {
	p.Speak = refused
	if refused == nil {
		p.Speak = &speakForm{As: v.r.URL.Query().Get("as")}
	}
	p.Speak.Path = conversationPath(c.ID) + "/say"
	p.Speak.Ways = waysIn(c, visitorOf(v.caller).Name)
	current := slices.IndexFunc(p.Speak.Ways, func(w wayView) bool { return w.Value == p.Speak.As })
	p.Speak.Ways[max(current, 0)].Checked = true
	var err error
	p.Speak.Orders, err = v.orders(c, o)
	return err
}

func waysIn(c *bellhop.Conversation, me string) []wayView {
	command := wayView{Value: string(asCommand), Label: "Command", Help: "/ for the server, > for a bot"}
	if c.IsTeam() {
		return []wayView{{Value: string(asAgent), Label: me, Help: "as yourself"}, command}
	}
	return []wayView{
		{Value: string(asContact), Label: conversationName(c), Help: "in the place of the contact"},
		{Value: string(asAgent), Label: me, Help: "as yourself, to the contact"},
		{Value: string(asNote), Label: "Note", Help: "to the team alone"},
		command,
	}
}

// asWho is the way to speak that a role is.
func asWho(c *bellhop.Conversation, role bellhop.MessageRole) who {
	switch {
	case role == bellhop.FromContact:
		return asContact
	case role == bellhop.ToUsers && !c.IsTeam():
		return asNote
	}
	return asAgent
}

// speak says what was typed.
func (ui *UI) speak(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	var c bellhop.Conversation
	if err := v.get(bellhop.Conversations, v.id(), &c); err != nil {
		return err
	}
	form := &speakForm{As: v.r.PostFormValue("as"), Text: v.r.PostFormValue("text")}
	return ui.say(v, &c, saidAs(who(form.As), v.r.PostForm), form)
}

// saidAs makes the message that a form describes.
func saidAs(as who, form url.Values) *said {
	// Browsers send line breaks as two characters.
	text := strings.TrimSpace(strings.ReplaceAll(form.Get("text"), "\r\n", "\n"))
	key, value := strings.TrimSpace(form.Get("key")), form.Get("value")
	switch as {
	case asContact:
		return &said{Text: text, Role: bellhop.FromContact}
	case asNote:
		return &said{Text: text, Role: bellhop.ToContact, IsBackchannel: true}
	case asCommand:
		return &said{Type: bellhop.CommandMessage, Text: text}
	case asSet:
		return &said{Type: bellhop.CommandMessage, Text: strings.TrimSpace("/set " + key + " " + value)}
	case asAssign:
		return &said{Type: bellhop.CommandMessage, Text: "/assign", Meta: map[string]any{"users": form["user"]}}
	case asTag:
		return &said{Type: bellhop.TagMessage, Text: text}
	case asForm:
		return &said{Type: bellhop.FormMessage, Text: text, Meta: map[string]any{"form": strings.TrimLeft(text, "+-")}}
	case asField:
		m := &said{Type: bellhop.FieldMessage, Text: strings.TrimSpace("." + key + " " + value)}
		if id := form.Get("form"); id != "" {
			m.Meta = map[string]any{"form": id}
		}
		return m
	}
	return &said{Text: text, Role: bellhop.ToContact}
}

// say posts a message as a client of the API would. If it is refused, the page says why and
// has the form as it was.
func (ui *UI) say(v *visit, c *bellhop.Conversation, m *said, form *speakForm) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	// A visitor who leaves has said it all the same.
	_, err = ui.conversing.Post(context.WithoutCancel(v.r.Context()), v.caller, c.ID, body)
	if err == nil {
		to := url.URL{Path: conversationPath(c.ID), Fragment: "speak"}
		if form.As != "" && !slices.Contains([]who{asSet, asAssign, asTag, asForm, asField}, who(form.As)) {
			to.RawQuery = url.Values{"as": {form.As}}.Encode()
		}
		return v.seeOther(to.String())
	}
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code == bellhop.Internal {
		return err
	}
	form.Error = refusedText(e, m)
	return ui.showConversation(v, c, form, web.Status(e))
}

// refusedText says why a message was not posted.
func refusedText(e *bellhop.Error, m *said) string {
	text := sentence(e.Message)
	switch {
	case m.Text == "" && e.Fields["text"] != "":
		text = "There is nothing to say yet."
	case m.Type == bellhop.CommandMessage && strings.Contains(e.Fields["text"], "of a command"):
		text = "A command begins with / or >, such as /accept."
	case len(e.Fields) == 1:
		for name, reason := range e.Fields {
			text = sentence(name + " " + reason)
		}
	}
	if e.RetryAfter > 0 {
		text += " Try again in " + span(e.RetryAfter) + "."
	}
	return text
}
