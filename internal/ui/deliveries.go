package ui

import (
	"net/url"
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
	At       *moment
}

type deliveriesPage struct {
	frame
	Answer   string
	Filters  []link
	Rows     []deliveryRow
	Paging   *paging
	Filtered bool
}

func (*deliveriesPage) template() string { return "deliveries" }

func (ui *UI) deliveries(v *visit) error {
	filter := url.Values{}
	if err := v.narrow(filter); err != nil {
		return err
	}
	p, err := v.deliveryList(filter, true)
	if err != nil {
		return err
	}
	p.frame = frame{Title: "Deliveries", Section: inDeliveries}
	return v.show(p)
}

// deliveryList is the part of a list of deliveries that a request asks for.
func (v *visit) deliveryList(filter url.Values, withService bool) (*deliveriesPage, error) {
	offset, status := offsetOf(v.r), v.r.URL.Query().Get("status")
	known := []string{bellhop.Pending.String(), bellhop.Delivered.String(), bellhop.Dead.String()}
	p := &deliveriesPage{Filters: filterLinks(v.r.URL, "status", known...)}
	for _, s := range known {
		if status == s {
			filter.Set("status", status)
			p.Filtered = true
		}
	}
	filter.Set("limit", strconv.Itoa(deliveriesShown))
	filter.Set("offset", strconv.Itoa(offset))
	found, total, err := v.findDeliveries(filter)
	if err != nil {
		return nil, err
	}
	var names map[bellhop.ID]string
	if withService {
		if names, err = v.serviceNames(found); err != nil {
			return nil, err
		}
	}
	for i := range found {
		p.Rows = append(p.Rows, v.ui.deliveryRow(&found[i], names))
	}
	p.Answer = deliveriesAnswer(total, status, p.Filtered, v.inChosen())
	p.Paging = pagingOf(v.r, offset, deliveriesShown, len(found), total, true).byTime()
	return p, nil
}

func (v *visit) findDeliveries(filter url.Values) ([]listedDelivery, int, error) {
	page, err := v.ui.subscriptions.Deliveries(v.r.Context(), v.caller, filter.Encode())
	if err != nil {
		return nil, 0, err
	}
	found, err := decodeAll[listedDelivery](bellhop.Deliveries, page.Items)
	return found, page.Total, err
}

// countDeliveries returns how many deliveries of a service have that status, in words.
func (v *visit) countDeliveries(service bellhop.ID, status bellhop.DeliveryStatus) (string, error) {
	_, total, err := v.findDeliveries(url.Values{
		"service": {string(service)}, "status": {status.String()}, "limit": {"1"},
	})
	return counted(total), err
}

// counted writes how many deliveries there are, which are counted up to a limit.
func counted(n int) string {
	if n >= countedTo {
		return "over " + number(countedTo)
	}
	return number(n)
}

func deliveriesAnswer(total int, status string, filtered bool, where string) string {
	what := "delivery"
	if total != 1 {
		what = "deliveries"
	}
	switch {
	case total == 0 && filtered:
		return "No delivery" + where + " is " + status + "."
	case total == 0:
		return "Nothing has been sent" + where + " yet."
	case filtered:
		return counted(total) + " " + what + where + " " + status + "."
	}
	return counted(total) + " " + what + where + ", the newest first."
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

// serviceNames returns the names of the services that deliveries are for.
func (v *visit) serviceNames(found []listedDelivery) (map[bellhop.ID]string, error) {
	names := map[bellhop.ID]string{}
	filter := url.Values{"select": {"name"}}
	for _, d := range found {
		if _, ok := names[d.Service]; !ok {
			names[d.Service] = ""
			filter.Add("id[]", string(d.Service))
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
