package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
)

func conversationCommands() []command {
	return []command{
		{"list", "list conversations, those that changed last first", listConversations, nil},
		{"new", "begin a conversation with a contact", newConversation, nil},
		{"say", "post one message", sayIn, nil},
		{"talk", "talk to a bot as the contact, here on the terminal", talkIn, nil},
		{"show", "show what was said", showConversation, nil},
	}
}

const conversationsAbout = `Lists conversations, those that changed last first.`

// listConversations lists them.
func listConversations(ctx context.Context, args []string, env environment) error {
	r := env.request("conversations list", "", conversationsAbout)
	status := r.String("status", "", "only those with this `status`: queued, active or closed")
	typ := r.String("type", "", "only those of this `type`: contact, bot, agent or system")
	contact := r.String("contact", "", "only those whose `name`, mostly that of the contact, has this in it")
	limit := atMost(20)
	r.Var(&limit, "limit", "`number` of conversations at most")
	if _, err := r.parse(args); err != nil {
		return err
	}
	if *status != "" && !slices.Contains([]string{"queued", "active", "closed"}, *status) {
		return wrongUsage("--status is queued, active or closed, not %q", *status)
	}
	q := chipchat.Query{"sort": "-updatedAt"}
	if *status != "" {
		q["status"] = spelled(*status)
	}
	if *typ != "" {
		q["type"] = spelled(*typ)
	}
	if *contact != "" {
		q["name"] = "~" + *contact
	}
	all, err := listUpTo(ctx, r, r.bot.Conversations, q, limit, "conversation")
	if err != nil {
		return fmt.Errorf("list the conversations: %w", err)
	}
	return r.print(env, rawOf(all, func(c *chipchat.Conversation) json.RawMessage { return c.Raw }), func(w io.Writer) error {
		if len(all) == 0 {
			fmt.Fprintln(env.stderr, "There are no such conversations: bellhop conversations talk new begins one.")
			return nil
		}
		t := env.table("id!", "name", "type?", "status", "messages?", "changed!")
		for i := range all {
			c := &all[i]
			t.row(c.ID, c.Name, c.Type, t.paint.status(c.Status), len(c.Messages), moment(c.UpdatedAt, time.Now()))
		}
		return t.write(w)
	})
}

// beginning is how a conversation begins.
type beginning struct {
	contact, email, telephone, text, touchpoint string
}

func (b *beginning) flags(r *request) {
	r.StringVar(&b.contact, "contact", "Jenny Jones", "`name` of the contact of a new conversation")
	r.StringVar(&b.email, "email", "", "`email` of the contact (default: one that nobody has)")
	r.StringVar(&b.telephone, "telephone", "", "`number` of the contact")
	r.StringVar(&b.touchpoint, "touchpoint", "web", "`transport` by which the contact writes, such as web, sms or whatsapp")
}

// begin creates the contact, and with it the conversation that he has.
func (r *request) begin(ctx context.Context, b *beginning) (*chipchat.Conversation, error) {
	profile := map[string]any{"name": b.contact}
	if b.email != "" {
		profile["email"] = b.email
	}
	if b.telephone != "" {
		profile["telephone"] = b.telephone
	}
	contact, err := r.bot.Contacts.Create(ctx, map[string]any{"profile": profile})
	if err != nil {
		return nil, fmt.Errorf("create the contact %s: %w", b.contact, err)
	}
	if contact.Conversation == "" {
		return nil, fmt.Errorf("the contact %s has no conversation", contact.ID)
	}
	if b.text != "" {
		message := map[string]any{"text": b.text, "role": chipchat.RoleContact, "touchpoint": b.touchpoint}
		if _, err := r.post(ctx, contact.Conversation, message); err != nil {
			return nil, err
		}
	}
	return r.conversation(ctx, contact.Conversation)
}

func (r *request) conversation(ctx context.Context, id chipchat.ID) (*chipchat.Conversation, error) {
	c, err := r.bot.Conversations.Get(ctx, id, nil)
	if err != nil {
		return nil, fmt.Errorf("get the conversation %s: %w", id, err)
	}
	return c, nil
}

