package live

import (
	"net/url"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// filter says which attempts a reader wants to see. An empty part wants all.
type filter struct {
	services []bellhop.ID
	events   event.Patterns
	statuses []bellhop.DeliveryStatus
	keys     []string
	ids      []bellhop.UUID // of deliveries
}

// maxNamed bounds how many services, keys and deliveries a filter names, of each.
const maxNamed = 100

// parseFilter reads service, event, status, key and id of a query. Each may occur several times,
// also with brackets, and then any of them is wanted. Others are ignored.
func parseFilter(rawQuery string) (*filter, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, bellhop.InvalidField("query", "is not form-encoded")
	}
	all := func(name string) []string { return slices.Concat(values[name], values[name+"[]"]) }
	for _, name := range []string{"service", "key", "id"} {
		if n := len(all(name)); n > maxNamed {
			return nil, bellhop.InvalidField(name, "occurs %d times, at most %d are allowed", n, maxNamed)
		}
	}
	f := &filter{keys: all("key")}
	for _, text := range all("service") {
		id := bellhop.ID(text)
		if !id.Valid() {
			return nil, bellhop.InvalidField("service", "must be an id of 24 hex digits")
		}
		f.services = append(f.services, id)
	}
	if f.events, err = event.ParsePatterns(all("event")); err != nil {
		return nil, &bellhop.Error{Code: bellhop.Invalid, Message: "Validation failed: " + err.Error()}
	}
	for _, text := range all("status") {
		status := slices.IndexFunc(statuses, func(s bellhop.DeliveryStatus) bool { return s.String() == text })
		if status < 0 {
			return nil, bellhop.InvalidField("status", "must be one of %s", strings.Join(words(statuses), ", "))
		}
		f.statuses = append(f.statuses, statuses[status])
	}
	for _, text := range all("id") {
		id, err := bellhop.ParseUUID(text)
		if err != nil {
			return nil, bellhop.InvalidField("id", "must be the id of a delivery, a UUID")
		}
		f.ids = append(f.ids, id)
	}
	return f, nil
}

var statuses = []bellhop.DeliveryStatus{bellhop.Pending, bellhop.Delivered, bellhop.Dead}

func words(statuses []bellhop.DeliveryStatus) []string {
	texts := make([]string, len(statuses))
	for i, s := range statuses {
		texts[i] = s.String()
	}
	return texts
}

func (f *filter) match(a *Attempt) bool {
	return (len(f.services) == 0 || slices.Contains(f.services, a.Delivery.Service)) &&
		(len(f.statuses) == 0 || slices.Contains(f.statuses, a.Delivery.Status)) &&
		(len(f.keys) == 0 || slices.Contains(f.keys, a.Delivery.Key)) &&
		(len(f.ids) == 0 || slices.Contains(f.ids, a.Delivery.ID)) &&
		f.events.Match(a.Delivery.EventName)
}
