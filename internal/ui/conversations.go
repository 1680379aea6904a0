package ui

import (
	"net/url"
	"slices"
	"strconv"

	"bellhop"
)

// conversationsShown is how many conversations stand on a page.
const conversationsShown = 50

type conversationsPage struct {
	frame
	Answer   string
	Filters  []link
	Filtered bool
	Rows     []conversationRow
	Paging   *paging
}

type conversationRow struct {
	link
	Status     badge
	Type       string
	Touchpoint string
	People     string
	At         *moment
}

func (*conversationsPage) template() string { return "conversations" }

func (ui *UI) conversations(v *visit) error {
	offset, status := offsetOf(v.r), v.r.URL.Query().Get("status")
	known := []string{string(bellhop.ConversationQueued), string(bellhop.ConversationActive), string(bellhop.ConversationClosed)}
	filter := url.Values{
		"sort": {"-updatedAt"}, "limit": {strconv.Itoa(conversationsShown)}, "offset": {strconv.Itoa(offset)},
	}
	filtered := slices.Contains(known, status)
	if filtered {
		filter.Set("status", status)
	}
	if err := v.narrow(filter); err != nil {
		return err
	}
	found, total, err := list[bellhop.Conversation](v, bellhop.Conversations, filter)
	if err != nil {
		return err
	}
	p := &conversationsPage{
		frame:   frame{Title: "Conversations", Section: inConversations},
		Answer:  conversationsAnswer(total, status, filtered, v.inChosen()),
		Filters: filterLinks(v.r.URL, "status", known...), Filtered: filtered,
		Paging: pagingOf(v.r, offset, conversationsShown, len(found), total, false).byTime(),
	}
	for i := range found {
		p.Rows = append(p.Rows, ui.conversationRow(&found[i]))
	}
	return v.show(p)
}

func conversationsAnswer(total int, status string, filtered bool, where string) string {
	switch {
	case total == 0 && filtered:
		return "No conversation" + where + " is " + status + "."
	case total == 0:
		return "Nobody has written" + where + " yet."
	case filtered:
		return plural(total, "conversation", "conversations") + where + " " + status + "."
	}
	return plural(total, "conversation", "conversations") + where + ", the latest first."
}

func (ui *UI) conversationRow(c *bellhop.Conversation) conversationRow {
	row := conversationRow{
		link: link{Text: conversationName(c), To: conversationPath(c.ID)}, Status: conversationBadge(c.Status),
		Type: string(c.Type), Touchpoint: c.Touchpoint, At: ui.moment(c.UpdatedAt),
	}
	var names []string
	for _, p := range c.Participants {
		names = append(names, personName(p.Name, p.User))
	}
	row.People = commas(names)
	return row
}

// conversationName returns what a conversation is called; team conversations have no name
// unless they were given one.
func conversationName(c *bellhop.Conversation) string {
	if c.Name != "" {
		return c.Name
	}
	if c.Type == bellhop.ContactConversation {
		return "Unnamed contact"
	}
	return "Unnamed " + string(c.Type) + " conversation"
}

func personName(name string, id bellhop.ID) string {
	if name != "" {
		return name
	}
	return string(id)
}
