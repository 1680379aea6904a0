package ui

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"bellhop"
	"bellhop/internal/query"
)

// slugs have no character that the dialect of lists would read as an operator.
var slugPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// message leads from the address of a message to its place in the conversation.
func (ui *UI) message(v *visit) error {
	slug := v.r.PathValue("slug")
	if !slugPattern.MatchString(slug) {
		return bellhop.Messages.NotFound()
	}
	found, _, err := list[bellhop.Message](v, bellhop.Messages, url.Values{
		"slug": {slug}, "type[]": bellhop.MessageTypes, "limit": {"1"},
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return bellhop.Messages.NotFound()
	}
	m := &found[0]
	newer, err := v.newerThan(m)
	if err != nil {
		return err
	}
	to := url.URL{Path: conversationPath(m.Conversation), Fragment: messageAnchor(m.ID)}
	if offset := newer / messagesShown * messagesShown; offset > 0 {
		to.RawQuery = url.Values{"offset": {strconv.Itoa(offset)}}.Encode()
	}
	return v.seeOther(to.String())
}

// newerThan returns how many messages stand before m in its conversation, the newest
// first: the later ones, and of those of the same moment the ones that come before it.
func (v *visit) newerThan(m *bellhop.Message) (int, error) {
	newer, err := v.count(bellhop.Messages, url.Values{
		"conversation": {string(m.Conversation)}, "createdAt": {">" + m.CreatedAt.String()},
	})
	if err != nil {
		return 0, err
	}
	together, _, err := list[bellhop.Message](v, bellhop.Messages, url.Values{
		"conversation": {string(m.Conversation)}, "createdAt": {m.CreatedAt.String()},
		"sort": {"-createdAt"}, "select": {"id"}, "limit": {strconv.Itoa(query.MaxLimit)},
	})
	before := slices.IndexFunc(together, func(other bellhop.Message) bool { return other.ID == m.ID })
	return newer + max(before, 0), err
}
