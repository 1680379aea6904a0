package ui

import (
	"net/url"
	"slices"
	"strconv"

	"bellhop"
)

// deliveriesShown is how many deliveries stand on a page.
const deliveriesShown = 25

// deliveryFacts is what a list and a single delivery have in common
// (docs/contract/extensions.md section 2).
type deliveryFacts struct {
	ID            bellhop.UUID `json:"id"`
	Service       bellhop.ID   `json:"service"`
	Organization  bellhop.ID   `json:"organization"`
	Event         string       `json:"event"`
	EventID       bellhop.UUID `json:"eventId"`
	Key           string       `json:"key"`
	Message       bellhop.ID   `json:"message"`
	Status        string       `json:"status"`
	NextAttemptAt bellhop.Time `json:"nextAttemptAt"`
	LastStatus    int          `json:"lastStatus"`
	LastError     string       `json:"lastError"`
	CreatedAt     bellhop.Time `json:"createdAt"`
	DeliveredAt   bellhop.Time `json:"deliveredAt"`
	ReplayOf      bellhop.UUID `json:"replayOf"`
}

type listedDelivery struct {
	deliveryFacts
	Attempts int `json:"attempts"`
}

type deliveryRow struct {
	link
	Anchor   string // the id of the row
	Status   badge
	Service  *link // nil on the page of the service
	Attempts int
	Last     string // what the last attempt came to
	Next     *moment
	Held     string // why it waits whatever time it is; "" if it does not
	At       *moment
}

// deliveriesCounted is how far the deliveries of a list are counted: one more than four pages. A filter
// that no index knows looks at many of them for each that it finds.
const deliveriesCounted = 4*deliveriesShown + 1

// findDeliveries returns a page of deliveries, and how many there are, counted up to deliveriesCounted.
func (v *visit) findDeliveries(filter url.Values) ([]listedDelivery, int, error) {
	page, err := v.ui.subscriptions.SomeDeliveries(v.r.Context(), v.caller, filter.Encode(), deliveriesCounted)
	if err != nil {
		return nil, 0, err
	}
	found, err := decodeAll[listedDelivery](bellhop.Deliveries, page.Items)
	return found, page.Total, err
}

// someDeliveries returns a page of deliveries, of which nobody asks how many there are.
func (v *visit) someDeliveries(filter url.Values) ([]listedDelivery, error) {
	page, err := v.ui.subscriptions.SomeDeliveries(v.r.Context(), v.caller, filter.Encode(), 0)
	if err != nil {
		return nil, err
	}
	return decodeAll[listedDelivery](bellhop.Deliveries, page.Items)
}

// counted writes how many there are of what is counted up to most, unless that is 0.
func counted(n, most int) string {
	if most > 0 && n >= most {
		return "over " + number(most-1)
	}
	return number(n)
}

// deliveryRows are rows of a list; names are those of the services, nil if it is clear which one
// they are for.
func (ui *UI) deliveryRows(found []listedDelivery, names map[bellhop.ID]string) []deliveryRow {
	paused, _ := ui.subscriptions.Unhealthy()
	rows := make([]deliveryRow, len(found))
	for i := range found {
		rows[i] = ui.deliveryRow(&found[i], names)
		if rows[i].Next != nil && slices.Contains(paused, found[i].Service) {
			rows[i].Next, rows[i].Held = nil, "waits: the service is paused"
		}
	}
	return rows
}

func (ui *UI) deliveryRow(d *listedDelivery, names map[bellhop.ID]string) deliveryRow {
	row := deliveryRow{
		link: link{Text: d.Event, To: deliveryPath(d.ID)}, Anchor: "delivery-" + d.ID.String(), Status: deliveryBadge(d.Status),
		Attempts: d.Attempts, Last: lastOf(&d.deliveryFacts), At: ui.moment(d.CreatedAt),
	}
	if d.Status == bellhop.Pending.String() {
		row.Next = ui.due(d.NextAttemptAt)
	}
	if names != nil {
		row.Service = serviceLink(d.Service, names[d.Service])
	}
	return row
}

// lastOf says what the last attempt came to.
func lastOf(d *deliveryFacts) string {
	switch {
	case d.LastError != "":
		return d.LastError
	case d.LastStatus != 0:
		return "status " + strconv.Itoa(d.LastStatus)
	}
	return ""
}

// serviceLink leads to a service; one that has no name any more was deleted.
func serviceLink(id bellhop.ID, name string) *link {
	if name == "" {
		return &link{Text: "deleted service"}
	}
	return &link{Text: name, To: servicePath(id)}
}

// serviceNames returns the names of services by their ids; those that were deleted have none.
func (v *visit) serviceNames(ids []bellhop.ID) (map[bellhop.ID]string, error) {
	names := map[bellhop.ID]string{}
	filter := url.Values{"select": {"name"}}
	for _, id := range ids {
		if _, ok := names[id]; !ok {
			names[id] = ""
			filter.Add("id[]", string(id))
		}
	}
	if len(names) == 0 {
		return names, nil
	}
	services, _, err := list[bellhop.Service](v, bellhop.Services, filter)
	for _, s := range services {
		names[s.ID] = s.Name
	}
	return names, err
}

// servicesOf returns what deliveries are for.
func servicesOf(found []listedDelivery) []bellhop.ID {
	ids := make([]bellhop.ID, len(found))
	for i := range found {
		ids[i] = found[i].Service
	}
	return ids
}
