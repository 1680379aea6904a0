package conversation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bellhop"
)

// targets are whom a mention is for.
type targets struct {
	users, bots, organizations []bellhop.ID
}

// readTargets reads the targets from the meta of a mention. Clients look for users and bots
// in targetUser (docs/contract/events.md section 1), so that names the bots, too.
func readTargets(m *bellhop.Message) (*targets, error) {
	t := new(targets)
	for _, kind := range []struct {
		name string
		ids  *[]bellhop.ID
	}{{"targetUser", &t.users}, {"targetBot", &t.bots}, {"targetOrganization", &t.organizations}} {
		name := "meta." + kind.name
		var err error
		if *kind.ids, err = idsOf(name, m.Meta[kind.name]); err != nil {
			return nil, err
		}
		if len(*kind.ids) > maxParticipants {
			return nil, bellhop.InvalidField(name, "must be at most %d", maxParticipants)
		}
	}
	switch {
	case len(t.users)+len(t.bots)+len(t.organizations) == 0:
		return nil, bellhop.InvalidField("meta", "of a mention needs a targetUser, a targetBot or a targetOrganization")
	case len(t.bots) == 0:
		return t, nil
	case len(t.users) == 0:
		m.Meta["targetUser"] = m.Meta["targetBot"]
		return t, nil
	}
	all := slices.Clone(t.users)
	for _, id := range t.bots {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	if len(all) > len(t.users) {
		m.Meta["targetUser"] = textsOf(all)
	}
	return t, nil
}

// mention tells the targets of a message, and takes their name from the front of its text.
func (s *stream) mention(ctx context.Context, t *targets, m *bellhop.Message) error {
	var names []string
	for _, id := range t.users {
		u, err := s.person(ctx, id)
		if err != nil {
			return err
		}
		names = append(names, u.Name)
		if err := assign(s.conv, &u.Participant); err != nil {
			return err
		}
	}
	for _, id := range t.bots {
		bot, err := s.bot(ctx, id)
		if err != nil {
			return err
		}
		names = append(names, bot.names...)
		if err := assign(s.conv, &bot.Participant); err != nil {
			return err
		}
	}
	var paths []string
	for _, id := range t.organizations {
		path, called, err := s.organization(ctx, id)
		if err != nil {
			return err
		}
		paths, names = append(paths, path), append(names, called...)
	}
	name := ""
	if m.Text, name = withoutName(m.Text, names); name == "" {
		name = names[0]
	}
	m.Meta = maps.Clone(m.Meta) // it is the draft's
	m.Meta["targetName"] = name
	if len(paths) == 0 {
		return nil
	}
	return s.routeAt(ctx, paths)
}

// withoutName returns text without "@" and one of names at its front, and that name; the
// longest counts, and it ends where a word does. A text of nothing else stays: it would be
// empty.
func withoutName(text string, names []string) (rest, name string) {
	after, ok := strings.CutPrefix(text, "@")
	if !ok {
		return text, ""
	}
	for _, n := range names {
		if len(n) <= len(name) || len(after) < len(n) || !strings.EqualFold(after[:len(n)], n) {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(after[len(n):]); unicode.IsLetter(next) || unicode.IsDigit(next) {
			continue
		}
		name = n
	}
	rest = strings.TrimSpace(after[len(name):])
	if name == "" || rest == "" {
		return text, name
	}
	return rest, name
}

// mentionable is a bot and what it is called.
type mentionable struct {
	*person
	names []string
}

// bot returns the bot of that id under the conditions of stream.person.
func (s *stream) bot(ctx context.Context, id bellhop.ID) (*mentionable, error) {
	u, err := s.person(ctx, id)
	if bellhop.HasCode(err, bellhop.NotFound) || err == nil && u.Role != string(bellhop.RoleBot) {
		return nil, bellhop.Bots.NotFound()
	}
	if err != nil {
		return nil, err
	}
	bot := &mentionable{person: u, names: []string{u.Name}}
	doc, err := s.plan.tx.Document(ctx, bellhop.Bots, id)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return bot, nil
	}
	if err != nil {
		return nil, err
	}
	var record struct{ Name string }
	if err := doc.Decode(&record); err != nil {
		return nil, err
	}
	if record.Name != "" {
		bot.names = append(bot.names, record.Name)
	}
	return bot, nil
}

// organization returns where the organization of that id is, and what it is called. It exists for
// who may see it, and in conversations of its own, of those above and of those below it.
func (s *stream) organization(ctx context.Context, id bellhop.ID) (path string, names []string, err error) {
	doc, err := s.plan.tx.Document(ctx, bellhop.Organizations, id)
	if err != nil {
		return "", nil, err
	}
	if !s.isNear(bellhop.Organizations, doc) && !bellhop.Within(doc.OrgPath, s.doc.OrgPath) {
		return "", nil, bellhop.Organizations.NotFound()
	}
	var called struct{ DisplayName, Name string }
	if err := doc.Decode(&called); err != nil {
		return "", nil, err
	}
	if called.DisplayName == "" {
		called.DisplayName = called.Name
	}
	return doc.OrgPath, []string{called.DisplayName, called.Name}, nil
}
