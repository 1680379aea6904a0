package ui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// servicesShown is how many services stand on a page.
const servicesShown = 100

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
	Target string // without user and password; of what is no webhook, its type
	Events string
	All    string // every pattern, if Events leaves some out
	Status badge
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
	services, total, err := list[bellhop.Service](v, bellhop.Services, url.Values{
		"organization": {string(o.ID)}, "sort": {"createdAt"},
		"limit": {strconv.Itoa(servicesShown)}, "offset": {strconv.Itoa(offset)},
	})
	if err != nil {
		return err
	}
	if p.Answer, err = integrationsAnswer(v, o.ID, total); err != nil {
		return err
	}
	for i := range services {
		p.Rows = append(p.Rows, serviceRowOf(&services[i]))
	}
	p.Paging = pagingOf(v.r, offset, servicesShown, len(services), total, false)
	if n := v.noticed(string(o.ID)); n != nil && n.What == removed {
		p.Notice = &noticeOf{Tone: toneOK, Text: n.Name + " was deleted."}
	}
	return v.show(p)
}

// integrationsAnswer is like: 3 webhooks: 2 active, 1 not verified.
func integrationsAnswer(v *visit, organization bellhop.ID, total int) (string, error) {
	webhooks := 0
	var states []string
	for _, status := range []string{bellhop.ServiceActive, bellhop.ServiceUnverified, bellhop.ServiceInactive} {
		n, err := v.count(bellhop.Services, url.Values{
			"organization": {string(organization)}, "type": {bellhop.WebhookType}, "status": {status},
		})
		if err != nil {
			return "", err
		}
		if webhooks += n; n > 0 {
			states = append(states, number(n)+" "+serviceBadge(status).Word)
		}
	}
	if total == 0 {
		return "No webhooks yet.", nil
	}
	answer := plural(webhooks, "webhook", "webhooks")
	if webhooks > 0 {
		answer += ": " + strings.Join(states, ", ")
	}
	if others := total - webhooks; others > 0 {
		answer += "; " + plural(others, "service of another type", "services of other types")
	}
	return answer + ".", nil
}

func serviceRowOf(s *bellhop.Service) serviceRow {
	row := serviceRow{link: link{Text: s.Name, To: servicePath(s.ID)}, Target: s.Type, Status: serviceBadge(s.Status)}
	if params, ok := webhookParamsOf(s); ok {
		row.Target = webhookURL(params.URL).hidden()
		row.Events, row.All = eventsText(params.Events)
	}
	return row
}

// eventsText says what a webhook listens to; all is not empty if it says less than that.
func eventsText(patterns []string) (text, all string) {
	switch len(patterns) {
	case 0:
		return "all events", ""
	case 1:
		return patterns[0], ""
	}
	return patterns[0] + " +" + strconv.Itoa(len(patterns)-1), strings.Join(patterns, ", ")
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
