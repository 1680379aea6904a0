package ui

import (
	"net/url"
	"slices"

	"bellhop"
)

// ordersView is what can be done in a conversation beyond talking. All of it are messages.
type ordersView struct {
	Path     string
	Commands []orderView
	People   []choice // whom it can be assigned to
	Forms    []choice // that can be activated or removed: the text of the message
	Fields   []choice // the forms whose fields can be set
	Contact  bool     // so can those of the contact
}

// orderView is a command without arguments, and what it does.
type orderView struct {
	Text, Says string
}

// choice is an element of a list to choose from.
type choice struct {
	Value, Text string
	Current     bool // is chosen now
}

// formView is a form that is being filled in.
type formView struct {
	ID, Name string
	Values   []fact
}

// commandsFor returns the commands that would change something for the visitor.
func commandsFor(c *bellhop.Conversation, me bellhop.ID) []orderView {
	var p bellhop.Participant
	if found := c.Participant(me); found != nil {
		p = *found
	}
	var orders []orderView
	add := func(sensible bool, text, says string) {
		if sensible {
			orders = append(orders, orderView{text, says})
		}
	}
	add(!p.Accepted && !c.IsTeam(), "/accept", "You answer the contact from now on")
	add(!p.Active, "/join", "You take part")
	add(p.Active || p.Accepted, "/leave", "You leave; when nobody answers any more it is closed")
	add(c.Status != bellhop.ConversationActive && !c.IsTeam(), "/notify", "Whoever is meant by the workflows learns that the contact waits")
	add(!p.Follow, "/follow", "You watch without taking part")
	add(p.Follow, "/unfollow", "You watch no longer")
	return orders
}

// choicesShown is how many there are to choose from.
const choicesShown = 100

// orders returns what the visitor may do here.
func (v *visit) orders(c *bellhop.Conversation, o *bellhop.Organization) (ordersView, error) {
	view := ordersView{Path: conversationPath(c.ID) + "/say", Commands: commandsFor(c, v.caller.ID), Contact: !c.IsTeam()}
	for _, f := range c.Forms {
		view.Fields = append(view.Fields, choice{Value: string(f.ID), Text: f.Name})
	}
	var err error
	if v.caller.MayList(bellhop.Users) == nil {
		if view.People, err = v.peopleToAssign(); err != nil {
			return view, err
		}
	}
	view.Forms, err = v.formChoices(c, o)
	return view, err
}

func (v *visit) peopleToAssign() ([]choice, error) {
	users, _, err := list[bellhop.User](v, bellhop.Users, url.Values{
		"select": {"displayName,role"}, "sort": {"displayName"}, "limit": {"100"},
	})
	var choices []choice
	for _, u := range users {
		choices = append(choices, choice{Value: string(u.ID), Text: personName(u.DisplayName, u.ID)})
	}
	return choices, err
}

// formChoices returns the forms of the organization's categories that are not active yet, and
// those that are, to be removed.
func (v *visit) formChoices(c *bellhop.Conversation, o *bellhop.Organization) ([]choice, error) {
	var choices []choice
	var ids []string
	for _, f := range c.Forms {
		choices = append(choices, choice{Value: "-" + string(f.ID), Text: "Remove " + f.Name})
	}
	if o == nil || v.caller.MayList(bellhop.Forms) != nil {
		return choices, nil
	}
	for _, category := range o.Categories {
		for _, id := range category.Forms {
			active := slices.ContainsFunc(c.Forms, func(f bellhop.ActiveForm) bool { return f.ID == id })
			if !active && !slices.Contains(ids, string(id)) && len(ids) < choicesShown {
				ids = append(ids, string(id))
			}
		}
	}
	if len(ids) == 0 {
		return choices, nil
	}
	forms, _, err := list[struct {
		ID   bellhop.ID
		Name string
	}](v, bellhop.Forms, url.Values{"id[]": ids, "select": {"name"}, "limit": {"100"}})
	for _, f := range forms {
		choices = append(choices, choice{Value: "+" + string(f.ID), Text: "Fill in " + f.Name})
	}
	return choices, err
}
