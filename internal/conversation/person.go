package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/subscription"
)

// person is a user as conversations and events show him.
type person struct {
	bellhop.Participant
	body json.RawMessage // of the user; nil until it is read
}

func (u *person) actor() subscription.Actor {
	kind := subscription.User
	if u.Role == string(bellhop.RoleBot) {
		kind = subscription.Bot
	}
	return subscription.Actor{Kind: kind, ID: u.User, Name: u.Name}
}

// self returns the caller, nil if that is the server itself.
func (p *plan) self() *person {
	c := p.caller
	if c.IsSystem() || c.ID == "" {
		return nil
	}
	if p.me == nil {
		p.me = &person{Participant: bellhop.Participant{
			User: c.ID, Name: c.Name, Role: string(c.Role), Organization: c.Organization,
		}}
	}
	return p.me
}

// actor returns the caller as a participant, nil if that is the server itself. His role is
// that of his selected organization, not of the one that his token names.
func (p *plan) actor(ctx context.Context) (*person, error) {
	me := p.self()
	if me == nil {
		return nil, nil
	}
	shown := []bellhop.Participant{me.Participant}
	_, err := p.people.refresh(ctx, p.tx, shown)
	me.Participant = shown[0]
	return me, err
}

// person returns the user of that id if he may have to do with conversations of s's
// organization or the caller sees him, and NotFound else: nobody learns the name of a
// stranger by assigning something to him.
func (s *stream) person(ctx context.Context, id bellhop.ID) (*person, error) {
	p := s.plan
	if id == p.caller.ID {
		if u, err := p.actor(ctx); u != nil || err != nil {
			return u, err
		}
	}
	if u := s.people[id]; u != nil {
		return u, nil
	}
	if !id.Valid() {
		return nil, bellhop.Users.NotFound()
	}
	doc, err := p.tx.Document(ctx, bellhop.Users, id)
	if err != nil {
		return nil, err
	}
	var user bellhop.User
	if err := doc.Decode(&user); err != nil {
		return nil, err
	}
	known, err := s.concerns(ctx, &user)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, bellhop.Users.NotFound()
	}
	if s.people == nil {
		s.people = map[bellhop.ID]*person{}
	}
	s.people[id] = participantOf(&user, doc)
	return s.people[id], nil
}

// participantOf reads role and organization from the selected membership, wherever the
// user was made.
func participantOf(user *bellhop.User, doc *bellhop.Document) *person {
	u := &person{body: doc.Body}
	u.User = doc.ID
	u.Name = user.DisplayName
	u.Role = string(user.Role)
	u.Organization = user.Organization
	if m := user.Selected(); m.Organization != "" {
		u.Role, u.Organization = string(m.Role), m.Organization
	}
	return u
}

// isBot reports whether user is a program, wherever he was made.
func isBot(user *bellhop.User) bool { return user.IsBot() || user.Selected().Role == bellhop.RoleBot }

// concerns reports whether the conversation is within reach of user, or user within sight
// of the caller.
func (s *stream) concerns(ctx context.Context, user *bellhop.User) (bool, error) {
	for _, m := range user.Organizations {
		if bellhop.Within(s.doc.OrgPath, m.OrgPath) || s.plan.caller.Sees(bellhop.Users, m.Organization, m.OrgPath) {
			return true, nil
		}
	}
	if !isBot(user) {
		return false, nil
	}
	return s.enabled(ctx, user.ID)
}

// enabled reports whether an instance of the bot is enabled where the conversation is.
func (s *stream) enabled(ctx context.Context, bot bellhop.ID) (bool, error) {
	docs, err := s.plan.tx.Referring(ctx, bellhop.BotInstances, "bot", bot, s.doc.Organization)
	if err != nil {
		return false, err
	}
	for _, doc := range docs {
		var instance struct {
			Enabled bool `json:"enabled"`
		}
		if err := doc.Decode(&instance); err != nil || instance.Enabled {
			return instance.Enabled, err
		}
	}
	return false, nil
}

// bodyOf returns the user as events show him, nil if he is no user any more.
func (p *plan) bodyOf(ctx context.Context, u *person) (json.RawMessage, error) {
	switch {
	case u == nil:
		return nil, nil
	case u.body != nil:
		return u.body, nil
	}
	doc, err := p.tx.Document(ctx, bellhop.Users, u.User)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	u.body = doc.Body
	return u.body, nil
}
