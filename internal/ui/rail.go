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
	Kind *bellhop.Kind // what one has to be allowed to list; nil for everybody
	List bool          // it shows what organizations own, of all or of one and all below
}

// sections are all there are, in the order of the rail.
var sections = []section{
	{link: link{Text: "Conversations", To: "/conversations"}, ID: inConversations, Icon: "conversations", Kind: bellhop.Conversations, List: true},
	{link: link{Text: "Deliveries", To: "/deliveries"}, ID: inDeliveries, Icon: "deliveries", Kind: bellhop.Deliveries, List: true},
	{link: link{Text: "Settings", To: "/settings"}, ID: inSettings, Icon: "settings", Kind: bellhop.Organizations},
}

// The sections of the rail.
const (
	inSettings      = "settings"
	inDeliveries    = "deliveries"
	inConversations = "conversations"
)

// railEntry is a section as a visitor finds it.
type railEntry struct {
	link
	ID, Icon string
}

// railOf is the sections that c may look at.
func railOf(c *account.Caller) []railEntry {
	var rail []railEntry
	for _, s := range sections {
		if s.Kind == nil || c.MayList(s.Kind) == nil {
			rail = append(rail, railEntry{link: s.link, ID: s.ID, Icon: s.Icon})
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
