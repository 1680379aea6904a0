package query

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// Page is what answers a Query: a part of a list.
type Page struct {
	Query *Query
	Items []json.RawMessage
	Total int // how many match, on all pages; of deliveries and events up to 10,000 are counted
}

// readPage takes sort, limit and offset. Of a repeated limit or offset the last one
// counts; what is not a number means the default.
func (q *Query) readPage(form []parameter) error {
	for _, p := range form {
		switch p.name {
		case "limit":
			if q.Limit = min(number(p.value), MaxLimit); q.Limit == 0 {
				q.Limit = DefaultLimit
			}
		case "offset":
			q.Offset = number(p.value)
		}
	}
	names, err := fieldNames(form, "sort", maxKeys)
	if err != nil {
		return err
	}
	for _, name := range names {
		q.sortBy(name)
	}
	return nil
}

// sortBy adds a key, unless the field is one already: then nothing is left to decide.
func (q *Query) sortBy(name string) {
	name, descending := strings.CutPrefix(name, "-")
	if name == "" {
		return
	}
	if q.unsorted {
		q.Sort, q.unsorted, q.fallback = nil, false, nil
	}
	key := Key{Path: pathOf(name), Descending: descending}
	if !slices.ContainsFunc(q.Sort, func(k Key) bool { return slices.Equal(k.Path, key.Path) }) {
		q.Sort = append(q.Sort, key)
	}
}

// number reads a whole number that is not negative; everything else is 0, and more than
// any store holds is just that much.
func number(text string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil && n == 0 {
		return 0
	}
	return int(min(n, math.MaxInt32))
}

// readView takes select and populate.
func (q *Query) readView(form []parameter) error {
	names, err := fieldNames(form, "select", maxFields)
	if err != nil {
		return err
	}
	q.Select = selectOf(names)
	names, err = fieldNames(form, "populate", maxFields)
	for _, name := range names {
		q.Populate = append(q.Populate, pathOf(name))
	}
	return err
}

// fieldNames returns the names in all parameters of that name, each once. They are separated
// by commas and blanks, and may stand in brackets as the SDK writes an array.
func fieldNames(form []parameter, parameter string, most int) ([]string, error) {
	var names []string
	for _, p := range form {
		if p.name != parameter {
			continue
		}
		for name := range strings.SplitSeq(p.value, ",") {
			name = strings.Trim(name, "[] \t\r\n")
			if name == "" || slices.Contains(names, name) {
				continue
			}
			if err := checkName(parameter, name); err != nil {
				return nil, err
			}
			if len(names) == most {
				return nil, bellhop.InvalidField(parameter, "has more than %d names", most)
			}
			names = append(names, name)
		}
	}
	return names, nil
}
