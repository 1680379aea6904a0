package ui

import (
	"net/url"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// botHead is what the pages of a bot begin with.
type botHead struct {
	frame
	Bot    link
	Status badge
	Tabs   []link
}

type botPage struct {
	botHead
	Answer string
	Facts  []fact
	Edit   string // "" for who may not change it
	Delete string
}

func (*botPage) template() string { return "bot" }

// The pages of a bot. The second one is docs/contract/services.md section 1, "Bot-specific
// webhook".
const (
	tabOfBot   = "Bot"
	tabWebhook = "Webhook"
	tabPlaces  = "Organizations"
	tabTokens  = "Tokens"
)

// botOfPath reads the bot of the path, and begins a page of it.
func (v *visit) botOfPath(tab, title string) (*bellhop.Bot, *botHead, error) {
	var b bellhop.Bot
	if err := v.get(bellhop.Bots, v.id(), &b); err != nil {
		return nil, nil, err
	}
	names, err := v.organizationNames([]string{string(b.Organization)})
	if err != nil {
		return nil, nil, err
	}
	head := &botHead{
		frame: frame{Title: title, Section: inBots, Trail: []link{{Text: "Bots", To: "/bots"}}},
		Bot:   link{Text: b.Name, To: botPath(b.ID)}, Status: botBadge(&b),
	}
	if name, ok := names[b.Organization]; ok {
		head.Trail = append(head.Trail, link{Text: name, To: orgBotsPath(b.Organization)})
	}
	if title == "" {
		head.Title = b.Name
	} else {
		head.Title, head.Trail = b.Name+": "+strings.ToLower(title), append(head.Trail, head.Bot)
	}
	here := botPath(b.ID)
	tabs := []link{{Text: tabOfBot, To: here}}
	if v.mayChangeBot(&b) {
		tabs = append(tabs, link{Text: tabWebhook, To: here + "/webhook"})
	}
	tabs = append(tabs, link{Text: tabPlaces, To: here + "/organizations"})
	if v.mayChangeBot(&b) {
		tabs = append(tabs, link{Text: tabTokens, To: here + "/tokens"})
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].Text == tab
	}
	head.Tabs = tabs
	return &b, head, nil
}

// changeableBot is botOfPath for who may change the bot.
func (v *visit) changeableBot(tab, title string) (*bellhop.Bot, *botHead, error) {
	b, head, err := v.botOfPath(tab, title)
	if err == nil {
		err = v.caller.Allowed(bellhop.Bots, bellhop.Bots.Access.Update, b.Organization, b.OrgPath)
		if bellhop.HasCode(err, bellhop.NotFound) { // which he was shown
			err = bellhop.ErrPermission()
		}
	}
	return b, head, err
}

func (ui *UI) bot(v *visit) error {
	b, head, err := v.botOfPath(tabOfBot, "")
	if err != nil {
		return err
	}
	instances, err := v.instancesOf(b.ID)
	if err != nil {
		return err
	}
	p := &botPage{botHead: *head}
	facts := ui.botFacts(b)
	answer := []string{botAnswer(b, instances)}
	if v.mayChangeBot(b) {
		p.Edit, p.Delete = botPath(b.ID)+"/edit", botPath(b.ID)+"/delete"
		webhook, err := v.webhookOf(b.ID)
		if err != nil {
			return err
		}
		answer = append(answer, webhookSentence(webhook))
	}
	p.Facts, p.Answer = facts, strings.Join(answer, " ")
	p.Notice = botNotice(v.noticed(string(b.ID)))
	return v.show(p)
}

// botAnswer says where a bot works.
func botAnswer(b *bellhop.Bot, instances []bellhop.BotInstance) string {
	enabled := 0
	for _, i := range instances {
		if i.Enabled {
			enabled++
		}
	}
	switch {
	case !b.Works() && len(instances) == 0:
		return "Switched off: it works nowhere."
	case !b.Works():
		return "Switched off, whatever its organizations say."
	case len(instances) == 0:
		return "It works in its own organization and all below it."
	case enabled == 0:
		return "It works nowhere: it is disabled in " + plural(len(instances), "organization", "organizations") + "."
	}
	return "It works in " + plural(enabled, "organization", "organizations") + "."
}

