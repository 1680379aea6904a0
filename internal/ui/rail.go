package ui

import (
	"net/url"

	"bellhop"
	"bellhop/internal/account"
)

// section is an entry of the rail, which leads to a part of the pages.
type section struct {
	link
	ID   string        // frame.Section of its pages
	Icon string        // template "icon"
	Key  string        // after g it leads there
	Kind *bellhop.Kind // what one has to be allowed to list; nil for everybody
	List bool          // it shows what organizations own, of all or of one and all below
}

// sections are all there are, in the order of the rail.
var sections = []section{
	{link: link{Text: "Overview", To: "/"}, ID: inOverview, Icon: "overview", Key: "o", Kind: bellhop.Deliveries, List: true},
	{link: link{Text: "Conversations", To: "/conversations"}, ID: inConversations, Icon: "conversations", Key: "c", Kind: bellhop.Conversations, List: true},
	{link: link{Text: "Deliveries", To: "/deliveries"}, ID: inDeliveries, Icon: "deliveries", Key: "d", Kind: bellhop.Deliveries, List: true},
	{link: link{Text: "Bots", To: "/bots"}, ID: inBots, Icon: "bots", Key: "b", Kind: bellhop.Bots, List: true},
	{link: link{Text: "Settings", To: "/settings"}, ID: inSettings, Icon: "settings", Key: "s", Kind: bellhop.Organizations},
}

// The sections of the rail.
const (
	inOverview      = "overview"
	inSettings      = "settings"
	inDeliveries    = "deliveries"
	inConversations = "conversations"
	inBots          = "bots"
	inAccount       = "account"
)

// railEntry is a section as a visitor finds it.
type railEntry struct {
	link
	ID, Icon, Key string
}

// railOf is the sections that c may look at.
func railOf(c *account.Caller) []railEntry {
	var rail []railEntry
	for _, s := range sections {
		if s.Kind == nil || c.MayList(s.Kind) == nil {
			rail = append(rail, railEntry{link: s.link, ID: s.ID, Icon: s.Icon, Key: s.Key})
		}
	}
	return rail
}

// keep makes the rail lead to what an organization owns, and all below it.
func (v *visitor) keep(organization bellhop.ID) {
	for i := range v.Rail {
		v.Rail[i].To += "?" + url.Values{organizationParam: {string(organization)}}.Encode()
	}
}
