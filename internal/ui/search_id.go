package ui

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
		p.add(foundGroup{ID: s.kind.Plural, Name: s.name, Found: []hit{hitOf(s.kind, &t)}})
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
		names, err := v.serviceNames(servicesOf(deliveries))
		if err != nil {
			return err
		}
		g := foundGroup{ID: c.id, Name: c.name}
		for i := range deliveries {
			d := &deliveries[i]
			g.Found = append(g.Found, hit{
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

// slugOfMessage is what messages have in their address: nine characters, and hardly ever a word.
var slugOfMessage = regexp.MustCompile(`^[A-Za-z0-9_-]{9}$`)

// offerSlug leads to where a message is looked for by what it has in its address. That takes
// its time, and so it is not done while somebody types.
func (v *visit) offerSlug(p *searchPage, q string) {
	if slugOfMessage.MatchString(q) && strings.ContainsAny(q, "0123456789_-ABCDEFGHIJKLMNOPQRSTUVWXYZ") && v.caller.MayList(bellhop.Messages) == nil {
		p.add(foundGroup{ID: "messages", Name: "Messages", Found: []hit{{link: link{Text: "Look for the message " + q, To: "/m/" + q}}}})
	}
}
