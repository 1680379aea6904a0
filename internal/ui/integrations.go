package ui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// servicesShown is how many services stand on a page.
const servicesShown = 50

type integrationsPage struct {
	frame
	Answer string
	Denied bool // services are for admins, and the visitor is none here
	New    string
	Rows   []serviceRow
	Paging *paging
}

type serviceRow struct {
	link
	Anchor string
	Target string // without user and password; of what is no webhook, its type
	Events string
	All    string // the patterns, if Events leaves some out
	Status badge
	For    string // how long it is failing or paused
	Hour   *lastHour
	Wait   string // "312 waiting"
}

func (*integrationsPage) template() string { return "integrations" }

func (ui *UI) integrations(v *visit) error {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return err
	}
	p := &integrationsPage{
		frame: organizationFrame(&o, tabIntegrations, "Integrations"),
		New:   integrationsPath(o.ID) + "/new",
	}
	if v.caller.ScopeAt(o.Path) < bellhop.Services.Access.List {
		p.Denied, p.Answer = true, "Integrations are for admins. In this organization you are "+article(v.caller.RoleAt(o.Path))+"."
		return v.showAs(http.StatusForbidden, p)
	}
	offset := offsetOf(v.r)
	services, total, err := list[watchedService](v, bellhop.Services, url.Values{
		"organization": {string(o.ID)}, "sort": {"createdAt"},
		"limit": {strconv.Itoa(servicesShown)}, "offset": {strconv.Itoa(offset)},
	})
	if err != nil {
		return err
	}
	if p.Answer, err = integrationsAnswer(v, o.ID, total); err != nil {
		return err
	}
	if p.Rows, err = ui.serviceRows(v, services); err != nil {
		return err
	}
	p.Paging = pagingOf(v.r, offset, servicesShown, len(services), total, 0)
	if n := v.noticed(string(o.ID)); n != nil && n.What == removed {
		p.Notice = &noticeOf{Tone: toneOK, Text: n.Name + " was deleted."}
	}
	return v.show(p)
}

// integrationsAnswer is like: 3 webhooks: 2 healthy, 1 not verified.
func integrationsAnswer(v *visit, organization bellhop.ID, total int) (string, error) {
	c, err := v.ui.subscriptions.Conditions(v.r.Context(), v.caller, organization)
	if err != nil {
		return "", err
	}
	if total == 0 {
		return "No webhooks yet.", nil
	}
	var states []string
	for _, state := range []struct {
		n    int
		word string
	}{
		{c.Failing, "failing"}, {c.Paused, "paused"}, {c.Healthy, "healthy"}, {c.Unverified, "not verified"}, {c.Inactive, "switched off"},
	} {
		if state.n > 0 {
			states = append(states, number(state.n)+" "+state.word)
		}
	}
	webhooks := c.Webhooks()
	answer := plural(webhooks, "webhook", "webhooks")
	if webhooks > 0 {
		answer += ": " + strings.Join(states, ", ")
	}
	if others := total - webhooks; others > 0 {
		answer += "; " + plural(others, "service of another type", "services of other types")
	}
	return answer + ".", nil
}

// serviceRows are the rows of these services. What they take of the store does not grow
// with their number.
func (ui *UI) serviceRows(v *visit, services []watchedService) ([]serviceRow, error) {
	ids := make([]bellhop.ID, len(services))
	for i := range services {
		ids[i] = services[i].ID
	}
	hours, err := ui.stats.LastHour(v.r.Context(), v.caller, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]serviceRow, len(services))
	for i := range services {
		s := &services[i]
		row := serviceRow{link: link{Text: s.Name, To: servicePath(s.ID)}, Anchor: "service-" + string(s.ID), Target: s.Type, Status: serviceBadge(s.Status)}
		if params, ok := webhookParamsOf(&s.Service); ok {
			row.Target = shorten(webhookURL(params.URL).hidden(), 200)
			row.Events, row.All = eventsText(params.Events)
			row.Status = healthBadge(s.Status, s.Health.State)
			if s.Status == bellhop.ServiceActive && row.Status.Tone != toneOK && s.Health.Since > 0 {
				row.For = "for " + span(ui.now().Sub(s.Health.Since.Time()))
			}
			row.Hour = lastHourOf(hours[s.ID])
			if s.Health.Pending > 0 {
				row.Wait = number(s.Health.Pending) + " waiting"
			}
		}
		rows[i] = row
	}
	return rows, nil
}

// healthBadge says of a webhook how it is: to be active is not yet to be well.
func healthBadge(status, state string) badge {
	switch {
	case status != bellhop.ServiceActive:
		return serviceBadge(status)
	case state == healthFailing:
		return badge{toneFail, "failing"}
	case state == healthPaused:
		return badge{toneWait, "paused"}
	case state == healthAway:
		return badge{toneWait, "away"}
	}
	return badge{toneOK, "healthy"}
}

// eventsText says what a webhook listens to; all is not empty if it says less than that.
func eventsText(patterns []string) (text, all string) {
	switch len(patterns) {
	case 0:
		return "all events", ""
	case 1:
		return patterns[0], ""
	}
	return patterns[0] + " +" + strconv.Itoa(len(patterns)-1), shorten(strings.Join(patterns, ", "), 300)
}

// article returns a role as in "you are an agent".
func article(role bellhop.Role) string {
	switch {
	case role == "":
		return "nobody"
	case strings.ContainsRune("aeiou", rune(role[0])):
		return "an " + string(role)
	}
	return "a " + string(role)
}

func commas(list []string) string { return strings.Join(list, ", ") }
