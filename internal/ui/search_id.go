package ui

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"bellhop"
)

// identified are the kinds whose things are found by their id.
var identified = slices.Concat(soughtKinds, []sought{
	{kind: bellhop.Contacts, name: "Contacts"}, {kind: bellhop.Messages, name: "Messages"},
})

// findID finds the thing that has an id; a bot and its user have the same.
func (v *visit) findID(p *searchPage, id bellhop.ID) error {
	for _, s := range identified {
		var t thing
		err := v.get(s.kind, id, &t)
		if bellhop.HasCode(err, bellhop.NotFound) || bellhop.HasCode(err, bellhop.Forbidden) {
			continue
		}
		if err != nil {
			return err
		}
		p.add(foundGroup{ID: s.kind.Plural, Name: s.name, Found: []found{foundOf(s.kind, &t)}})
	}
	return nil
}

// findUUID finds a delivery, or an event by what was delivered of it.
func (v *visit) findUUID(p *searchPage, id bellhop.UUID) error {
	if v.caller.MayList(bellhop.Deliveries) != nil {
		return nil
	}
	for _, c := range []struct{ field, id, name string }{{"id", "delivery", "Deliveries"}, {"eventId", "event", "Deliveries of the event"}} {
		deliveries, total, err := v.findDeliveries(url.Values{c.field: {id.String()}, "limit": {strconv.Itoa(foundShown)}})
		if err != nil {
			return err
		}
		names, err := v.serviceNames(deliveries)
		if err != nil {
			return err
		}
		g := foundGroup{ID: c.id, Name: c.name}
		for i := range deliveries {
			d := &deliveries[i]
			g.Found = append(g.Found, found{
				link:  link{Text: d.Event, To: deliveryPath(d.ID)},
				About: commas([]string{serviceLink(d.Service, names[d.Service]).Text, d.Status, v.ui.moment(d.CreatedAt).Text}),
			})
		}
		if more := total - len(deliveries); more > 0 {
			g.Note = number(more) + " more."
		}
		p.add(g)
	}
	return nil
}

// slugOfMessage is what messages have in their address: nine characters.
var slugOfMessage = regexp.MustCompile(`^[A-Za-z0-9_-]{9}$`)

// findSlug finds a message by what it has in its address, among the newest.
func (v *visit) findSlug(p *searchPage, q string) error {
	if !slugOfMessage.MatchString(q) || v.caller.MayList(bellhop.Messages) != nil {
		return nil
	}
	since, err := v.sinceNewest(bellhop.Messages, "createdAt")
	if err != nil {
		return err
	}
	filter := url.Values{"slug": {q}, "createdAt": {">=1970-01-01"}}
	if since != "" {
		filter.Set("createdAt", ">="+since)
	}
	return v.findListed(p, bellhop.Messages, "Messages", "", filter)
}
