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
	People   []option // whom it can be assigned to
	Forms    []option // that can be activated or removed: the text of the message
	Fields   []option // the forms whose fields can be set
	Contact  bool     // so can those of the contact
}

// orderView is a command without arguments, and what it does.
type orderView struct {
	Text, Says string
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

// optionsShown is how many there are to choose from.
const optionsShown = 100

// orders returns what the visitor may do here.
func (v *visit) orders(c *bellhop.Conversation, o *bellhop.Organization) (ordersView, error) {
	view := ordersView{Path: conversationPath(c.ID) + "/say", Commands: commandsFor(c, v.caller.ID), Contact: !c.IsTeam()}
	for _, f := range c.Forms {
		view.Fields = append(view.Fields, option{Value: string(f.ID), Text: f.Name})
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

func (v *visit) peopleToAssign() ([]option, error) {
	users, _, err := list[bellhop.User](v, bellhop.Users, url.Values{
		"select": {"displayName,role"}, "sort": {"displayName"}, "limit": {"100"},
	})
	var options []option
	for _, u := range users {
		options = append(options, option{Value: string(u.ID), Text: personName(u.DisplayName, u.ID)})
	}
	return options, err
}

// formChoices returns the forms of the organization's categories that are not active yet, and
// those that are, to be removed.
func (v *visit) formChoices(c *bellhop.Conversation, o *bellhop.Organization) ([]option, error) {
	var options []option
	var ids []string
	for _, f := range c.Forms {
		options = append(options, option{Value: "-" + string(f.ID), Text: "Remove " + f.Name})
	}
	if o == nil || v.caller.MayList(bellhop.Forms) != nil {
		return options, nil
	}
	for _, category := range o.Categories {
		for _, id := range category.Forms {
			active := slices.ContainsFunc(c.Forms, func(f bellhop.ActiveForm) bool { return f.ID == id })
			if !active && !slices.Contains(ids, string(id)) && len(ids) < optionsShown {
				ids = append(ids, string(id))
			}
		}
	}
	if len(ids) == 0 {
		return options, nil
	}
	forms, _, err := list[struct {
		ID   bellhop.ID
		Name string
	}](v, bellhop.Forms, url.Values{"id[]": ids, "select": {"name"}, "limit": {"100"}})
	for _, f := range forms {
		options = append(options, option{Value: "+" + string(f.ID), Text: "Fill in " + f.Name})
	}
	return options, err
}
