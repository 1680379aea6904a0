package ui

import (
	"net/url"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// botRows describes bots of a page. What belongs to them is read at once for all.
func (v *visit) botRows(bots []bellhop.Bot) ([]botRow, error) {
	if len(bots) == 0 {
		return nil, nil
	}
	var ids, owners []string
	for _, b := range bots {
		ids, owners = append(ids, string(b.ID)), append(owners, string(b.Organization))
	}
	names, err := v.organizationNames(owners)
	if err != nil {
		return nil, err
	}
	instances, total, err := list[bellhop.BotInstance](v, bellhop.BotInstances, url.Values{
		"bot": {"[" + strings.Join(ids, ",") + "]"}, "limit": {strconv.Itoa(query.MaxLimit)}, "select": {"bot,enabled,organization"},
	})
	if err != nil {
		return nil, err
	}
	webhooks, err := v.webhooksOf(ids)
	if err != nil {
		return nil, err
	}
	rows := make([]botRow, len(bots))
	for i := range bots {
		rows[i] = v.botRow(&bots[i], names, instances, total > len(instances), webhooks)
	}
	return rows, nil
}

func (v *visit) botRow(b *bellhop.Bot, names map[bellhop.ID]string, instances []bellhop.BotInstance, more bool, webhooks map[bellhop.ID]*watchedService) botRow {
	here := botPath(b.ID)
	row := botRow{
		link: link{Text: b.Name, To: here}, About: b.Description, For: audienceText(b), Works: botBadge(b),
		Owner: link{Text: "another organization"},
	}
	if name, ok := names[b.Organization]; ok {
		row.Owner = link{Text: name, To: orgBotsPath(b.Organization)}
	}
	all, enabled := 0, 0
	for _, i := range instances {
		if i.Bot == b.ID {
			all++
			if i.Enabled {
				enabled++
			}
		}
	}
	row.Places, row.Links.Places = placesText(all, enabled, more), here+"/organizations"
	if v.mayChangeBot(b) {
		row.Links.Edit, row.Links.Webhook = here+"/edit", here+"/webhook"
		row.Webhook = botWebhookBadge(webhooks[b.ID])
	}
	return row
}

// mayChangeBot reports whether the visitor is an admin of the bot's organization.
func (v *visit) mayChangeBot(b *bellhop.Bot) bool {
	return v.caller.ScopeAt(b.OrgPath) >= bellhop.Bots.Access.Update
}

// organizationNames are the names of those that the visitor sees.
func (v *visit) organizationNames(ids []string) (map[bellhop.ID]string, error) {
	names := map[bellhop.ID]string{}
	if len(ids) == 0 || v.caller.MayList(bellhop.Organizations) != nil {
		return names, nil
	}
	found, _, err := list[bellhop.Organization](v, bellhop.Organizations, url.Values{
		"id": {"[" + strings.Join(ids, ",") + "]"}, "limit": {strconv.Itoa(query.MaxLimit)}, "select": {"name,displayName"},
	})
	for i := range found {
		names[found[i].ID] = nameOf(&found[i])
	}
	return names, err
}

// webhooksOf are the webhooks of bots; none for who may not list services.
func (v *visit) webhooksOf(bots []string) (map[bellhop.ID]*watchedService, error) {
	webhooks := map[bellhop.ID]*watchedService{}
	if v.caller.MayList(bellhop.Services) != nil {
		return webhooks, nil
	}
	found, _, err := list[watchedService](v, bellhop.Services, url.Values{
		"bot": {"[" + strings.Join(bots, ",") + "]"}, "limit": {strconv.Itoa(query.MaxLimit)},
	})
	for i := range found {
		webhooks[found[i].Bot] = &found[i]
	}
	return webhooks, err
}

func botWebhookBadge(s *watchedService) badge {
	if s == nil {
		return badge{toneOff, "no webhook"}
	}
	return healthBadge(s.Status, s.Health.State)
}

func botBadge(b *bellhop.Bot) badge {
	switch {
	case !b.Enabled:
		return badge{toneOff, "switched off"}
	case b.Status != bellhop.BotActive:
		return badge{toneOff, b.Status}
	}
	return badge{toneOK, "switched on"}
}

func instanceBadge(i *bellhop.BotInstance) badge {
	if i.Enabled {
		return badge{toneOK, "enabled here"}
	}
	return badge{toneOff, "disabled here"}
}

// audienceText says whom a bot is for.
func audienceText(b *bellhop.Bot) string {
	switch {
	case b.Audience == bellhop.AudienceGlobal:
		return "every organization"
	case b.Audience == bellhop.AudienceSuborgs && len(b.Tags) > 0:
		return "its owner, and those below with the tag " + strings.Join(b.Tags, " or ")
	case b.Audience == bellhop.AudienceSuborgs:
		return "its owner and all below"
	}
	return "its owner"
}

// placesText says in how many organizations a bot works; more says that there may be others.
func placesText(all, enabled int, more bool) string {
	switch {
	case more:
		return number(enabled) + " organizations or more"
	case all == 0:
		return "no organization of its own"
	case enabled == all:
		return plural(all, "organization", "organizations")
	}
	return number(enabled) + " of " + plural(all, "organization", "organizations")
}
