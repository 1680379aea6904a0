package ui

import (
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// botsShown is how many bots stand on a page.
const botsShown = 50

type botsPage struct {
	frame
	Answer string
	New    string // where one is made; "" for who may not
	Search string
	Kept   bellhop.ID // the organization to which searching stays limited
	Whole  bool       // not of one organization: whose they are stands in the list
	Rows   []botRow
	Others []botRow // of an organization: bots of others that may work there
	Paging *paging
}

// botRow is a bot in a list.
type botRow struct {
	link
	About   string
	Owner   link // To is empty if the visitor does not see the owner
	For     string
	Works   badge
	Places  string
	Webhook badge // without a word if it is not for the visitor to see
	Links   botLinks
}

// botLinks are where the parts of a row lead; "" where the visitor has nothing to do.
type botLinks struct{ Webhook, Places, Edit string }

func (*botsPage) template() string { return "bots" }

func botPath(id bellhop.ID) string     { return "/bots/" + string(id) }
func orgBotsPath(id bellhop.ID) string { return orgPath(id) + "/bots" }

// bots are all that the visitor sees, or those of one organization and all below it.
func (ui *UI) bots(v *visit) error {
	offset, search := offsetOf(v.r), v.r.URL.Query().Get("search")
	filter := botFilter(search, offset)
	p := &botsPage{frame: frame{Title: "Bots", Section: inBots}, Search: search, Whole: true}
	if err := v.narrow(filter); err != nil {
		return err
	}
	within := v.organization
	if within != nil {
		p.Kept = within.ID
	}
	bots, total, err := list[bellhop.Bot](v, bellhop.Bots, filter)
	if err != nil {
		return err
	}
	if p.Rows, err = v.botRows(bots); err != nil {
		return err
	}
	p.Answer = botsAnswer(total, search, v.inChosen())
	p.Paging = pagingOf(v.r, offset, botsShown, len(bots), total, 0)
	if home := newBotHome(v, within); home != "" {
		p.New = orgBotsPath(home) + "/new"
	}
	p.Notice = botNotice(v.noticed("bots"))
	return v.show(p)
}

// newBotHome is the organization that a new bot would be of; "" if the visitor may make none there.
func newBotHome(v *visit, within *bellhop.Organization) bellhop.ID {
	home, path := v.caller.Organization, v.caller.OrgPath
	if within != nil {
		home, path = within.ID, within.Path
	}
	if v.caller.ScopeAt(path) < bellhop.Bots.Access.Create {
		return ""
	}
	return home
}

func botFilter(search string, offset int) url.Values {
	filter := url.Values{"sort": {"name"}, "limit": {strconv.Itoa(botsShown)}, "offset": {strconv.Itoa(offset)}}
	if search != "" {
		filter.Set("name", "~"+search)
	}
	return filter
}

func botsAnswer(total int, search string, where string) string {
	switch {
	case search != "" && total == 0:
		return "No bot" + where + " has “" + search + "” in its name."
	case search != "":
		return plural(total, "bot", "bots") + where + " with “" + search + "” in the name."
	case total == 0:
		return "No bots yet" + where + "."
	}
	return plural(total, "bot", "bots") + where + "."
}

// organizationBots are those that an organization owns, and below them those of others that
// may work there.
func (ui *UI) organizationBots(v *visit) error {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return err
	}
	offset, search := offsetOf(v.r), v.r.URL.Query().Get("search")
	filter := botFilter(search, offset)
	filter.Set("organization", string(o.ID))
	bots, total, err := list[bellhop.Bot](v, bellhop.Bots, filter)
	if err != nil {
		return err
	}
	p := &botsPage{
		frame: organizationFrame(&o, tabBots, "Bots"), Search: search,
		Paging: pagingOf(v.r, offset, botsShown, len(bots), total, 0),
	}
	if p.Rows, err = v.botRows(bots); err != nil {
		return err
	}
	if offset == 0 && search == "" {
		if p.Others, err = v.botsOfOthers(&o); err != nil {
			return err
		}
	}
	p.Answer = organizationBotsAnswer(&o, total, search, p.Others)
	if v.caller.ScopeAt(o.Path) >= bellhop.Bots.Access.Create {
		p.New = orgBotsPath(o.ID) + "/new"
	}
	p.Notice = botNotice(v.noticed(string(o.ID)))
	return v.show(p)
}

func organizationBotsAnswer(o *bellhop.Organization, total int, search string, others []botRow) string {
	if search != "" {
		return botsAnswer(total, search, "")
	}
	answer := nameOf(o) + " has " + plural(total, "bot", "bots")
	if total == 0 {
		answer = nameOf(o) + " has no bots yet"
	}
	if len(others) > 0 {
		answer += "; " + plural(len(others), "bot of another organization", "bots of others") + " may work here"
	}
	return answer + "."
}

// botsOfOthers are the bots of other organizations that are meant for o, or have an instance in it.
func (v *visit) botsOfOthers(o *bellhop.Organization) ([]botRow, error) {
	offered, _, err := list[bellhop.Bot](v, bellhop.Bots, url.Values{
		"audience": {"[" + bellhop.AudienceSuborgs + "," + bellhop.AudienceGlobal + "]"}, "organization": {"!" + string(o.ID)},
		"sort": {"name"}, "limit": {strconv.Itoa(botsShown)},
	})
	if err != nil {
		return nil, err
	}
	here, _, err := list[bellhop.BotInstance](v, bellhop.BotInstances, url.Values{
		"organization": {string(o.ID)}, "limit": {strconv.Itoa(botsShown)},
	})
	if err != nil {
		return nil, err
	}
	state := map[bellhop.ID]badge{}
	var missing []string
	for _, i := range here {
		state[i.Bot] = instanceBadge(&i)
		missing = append(missing, string(i.Bot))
	}
	var others []bellhop.Bot
	seen := map[bellhop.ID]bool{}
	for _, b := range offered {
		if b.MeantFor(o) {
			others, seen[b.ID] = append(others, b), true
		}
	}
	if len(missing) > 0 {
		more, _, err := list[bellhop.Bot](v, bellhop.Bots, url.Values{
			"id": {"[" + strings.Join(missing, ",") + "]"}, "organization": {"!" + string(o.ID)}, "sort": {"name"},
		})
		if err != nil {
			return nil, err
		}
		for _, b := range more {
			if !seen[b.ID] {
				others = append(others, b)
			}
		}
	}
	rows, err := v.botRows(others)
	for i := range rows {
		rows[i].Works = badge{toneOff, "not here yet"}
		if b, ok := state[others[i].ID]; ok {
			rows[i].Works = b
		}
	}
	return rows, err
}
