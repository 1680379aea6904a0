package ui

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"bellhop"
)

const (
	// foundShown is how much of a kind is shown.
	foundShown = 6

	// searchedNewest is how far names are looked for where no index has them: as many as
	// are compared in milliseconds.
	searchedNewest = 1000
)

// sought is a kind of things that have names.
type sought struct {
	kind *bellhop.Kind
	name string
	by   string // the field with the name

	// newest is set where there may be any number: only what has changed last by that field
	// is looked at.
	newest string
}

var soughtKinds = []sought{
	{kind: bellhop.Organizations, name: "Organizations", by: "displayName"},
	{kind: bellhop.Services, name: "Services", by: "name"},
	{kind: bellhop.Bots, name: "Bots", by: "name"},
	{kind: bellhop.Users, name: "Users", by: "displayName"},
	{kind: bellhop.Conversations, name: "Conversations", by: "name", newest: "updatedAt"},
}

// thing is what is shown of any kind. Some kinds keep whatever fields a client sent, so
// that these may hold anything.
type thing struct {
	ID           bellhop.ID
	Name         word
	DisplayName  word
	Email        word
	Type         word
	Status       word
	Organization json.RawMessage // an id, or an organization
	Conversation word            // of a contact or a message
	Slug         word
	Text         word
	Profile      json.RawMessage
}

// word is a text; what is none is empty.
type word string

func (w *word) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) == nil {
		*w = word(s)
	}
	return nil
}

// shownOf is what is read of a thing.
const shownOf = "name,displayName,email,type,status,organization,conversation,slug,text,profile"

// hitOf leads to the page of a thing.
func hitOf(kind *bellhop.Kind, t *thing) hit {
	var f hit
	var about []word
	switch kind {
	case bellhop.Organizations:
		f.To, about = orgPath(t.ID), []word{word(t.ID)}
	case bellhop.Services:
		f.To, about = servicePath(t.ID), []word{t.Type, t.Status}
	case bellhop.Bots:
		f.To, about = "/bots/"+string(t.ID), []word{t.Status}
	case bellhop.Users:
		f.To, about = "/users/"+string(t.ID), []word{t.Email}
	case bellhop.Conversations:
		c := bellhop.Conversation{Name: string(t.Name), Type: bellhop.ConversationType(t.Type)}
		f.Text, f.To, about = conversationName(&c), conversationPath(t.ID), []word{t.Type, t.Status}
	case bellhop.Contacts:
		var profile struct{ Name, Email, Telephone word }
		_ = json.Unmarshal(t.Profile, &profile) // what is none has no name
		f.Text = firstOf(profile.Name, "Unnamed contact")
		f.To, about = conversationPath(bellhop.ID(t.Conversation)), []word{profile.Email, profile.Telephone}
	case bellhop.Messages:
		f.Text, f.To, about = firstOf(word(shorten(string(t.Text), 80)), "Message without text"), "/m/"+string(t.Slug), []word{t.Type}
	}
	if f.Text == "" {
		f.Text = firstOf(t.DisplayName, t.Name, word(t.ID))
	}
	var owner bellhop.Organization
	if json.Unmarshal(t.Organization, &owner) == nil && owner.Name != "" {
		about = append(about, word(nameOf(&owner)))
	}
	for _, text := range about {
		if text == "" {
			continue
		}
		if f.About != "" {
			f.About += ", "
		}
		f.About += string(text)
	}
	return f
}

func firstOf(texts ...word) string {
	for _, text := range texts {
		if strings.TrimSpace(string(text)) != "" {
			return string(text)
		}
	}
	return ""
}

// findNames looks for things by what they are called, and for contacts by their address.
func (v *visit) findNames(p *searchPage, q string) error {
	for _, s := range soughtKinds {
		filter := url.Values{s.by: {"~" + q}}
		note := ""
		if s.kind == bellhop.Users {
			filter.Set("role", "!"+string(bellhop.RoleBot)) // they are found as bots
		}
		if s.newest != "" && v.caller.MayList(s.kind) == nil {
			since, err := v.sinceNewest(s.kind, s.newest)
			if err != nil {
				return err
			}
			filter.Set("sort", "-"+s.newest)
			if since != "" {
				filter.Set(s.newest, ">="+since)
				note = "Among the " + number(searchedNewest) + " that changed last. Others are found by email, telephone or id."
			}
		}
		if err := v.findListed(p, s.kind, s.name, note, filter); err != nil {
			return err
		}
	}
	switch field, value := addressOf(q); field {
	case "":
		v.offerSlug(p, q)
		return nil
	default:
		return v.findListed(p, bellhop.Contacts, "Contacts", "", url.Values{field: {value}})
	}
}

var telephone = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{5,}$`)

// addressOf returns by which field of contacts an address is found, "" if it is none.
func addressOf(q string) (field, value string) {
	switch {
	case strings.Contains(q, "@") && !strings.Contains(q, " "):
		return "profile.email", q
	case telephone.MatchString(q):
		return "profile.telephone", "+" + strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, q)
	}
	return "", ""
}

// findListed adds what a filter finds of a kind that the visitor may list.
func (v *visit) findListed(p *searchPage, kind *bellhop.Kind, name, note string, filter url.Values) error {
	if v.caller.MayList(kind) != nil {
		return nil
	}
	filter.Set("select", shownOf)
	filter.Set("populate", "organization")
	filter.Set("limit", strconv.Itoa(foundShown))
	things, total, err := list[thing](v, kind, filter)
	if err != nil {
		return err
	}
	g := foundGroup{ID: kind.Plural, Name: name, Note: note}
	if more := total - len(things); more > 0 {
		g.Note = strings.TrimSpace(number(more) + " more: type more of the name. " + note)
	}
	for i := range things {
		g.Found = append(g.Found, hitOf(kind, &things[i]))
	}
	p.add(g)
	return nil
}

// sinceNewest returns since when the newest of a kind are from, by a field that says when;
// "" if there are not more than are searched.
func (v *visit) sinceNewest(kind *bellhop.Kind, field string) (string, error) {
	things, _, err := list[map[string]any](v, kind, url.Values{
		"sort": {"-" + field}, "select": {field}, "offset": {strconv.Itoa(searchedNewest)}, "limit": {"1"},
	})
	if err != nil || len(things) == 0 {
		return "", err
	}
	since, _ := things[0][field].(string)
	return since, nil
}