func webhookSentence(s *watchedService) string {
	switch {
	case s == nil:
		return "It has no webhook yet, so it hears of nothing."
	case s.Status == bellhop.ServiceUnverified:
		return "Its webhook is not verified, and gets no events."
	case s.Status == bellhop.ServiceInactive:
		return "Its webhook is switched off."
	case s.Health.State == healthPaused:
		return "Its webhook is paused: the endpoint is down, " + plural(s.Health.Pending, "delivery waits", "deliveries wait") + "."
	case s.Health.State == healthAway:
		return "Its webhook is waiting for bellhop listen: " + deliveriesWait(s.Health.Pending) + "."
	case s.Health.State == healthFailing:
		return "Its webhook is failing."
	}
	return "Its webhook is healthy."
}

func (ui *UI) botFacts(b *bellhop.Bot) []fact {
	facts := []fact{{Name: "Id", Value: string(b.ID), Code: true}, {Name: "Email", Value: b.Email, Code: true}}
	for _, f := range []fact{
		{Name: "Description", Value: b.Description},
		{Name: "Is for", Value: audienceText(b)},
		{Name: "Commands", Value: commas(b.Commands), Code: true},
		{Name: "Capabilities", Value: commas(b.Capabilities)},
		{Name: "Rights", Value: botRights(b)},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return append(facts, fact{Name: "Created", At: ui.moment(b.CreatedAt)}, fact{Name: "Changed", At: ui.moment(b.UpdatedAt)})
}

func botRights(b *bellhop.Bot) string {
	if b.Scope == bellhop.ScopeAdmin.String() {
		return "of an admin"
	}
	return "of a bot"
}

// instancesOf are the instances of a bot that the visitor sees.
func (v *visit) instancesOf(bot bellhop.ID) ([]bellhop.BotInstance, error) {
	found, _, err := list[bellhop.BotInstance](v, bellhop.BotInstances, url.Values{
		"bot": {string(bot)}, "sort": {"orgPath"}, "limit": {strconv.Itoa(query.MaxLimit)},
	})
	return found, err
}

// webhookOf is the webhook of a bot, nil if it has none.
func (v *visit) webhookOf(bot bellhop.ID) (*watchedService, error) {
	webhooks, err := v.webhooksOf([]string{string(bot)})
	return webhooks[bot], err
}

// What a notice of these pages tells, in one word of its cookie.
const (
	botMade    happened = "bot made"
	botRevoked happened = "bot revoked"
	placeOn    happened = "enabled"
	placeOff   happened = "disabled"
	placeGone  happened = "instance removed"
	botDeleted happened = "bot deleted"
)

func botNotice(n *notice) *noticeOf {
	if n == nil {
		return nil
	}
	switch n.What {
	case saved:
		return &noticeOf{Tone: toneOK, Text: "Saved."}
	case botMade:
		return &noticeOf{Tone: toneOK, Text: n.Name + " is there. Give it a webhook next, so that it hears of what happens."}
	case botRevoked:
		return &noticeOf{Tone: toneOK, Text: "Its old tokens have ended. Give the bot the new ones."}
	case placeOn:
		return &noticeOf{Tone: toneOK, Text: "Enabled in " + n.Name + "."}
	case placeOff:
		return &noticeOf{Tone: toneOff, Text: "Disabled in " + n.Name + "."}
	case placeGone:
		return &noticeOf{Tone: toneOff, Text: "Removed from " + n.Name + "."}
	case botDeleted:
		return &noticeOf{Tone: toneOK, Text: n.Name + " was deleted."}
	}
	return nil
}