// post posts one message, and returns it as the server answers it.
func (r *request) post(ctx context.Context, conversation chipchat.ID, message map[string]any) (*chipchat.Message, error) {
	m, err := below[chipchat.Message](r.bot, "conversations", conversation, "messages").Create(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("post a message: %w", err)
	}
	return m, nil
}

// find is the id of the conversation that a word names: last is the one that changed last.
func (r *request) find(ctx context.Context, word string) (chipchat.ID, error) {
	if word != "last" {
		return named(ctx, r.bot.Conversations, "conversation", word, func(c *chipchat.Conversation) (chipchat.ID, string) { return c.ID, c.Name })
	}
	page, err := r.bot.Conversations.List(ctx, chipchat.Query{"sort": "-updatedAt", "limit": 1, "select": "id"})
	if err != nil {
		return "", fmt.Errorf("find the last conversation: %w", err)
	}
	if len(page.Items) == 0 {
		return "", noSuch("there is no conversation yet")
	}
	return page.Items[0].ID, nil
}

const newConversationAbout = `Creates a contact, and with it the conversation that each contact has. With
--text he begins to talk.`

// newConversation begins a conversation.
func newConversation(ctx context.Context, args []string, env environment) error {
	r := env.request("conversations new", "", newConversationAbout)
	var b beginning
	b.flags(r)
	r.StringVar(&b.text, "text", "", "`text` that the contact says first")
	if _, err := r.parse(args); err != nil {
		return err
	}
	c, err := r.begin(ctx, &b)
	if err != nil {
		return err
	}
	return r.print(env, c.Raw, func(w io.Writer) error {
		id := clean(string(c.ID), "")
		_, err := fmt.Fprintln(w, id)
		fmt.Fprintf(env.stderr, "This is the conversation with %s: bellhop conversations talk %s\n", clean(c.Name, ""), id)
		return err
	})
}

const sayAbout = `Posts one message. As contact it is what a bot gets to hear, as agent what the
contact sees, and as bot it is for the users alone. A text that begins with /
or > is a command, as everywhere. CONVERSATION is an id, the name of its
contact, or last.`

// sayIn posts one message.
func sayIn(ctx context.Context, args []string, env environment) error {
	r := env.request("conversations say", "CONVERSATION TEXT", sayAbout)
	role := r.String("role", "contact", "who speaks: contact, agent or bot")
	words, err := r.parse(args, "CONVERSATION", "TEXT...")
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"contact", "agent", "bot"}, *role) {
		return wrongUsage("--role is contact, agent or bot, not %q", *role)
	}
	id, err := r.find(ctx, words[0])
	if err != nil {
		return err
	}
	text := strings.Join(words[1:], " ")
	m, err := r.post(ctx, id, spoken(text, *role))
	if err != nil {
		return err
	}
	return r.print(env, m.Raw, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, clean(string(m.ID), ""))
		return err
	})
}

// spoken is a message of somebody; a command has no role.
func spoken(text, role string) map[string]any {
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, ">") {
		return map[string]any{"type": "command", "text": text}
	}
	return map[string]any{"text": text, "role": role}
}

const showAbout = `Shows what was said in a conversation, the newest message last. CONVERSATION
is an id, the name of its contact, or last.`

