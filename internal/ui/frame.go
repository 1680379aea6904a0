package ui

import (
	"html/template"
	"strings"

	"bellhop"
	"bellhop/internal/account"
)

// frame is what all pages have in common.
type frame struct {
	Page    string // which one it is, by the name of its template
	Title   string
	Trail   []link    // the way here, from the outermost
	Section string    // which entry of the rail is the current one
	Visitor *visitor  // nil if nobody is logged in
	Switch  *switcher // nil if there is nothing to choose from
	Within  *orgTabs  // of the pages of an organization
	Chosen  string    // the organization to which a list is limited
	Notice  *noticeOf // what has just happened; nil if nothing
	Reading bool      // a page to read, which is the same for everybody

	Confidential bool // it shows a secret

	Main, Scripts template.HTML // what its own templates have made of it; set by execute
}

func (f *frame) common() *frame { return f }

// link is a name and where it leads.
type link struct {
	Text, To string
	Current  bool
}

// visitor is who is logged in.
type visitor struct {
	Name string
	Role string
	Rail []railEntry
}

func visitorOf(c *account.Caller) *visitor {
	name := c.Name
	if strings.TrimSpace(name) == "" {
		name = string(c.ID)
	}
	return &visitor{Name: name, Role: string(c.Role), Rail: railOf(c)}
}

// orgTabs leads through the pages of one organization.
type orgTabs struct {
	ID   bellhop.ID
	Name string
	Tabs []link
}

const (
	tabGeneral      = "General"
	tabIntegrations = "Integrations"
	tabBots         = "Bots"
	tabUsers        = "Users"
)

func orgTabsOf(o *bellhop.Organization, current string) *orgTabs {
	return &orgTabs{ID: o.ID, Name: nameOf(o), Tabs: []link{
		{Text: tabGeneral, To: orgPath(o.ID), Current: current == tabGeneral},
		{Text: tabIntegrations, To: integrationsPath(o.ID), Current: current == tabIntegrations},
		{Text: tabBots, To: orgBotsPath(o.ID), Current: current == tabBots},
		{Text: tabUsers, To: usersPath(o.ID), Current: current == tabUsers},
		{Text: tabAudit, To: auditPath(o.ID), Current: current == tabAudit},
	}}
}

// Head is the title of the window: the page, and where in the pages it is.
func (f *frame) Head() string {
	parts := []string{f.Title}
	if f.Within != nil && f.Within.Name != f.Title {
		parts = append(parts, f.Within.Name)
	} else if f.Chosen != "" {
		parts = append(parts, f.Chosen)
	}
	return strings.Join(append(parts, "Bellhop"), " · ")
}

func nameOf(o *bellhop.Organization) string {
	for _, name := range []string{o.DisplayName, o.Name} {
		if strings.TrimSpace(name) != "" {
			return name
		}
	}
	return string(o.ID)
}

func orgPath(id bellhop.ID) string          { return "/settings/organizations/" + string(id) }
func integrationsPath(id bellhop.ID) string { return orgPath(id) + "/integrations" }
func servicePath(id bellhop.ID) string      { return "/services/" + string(id) }
func deliveryPath(id bellhop.UUID) string   { return "/deliveries/" + id.String() }
func conversationPath(id bellhop.ID) string { return "/conversations/" + string(id) }

// organizationFrame is the frame of a page of o below the tab.
func organizationFrame(o *bellhop.Organization, tab, title string, further ...link) frame {
	trail := []link{{Text: "Settings", To: "/settings"}}
	if title != nameOf(o) {
		trail = append(trail, link{Text: nameOf(o), To: orgPath(o.ID)})
	}
	return frame{Title: title, Section: inSettings, Within: orgTabsOf(o, tab), Trail: append(trail, further...)}
}
