package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// addFate puts beside each message the deliveries that it caused, as far as that can be
// told. All others stand in a list.
func (ui *UI) addFate(v *visit, c *bellhop.Conversation, p *conversationPage, messages []bellhop.Message) error {
	p.SeesFate = true
	found, _, err := v.findDeliveries(fateFilter(v, c, messages))
	if err != nil {
		return err
	}
	names, err := v.serviceNames(found)
	if err != nil {
		return err
	}
	causes := causesOf(messages, found)
	for i := range found {
		row := ui.deliveryRow(&found[i], names)
		if m, ok := causes[found[i].ID]; ok {
			p.Messages[m].Fate = append(p.Messages[m].Fate, row)
		} else if len(p.Others) < otherShown {
			p.Others = append(p.Others, row)
		}
	}
	p.Heard = len(found) > 0
	return nil
}

// fateFilter finds the deliveries from the first message of a page on; of a page that is
// not the newest, up to its last one.
func fateFilter(v *visit, c *bellhop.Conversation, messages []bellhop.Message) url.Values {
	filter := url.Values{"key": {string(c.ID)}, "limit": {strconv.Itoa(fateRead)}}
	if len(messages) == 0 {
		return filter
	}
	filter.Add("createdAt", ">="+messages[0].CreatedAt.String())
	if offsetOf(v.r) > 0 {
		filter.Add("createdAt", "<="+messages[len(messages)-1].CreatedAt.String())
	}
	return filter
}

// cause is what a message and the deliveries of its event have in common.
type cause struct {
	at        bellhop.Time
	eventType string // the last segment of its name
}

// causesOf returns by delivery the index of the message that caused it. A delivery does not
// name its message, but is of the same moment and type. Where several messages share these,
// a service that got as many deliveries got them in the order of the messages; if it got
// fewer or more, nobody can tell.
func causesOf(messages []bellhop.Message, found []listedDelivery) map[bellhop.UUID]int {
	said := map[cause][]int{}
	for i, m := range messages {
		c := cause{m.CreatedAt, string(m.Type)}
		said[c] = append(said[c], i)
	}
	type heard struct {
		cause
		service bellhop.ID
	}
	got := map[heard][]bellhop.UUID{}
	for _, d := range found {
		if strings.HasPrefix(d.Event, "message.create.") && d.ReplayOf.IsZero() {
			h := heard{cause{d.CreatedAt, d.Event[strings.LastIndexByte(d.Event, '.')+1:]}, d.Service}
			got[h] = append(got[h], d.ID)
		}
	}
	causes := map[bellhop.UUID]int{}
	for h, ids := range got {
		by := said[h.cause]
		if len(by) != len(ids) {
			continue
		}
		slices.SortFunc(ids, func(a, b bellhop.UUID) int { return cmp.Compare(a.Seq(), b.Seq()) })
		for i, id := range ids {
			causes[id] = by[i]
		}
	}
	return causes
}