// showConversation shows what was said.
func showConversation(ctx context.Context, args []string, env environment) error {
	r := env.request("conversations show", "CONVERSATION", showAbout)
	limit := atMost(50)
	r.Var(&limit, "limit", "`number` of messages at most, the newest ones")
	words, err := r.parse(args, "CONVERSATION")
	if err != nil {
		return err
	}
	id, err := r.find(ctx, words[0])
	if err != nil {
		return err
	}
	c, err := r.conversation(ctx, id)
	if err != nil {
		return err
	}
	messages, err := r.messages(ctx, id, chipchat.Query{"sort": "-createdAt"}, int(limit))
	if err != nil {
		return err
	}
	slices.Reverse(messages)
	return r.print(env, rawOf(messages, func(m *chipchat.Message) json.RawMessage { return m.Raw }), func(w io.Writer) error {
		v := newVoices(env, c)
		for i := range messages {
			if err := v.write(w, &messages[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// messages are those of a conversation.
func (r *request) messages(ctx context.Context, id chipchat.ID, q chipchat.Query, limit int) ([]chipchat.Message, error) {
	messages, err := below[chipchat.Message](r.bot, "conversations", id, "messages").All(ctx, q, chipchat.Paging{Limit: min(max(limit, 1), 1000), CountLimit: max(limit, 1), Backoff: -1})
	if err != nil {
		return nil, fmt.Errorf("get the messages: %w", err)
	}
	return messages, nil
}

// voices writes messages as a talk: who says what, and what can be pressed.
type voices struct {
	paint   paint
	contact string
	names   map[chipchat.ID]string
	buttons []chipchat.Action // since the contact spoke last, in the order of their numbers
}

func newVoices(env environment, c *chipchat.Conversation) *voices {
	v := &voices{paint: env.paint(env.stdout), contact: cmp.Or(c.Name, "Contact"), names: map[chipchat.ID]string{}}
	v.meet(c)
	return v
}

// meet learns the names of who takes part.
func (v *voices) meet(c *chipchat.Conversation) {
	for _, p := range c.Participants {
		v.names[p.User] = p.Name
	}
}

// write writes one message, and numbers its buttons.
func (v *voices) write(w io.Writer, m *chipchat.Message) error {
	p := v.paint
	who := p.bold(clean(v.names[m.User], ""))
	if m.Role == chipchat.RoleContact {
		who = p.green(clean(v.contact, ""))
	} else if who == "" {
		who = p.bold("Somebody")
	}
	text := clean(m.Text, "")
	switch {
	case m.Type == "postback":
		text = p.dim("pressed ") + text
		if len(m.Actions) > 0 && m.Actions[0].Text != "" && m.Actions[0].Text != m.Text {
			text = p.dim("pressed ") + clean(m.Actions[0].Text, "") + p.dim(" ("+clean(m.Text, "")+")")
		}
	case m.Type != "chat" && m.Type != "":
		text = p.dim(clean(m.Type, "")+" ") + text
	}
	if m.Role == chipchat.RoleBot || m.IsBackchannel {
		text = p.dim("to the users: ") + text
	}
	if _, err := fmt.Fprintf(w, "%s  %s: %s\n", p.dim(m.CreatedAt.Local().Format(time.TimeOnly)), who, text); err != nil {
		return err
	}
	if m.Role == chipchat.RoleContact {
		v.buttons = nil // he has answered
		return nil
	}
	if err := v.offer(w, m.Actions); err != nil {
		return err
	}
	for _, item := range m.Items {
		line := strings.TrimRight(item.Title+": "+item.Description, ": ")
		if _, err := fmt.Fprintf(w, "          %s %s\n", p.dim("-"), clean(line, "")); err != nil {
			return err
		}
		if err := v.offer(w, item.Actions); err != nil {
			return err
		}
	}
	return nil
}

// offer writes buttons with the numbers by which they can be pressed.
func (v *voices) offer(w io.Writer, actions []chipchat.Action) error {
	for _, a := range actions {
		line := clean(cmp.Or(a.Text, a.Payload), "")
		if a.URI != "" {
			line += v.paint.dim("  " + clean(a.URI, ""))
		}
		number := "   "
		if a.Type == "reply" || a.Type == "postback" {
			v.buttons = append(v.buttons, a)
			number = v.paint.yellow(fmt.Sprintf("[%d]", len(v.buttons)))
		}
		if _, err := fmt.Fprintf(w, "          %s %s\n", number, line); err != nil {
			return err
		}
	}
	return nil
}

// pressed is the message of a contact who presses a button (docs/contract/conversations.md section 3).
func pressed(a chipchat.Action) map[string]any {
	return map[string]any{
		"type": "postback", "role": chipchat.RoleContact, "text": cmp.Or(a.Payload, a.Text), "actions": []chipchat.Action{a},
	}
}
