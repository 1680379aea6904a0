package ui

import (
	"net/url"
	"strconv"
)

// deliveriesOf is the deliveries of one service or replay on its page. They are not counted:
// a service may have very many, and its page says what matters of them.
type deliveriesOf struct {
	Filters  []link
	Rows     []deliveryRow
	Paging   *paging
	Filtered bool // only those of one status are shown
}

// deliveriesOf reads the part of a list that a request asks for.
func (v *visit) deliveriesOf(filter url.Values) (list deliveriesOf, err error) {
	offset, status := offsetOf(v.r), v.r.URL.Query().Get("status")
	list.Filters = statusFilters(v.r.URL)
	if list.Filtered = isDeliveryStatus(status); list.Filtered {
		filter.Set("status", status)
	}
	// One more than is shown tells whether there is a next page.
	filter.Set("limit", strconv.Itoa(deliveriesShown+1))
	filter.Set("offset", strconv.Itoa(offset))
	found, err := v.someDeliveries(filter)
	if err != nil {
		return list, err
	}
	shown := found[:min(len(found), deliveriesShown)]
	list.Rows = v.ui.deliveryRows(shown, nil)
	if offset > 0 || len(found) > len(shown) {
		list.Paging = pagingOf(v.r, offset, deliveriesShown, len(shown), offset+len(found), 0).byTime()
		if len(shown) > 0 {
			list.Paging.Text = number(offset+1) + " to " + number(offset+len(shown))
		}
	}
	return list, nil
}
