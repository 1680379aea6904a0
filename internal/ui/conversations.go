package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// conversationsShown is how many conversations stand on a page.
const conversationsShown = 50

type conversationsPage struct {
	frame
	Answer   string
	Stream   string // what tells of changes
	Filters  []link
	Search   conversationSearch
	Filtered bool
	Rows     []conversationRow
	Paging   *paging
	Start    string // where a conversation is begun; "" if the visitor may not
}

type conversationRow struct {
	link
	Anchor     string // the id of the row
	Status     badge
	Type       string
	Touchpoint string
	People     string
	At         *moment
}

func (*conversationsPage) template() string { return "conversations" }

func (ui *UI) conversations(v *visit) error {
	from := ui.live.Position()
	search, err := v.conversationSearch()
	if err != nil {
		return err
	}
	offset, filter := offsetOf(v.r), search.filter(v.caller.ID)
	filter.Set("sort", "-updatedAt")
	filter.Set("limit", strconv.Itoa(conversationsShown))
	filter.Set("offset", strconv.Itoa(offset))
	if err := v.narrow(filter); err != nil {
		return err
	}
	found, total, err := list[bellhop.Conversation](v, bellhop.Conversations, filter)
	if err != nil {
		return err
	}
	p := &conversationsPage{
		frame:   frame{Title: "Conversations", Section: inConversations},
		Answer:  conversationsAnswer(total, search, v.inChosen()),
		Stream:  "/live/conversations?" + url.Values{afterParam: {from}}.Encode(),
		Filters: filterLinks(v.r.URL, "status", conversationStatuses()...),
		Search:  *search, Filtered: search.narrows(),
		Paging: pagingOf(v.r, offset, conversationsShown, len(found), total, 0).byTime(),
	}
	if v.mayStart() {
		p.Start = startPath
		if search.Within != "" {
			p.Start += "?" + url.Values{organizationParam: {search.Within}}.Encode()
		}
	}
	for i := range found {
		p.Rows = append(p.Rows, ui.conversationRow(&found[i]))
	}
	return v.show(p)
}

func conversationStatuses() []string {
	return []string{string(bellhop.ConversationQueued), string(bellhop.ConversationActive), string(bellhop.ConversationClosed)}
}

func conversationsAnswer(total int, s *conversationSearch, where string) string {
	switch {
	case total == 0 && s.narrowsMore():
		return "No conversation" + where + " is like that."
	case total == 0 && s.Status != "":
		return "No conversation" + where + " is " + s.Status + "."
	case total == 0:
		return "Nobody has written" + where + " yet."
	}
	text := plural(total, "conversation", "conversations") + where
	if s.Status != "" {
		text += " " + s.Status
	}
	if s.narrowsMore() {
		return text + " like that."
	}
	if s.Status != "" {
		return text + "."
	}
	return text + ", the latest first."
}

// conversationSearch is by what the list is narrowed; all of it is in the address.
type conversationSearch struct {
	Status   string
	Name     string
	Types    []option
	Who      []option
	Bots     []option
	Channels []option
	Within   string // the organization to which the list is limited anyway; "" if it is not
	Clear    string // the address of the whole list
}

// Whose conversations are looked for.
const (
	withMe     = "me"
	unassigned = "nobody"
)

// conversationSearch reads what the visitor looks for, and what there is to choose from. What
// is no choice counts as none.
func (v *visit) conversationSearch() (*conversationSearch, error) {
	q := v.r.URL.Query()
	s := &conversationSearch{Name: strings.TrimSpace(q.Get("name")), Within: q.Get(organizationParam), Clear: "/conversations"}
	if s.Within != "" {
		s.Clear += "?" + url.Values{organizationParam: {s.Within}}.Encode()
	}
	if status := q.Get("status"); slices.Contains(conversationStatuses(), status) {
		s.Status = status
	}
	s.Types = options(q.Get("type"), option{Text: "Any type"}, option{Value: "contact", Text: "With a contact"},
		option{Value: "bot", Text: "Of bots"}, option{Value: "agent", Text: "Of agents"}, option{Value: "system", Text: "System"})
	s.Who = options(q.Get("who"), option{Text: "Anybody's"}, option{Value: withMe, Text: "Mine: I take part, or am assigned"},
		option{Value: unassigned, Text: "Unassigned"})
	var err error
	if s.Bots, err = optionsOf(v, bellhop.Bots, q.Get("bot"), "Any bot or none"); err != nil {
		return nil, err
	}
	s.Channels, err = optionsOf(v, bellhop.Channels, q.Get("channel"), "Any channel or none")
	return s, err
}

// optionsOf returns the resources of a kind to choose from, nil if there are none for the visitor.
func optionsOf(v *visit, kind *bellhop.Kind, current, any string) ([]option, error) {
	if v.caller.MayList(kind) != nil {
		return nil, nil
	}
	found, _, err := list[struct {
		ID   bellhop.ID
		Name string
	}](v, kind, url.Values{"select": {"name"}, "sort": {"name"}, "limit": {strconv.Itoa(optionsShown)}})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	all := []option{{Text: any}}
	for _, f := range found {
		all = append(all, option{Value: string(f.ID), Text: personName(f.Name, f.ID)})
	}
	return options(current, all...), nil
}

// narrowsMore reports whether it narrows by more than the status.
func (s *conversationSearch) narrowsMore() bool {
	return s.Name != "" || chosen(s.Types)+chosen(s.Who)+chosen(s.Bots)+chosen(s.Channels) != ""
}

func (s *conversationSearch) narrows() bool { return s.Status != "" || s.narrowsMore() }

// filter is the search in the dialect of lists.
func (s *conversationSearch) filter(me bellhop.ID) url.Values {
	filter := url.Values{}
	set := func(name, prefix, value string) {
		if value != "" {
			filter.Add(name, prefix+value)
		}
	}
	set("status", "", s.Status)
	set("name", "~", s.Name)
	set("type", "", chosen(s.Types))
	set("participants.user", "", chosen(s.Bots))
	set("channels", "", chosen(s.Channels))
	switch chosen(s.Who) {
	case withMe:
		set("participants.user", "", string(me))
	case unassigned:
		set("participants.accepted", "!", "true")
		set("participants.inbox", "!", "true")
	}
	return filter
}

func (ui *UI) conversationRow(c *bellhop.Conversation) conversationRow {
	row := conversationRow{
		link: link{Text: conversationName(c), To: conversationPath(c.ID)}, Anchor: "conversation-" + string(c.ID), Status: conversationBadge(c.Status),
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
