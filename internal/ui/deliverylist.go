package ui

import (
	"net/http"
	"net/url"
	"strconv"

	"bellhop"
)

type deliveriesPage struct {
	frame
	Answer   string
	Live     string // the stream that tells of changes; "" if there are none to come
	Filters  []link
	Filter   *deliveryFilter
	Rows     []deliveryRow
	Whole    bool // all that there is stands on this page
	Fixed    *fixedAt
	Paging   *paging
	Filtered bool
	Why      string // where it is explained why a service got nothing

	total int
}

// fixedAt says that a list does not grow while one turns its pages.
type fixedAt struct {
	At     *moment
	Newest string // the list as it is now
}

func (*deliveriesPage) template() string { return "deliveries" }

func (ui *UI) deliveries(v *visit) error {
	f, err := v.deliveryFilterOf()
	if err != nil {
		return err
	}
	if err := v.narrow(f.list); err != nil {
		return err
	}
	if f.Wrong {
		p := &deliveriesPage{Answer: "The filter is not right yet, so nothing is shown.", Filtered: true}
		return v.showDeliveries(http.StatusBadRequest, p, f)
	}
	live := ui.deliveriesFromNow(f.watched())
	p, err := v.deliveryList(f.list)
	if err != nil {
		return err
	}
	if p.Fixed == nil {
		p.Live = live
	}
	status := f.list.Get("status")
	if status != "" {
		f.Chips = append([]link{{Text: status, To: without(v.r.URL, "status")}}, f.Chips...)
	}
	p.Answer, p.Filtered = listAnswer(p.total, status, f.words, v.inChosen()), len(f.Chips) > 0
	f.Open = p.Filtered && len(p.Rows) == 0
	return v.showDeliveries(http.StatusOK, p, f)
}

func (v *visit) showDeliveries(status int, p *deliveriesPage, f *deliveryFilter) error {
	p.frame = frame{Title: "Deliveries", Section: inDeliveries}
	p.Filter, p.Filters = f, statusFilters(v.r.URL)
	if f.Service.Value != "" {
		p.Why = explainPath(bellhop.ID(f.Service.Value), bellhop.UUID{})
	}
	return v.showAs(status, p)
}

// deliveryList is the part of a list of deliveries that a request asks for, by status and page.
func (v *visit) deliveryList(filter url.Values) (*deliveriesPage, error) {
	offset, q := offsetOf(v.r), v.r.URL.Query()
	p := &deliveriesPage{Filters: statusFilters(v.r.URL)}
	if status := q.Get("status"); isDeliveryStatus(status) {
		filter.Set("status", status)
		p.Filtered = true
	}
	if at, err := bellhop.ParseTime(q.Get("at")); err == nil {
		filter.Add("createdAt", "<="+at.String())
		p.Fixed = &fixedAt{At: v.ui.exactMoment(at), Newest: without(v.r.URL)}
	}
	filter.Set("limit", strconv.Itoa(deliveriesShown+1))
	filter.Set("offset", strconv.Itoa(offset))
	found, total, err := v.findDeliveries(filter)
	if err != nil {
		return nil, err
	}
	total = max(total, offset+len(found))
	found = found[:min(len(found), deliveriesShown)]
	names, err := v.serviceNames(servicesOf(found))
	if err != nil {
		return nil, err
	}
	p.Rows = v.ui.deliveryRows(found, names)
	p.total, p.Whole = total, offset == 0 && total <= len(found)
	p.Answer = listAnswer(total, filter.Get("status"), "", "")
	p.Paging = pagingOf(v.r, offset, deliveriesShown, len(found), total, deliveriesCounted).byTime()
	p.Paging.hold(v.r.URL, found)
	return p, nil
}

// hold makes the pages behind the first one those of the list as it is now: what happens meanwhile
// would move them under the eyes of who turns them. Back at the first one it is as it will be then.
func (p *paging) hold(here *url.URL, found []listedDelivery) {
	if p == nil {
		return
	}
	if p.Next != "" && !here.Query().Has("at") && len(found) > 0 {
		p.Next = withAddress(p.Next, "at", found[0].CreatedAt.String())
	}
	if p.Before != "" && offsetIn(p.Before) == 0 {
		p.Before = withAddress(p.Before, "at", "")
	}
}

// withAddress sets a parameter of an address of ours, or removes it.
func withAddress(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return withParameter(u, name, value, value == "")
}

func offsetIn(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	return offsetOf(&http.Request{URL: u})
}

// listAnswer says what is listed. words say by what it is filtered beside the status, and where to
// which organization it is limited.
func listAnswer(total int, status, words, where string) string {
	what := "deliveries"
	if total == 1 {
		what = "delivery"
	}
	all := counted(total, deliveriesCounted) + " " + what + words + where
	switch {
	case total == 0 && status != "":
		return "No delivery" + words + where + " is " + status + "."
	case total == 0 && words != "":
		return "There is no delivery" + words + where + "."
	case total == 0:
		return "Nothing has been sent" + where + " yet."
	case status == "" && words == "":
		return all + ", the newest first."
	case status == "":
		return all + "."
	case words == "":
		return all + " " + status + "."
	}
	return all + ", " + status + "."
}
