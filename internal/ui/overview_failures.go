package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"bellhop"
)

// failuresRead is how many of the newest deliveries that are dead, and how many that wait, are
// looked at.
const failuresRead = 200

// groupsShown is how many reasons stand on the overview.
const groupsShown = 6

// failureGroup is the newest failures that have the same reason.
type failureGroup struct {
	link
	Anchor   string
	Count    string
	Means    string
	Services []link
	More     string // how many more services
	Newest   *moment
}

// addFailures groups the newest failures by their reason, those that are still retried too.
func (ui *UI) addFailures(v *visit, p *overviewPage, dead []listedDelivery) error {
	waiting, err := v.newest(bellhop.Pending)
	if err != nil {
		return err
	}
	var all []listedDelivery
	for _, d := range append(slices.Clone(dead), waiting...) {
		if d.LastError != "" {
			all = append(all, d)
		}
	}
	groups := groupFailures(all)
	names, err := v.serviceNames(servicesOf(all))
	if err != nil {
		return err
	}
	for i, g := range groups[:min(len(groups), groupsShown)] {
		shown := failureGroup{
			link:   link{Text: g.reason, To: listed(v, lastErrorParam, g.reason)},
			Anchor: "failure-" + strconv.Itoa(i), Count: plural(g.count, "time", "times"), Means: meaning(g.reason), Newest: ui.moment(g.newest),
		}
		for _, id := range g.services[:min(len(g.services), 2)] {
			shown.Services = append(shown.Services, *serviceLink(id, names[id]))
		}
		if rest := len(g.services) - len(shown.Services); rest > 0 {
			shown.More = plural(rest, "more", "more")
		}
		p.Failures = append(p.Failures, shown)
	}
	if len(all) > 0 {
		p.Looked = plural(len(all), "failure", "failures") + " of the last two days, the most frequent first"
	}
	return nil
}

// newest returns the newest deliveries of a status that are of the last two days: what dies may
// have waited for one. The store has them in their order, so that no older one is looked at.
func (v *visit) newest(status bellhop.DeliveryStatus) ([]listedDelivery, error) {
	filter := url.Values{"status": {status.String()}, "limit": {strconv.Itoa(failuresRead)}}
	if err := v.narrow(filter); err != nil {
		return nil, err
	}
	found, err := v.someDeliveries(filter)
	since := bellhop.TimeOf(v.ui.now().Add(-2 * dayBack))
	return slices.DeleteFunc(found, func(d listedDelivery) bool { return d.CreatedAt < since }), err
}

type failures struct {
	reason   string
	count    int
	newest   bellhop.Time
	services []bellhop.ID // with the newest first
}

// groupFailures returns the most frequent reason first.
func groupFailures(found []listedDelivery) []failures {
	slices.SortStableFunc(found, func(a, b listedDelivery) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	by := map[string]int{}
	var groups []failures
	for _, d := range found {
		i, known := by[d.LastError]
		if !known {
			i = len(groups)
			by[d.LastError] = i
			groups = append(groups, failures{reason: d.LastError, newest: d.CreatedAt})
		}
		g := &groups[i]
		g.count++
		if !slices.Contains(g.services, d.Service) {
			g.services = append(g.services, d.Service)
		}
	}
	slices.SortStableFunc(groups, func(a, b failures) int { return cmp.Compare(b.count, a.count) })
	return groups
}

// listed is the list of deliveries with a filter, in the organization that was chosen.
func listed(v *visit, filter, value string) string {
	q := url.Values{filter: {value}}
	if id := v.chosenID(); id != "" {
		q.Set(organizationParam, string(id))
	}
	return "/deliveries?" + q.Encode()
}
