package chipchattest

import (
	"bellhop"
	"bellhop/chipchat"
)

// Agent is a user of the organization who talks to contacts.
type Agent struct {
	ID   chipchat.ID
	Name string

	// API is the REST API as he uses it.
	API *chipchat.Bot

	platform *Platform
	ears     map[chipchat.ID]*ear // by conversation
}

// Agent creates a user of that name with the role agent.
func (p *Platform) Agent(name string) *Agent {
	p.tb.Helper()
	made, err := p.API.Users.Create(p.ctx, map[string]any{
		"name": name, "email": p.name("agent") + "@example.com", "role": "agent", "status": "active",
	})
	if err != nil {
		p.tb.Fatalf("chipchattest: create the agent %s: %v", name, err)
	}
	a := &Agent{ID: made.ID, Name: name, platform: p, ears: map[chipchat.ID]*ear{}}
	if a.API, err = p.actAs(made.ID, bellhop.ScopeAgent); err != nil {
		p.tb.Fatalf("chipchattest: log the agent %s in: %v", name, err)
	}
	return a
}

// Says lets him say something to the contact, by which he accepts the conversation if he has not.
func (a *Agent) Says(c *Contact, text string) *chipchat.Message {
	a.platform.tb.Helper()
	return a.Sends(c, chipchat.Message{Role: chipchat.RoleAgent, Text: text, Touchpoint: c.Touchpoint})
}

// Whispers lets him say something that the contact does not get.
func (a *Agent) Whispers(c *Contact, text string) *chipchat.Message {
	a.platform.tb.Helper()
	return a.Sends(c, chipchat.Message{Role: chipchat.RoleAgent, Text: text, IsBackchannel: true})
}

// Accepts lets him take responsibility for the conversation of the contact.
func (a *Agent) Accepts(c *Contact) { a.platform.tb.Helper(); a.Commands(c, "/accept") }

// Leaves lets him leave the conversation of the contact.
func (a *Agent) Leaves(c *Contact) { a.platform.tb.Helper(); a.Commands(c, "/leave") }

// Assigns puts the conversation of the contact into the inbox of users, by their ids: agents, or bots,
// whose id is Auth().User.
func (a *Agent) Assigns(c *Contact, users ...chipchat.ID) {
	a.platform.tb.Helper()
	a.Sends(c, chipchat.Message{Type: "command", Text: "/assign", Meta: map[string]any{"users": users}})
}

// Commands lets him give a command: "/..." to the platform, or ">..." to bots.
func (a *Agent) Commands(c *Contact, command string) *chipchat.Message {
	a.platform.tb.Helper()
	return a.Sends(c, chipchat.Message{Type: "command", Text: command})
}

// Sends is for all other messages: mentions, results and so on.
func (a *Agent) Sends(c *Contact, m chipchat.Message) *chipchat.Message {
	p := a.platform
	p.tb.Helper()
	made, err := a.API.Send(p.ctx, c.conversation, m)
	if err != nil {
		p.tb.Fatalf("%s sends %q: %v", a.Name, m.Text, err)
	}
	return &made[0]
}

// Hears is Hears of a contact, for what others say in the conversation of c to the contact or to
// users, except what the contact himself says.
func (a *Agent) Hears(c *Contact, wants ...any) *chipchat.Message {
	a.platform.tb.Helper()
	return a.ear(c).expect(wants)
}

// HearsNothing is HearsNothing of a contact, for what Hears hears.
func (a *Agent) HearsNothing(c *Contact) {
	a.platform.tb.Helper()
	a.ear(c).expectNothing()
}

func (a *Agent) ear(c *Contact) *ear {
	e := a.ears[c.conversation]
	if e == nil {
		e = &ear{platform: a.platform, name: a.Name, conversation: c.conversation, heard: map[chipchat.ID]bool{}}
		e.hears = func(m *chipchat.Message) bool {
			return m.User != a.ID && (m.Role == chipchat.RoleAgent || m.Role == chipchat.RoleBot)
		}
		a.ears[c.conversation] = e
	}
	return e
}
